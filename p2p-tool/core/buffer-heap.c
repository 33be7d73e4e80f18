// SPDX-License-Identifier: GPL-2.0-only
/* heap:NAME:LENGTH - memory of a dma-heap. Every DMABUF is an allocation of its own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buffer.h"

/* priv is the fd of the heap, as a pointer. */
static int heap_of(const struct buffer *b)
{
	return (int)(intptr_t)b->priv;
}

static int heap_open(struct buffer *b, const struct access_params *access, struct error *err)
{
	char node[sizeof("/dev/dma_heap/") + sizeof(b->spec.heap)];
	int fd;

	snprintf(node, sizeof(node), "/dev/dma_heap/%s", b->spec.heap);
	fd = open(node, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, EXIT_SKIP, errno,
				 errno == EACCES ? "run as root, or get access to the device node"
						 : "'ls /dev/dma_heap' shows the heaps there are "
						   "(CONFIG_DMABUF_HEAPS)",
				 "%s: %s", node, strerror(errno));
	b->priv = (void *)(intptr_t)fd;
	return 0;
}

static int heap_export(struct buffer *b, struct error *err)
{
	struct dma_heap_allocation_data data = {
		.len = b->spec.length,
		.fd_flags = (b->rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC,
	};

	if (ioctl(heap_of(b), DMA_HEAP_IOCTL_ALLOC, &data))
		return error_set(err, EXIT_FAILED, errno,
				 errno == ENOMEM ? "give a smaller length" : NULL,
				 "heap %s: %llu bytes: %s", b->spec.heap,
				 (unsigned long long)b->spec.length, strerror(errno));
	return (int)data.fd;
}

static int heap_close(struct buffer *b, struct error *err)
{
	close(heap_of(b));
	return 0;
}

const struct buffer_ops buffer_heap_ops = {
	.open = heap_open,
	.export = heap_export,
	.close = heap_close,
};
