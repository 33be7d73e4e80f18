// SPDX-License-Identifier: GPL-2.0-only
/* A buffer that somebody else made: here is its DMABUF, or what to map. */
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

/* priv is a copy of what to map. */
static void adopted_source(const struct buffer *b, struct map_source *source)
{
	*source = *(const struct map_source *)b->priv;
}

static int source_close(struct buffer *b, struct error *err)
{
	free(b->priv);
	return 0;
}

static const struct buffer_ops source_ops = { .source = adopted_source, .close = source_close };

static struct buffer *adopt(const struct bufspec *spec, const struct buffer_ops *ops, int dmabuf_fd)
{
	struct buffer *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->spec = *spec;
	b->ops = ops;
	b->emulated = machine_is_emulated();
	b->dmabuf_fd = dmabuf_fd;
	return b;
}

int buffer_adopt(const struct bufspec *spec, int dmabuf_fd, bool rdonly, struct buffer **out,
		 struct error *err)
{
	struct buffer *b = adopt(spec, &adopted_ops, dmabuf_fd);

	if (!b)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "buffer: out of memory");
	b->rdonly = rdonly;
	*out = b;
	return 0;
}

int buffer_adopt_source(const struct bufspec *spec, const struct map_source *source,
			struct buffer **out, struct error *err)
{
	struct buffer *b = adopt(spec, &source_ops, -1);
	struct map_source *copy = malloc(sizeof(*copy));

	if (!b || !copy) {
		free(b);
		free(copy);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "buffer: out of memory");
	}
	*copy = *source;
	b->priv = copy;
	*out = b;
	return 0;
}
