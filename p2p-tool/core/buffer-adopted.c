// SPDX-License-Identifier: GPL-2.0-only
/* A buffer whose DMABUF was made by another process. */
#include <errno.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"

static int adopted_close(struct buffer *b, struct error *err)
{
	(void)b;
	(void)err;
	return 0;
}

static const struct buffer_ops adopted_ops = { .close = adopted_close };

int buffer_adopt(const struct bufspec *spec, int dmabuf_fd, bool rdonly, struct buffer **out,
		 struct error *err)
{
	struct buffer *b = calloc(1, sizeof(*b));

	if (!b)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "buffer: out of memory");
	b->spec = *spec;
	b->ops = &adopted_ops;
	b->emulated = machine_is_emulated();
	b->rdonly = rdonly;
	b->dmabuf_fd = dmabuf_fd;
	*out = b;
	return 0;
}
