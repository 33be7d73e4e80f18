// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#include "layouts.h"
#include "slices.h"

#define MIB	 0x100000ULL
#define BAR_SIZE (64 * MIB)

static char *reserve(uint64_t size)
{
	char *map = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	fact(map != MAP_FAILED, "there is address space for a layout");
	return map;
}

static char *map_part(int fd, uint64_t offset, uint64_t size)
{
	char *map = map_fd(fd, offset, size, PROT_READ);

	fact(map, "a part of the BAR maps for a layout");
	return map;
}

static void fresh(int fd, uint64_t bar)
{
}

static void odd_page(int fd, uint64_t bar)
{
	reserve(PAGE);
}

static void odd_pages(int fd, uint64_t bar)
{
	char *map = reserve(5 * PAGE);

	munmap(map + PAGE, PAGE);
	munmap(map + 3 * PAGE, PAGE);
}

static void aligned_hole(int fd, uint64_t bar)
{
	char *map = reserve(BAR_SIZE + 4 * MIB);

	reserve(PAGE);
	munmap((char *)(((uintptr_t)map + 2 * MIB) & -(2 * MIB)), BAR_SIZE);
}

/* Large enough, but not at a good address */
static void odd_hole(int fd, uint64_t bar)
{
	char *map = reserve(BAR_SIZE + 4 * MIB);

	reserve(PAGE);
	munmap((char *)(((uintptr_t)map + 2 * MIB) & -(2 * MIB)) + PAGE, BAR_SIZE);
}

/* Large enough for a mapping, and a page too small to choose where in it */
static void tight_hole(int fd, uint64_t bar)
{
	char *map = reserve(BAR_SIZE + 8 * MIB);

	reserve(PAGE);
	munmap(map + PAGE, BAR_SIZE + 2 * MIB - PAGE);
}

static void parts_of_bars(int fd, uint64_t bar)
{
	map_part(fd, 0, PAGE); /* BAR 0, of a page */
	map_part(fd, bar, 16 * MIB);
	map_part(fd, bar + 3 * PAGE, 3 * MIB);
	map_part(fd, bar + MIB, PAGE);
}

static void whole_bars(int fd, uint64_t bar)
{
	map_part(fd, bar, BAR_SIZE);
	reserve(3 * PAGE);
	map_part(fd, bar, BAR_SIZE);
	map_part(fd, bar, BAR_SIZE);
}

static void bar_with_a_hole(int fd, uint64_t bar)
{
	char *map = map_part(fd, bar, BAR_SIZE);

	munmap(map + 5 * MIB + PAGE, 7 * MIB);
	munmap(map + 32 * MIB, 2 * MIB);
}

static void many_holes(int fd, uint64_t bar)
{
	char *map = reserve(400 * PAGE);
	int i;

	for (i = 1; i < 400; i += 2)
		munmap(map + i * PAGE, PAGE);
}

static void large_area(int fd, uint64_t bar)
{
	char *map = reserve(1024 * MIB + PAGE);

	munmap(map + 7 * PAGE, 100 * MIB);
	munmap(map + 300 * MIB, 66 * MIB);
}

const struct layout layouts[] = {
	{ "a fresh one", fresh },
	{ "an odd page first", odd_page },
	{ "odd pages first", odd_pages },
	{ "an aligned hole", aligned_hole },
	{ "an odd hole", odd_hole },
	{ "a tight hole", tight_hole },
	{ "parts of BARs first", parts_of_bars },
	{ "BARs in a row", whole_bars },
	{ "a BAR with holes first", bar_with_a_hole },
	{ "many small holes", many_holes },
	{ "large holes", large_area },
	{ NULL, NULL },
};

bool layout_is_bottom_up(void)
{
	return personality(0xffffffff) & ADDR_COMPAT_LAYOUT;
}

void layout_go_bottom_up(char *program)
{
	char *argv[] = { program, "bottom-up", NULL };

	personality((unsigned int)personality(0xffffffff) | ADDR_COMPAT_LAYOUT);
	execv("/proc/self/exe", argv);
	fact(false, "the program starts again, bottom-up");
}
