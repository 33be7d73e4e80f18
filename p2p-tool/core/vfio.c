// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio.h"

static int real_open(void *ctx, const char *path, int flags)
{
	int fd = open(path, flags);

	return fd < 0 ? -errno : fd;
}

static int real_ioctl(void *ctx, int fd, unsigned long request, void *arg)
{
	int ret = ioctl(fd, request, arg);

	return ret < 0 ? -errno : ret;
}

static int real_write(void *ctx, const struct sysfs *sysfs, const char *path, const char *text)
{
	int fd = openat(sysfs->fd, path, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

const struct vfio_sys vfio_sys_real = {
	.open = real_open,
	.ioctl = real_ioctl,
	.write = real_write,
	.root = "/",
};

static int device_ioctl(const struct vfio_device *dev, unsigned long request, void *arg)
{
	return dev->sys->ioctl(dev->sys->ctx, dev->fd, request, arg);
}

/* Find the sparse areas in the chain of capabilities behind info. 0 or -errno. */
static int read_areas(const struct vfio_region_info *info, struct vfio_region *region)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	const struct vfio_info_cap_header *cap;
	uint32_t at = info->cap_offset, i;

	while (at) {
		if (at > info->argsz - sizeof(*cap))
			return -EPROTO;
		cap = (const void *)((const char *)info + at);
		if (cap->id == VFIO_REGION_INFO_CAP_SPARSE_MMAP)
			break;
		if (cap->next && cap->next <= at)
			return -EPROTO;
		at = cap->next;
	}
	if (!at)
		return 0;
	sparse = (const void *)cap;
	if (at > info->argsz - sizeof(*sparse) ||
	    sparse->nr_areas > (info->argsz - at - sizeof(*sparse)) / sizeof(sparse->areas[0]))
		return -EPROTO;
	if (!sparse->nr_areas) {
		region->mappable = false;
		return 0;
	}
	region->areas = calloc(sparse->nr_areas, sizeof(*region->areas));
	if (!region->areas)
		return -ENOMEM;
	for (i = 0; i < sparse->nr_areas; i++)
		region->areas[i] =
			(struct vfio_area){ sparse->areas[i].offset, sparse->areas[i].size };
	region->nareas = sparse->nr_areas;
	return 0;
}

int vfio_region_read(const struct vfio_device *dev, unsigned int index, struct vfio_region *region,
		     struct error *err)
{
	struct vfio_region_info first = { .argsz = sizeof(first), .index = index };
	struct vfio_region_info *info = &first;
	int ret;

	*region = (struct vfio_region){ 0 };
	ret = device_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, info);
	if (!ret && first.argsz > sizeof(first)) {
		/* The capabilities did not fit: the kernel said how much they need. */
		info = calloc(1, first.argsz);
		if (!info)
			return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory",
					 dev->name);
		info->argsz = first.argsz;
		info->index = index;
		ret = device_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, info);
	}
	if (!ret) {
		region->size = info->size;
		region->offset = info->offset;
		region->mappable = info->size && info->flags & VFIO_REGION_INFO_FLAG_MMAP;
		if (info->flags & VFIO_REGION_INFO_FLAG_CAPS)
			ret = read_areas(info, region);
	}
	if (info != &first)
		free(info);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: region %u: %s", dev->name,
				 index, strerror(-ret));
	return 0;
}

void vfio_region_free(struct vfio_region *region)
{
	free(region->areas);
	*region = (struct vfio_region){ 0 };
}

bool vfio_region_covers(const struct vfio_region *region, uint64_t offset, uint64_t length)
{
	size_t i;

	if (!region->mappable)
		return false;
	if (!region->nareas)
		return offset <= region->size && length <= region->size - offset;
	for (i = 0; i < region->nareas; i++) {
		const struct vfio_area *area = &region->areas[i];

		if (offset >= area->offset && offset - area->offset <= area->size &&
		    length <= area->size - (offset - area->offset))
			return true;
	}
	return false;
}

int vfio_feature(const struct vfio_device *dev, uint32_t flags, void *data, size_t size)
{
	/* Usually on the stack: this is part of what is measured. */
	union {
		struct vfio_device_feature head;
		char room[512];
	} small;
	struct vfio_device_feature *call = &small.head;
	int ret;

	if (size > sizeof(small) - sizeof(small.head))
		call = malloc(sizeof(*call) + size);
	if (!call)
		return -ENOMEM;
	call->argsz = (uint32_t)(sizeof(*call) + size);
	call->flags = flags;
	if (size)
		memcpy(call->data, data, size);
	ret = device_ioctl(dev, VFIO_DEVICE_FEATURE, call);
	if (ret >= 0 && size && flags & VFIO_DEVICE_FEATURE_GET)
		memcpy(data, call->data, size);
	if (call != &small.head)
		free(call);
	return ret;
}

/* The result of exporting BAR bar; err is filled in when it is a failure. */
static int explain_export(const struct vfio_device *dev, unsigned int bar, int ret,
			  struct error *err)
{
	switch (ret) {
	case -ENOTTY:
		return error_set(err, EXIT_SKIP, ENOTTY,
				 "needs Linux 6.19 or newer with CONFIG_VFIO_PCI_DMABUF",
				 "%s: this kernel cannot export BARs as DMABUFs", dev->name);
	case -EOPNOTSUPP:
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "bind it to vfio-pci",
				 "%s: its VFIO driver cannot export BARs as DMABUFs", dev->name);
	case -EINVAL:
		return error_set(err, EXIT_SKIP, EINVAL, "export whole pages of a memory BAR",
				 "%s: the kernel refuses to export this part of BAR %u", dev->name,
				 bar);
	case -ENODEV:
		return error_set(err, EXIT_SKIP, ENODEV,
				 "see the kernel log for resource conflicts",
				 "%s: BAR %u is not at VFIO's disposal", dev->name, bar);
	default:
		if (ret < 0)
			error_set(err, EXIT_FAILED, -ret, NULL, "%s: exporting BAR %u: %s",
				  dev->name, bar, strerror(-ret));
		return ret;
	}
}

int vfio_export(const struct vfio_device *dev, unsigned int bar, uint64_t offset, uint64_t length,
		int open_flags, struct error *err)
{
	return vfio_export_parts(dev, bar, offset, length, 1, open_flags, err);
}

int vfio_export_parts(const struct vfio_device *dev, unsigned int bar, uint64_t offset,
		      uint64_t length, unsigned int parts, int open_flags, struct error *err)
{
	size_t size = sizeof(struct vfio_device_feature_dma_buf) +
		      parts * sizeof(struct vfio_region_dma_range);
	union {
		struct vfio_device_feature_dma_buf head;
		char room[256];
	} small = { 0 };
	struct vfio_device_feature_dma_buf *arg = &small.head;
	unsigned int i;
	int ret;

	if (size > sizeof(small))
		arg = calloc(1, size);
	if (!arg)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", dev->name);
	arg->region_index = bar;
	arg->open_flags = (uint32_t)open_flags;
	arg->nr_ranges = parts;
	for (i = 0; i < parts; i++)
		arg->dma_ranges[i] =
			(struct vfio_region_dma_range){ offset + length / parts * (parts - 1 - i),
							length / parts };
	ret = vfio_feature(dev, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF, arg, size);
	if (arg != &small.head)
		free(arg);
	return explain_export(dev, bar, ret, err);
}

static int explain_revoke(const struct vfio_device *dev, int ret, struct error *err)
{
	switch (ret) {
	case -ENOTTY:
		return error_set(err, EXIT_SKIP, ENOTTY, "boot a kernel with series/vfio",
				 "%s: this kernel cannot revoke DMABUFs", dev->name);
	case -EOPNOTSUPP:
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "bind it to vfio-pci",
				 "%s: its VFIO driver cannot export BARs as DMABUFs", dev->name);
	case -EBADFD:
		return error_set(err, EXIT_FAILED, EBADFD, "export the slice anew",
				 "%s: this DMABUF has been revoked already", dev->name);
	case -ENODEV:
		return error_set(err, EXIT_FAILED, ENODEV, "revoke it through its own device",
				 "%s: this is not one of its DMABUFs", dev->name);
	default:
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: revoking a DMABUF: %s",
				 dev->name, strerror(-ret));
	}
}

int vfio_revoke(const struct vfio_device *dev, int dmabuf_fd, struct error *err)
{
	struct vfio_device_feature_dma_buf_revoke arg = { .dmabuf_fd = dmabuf_fd };
	int ret = vfio_feature(dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE,
			       &arg, sizeof(arg));

	return ret ? explain_revoke(dev, ret, err) : 0;
}

int vfio_revoke_probe(const struct vfio_device *dev, struct error *err)
{
	int ret = vfio_feature(dev,
			       VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET |
				       VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE,
			       NULL, 0);

	return ret ? explain_revoke(dev, ret, err) : 0;
}

static int explain_memattr(const struct vfio_device *dev, int ret, struct error *err)
{
	switch (ret) {
	case -ENOTTY:
		return error_set(err, EXIT_SKIP, ENOTTY, "boot a kernel with series/vfio",
				 "%s: this kernel has no memory attributes for DMABUFs", dev->name);
	case -EBUSY:
		return error_set(err, EXIT_FAILED, EBUSY, "unmap it first",
				 "%s: this memory is mapped with another attribute", dev->name);
	default:
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: memory attribute: %s",
				 dev->name, strerror(-ret));
	}
}

int vfio_set_memattr(const struct vfio_device *dev, int dmabuf_fd, enum memattr attr,
		     struct error *err)
{
	struct vfio_device_feature_dma_buf_memattr arg = {
		.dmabuf_fd = dmabuf_fd,
		.memattr = attr == MEMATTR_WC ? VFIO_DMA_BUF_MEMATTR_WC : VFIO_DMA_BUF_MEMATTR_NC,
	};
	int ret = vfio_feature(dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF_MEMATTR,
			       &arg, sizeof(arg));

	return ret ? explain_memattr(dev, ret, err) : 0;
}

/* The file offset of configuration space, or -errno. */
static int64_t config_offset(const struct vfio_device *dev)
{
	struct vfio_region_info info = { .argsz = sizeof(info),
					 .index = VFIO_PCI_CONFIG_REGION_INDEX };
	int ret = device_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, &info);

	return ret ? ret : (int64_t)info.offset;
}

int vfio_config_read(const struct vfio_device *dev, uint64_t offset, void *data, size_t size)
{
	int64_t base = config_offset(dev);
	ssize_t len;

	if (base < 0)
		return (int)base;
	len = pread(dev->fd, data, size, base + (off_t)offset);
	return len < 0 ? -errno : (size_t)len == size ? 0 : -EIO;
}

int vfio_config_write(const struct vfio_device *dev, uint64_t offset, const void *data, size_t size)
{
	int64_t base = config_offset(dev);
	ssize_t len;

	if (base < 0)
		return (int)base;
	len = pwrite(dev->fd, data, size, base + (off_t)offset);
	return len < 0 ? -errno : (size_t)len == size ? 0 : -EIO;
}

int vfio_set_command(const struct vfio_device *dev, uint16_t bits, bool on)
{
	uint16_t command, wanted; /* little endian, as all of configuration space */
	int ret = vfio_config_read(dev, PCI_COMMAND, &command, sizeof(command));

	if (ret)
		return ret;
	wanted = on ? command | htole16(bits) : command & (uint16_t)~htole16(bits);
	return wanted == command ? 0 : vfio_config_write(dev, PCI_COMMAND, &wanted, sizeof(wanted));
}

int vfio_enable_memory(const struct vfio_device *dev, struct error *err)
{
	int ret = vfio_set_command(dev, PCI_COMMAND_MEMORY, true);

	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: configuration space: %s",
				 dev->name, strerror(-ret));
	return 0;
}

int vfio_reset(const struct vfio_device *dev, struct error *err)
{
	int ret = device_ioctl(dev, VFIO_DEVICE_RESET, NULL);

	/* EINVAL is what vfio-pci says of a device that has no way to be reset. */
	if (ret == -ENOTTY || ret == -EINVAL)
		return error_set(err, EXIT_SKIP, ENOTTY, "'p2p-tool list' shows reset methods",
				 "%s: cannot be reset", dev->name);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: reset: %s", dev->name,
				 strerror(-ret));
	return 0;
}
