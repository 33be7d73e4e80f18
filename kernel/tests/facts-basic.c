// SPDX-License-Identifier: GPL-2.0-only
/* Facts 1 to 6, 29 to 34 and 48: what a mapping of a DMABUF is. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slices.h"

static void test_ranges(const struct vfio_device *dev)
{
	struct vfio_region_dma_range ranges[] = {
		{ .offset = SLICE_OFFSET + 4 * PAGE, .length = 2 * PAGE },
		{ .offset = SLICE_OFFSET, .length = PAGE },
		{ .offset = SLICE_OFFSET + 4 * PAGE, .length = PAGE },
	};
	uint64_t first = SLICE_OFFSET / PAGE;
	char *map;
	int fd;

	fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
	fact(map && mark_at(map) == first && mark_at(map + SLICE_SIZE - PAGE) == first + 15,
	     "fact 1: an exported slice maps, offset 0 is its first byte");
	munmap(map, SLICE_SIZE);
	map = map_fd(fd, 3 * PAGE, PAGE, PROT_READ);
	fact(map && mark_at(map) == first + 3, "fact 1: a page offset counts from there");
	munmap(map, PAGE);
	fact(!map_fd(fd, 0, SLICE_SIZE + PAGE, PROT_READ) && errno == EINVAL,
	     "fact 2: a length past the end is EINVAL");
	fact(!map_fd(fd, SLICE_SIZE, PAGE, PROT_READ) && errno == EINVAL,
	     "fact 2: an offset past the end is EINVAL");
	map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	fact(map == MAP_FAILED && errno == EINVAL, "fact 3: MAP_PRIVATE is EINVAL");
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ);
	close(fd);
	fact(map && none_fault(map, SLICE_SIZE), "fact 6: access works after close()");
	munmap(map, SLICE_SIZE);

	fd = export_ranges(dev, ACCEL_BAR, ranges, 3, O_RDWR | O_CLOEXEC);
	map = fd < 0 ? NULL : map_fd(fd, 0, 4 * PAGE, PROT_READ);
	fact(map && mark_at(map) == first + 4 && mark_at(map + PAGE) == first + 5 &&
		     mark_at(map + 2 * PAGE) == first && mark_at(map + 3 * PAGE) == first + 4,
	     "fact 1: ranges follow each other, in any order, overlapping");
	munmap(map, 4 * PAGE);
	close(fd);
}

static void test_rdonly(const struct vfio_device *dev)
{
	struct vfio_region_dma_range range = { .offset = SLICE_OFFSET, .length = SLICE_SIZE };
	char *map;
	int fd;

	fd = export_ranges(dev, ACCEL_BAR, &range, 1, O_RDONLY | O_CLOEXEC);
	fact(fd >= 0, "fact 4: export with O_RDONLY");
	fact(!map_fd(fd, 0, PAGE, PROT_READ | PROT_WRITE) && errno == EACCES,
	     "fact 4: PROT_WRITE of a read-only slice is EACCES");
	map = map_fd(fd, 0, PAGE, PROT_READ);
	fact(map && !faults(map), "fact 4: PROT_READ of a read-only slice works");
	fact(mprotect(map, PAGE, PROT_READ | PROT_WRITE) && errno == EACCES,
	     "fact 4: mprotect() to write is EACCES");
	munmap(map, PAGE);
	close(fd);
}

static void test_bad_exports(const struct vfio_device *dev)
{
	struct vfio_region_dma_range range = { .offset = SLICE_OFFSET, .length = PAGE };

	range.offset++;
	fact(export_ranges(dev, ACCEL_BAR, &range, 1, O_RDWR) == -EINVAL,
	     "fact 5: a misaligned offset is EINVAL");
	range.offset--;
	range.length--;
	fact(export_ranges(dev, ACCEL_BAR, &range, 1, O_RDWR) == -EINVAL,
	     "fact 5: a misaligned length is EINVAL");
	range.length++;
	fact(export_ranges(dev, ACCEL_BAR, &range, 0, O_RDWR) == -EINVAL,
	     "fact 5: no ranges are EINVAL");
	fact(export_ranges(dev, 5, &range, 1, O_RDWR) == -ENODEV, "fact 5: a bad BAR is ENODEV");
	fact(export_flags(dev, &range, 1) == -EINVAL, "fact 5: flags that are not 0 are EINVAL");
}

/*
 * The same 64 MiB again and again, until there is more than 1 TiB: page offsets that
 * have bits where those of a BAR have the index of the region. Without these they are
 * offsets into the first 64 MiB, so the last ones begin a page later.
 */
static void test_many_ranges(const struct vfio_device *dev)
{
	const unsigned int nr = 16385;
	const uint64_t bar_size = 64 << 20, last = nr * bar_size - bar_size;
	struct vfio_region_dma_range *ranges = calloc(nr, sizeof(*ranges));
	unsigned int i;
	char *map;
	int fd;

	for (i = 0; ranges && i < nr; i++)
		ranges[i].length = bar_size;
	if (ranges)
		ranges[nr - 1] = (struct vfio_region_dma_range){ PAGE, bar_size - PAGE };
	fd = export_ranges(dev, ACCEL_BAR, ranges, nr, O_RDWR | O_CLOEXEC);
	map = map_fd(fd, last + SLICE_OFFSET, PAGE, PROT_READ);
	fact(map && !faults(map) && mark_at(map) == SLICE_OFFSET / PAGE + 1,
	     "fact 1: a DMABUF of more than 1 TiB maps at its end");
	munmap(map, PAGE);
	close(fd);
	free(ranges);
}

static void test_names(const struct vfio_device *dev)
{
	char name[128], want[64];
	int fd, cdev = -1;
	char *map;

	map = map_bar(dev, ACCEL_BAR, SLICE_OFFSET, PAGE);
	fact(map, "the BAR maps");
	maps_name(map, name, sizeof(name));
	snprintf(want, sizeof(want), ":%s/%x", ACCEL, ACCEL_BAR);
	fact(sscanf(name, "/dmabuf:vfio%d:", &cdev) == 1 && strstr(name, want) &&
		     strlen(strstr(name, want)) == strlen(want),
	     "fact 29: a mapping of a BAR is called /dmabuf:vfioN%s (%s)", want, name);
	munmap(map, PAGE);
	fd = export_slice(dev, SLICE_OFFSET, PAGE);
	fact(!ioctl(fd, DMA_BUF_SET_NAME_B, "a slice"), "a DMABUF takes a name");
	map = map_fd(fd, 0, PAGE, PROT_READ);
	fact(!strcmp(maps_name(map, name, sizeof(name)), "/dmabuf:a slice"),
	     "fact 30: an exported one has the name that it was given (%s)", name);
	munmap(map, PAGE);
	close(fd);
}

/* Both kinds of mapping, split in the middle, moved, inherited. */
static void test_vma(const struct vfio_device *dev, bool bar)
{
	const char *kind = bar ? "BAR" : "DMABUF";
	uint64_t first = SLICE_OFFSET / PAGE;
	char *map, *moved;
	int fd, status;
	pid_t pid;

	fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	map = bar ? map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE)
		  : map_fd(fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
	fact(map, "%s maps", kind);
	fact(!munmap(map + 6 * PAGE, 2 * PAGE), "fact 31: %s: a hole in the middle", kind);
	fact(mark_at(map) == first && mark_at(map + 5 * PAGE) == first + 5 &&
		     mark_at(map + 8 * PAGE) == first + 8 && mark_at(map + 15 * PAGE) == first + 15,
	     "fact 31: %s: both halves are right", kind);
	moved = mremap(map + 8 * PAGE, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       map + 1024 * PAGE);
	fact(moved != MAP_FAILED && mark_at(moved) == first + 8 &&
		     mark_at(moved + 7 * PAGE) == first + 15,
	     "fact 32: %s: mremap() moves the contents", kind);
	fact(mremap(moved, 8 * PAGE, 9 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT,
	     "fact 32: %s: growth is EFAULT", kind);
	pid = fork();
	if (!pid)
		_exit(mark_at(moved) != first + 8 || mark_at(map) != first);
	fact(waitpid(pid, &status, 0) == pid && !status, "fact 33: %s: a child sees it", kind);
	fact(!mprotect(map, 6 * PAGE, PROT_READ) && mark_at(map + PAGE) == first + 1,
	     "fact 34: %s: mprotect() to read-only", kind);
	set_memory(dev, false);
	fact(all_fault(map, 6 * PAGE) && all_fault(moved, 8 * PAGE),
	     "fact 31: %s: both halves are zapped", kind);
	set_memory(dev, true);
	fact(mark_at(map) == first && mark_at(moved) == first + 8,
	     "fact 31: %s: both halves come back", kind);
	munmap(map, 6 * PAGE);
	munmap(moved, 8 * PAGE);
	close(fd);
}

/* BAR 0 of the accelerator has 256 bytes, and a page of its own. */
static void test_small_bar(const struct vfio_device *dev)
{
	const struct vfio_region_dma_range page = { 0, PAGE }, all = { 0, 256 };
	char *map;

	map = map_bar(dev, 0, 0, PAGE);
	fact(map && !faults(map), "fact 48: a BAR smaller than a page maps");
	munmap(map, PAGE);
	fact(export_ranges(dev, 0, &page, 1, O_RDWR) == -EINVAL &&
		     export_ranges(dev, 0, &all, 1, O_RDWR) == -EINVAL,
	     "fact 48: and cannot be exported");
}

int main(void)
{
	struct vfio_device dev;

	guest_open(&dev, ACCEL);
	mark_slice(&dev);
	test_ranges(&dev);
	test_rdonly(&dev);
	test_bad_exports(&dev);
	test_many_ranges(&dev);
	test_names(&dev);
	test_small_bar(&dev);
	test_vma(&dev, true);
	test_vma(&dev, false);
	vfio_close(&dev);
	return 0;
}
