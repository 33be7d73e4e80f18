// SPDX-License-Identifier: GPL-2.0-only
/* udmabuf:LENGTH - a memfd that the udmabuf driver makes a DMABUF of. */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer.h"

#define NODE "/dev/udmabuf"

/* priv is the fd of the memfd, as a pointer. */
static int memfd_of(const struct buffer *b)
{
	return (int)(intptr_t)b->priv;
}

static int udmabuf_open(struct buffer *b, const struct access_params *access, struct error *err)
{
	int fd = memfd_create("p2p-tool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret;

	/* The driver wants to be sure that the memory does not shrink under it. */
	if (fd < 0 || ftruncate(fd, (off_t)b->spec.length) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		ret = error_set(err, EXIT_FAILED, errno, NULL, "memfd of %llu bytes: %s",
				(unsigned long long)b->spec.length, strerror(errno));
		if (fd >= 0)
			close(fd);
		return ret;
	}
	b->priv = (void *)(intptr_t)fd;
	return 0;
}

static void udmabuf_source(const struct buffer *b, struct map_source *source)
{
	*source = (struct map_source){ memfd_of(b), MAP_SHARED, 0 };
}

static int udmabuf_export(struct buffer *b, struct error *err)
{
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd_of(b),
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = b->spec.length,
	};
	int node, fd, ret;

	if (b->rdonly)
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "leave out --read-only",
				 NODE ": has no read-only DMABUFs");
	node = open(NODE, O_RDWR | O_CLOEXEC);
	if (node < 0)
		return error_set(err, EXIT_SKIP, errno,
				 errno == EACCES ? "run as root, or get access to the device node"
						 : "load the udmabuf module (CONFIG_UDMABUF)",
				 NODE ": %s", strerror(errno));
	fd = ioctl(node, UDMABUF_CREATE, &create);
	if (fd >= 0)
		ret = fd;
	else if (errno == EINVAL)
		ret = error_set(err, EXIT_SKIP, EINVAL,
				"raise /sys/module/udmabuf/parameters/size_limit_mb",
				NODE ": refuses %llu bytes", (unsigned long long)create.size);
	else
		ret = error_set(err, EXIT_FAILED, errno, NULL, NODE ": %llu bytes: %s",
				(unsigned long long)create.size, strerror(errno));
	close(node);
	return ret;
}

static int udmabuf_close(struct buffer *b, struct error *err)
{
	close(memfd_of(b));
	return 0;
}

const struct buffer_ops buffer_udmabuf_ops = {
	.open = udmabuf_open,
	.source = udmabuf_source,
	.export = udmabuf_export,
	.close = udmabuf_close,
};
