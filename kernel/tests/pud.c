// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BAR of 1 GiB ('./lab run --bar-size 1G'), which one page of the largest kind
 * maps, and what mm does to such a page.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "entries.h"
#include "slices.h"

#define MIB 0x100000ULL
#define GIB (1024 * MIB)

static uint64_t bar_offset;

/* Touch each page of 4 KiB; how many page faults. */
static long touch(const char *map, uint64_t size)
{
	long before = count_faults();
	uint64_t i;

	for (i = 0; i < size; i += PAGE)
		*(const volatile char *)(map + i);
	return count_faults() - before;
}

/* The marks are at multiples of 128 MiB, a page further each. */
static uint64_t mark_offset(uint64_t i)
{
	return i * (128 * MIB + PAGE);
}

static bool shows(const char *map, uint64_t offset, uint64_t size)
{
	uint64_t i;

	for (i = 0; i < 8; i++)
		if (mark_offset(i) >= offset && mark_offset(i) < offset + size &&
		    mark_at(map + mark_offset(i) - offset) != i + 0x1000)
			return false;
	return true;
}

static char *map_plain(int fd, uint64_t offset)
{
	char *map = map_fd(fd, offset, GIB, PROT_READ | PROT_WRITE);

	fact(map, "1 GiB maps");
	return map;
}

static void test_plain(int fd, uint64_t offset, const char *kind, int order)
{
	char *map = map_plain(fd, offset);
	long wanted = order == 18 ? 1 : 512;
	long n;

	touch(map, GIB);
	munmap(map, GIB);
	map = map_plain(fd, offset);
	n = touch(map, GIB);
	fact(n == wanted && order_at(map + 5 * PAGE) == order,
	     "fact 59: %s: plain mmap() of 1 GiB: %ld page faults", kind, n);
	fact(shows(map, 0, GIB), "fact 59: %s: and it is the right memory", kind);
	munmap(map, GIB);
}

/* mremap() to where the page fits, and to where it does not. */
static void test_moves(int fd, uint64_t offset, const char *kind)
{
	static const uint64_t skews[] = { 0, 2 * MIB, PAGE };
	static const int orders[] = { 18, 9, 0 };
	char *map, *to;
	unsigned int i;

	for (i = 0; i < sizeof(skews) / sizeof(skews[0]); i++) {
		map = map_plain(fd, offset);
		touch(map, PAGE);
		to = free_place(GIB, GIB, skews[i]);
		fact(mremap(map, GIB, GIB, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to,
		     "fact 56: %s: 1 GiB moves to %llu KiB above 1 GiB", kind, skews[i] / 1024ULL);
		fact(unmapped(map), "fact 56: %s: is not where it was", kind);
		fact(shows(to, 0, GIB) && order_at(to + 256 * MIB) == orders[i],
		     "fact 56: %s: and is the right memory, in pages of order %d", kind, orders[i]);
		munmap(to, GIB);
	}
}

/* Splits of the mapping split the page. */
static void test_splits(int fd, uint64_t offset, const char *kind)
{
	char *map = map_plain(fd, offset), *to;

	touch(map, PAGE);
	fact(!munmap(map + 300 * MIB, PAGE), "fact 59: %s: a hole in 1 GiB", kind);
	fact(shows(map, 0, 300 * MIB) && shows(map + 301 * MIB, 301 * MIB, GIB - 301 * MIB) &&
		     unmapped(map + 300 * MIB),
	     "fact 59: %s: and around it the right memory", kind);
	munmap(map, GIB);

	map = map_plain(fd, offset);
	touch(map, PAGE);
	fact(!mprotect(map + 300 * MIB, 100 * MIB, PROT_READ), "fact 59: %s: 100 MiB read-only",
	     kind);
	fact(shows(map, 0, GIB), "fact 59: %s: all of it is the right memory", kind);
	to = free_place(GIB, GIB, 0);
	fact(mremap(map, GIB, GIB, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to,
	     "fact 56: %s: three mappings of 1 GiB move as one", kind);
	fact(shows(to, 0, GIB), "fact 56: %s: and are the right memory", kind);
	munmap(to, GIB);
}

/* The largest pages have memory types, too. */
static void test_memattr(struct vfio_device *dev)
{
	int fd = export_slice(dev, 0, GIB);
	char *map;

	fact(!set_memattr(dev, fd, VFIO_DMA_BUF_MEMATTR_WC), "1 GiB is write-combining");
	map = map_plain(fd, 0);
	fact(is_entry(map + 700 * MIB, 18, "WC"), "fact 39: a 1 GiB entry is write-combining");
	fact(shows(map, 0, GIB), "fact 39: and it is the right memory");
	fact(!vfio_reset(dev, NULL) && is_entry(map, 18, "WC"), "fact 39: so it is after a reset");
	fact(!revoke_slice(dev, fd) && faults(map) && faults(map + GIB - PAGE),
	     "fact 39: a revoke takes it away");
	munmap(map, GIB);
	close(fd);

	fd = export_slice(dev, 0, GIB);
	map = map_plain(fd, 0);
	fact(is_entry(map, 18, "UC-"), "fact 39: exported again it is not write-combining");
	munmap(map, GIB);
	fact(!set_memattr(dev, fd, VFIO_DMA_BUF_MEMATTR_WC), "fact 39: until it is asked for");
	map = map_plain(fd, 0);
	fact(is_entry(map, 18, "WC"), "fact 39: in the page table");
	munmap(map, GIB);
	close(fd);
}

int main(int argc, char **argv)
{
	struct vfio_device dev;
	struct vfio_region region;
	uint64_t i;
	int fd, order = argc > 1 && !strcmp(argv[1], "no-gbpages") ? 9 : 18;
	char *map;

	guest_open(&dev, ACCEL);
	fact(!vfio_region_read(&dev, ACCEL_BAR, &region, NULL) && region.size >= GIB,
	     "the BAR has 1 GiB");
	bar_offset = region.offset;
	vfio_region_free(&region);
	map = map_plain(dev.fd, bar_offset);
	for (i = 0; i < 8; i++)
		*(volatile uint64_t *)(map + mark_offset(i)) = i + 0x1000;
	munmap(map, GIB);

	test_plain(dev.fd, bar_offset, "BAR", order);
	if (order == 18) {
		test_moves(dev.fd, bar_offset, "BAR");
		test_splits(dev.fd, bar_offset, "BAR");
	}
	fd = export_slice(&dev, 0, GIB);
	test_plain(fd, 0, "DMABUF", order);
	if (order == 18) {
		test_moves(fd, 0, "DMABUF");
		test_splits(fd, 0, "DMABUF");
	}
	close(fd);
	if (order == 18)
		test_memattr(&dev);
	vfio_close(&dev);
	return 0;
}
