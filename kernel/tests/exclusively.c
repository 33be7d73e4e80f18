// SPDX-License-Identifier: GPL-2.0-only
/* exclusively DISK COMMAND... - run COMMAND while nobody else can mount DISK: we have it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	/* Not closed on exec: COMMAND goes on holding it. */
	int fd = argc < 3 ? -1 : open(argv[1], O_RDONLY | O_EXCL);

	if (fd >= 0)
		execvp(argv[2], argv + 2);
	fprintf(stderr, "exclusively: %s\n", strerror(errno));
	return 1;
}
