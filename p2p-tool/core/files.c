// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "files.h"

#define OTHER_FILES 32 /* that come and go while those are open */

/* Files that are open, as the kernel gives the lowest number that is free. */
static rlim_t count_open(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	if (fd < 0)
		return 0;
	close(fd);
	return (rlim_t)fd;
}

int files_allow(unsigned int more, const char *name, struct error *err)
{
	rlim_t needed = count_open() + more + OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= needed)
		return 0;
	if (limit.rlim_max < needed)
		return error_set(err, EXIT_SKIP, EMFILE,
				 "give a smaller number, or raise the hard limit (ulimit -Hn)",
				 "option --%s: takes %llu open files, and %llu are allowed", name,
				 (unsigned long long)needed, (unsigned long long)limit.rlim_max);
	limit.rlim_cur = needed;
	/* Whoever cannot do so hears of it when they open the files. */
	setrlimit(RLIMIT_NOFILE, &limit);
	return 0;
}
