// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crowd.h"

#define OTHER_FILES 128

static void raise_limit(unsigned int files)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= files)
		return;
	limit.rlim_cur = files < limit.rlim_max ? files : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int crowd_open(struct crowd *c, struct buffer *b, unsigned int count, struct error *err)
{
	int fd;

	*c = (struct crowd){ .fd = calloc(count ? count : 1, sizeof(*c->fd)) };
	if (!c->fd)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%u DMABUFs: out of memory",
				 count);
	raise_limit(count + OTHER_FILES);
	while (c->count < count) {
		fd = buffer_export(b, err);
		if (fd < 0) {
			crowd_close(c);
			return fd;
		}
		c->fd[c->count++] = fd;
	}
	return 0;
}

void crowd_close(struct crowd *c)
{
	while (c->count)
		close(c->fd[--c->count]);
	free(c->fd);
	*c = (struct crowd){ 0 };
}
