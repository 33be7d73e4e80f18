// SPDX-License-Identifier: GPL-2.0-only
/*
 * vgem - a DRM device that imports memory of a BAR, by the vgem of series/importers:
 * a mapping of the GEM object reaches the slice and nothing else, comes back with
 * access, and dies with a revoke and with the device.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "slices.h"

/* The primary node: render nodes give out no offsets of dumb buffers. */
#define NODE "/dev/dri/card0"

/* A mapping of what a handle stands for; NULL with errno set. */
static char *map_handle(int drm, uint32_t handle, uint64_t size)
{
	uint64_t offset;
	void *map;

	if (drmModeMapDumbBuffer(drm, handle, &offset))
		return NULL;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, drm, (off_t)offset);
	return map == MAP_FAILED ? NULL : map;
}

static char *import_and_map(int drm, int fd, uint32_t *handle)
{
	char *map;

	fact(!drmPrimeFDToHandle(drm, fd, handle), "vgem imports it");
	map = map_handle(drm, *handle, SLICE_SIZE);
	fact(map && none_fault(map, SLICE_SIZE), "the GEM object maps");
	fact(mark_at(map) == SLICE_OFFSET / PAGE &&
		     mark_at(map + SLICE_SIZE - PAGE) == SLICE_OFFSET / PAGE + SLICE_PAGES - 1,
	     "the mapping shows the slice");
	return map;
}

static void test_taking(const struct vfio_device *dev, int drm)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE), again;
	uint32_t handle, other;
	char *map;

	map = import_and_map(drm, fd, &handle);
	fact(!map_handle(drm, handle, SLICE_SIZE + PAGE), "not more than the slice is mapped");
	fact(!drmPrimeHandleToFD(drm, handle, DRM_CLOEXEC | DRM_RDWR, &again) &&
		     !drmPrimeFDToHandle(drm, again, &other) && other == handle,
	     "what is exported again is the same DMABUF");
	close(again);
	fact(!set_memory(dev, false) && all_fault(map, SLICE_SIZE),
	     "with memory disabled the mapping raises SIGBUS");
	fact(!set_memory(dev, true) && none_fault(map, SLICE_SIZE), "and is back with it");
	fact(!vfio_reset(dev, NULL) && none_fault(map, SLICE_SIZE), "as after a reset");
	fact(!revoke_slice(dev, fd) && all_fault(map, SLICE_SIZE),
	     "after a revoke it raises SIGBUS");
	fact(!map_handle(drm, handle, SLICE_SIZE) && errno == ENODEV, "mapping again is ENODEV");
	fact(!drmCloseBufferHandle(drm, handle), "the handle is closed");
	fact(drmPrimeFDToHandle(drm, fd, &handle) && errno == ENODEV,
	     "importing what is revoked is ENODEV");
	munmap(map, SLICE_SIZE);
	close(fd);
}

static void test_read_only(const struct vfio_device *dev, int drm)
{
	const struct vfio_region_dma_range range = { SLICE_OFFSET, SLICE_SIZE };
	int fd = export_ranges(dev, ACCEL_BAR, &range, 1, O_RDONLY | O_CLOEXEC);
	uint32_t handle;

	fact(fd >= 0 && !drmPrimeFDToHandle(drm, fd, &handle), "a read-only slice is imported");
	fact(!map_handle(drm, handle, SLICE_SIZE) && errno == EACCES,
	     "and cannot be mapped for writing: EACCES");
	drmCloseBufferHandle(drm, handle);
	close(fd);
}

static void test_close(struct vfio_device *dev, int drm)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	uint32_t handle;
	char *map;

	map = import_and_map(drm, fd, &handle);
	close(fd);
	vfio_close(dev);
	fact(all_fault(map, SLICE_SIZE), "when the device is closed it raises SIGBUS");
	fact(!drmCloseBufferHandle(drm, handle), "the handle is closed");
	munmap(map, SLICE_SIZE);
}

int main(void)
{
	int drm = open(NODE, O_RDWR | O_CLOEXEC), before = count_dmabufs();
	struct vfio_device dev;

	fact(drm >= 0, "%s opens", NODE);
	guest_open(&dev, ACCEL);
	mark_slice(&dev);
	test_taking(&dev, drm);
	test_read_only(&dev, drm);
	test_close(&dev, drm);
	fact(count_dmabufs() == before, "no DMABUF is left");
	close(drm);
	return 0;
}
