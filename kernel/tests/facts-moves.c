// SPDX-License-Identifier: GPL-2.0-only
/* Fact 56: mremap() of what has huge pages, in one piece and in several. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "entries.h"
#include "slices.h"

#define MIB  0x100000ULL
#define HUGE (2 * MIB)
#define SIZE (8 * MIB)

/* Are pages of a mapping the ones that they say? */
static bool shows(const char *map, uint64_t from, uint64_t to)
{
	for (; from < to; from += PAGE)
		if (mark_at(map + from) != from / PAGE)
			return false;
	return true;
}

static char *map_all(int fd, uint64_t offset)
{
	char *map = map_fd(fd, offset, SIZE, PROT_READ | PROT_WRITE);

	fact(map, "8 MiB map");
	return map;
}

static bool move(char *map, char *to)
{
	return mremap(map, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to;
}

static void test_whole(int fd, uint64_t offset, const char *kind)
{
	static const uint64_t skews[] = { 0, PAGE };
	static const int orders[] = { 9, 0 };
	unsigned int i;
	char *map, *to;

	for (i = 0; i < 2; i++) {
		map = map_all(fd, offset);
		fact(shows(map, 0, SIZE), "%s: is there", kind);
		to = free_place(SIZE, HUGE, skews[i]);
		fact(move(map, to) && unmapped(map), "fact 56: %s: moves %llu KiB above 2 MiB",
		     kind, skews[i] / 1024ULL);
		fact(shows(to, 0, SIZE) && order_at(to + SIZE / 2) == orders[i],
		     "fact 56: %s: is all there, in pages of order %d", kind, orders[i]);
		munmap(to, SIZE);
	}
}

/* Several VMAs of it, with and without a hole between them. */
static void test_split(int fd, uint64_t offset, const char *kind)
{
	char *map = map_all(fd, offset), *to = free_place(SIZE, HUGE, 0);

	fact(shows(map, 0, SIZE), "%s: is there", kind);
	fact(!mprotect(map + 3 * MIB, MIB, PROT_READ), "%s: a part is read-only", kind);
	fact(move(map, to), "fact 56: %s: split by mprotect(), moves as one", kind);
	fact(shows(to, 0, SIZE) && unmapped(map), "fact 56: %s: is all there, and nowhere else",
	     kind);
	munmap(to, SIZE);

	map = map_all(fd, offset);
	to = free_place(SIZE, HUGE, 0);
	fact(shows(map, 0, SIZE), "%s: is there again", kind);
	fact(!munmap(map + 3 * MIB + PAGE, MIB), "%s: a part is unmapped", kind);
	fact(move(map, to), "fact 56: %s: split by munmap(), moves as one", kind);
	fact(shows(to, 0, 3 * MIB) && shows(to, 4 * MIB + PAGE, SIZE) &&
		     unmapped(to + 3 * MIB + PAGE),
	     "fact 56: %s: all there but the hole", kind);
	munmap(to, SIZE);
}

static void mark_all(int fd, uint64_t offset)
{
	char *map = map_all(fd, offset);
	uint64_t i;

	for (i = 0; i < SIZE; i += PAGE)
		*(volatile uint64_t *)(map + i) = i / PAGE;
	munmap(map, SIZE);
}

int main(void)
{
	struct vfio_device dev;
	struct vfio_region region;
	uint64_t bar;
	int fd;

	guest_open(&dev, ACCEL);
	fact(!vfio_region_read(&dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	bar = region.offset + 16 * MIB;
	vfio_region_free(&region);
	mark_all(dev.fd, bar);
	test_whole(dev.fd, bar, "BAR");
	test_split(dev.fd, bar, "BAR");

	fd = export_slice(&dev, 16 * MIB, SIZE);
	test_whole(fd, 0, "DMABUF");
	test_split(fd, 0, "DMABUF");
	close(fd);

	fd = make_udmabuf(SIZE);
	mark_all(fd, 0);
	test_split(fd, 0, "udmabuf");
	close(fd);
	vfio_close(&dev);
	return 0;
}
