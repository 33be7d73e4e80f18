// SPDX-License-Identifier: GPL-2.0-only
/* host:LENGTH - anonymous memory, the baseline. Every mapping is fresh memory of its own. */
#include <sys/mman.h>

#include "buffer.h"

static int host_open(struct buffer *b, const struct access_params *access, struct error *err)
{
	return 0;
}

static void host_source(const struct buffer *b, struct map_source *source)
{
	*source = (struct map_source){ -1, MAP_PRIVATE | MAP_ANONYMOUS, 0 };
}

static int host_close(struct buffer *b, struct error *err)
{
	return 0;
}

const struct buffer_ops buffer_host_ops = {
	.open = host_open,
	.source = host_source,
	.close = host_close,
};
