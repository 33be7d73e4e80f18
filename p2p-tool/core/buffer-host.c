// SPDX-License-Identifier: GPL-2.0-only
/* host:LENGTH - anonymous memory, the baseline. Every mapping is fresh memory of its own. */
#include "buffer.h"

static int host_open(struct buffer *b, const struct access_params *access, struct error *err)
{
	return 0;
}

static int host_map(struct buffer *b, void *addr, uint64_t offset, size_t length, int prot,
		    void **out)
{
	return buffer_map_fd(-1, addr, offset, length, prot, out);
}

static int host_close(struct buffer *b, struct error *err)
{
	return 0;
}

const struct buffer_ops buffer_host_ops = {
	.open = host_open,
	.map = host_map,
	.close = host_close,
};
