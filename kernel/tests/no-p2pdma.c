// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact 44: on a kernel without P2PDMA nothing is exported, and BARs are mapped,
 * zapped and named as on any other.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>

#include "slices.h"

static void test_features(const struct vfio_device *dev)
{
	const struct vfio_region_dma_range range = { SLICE_OFFSET, SLICE_SIZE };

	fact(export_ranges(dev, ACCEL_BAR, &range, 1, O_RDWR | O_CLOEXEC) == -ENOTTY,
	     "fact 44: export is ENOTTY");
	fact(vfio_feature(dev,
			  VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_GET |
				  VFIO_DEVICE_FEATURE_DMA_BUF,
			  NULL, 0) == -ENOTTY,
	     "fact 44: so is its PROBE");
	fact(revoke_slice(dev, 0) == -ENOTTY, "fact 44: revoke is ENOTTY");
	fact(set_memattr(dev, 0, VFIO_DMA_BUF_MEMATTR_NC) == -ENOTTY,
	     "fact 44: a memory attribute is ENOTTY");
}

static void test_bar(const struct vfio_device *dev)
{
	char name[256];
	char *map;

	mark_slice(dev);
	map = map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
	fact(map && mark_at(map) == SLICE_OFFSET / PAGE &&
		     mark_at(map + SLICE_SIZE - PAGE) == SLICE_OFFSET / PAGE + SLICE_PAGES - 1,
	     "fact 44: a BAR maps, and the right pages");
	fact(strstr(maps_name(map, name, sizeof(name)), "/dmabuf:vfio"),
	     "fact 44: its mapping has a name (%s)", name);
	fact(!set_memory(dev, false) && all_fault(map, SLICE_SIZE),
	     "fact 44: memory off raises SIGBUS");
	fact(!set_memory(dev, true) && none_fault(map, SLICE_SIZE), "fact 44: memory on works");
	fact(!vfio_reset(dev, NULL) && none_fault(map, SLICE_SIZE), "fact 44: so does a reset");
	munmap(map, SLICE_SIZE);
}

int main(void)
{
	struct vfio_device dev;

	guest_open(&dev, ACCEL);
	test_features(&dev);
	test_bar(&dev);
	vfio_close(&dev);
	return 0;
}
