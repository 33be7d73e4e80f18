// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "dmabuf.h"

static int sync_access(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };
	int ret;

	do {
		ret = ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (ret && (errno == EINTR || errno == EAGAIN));
	return ret && errno != ENOTTY ? -errno : 0;
}

int dmabuf_begin_access(int fd, bool write)
{
	return sync_access(fd, DMA_BUF_SYNC_START | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}

int dmabuf_end_access(int fd, bool write)
{
	return sync_access(fd, DMA_BUF_SYNC_END | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}

int dmabuf_probe_mmap(int fd, size_t length, int prot)
{
	void *p = mmap(NULL, length, prot, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	munmap(p, length);
	return 0;
}
