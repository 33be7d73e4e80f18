// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts 36 to 39: memory attributes of mappings, as the page tables say. Write-
 * combining needs a CPU with PAT (the kernel says nopat: refused) and a BAR that
 * is prefetchable. What the kernel tracks about the types of pages has to be as
 * before when all is given back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "entries.h"
#include "slices.h"

#define NC	 VFIO_DMA_BUF_MEMATTR_NC
#define WC	 VFIO_DMA_BUF_MEMATTR_WC
#define HUGE	 0x200000ULL
#define NIC	 "0000:04:00.0"
#define MEMTYPES "/sys/kernel/debug/x86/pat_memtype_list"

static bool mapped_as(const void *map, const char *memattr)
{
	return is_entry(map, 0, memattr);
}

/* Lines of the list of memory types that tell of memory; the caller frees it. */
static char *memtypes(void)
{
	FILE *f = fopen(MEMTYPES, "re");
	char *text = calloc(1, 0x10000);
	size_t n;

	if (!f || !text)
		fact(false, "there is a list of memory types");
	n = fread(text, 1, 0xffff, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

/* Is the list what it was? */
static bool memtypes_are(const char *before)
{
	char *now = memtypes();
	bool same = !strcmp(before, now);

	if (!same)
		printf("before:\n%snow:\n%s", before, now);
	free(now);
	return same;
}

static bool is_ebusy(const void *map)
{
	return !map && errno == EBUSY;
}

static void *map_slice(int fd)
{
	return map_fd(fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
}

static void *map_bar_slice(const struct vfio_device *dev)
{
	return map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
}

static void test_default(const struct vfio_device *dev)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	char *map, *bar;

	fact(!set_memattr(dev, fd, NC), "fact 36: non-cached is the default");
	map = map_slice(fd);
	bar = map_bar_slice(dev);
	fact(map && mapped_as(map, "UC-"), "fact 36: a DMABUF is mapped UC-");
	fact(bar && mapped_as(bar, "UC-"), "fact 36: a BAR is mapped UC-");
	fact(!set_memattr(dev, fd, NC),
	     "fact 36: what it is already can be set while it is mapped");
	munmap(map, SLICE_SIZE);
	munmap(bar, SLICE_SIZE);
	close(fd);
}

/* Write-combining where it cannot be had, such as without PAT: nothing else happens. */
static void expect_refused(const struct vfio_device *dev, unsigned int bar_index, const char *why)
{
	struct vfio_region_dma_range range = { 0, PAGE };
	int fd = export_ranges(dev, bar_index, &range, 1, O_RDWR | O_CLOEXEC);
	char *map, *bar;

	fact(fd >= 0, "a page is exported");
	fact(set_memattr(dev, fd, WC) == -EOPNOTSUPP, "fact 37: %s: EOPNOTSUPP", why);
	map = map_fd(fd, 0, PAGE, PROT_READ | PROT_WRITE);
	bar = map_bar(dev, bar_index, 0, PAGE);
	fact(map && mapped_as(map, "UC-"), "fact 39: %s: a DMABUF is mapped UC-", why);
	fact(bar && mapped_as(bar, "UC-"), "fact 39: %s: a BAR is mapped UC-", why);
	fact(set_memattr(dev, fd, WC) == -EOPNOTSUPP, "fact 37: %s: nor while it is mapped", why);
	munmap(map, PAGE);
	munmap(bar, PAGE);
	close(fd);
}

/* Later mappings are write-combining, and stay it; earlier ones are in the way. */
static void test_wc(struct vfio_device *dev)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	char *map, *open_types = memtypes();

	map = map_slice(fd);
	fact(set_memattr(dev, fd, WC) == -EBUSY, "fact 37: while it is mapped: EBUSY");
	fact(map && mapped_as(map, "UC-"), "fact 37: and the mapping is what it was");
	munmap(map, SLICE_SIZE);
	fact(memtypes_are(open_types), "fact 39: no types of pages were tracked for that");
	free(open_types);

	fact(!set_memattr(dev, fd, WC), "fact 37: while it is not mapped: it is set");
	open_types = memtypes();
	map = map_slice(fd);
	fact(map && mapped_as(map, "WC") && mapped_as(map + SLICE_SIZE - 1, "WC"),
	     "fact 37, fact 39: later mappings are write-combining");
	fact(memtypes_are(open_types), "fact 39: faults do not change the list of memory types");
	free(open_types);

	fact(!vfio_reset(dev, NULL) && mapped_as(map, "WC"), "fact 39: so they are after a reset");
	fact(!set_memory(dev, false) && faults(map) && !set_memory(dev, true) &&
		     mapped_as(map, "WC"),
	     "fact 39: and after memory was disabled");
	fact(set_memattr(dev, fd, NC) == -EBUSY, "fact 37: it cannot be set back while mapped");
	*(volatile uint64_t *)map = 0x1234;
	__sync_synchronize();
	fact(*(volatile uint64_t *)map == 0x1234, "fact 39: what is written can be read");
	munmap(map, SLICE_SIZE);
	fact(!set_memattr(dev, fd, NC), "fact 37: it can be set back");
	map = map_slice(fd);
	fact(map && mapped_as(map, "UC-"), "fact 39: and is non-cached then");
	munmap(map, SLICE_SIZE);
	close(fd);
}

static void test_revoked(const struct vfio_device *dev)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE), again;
	char *map, *new;

	fact(!set_memattr(dev, fd, WC), "a slice is write-combining");
	map = map_slice(fd);
	fact(map && mapped_as(map, "WC"), "and mapped");
	fact(!revoke_slice(dev, fd) && faults(map), "it is taken back");
	fact(!set_memattr(dev, fd, NC), "fact 38: the attribute of a revoked DMABUF can be set");

	again = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	new = map_slice(again);
	fact(new &&mapped_as(new, "UC-"), "fact 39: after revoke and re-export: non-cached");
	munmap(new, SLICE_SIZE);
	fact(!set_memattr(dev, again, WC), "fact 39: and write-combining again if asked for");
	new = map_slice(again);
	fact(new &&mapped_as(new, "WC"), "fact 39: in the page table");
	fact(faults(map), "fact 39: the one that was taken back stays dead");
	munmap(new, SLICE_SIZE);
	munmap(map, SLICE_SIZE);
	close(again);
	close(fd);
}

/* Parts of one BAR, each with its own attribute; no page with two. */
static void test_slices(const struct vfio_device *dev)
{
	int wc = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	int nc = export_slice(dev, SLICE_OFFSET + SLICE_SIZE, SLICE_SIZE);
	int both = export_slice(dev, SLICE_OFFSET + SLICE_SIZE - PAGE, 2 * PAGE);
	char *wc_map, *nc_map, *before, *after, *map;

	before = map_bar(dev, ACCEL_BAR, SLICE_OFFSET - PAGE, PAGE);
	nc_map = map_slice(nc);
	fact(before && mapped_as(before, "UC-") && nc_map && mapped_as(nc_map, "UC-"),
	     "mappings next to a slice");
	fact(!set_memattr(dev, wc, WC), "fact 39: do not keep it from being write-combining");
	wc_map = map_slice(wc);
	after = map_bar(dev, ACCEL_BAR, SLICE_OFFSET + SLICE_SIZE, PAGE);
	fact(wc_map && after && mapped_as(wc_map + SLICE_SIZE - 1, "WC") &&
		     mapped_as(after, "UC-") && mapped_as(before, "UC-") &&
		     mapped_as(nc_map, "UC-"),
	     "fact 39: disjoint slices of a BAR each have their own attribute");
	fact(!set_memory(dev, false) && !set_memory(dev, true) && mapped_as(wc_map, "WC") &&
		     mapped_as(nc_map, "UC-") && mapped_as(before, "UC-"),
	     "fact 39: and faulted in anew, too");

	fact(is_ebusy(map_bar(dev, ACCEL_BAR, SLICE_OFFSET + SLICE_SIZE - PAGE, 2 * PAGE)),
	     "fact 39: overlap: the BAR cannot be mapped non-cached");
	fact(is_ebusy(map_fd(both, 0, PAGE, PROT_READ)), "fact 39: nor can another DMABUF");
	fact(set_memattr(dev, both, WC) == -EBUSY,
	     "fact 39: which cannot be write-combining where a third one is mapped non-cached");
	munmap(nc_map, SLICE_SIZE);
	munmap(after, PAGE);
	fact(!set_memattr(dev, both, WC), "fact 39: as it can when that is gone");
	map = map_fd(both, PAGE, PAGE, PROT_READ);
	fact(map && mapped_as(map, "WC"), "fact 39: two that overlap are both write-combining");
	fact(is_ebusy(map_slice(nc)), "fact 39: overlap: a DMABUF cannot be mapped non-cached");
	munmap(map, PAGE);
	close(both);
	nc_map = map_slice(nc);
	fact(nc_map && mapped_as(nc_map, "UC-") && mapped_as(wc_map + SLICE_SIZE - 1, "WC"),
	     "fact 39: it can when the other is released, which leaves the first alone");

	munmap(nc_map, SLICE_SIZE);
	munmap(before, PAGE);
	munmap(wc_map, SLICE_SIZE);
	close(nc);
	close(wc);
	map = map_bar_slice(dev);
	fact(map && mapped_as(map, "UC-"), "fact 39: after the release the BAR maps non-cached");
	munmap(map, SLICE_SIZE);
}

/* Size bytes at map, at the next multiple of 2 MiB; the mapping is never undone. */
static char *map_aligned(int fd, uint64_t offset, uint64_t size)
{
	char *area = mmap(NULL, size + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	area = (char *)(((uintptr_t)area + HUGE - 1) & -(uintptr_t)HUGE);
	area = mmap(area, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
	return area == MAP_FAILED ? NULL : area;
}

static void test_huge(struct vfio_device *dev)
{
	int fd = export_slice(dev, 4 * HUGE, 2 * HUGE);
	struct vfio_region region;
	char *map, *bar;

	fact(!set_memattr(dev, fd, WC) && !vfio_region_read(dev, ACCEL_BAR, &region, NULL),
	     "4 MiB are write-combining");
	map = map_aligned(fd, 0, 2 * HUGE);
	bar = map_aligned(dev->fd, region.offset + 6 * HUGE, HUGE);
	fact(map && is_entry(map + HUGE + PAGE, 9, "WC"), "fact 39: a 2 MiB entry, too");
	fact(bar && is_entry(bar, 9, "UC-"), "fact 39: the next 2 MiB of the BAR are not");
	fact(!vfio_reset(dev, NULL) && is_entry(map, 9, "WC") && is_entry(bar, 9, "UC-"),
	     "fact 39: nor after a reset");
	munmap(map, 2 * HUGE);
	munmap(bar, HUGE);
	close(fd);
}

/* The kernel's own accesses, inside and outside of what is write-combining. */
static void test_rw(const struct vfio_device *dev)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	uint64_t size = SLICE_SIZE + 2 * PAGE, start = SLICE_OFFSET - PAGE, i;
	uint8_t *out = malloc(size), *in = malloc(size);
	struct vfio_region region;
	char *types, *map;

	fact(!set_memattr(dev, fd, WC) && !vfio_region_read(dev, ACCEL_BAR, &region, NULL) && out &&
		     in,
	     "a slice is write-combining");
	types = memtypes();
	for (i = 0; i < size; i++)
		out[i] = (uint8_t)(i * 7 + i / 251);
	fact(pwrite(dev->fd, out, size, (off_t)(region.offset + start)) == (ssize_t)size,
	     "fact 39: write() of the device file across its ends");
	fact(pread(dev->fd, in, size - 3, (off_t)(region.offset + start + 3)) ==
			     (ssize_t)size - 3 &&
		     !memcmp(in, out + 3, size - 3),
	     "fact 39: read() at an odd offset finds that");
	map = map_slice(fd);
	fact(map && !memcmp(map, out + PAGE, SLICE_SIZE), "fact 39: and so does a mapping");
	fact(mapped_as(map, "WC") && memtypes_are(types),
	     "fact 39: which is what it was, as is the list of memory types");
	munmap(map, SLICE_SIZE);
	close(fd);
	free(types);
	free(out);
	free(in);
}

static int ioeventfd(const struct vfio_device *dev, uint64_t offset, int fd)
{
	struct vfio_region region;
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.data = 0xfeed0000 + (uint32_t)offset,
		.fd = fd,
	};

	if (vfio_region_read(dev, ACCEL_BAR, &region, NULL))
		return -EINVAL;
	arg.offset = region.offset + offset;
	return ioctl(dev->fd, VFIO_DEVICE_IOEVENTFD, &arg) ? -errno : 0;
}

/* The kernel's mappings that cannot be given up. */
static void test_ioeventfd(const struct vfio_device *dev)
{
	int slice = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	int fd = eventfd(0, EFD_CLOEXEC), ret;
	uint64_t inside = SLICE_OFFSET + 2 * PAGE + 16, outside = SLICE_OFFSET - 32;
	uint64_t one = 1;
	volatile uint32_t *map;

	ret = ioeventfd(dev, inside, fd);
	if (ret == -ENOTTY) {
		printf("# the kernel has no ioeventfds\n");
		return;
	}
	fact(!ret && !ioeventfd(dev, outside, fd), "ioeventfds in a slice and next to it");
	fact(set_memattr(dev, slice, WC) == -EOPNOTSUPP,
	     "fact 37: an ioeventfd keeps its page from being write-combining");
	fact(!ioeventfd(dev, inside, -1) && !set_memattr(dev, slice, WC),
	     "fact 37: not when it is gone; one next to it does not matter");
	map = map_bar(dev, ACCEL_BAR, SLICE_OFFSET - PAGE, PAGE);
	fact(map, "the page before the slice maps");
	map += (PAGE - 32) / sizeof(*map);
	*map = 0;
	fact(write(fd, &one, sizeof(one)) == sizeof(one) && (usleep(100000), true) &&
		     *map == 0xfeed0000 + (uint32_t)outside,
	     "fact 39: an ioeventfd next to a slice that is write-combining works");
	fact(ioeventfd(dev, inside, fd) == -EBUSY, "fact 39: inside there can be none");
	fact(!ioeventfd(dev, outside, -1), "the other one is given back");
	munmap((void *)((uintptr_t)map & -PAGE), PAGE);
	close(slice);
	close(fd);
}

/* What is reserved when the device is closed, for DMABUFs that stay. */
static void test_close(const char *before)
{
	struct vfio_device dev;
	char *map;
	int fd;

	guest_open(&dev, ACCEL);
	fd = export_slice(&dev, SLICE_OFFSET, SLICE_SIZE);
	fact(!set_memattr(&dev, fd, WC), "a slice is write-combining");
	map = map_slice(fd);
	fact(map && mapped_as(map, "WC"), "and mapped");
	vfio_close(&dev);
	fact(faults(map) && memtypes_are(before),
	     "fact 39: closing the device leaves no memory types behind");

	guest_open(&dev, ACCEL);
	munmap(map, SLICE_SIZE);
	map = map_bar_slice(&dev);
	fact(map && mapped_as(map, "UC-"), "fact 39: opened again it is mapped non-cached");
	munmap(map, SLICE_SIZE);
	close(fd);
	vfio_close(&dev);
	fact(memtypes_are(before), "fact 39: nor does the last release");
}

static void test_errors(const struct vfio_device *dev)
{
	struct vfio_device_feature_dma_buf_memattr arg = { .dmabuf_fd = 1 };
	const uint32_t number = VFIO_DEVICE_FEATURE_DMA_BUF_MEMATTR;
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);

	fact(set_memattr(dev, fd, 2) == -ENOENT, "fact 38: an unknown attribute is ENOENT");
	fact(set_memattr(dev, fd, UINT32_MAX) == -ENOENT, "fact 38: so is the last one");
	fact(set_memattr(dev, 1, NC) == -EINVAL, "fact 38: not a DMABUF is EINVAL");
	fact(set_memattr(dev, 1000, NC) == -EBADF, "fact 38: a closed fd is EBADF");
	fact(!revoke_slice(dev, fd) && !set_memattr(dev, fd, NC),
	     "fact 38: a revoked DMABUF is not refused");
	close(fd);

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
	bool pat = !access(MEMTYPES, R_OK);
	char *before = pat ? memtypes() : NULL;
	struct vfio_device dev;

	guest_open(&dev, ACCEL);
	test_default(&dev);
	test_errors(&dev);
	if (pat) {
		test_rw(&dev);
		test_wc(&dev);
		test_revoked(&dev);
		test_slices(&dev);
		test_huge(&dev);
		test_ioeventfd(&dev);
	} else {
		expect_refused(&dev, ACCEL_BAR, "without PAT");
	}
	vfio_close(&dev);
	if (pat) {
		fact(memtypes_are(before), "fact 39: the list of memory types is as before");
		test_close(before);
	}

	bind_driver(NIC, "vfio-pci");
	guest_open(&dev, NIC);
	expect_refused(&dev, 0, "a BAR that is not prefetchable");
	vfio_close(&dev);
	free(before);
	return 0;
}
