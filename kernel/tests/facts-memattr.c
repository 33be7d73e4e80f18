// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts 36 to 39: memory attributes of mappings. On x86 with PAT a mapping takes
 * the type that is reserved for the page, which for a BAR is UC-: write-combining
 * is refused there, and nothing else happens.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/pagetable.h"
#include "slices.h"

static bool mapped_as(const void *map, const char *memattr)
{
	struct pagetable_entry entry;

	return !faults(map) && !pagetable_lookup(map, &entry) && !strcmp(entry.memattr, memattr);
}

static void test_memattr(const struct vfio_device *dev)
{
	char *map, *bar;
	int fd;

	fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	fact(!set_memattr(dev, fd, VFIO_DMA_BUF_MEMATTR_NC), "fact 36: non-cached is the default");
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
	bar = map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
	fact(map && mapped_as(map, "UC-"), "fact 36: a DMABUF is mapped UC-");
	fact(bar && mapped_as(bar, "UC-"), "fact 36: a BAR is mapped UC-");
	fact(!set_memattr(dev, fd, VFIO_DMA_BUF_MEMATTR_NC),
	     "fact 36: what it is already can be set while it is mapped");

	fact(set_memattr(dev, fd, VFIO_DMA_BUF_MEMATTR_WC) == -EOPNOTSUPP,
	     "fact 37: write-combining is refused while mapped");
	munmap(map, SLICE_SIZE);
	munmap(bar, SLICE_SIZE);
	fact(set_memattr(dev, fd, VFIO_DMA_BUF_MEMATTR_WC) == -EOPNOTSUPP,
	     "fact 37: write-combining is refused while not mapped");
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
	bar = map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
	fact(map && mapped_as(map, "UC-"), "fact 39: later mappings of the DMABUF are UC-");
	fact(bar && mapped_as(bar, "UC-"), "fact 39: later mappings of the BAR are UC-");

	fact(set_memattr(dev, fd, 2) == -ENOENT, "fact 38: an unknown attribute is ENOENT");
	fact(set_memattr(dev, fd, UINT32_MAX) == -ENOENT, "fact 38: so is the last one");
	fact(set_memattr(dev, 1, VFIO_DMA_BUF_MEMATTR_NC) == -EINVAL,
	     "fact 38: not a DMABUF is EINVAL");
	fact(set_memattr(dev, 1000, VFIO_DMA_BUF_MEMATTR_NC) == -EBADF,
	     "fact 38: a closed fd is EBADF");
	fact(!revoke_slice(dev, fd) && !set_memattr(dev, fd, VFIO_DMA_BUF_MEMATTR_NC),
	     "fact 38: a revoked DMABUF is not refused");

	munmap(map, SLICE_SIZE);
	munmap(bar, SLICE_SIZE);
	close(fd);
}

static void test_feature(const struct vfio_device *dev)
{
	struct vfio_device_feature_dma_buf_memattr arg = { .dmabuf_fd = 1 };
	const uint32_t number = VFIO_DEVICE_FEATURE_DMA_BUF_MEMATTR;

	fact(!vfio_feature(dev, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET | number, NULL,
			   0),
	     "fact 38: PROBE|SET is 0");
	fact(vfio_feature(dev, VFIO_DEVICE_FEATURE_GET | number, &arg, sizeof(arg)) == -EINVAL,
	     "fact 38: GET is EINVAL");
	fact(vfio_feature(dev, VFIO_DEVICE_FEATURE_SET | number, &arg, 4) == -EINVAL,
	     "fact 38: a short argsz is EINVAL");
}

int main(void)
{
	struct vfio_device dev;

	guest_open(&dev, ACCEL);
	test_memattr(&dev);
	test_feature(&dev);
	vfio_close(&dev);
	return 0;
}
