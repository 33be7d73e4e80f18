// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "guest.h"
#include "importers.h"

static void path_of(char *path, size_t size, const char *bdf, const char *file)
{
	snprintf(path, size, "/sys/kernel/debug/dma_buf_importer/%s/%s", bdf, file);
}

int importer_set(const char *bdf, const char *file, int value)
{
	char path[128], text[16];

	path_of(path, sizeof(path), bdf, file);
	snprintf(text, sizeof(text), "%d", value);
	return write_file(path, text);
}

int importer_read(const char *bdf, const char *file, char *text, size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	path_of(path, sizeof(path), bdf, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	if (n < 0)
		n = -errno;
	else
		text[n] = '\0';
	close(fd);
	return (int)n;
}
