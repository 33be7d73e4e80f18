// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slices.h"

static int export(const struct vfio_device *dev, unsigned int bar,
		  const struct vfio_region_dma_range *ranges, unsigned int nr, int open_flags,
		  uint32_t flags)
{
	size_t size = sizeof(struct vfio_device_feature) +
		      sizeof(struct vfio_device_feature_dma_buf) + nr * sizeof(*ranges);
	struct vfio_device_feature *feature = calloc(1, size);
	struct vfio_device_feature_dma_buf *get = (void *)feature->data;
	int fd;

	feature->argsz = (__u32)size;
	feature->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	get->region_index = bar;
	get->open_flags = (__u32)open_flags;
	get->flags = flags;
	get->nr_ranges = nr;
	if (nr)
		memcpy(get->dma_ranges, ranges, nr * sizeof(*ranges));
	fd = ioctl(dev->fd, VFIO_DEVICE_FEATURE, feature);
	if (fd < 0)
		fd = -errno;
	free(feature);
	return fd;
}

int export_ranges(const struct vfio_device *dev, unsigned int bar,
		  const struct vfio_region_dma_range *ranges, unsigned int nr, int open_flags)
{
	return export(dev, bar, ranges, nr, open_flags, 0);
}

int export_flags(const struct vfio_device *dev, const struct vfio_region_dma_range *range,
		 uint32_t flags)
{
	return export(dev, ACCEL_BAR, range, 1, O_RDWR | O_CLOEXEC, flags);
}

int export_slice(const struct vfio_device *dev, uint64_t offset, uint64_t size)
{
	struct vfio_region_dma_range range = { .offset = offset, .length = size };
	int fd = export_ranges(dev, ACCEL_BAR, &range, 1, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		errno = -fd;
		fact(false, "export of %llu bytes at %llx", (unsigned long long)size,
		     (unsigned long long)offset);
	}
	return fd;
}

int revoke_slice(const struct vfio_device *dev, int fd)
{
	struct vfio_device_feature_dma_buf_revoke arg = { .dmabuf_fd = fd };

	return vfio_feature(dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE, &arg,
			    sizeof(arg));
}

int set_memattr(const struct vfio_device *dev, int fd, uint32_t memattr)
{
	struct vfio_device_feature_dma_buf_memattr arg = { .dmabuf_fd = fd, .memattr = memattr };

	return vfio_feature(dev, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF_MEMATTR,
			    &arg, sizeof(arg));
}

int import(const struct vfio_device *dev, int fd, uint64_t size, uint64_t iova)
{
	struct iommu_ioas_map_file map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = dev->ioas_id,
		.fd = fd,
		.length = size,
		.iova = iova,
	};

	return ioctl(dev->iommu_fd, IOMMU_IOAS_MAP_FILE, &map) ? -errno : 0;
}

/*
 * The ioctl is for devices without an IOMMU, but looks at the revocation of a
 * DMABUF first: EINVAL when it is revoked.
 */
bool iova_is_revoked(const struct vfio_device *dev, uint64_t iova)
{
	struct iommu_ioas_noiommu_get_pa get = {
		.size = sizeof(get),
		.ioas_id = dev->ioas_id,
		.iova = iova,
		.length = PAGE,
	};

	return ioctl(dev->iommu_fd, IOMMU_IOAS_NOIOMMU_GET_PA, &get) && errno == EINVAL;
}

int make_udmabuf(uint64_t size)
{
	int memfd = memfd_create("udmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	struct udmabuf_create create = { .memfd = (uint32_t)memfd, .size = size };
	int fd;

	fact(memfd >= 0 && !ftruncate(memfd, (off_t)size) &&
		     !fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK),
	     "memory for a udmabuf");
	fd = ioctl(udmabuf, UDMABUF_CREATE, &create);
	fact(fd >= 0, "a udmabuf");
	close(udmabuf);
	close(memfd);
	return fd;
}

char *free_place(uint64_t size, uint64_t align, uint64_t skew)
{
	uint64_t room = size + 2 * align;
	char *area =
		mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	fact(area != MAP_FAILED, "there is address space");
	munmap(area, room);
	return (char *)(((uintptr_t)area + align - 1) & -align) + skew;
}

void *map_fd(int fd, uint64_t offset, uint64_t size, int prot)
{
	void *map = mmap(NULL, size, prot, MAP_SHARED, fd, (off_t)offset);

	return map == MAP_FAILED ? NULL : map;
}

void *map_bar(const struct vfio_device *dev, unsigned int bar, uint64_t offset, uint64_t size)
{
	struct vfio_region region;
	void *map;

	if (vfio_region_read(dev, bar, &region, NULL))
		return NULL;
	map = map_fd(dev->fd, region.offset + offset, size, PROT_READ | PROT_WRITE);
	vfio_region_free(&region);
	return map;
}

bool all_fault(const char *map, uint64_t size)
{
	return faults(map) && faults(map + size - 1);
}

bool none_fault(const char *map, uint64_t size)
{
	return !faults(map) && !faults(map + size - 1);
}

void mark_slice(const struct vfio_device *dev)
{
	volatile uint64_t *page;
	uint64_t i;
	char *map;

	map = map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
	fact(map, "the BAR maps, to be marked");
	for (i = 0; i < SLICE_PAGES; i++) {
		page = (volatile uint64_t *)(map + i * PAGE);
		*page = SLICE_OFFSET / PAGE + i;
	}
	munmap(map, SLICE_SIZE);
}

uint64_t mark_at(const void *p)
{
	return *(const volatile uint64_t *)p;
}

const char *maps_name(const void *addr, char *buf, size_t size)
{
	char line[512], *name = NULL;
	unsigned long start;
	FILE *f = fopen("/proc/self/maps", "re");

	buf[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		start = strtoul(line, NULL, 16);
		if (start != (unsigned long)addr)
			continue;
		name = strchr(line, '/');
		snprintf(buf, size, "%s", name ? name : "");
		buf[strcspn(buf, "\n")] = '\0';
	}
	if (f)
		fclose(f);
	return buf;
}
