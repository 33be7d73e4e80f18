// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "crowd.h"
#include "files.h"

int crowd_open(struct crowd *c, struct buffer *b, unsigned int count, struct error *err)
{
	int fd, ret;

	*c = (struct crowd){ 0 };
	ret = files_allow(count, "dmabufs", err);
	if (ret)
		return ret;
	c->fd = calloc(count ? count : 1, sizeof(*c->fd));
	if (!c->fd)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%u DMABUFs: out of memory",
				 count);
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
