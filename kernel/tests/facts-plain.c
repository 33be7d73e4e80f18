// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts 50 to 55: mmap() without an address gives BARs and DMABUFs huge pages,
 * wherever they begin and whatever else is mapped, and leaves the rest alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entries.h"
#include "layouts.h"
#include "slices.h"

#define MIB	 0x100000ULL
#define HUGE	 (2 * MIB)
#define BAR_SIZE (64 * MIB)

static struct vfio_device dev;
static uint64_t bar;
static const char *direction = "top-down";

/* Of a part of the BAR at a good address: a fault a huge page, and one for each page around them. */
static long fewest_faults(uint64_t offset, uint64_t size)
{
	uint64_t first = (offset + HUGE - 1) & -HUGE, last = (offset + size) & -HUGE;

	if (last <= first)
		return (long)(size / PAGE);
	return (long)((last - first) / HUGE + (size - (last - first)) / PAGE);
}

/* Touch every page, which says what it is. How many faults that took, or -1. */
static long touch(const char *map, uint64_t offset, uint64_t size)
{
	long before = count_faults();
	uint64_t i;

	for (i = 0; i < size; i += PAGE)
		if (mark_at(map + i) != (offset + i) / PAGE)
			return -1;
	return count_faults() - before;
}

/* Map size bytes of fd, wherever the kernel likes, and touch them; offset is that in the BAR. */
static void check(int fd, uint64_t pgoff, uint64_t offset, uint64_t size, const char *name)
{
	long n, wanted = fewest_faults(offset, size);
	char *map = map_fd(fd, pgoff, size, PROT_READ);

	fact(map, "%s maps", name);
	n = touch(map, offset, size);
	fact(n == wanted, "%s at 0x%llx, %llu KiB: %ld page faults, %ld wanted", name,
	     (unsigned long long)offset, size / 1024ULL, n, wanted);
	munmap(map, size);
}

/* In a process of its own, so that layouts do not add up. */
static int check_layout(void *arg)
{
	const struct layout *l = arg;
	char *first, *second;
	char name[128];
	int fd;

	l->make(dev.fd, bar);
	/* Once in vain: a process that has just been forked has faults of its own. */
	first = map_fd(dev.fd, bar, PAGE, PROT_READ);
	touch(first, 0, PAGE);
	snprintf(name, sizeof(name), "fact 50: %s, %s: BAR", direction, l->name);
	check(dev.fd, bar, 0, BAR_SIZE, name);
	first = map_fd(dev.fd, bar, BAR_SIZE, PROT_READ);
	second = map_fd(dev.fd, bar, BAR_SIZE, PROT_READ);
	fact(first && second && touch(second, 0, BAR_SIZE) == 32 && touch(first, 0, BAR_SIZE) == 32,
	     "%s, twice", name);

	fd = export_slice(&dev, 0, BAR_SIZE);
	snprintf(name, sizeof(name), "fact 50: %s, %s: DMABUF", direction, l->name);
	check(fd, 0, 0, BAR_SIZE, name);
	return 0;
}

static void test_layouts(void)
{
	const struct layout *l;
	int n = 0;

	for (l = layouts; l->name; l++, n++)
		fact(!in_child(check_layout, (void *)l, 60000), "fact 50: %s, %s: done", direction,
		     l->name);
	fact(n >= 8, "fact 50: there were %d layouts", n);
}

static void test_offsets(void)
{
	static const struct {
		uint64_t offset, size;
	} parts[] = {
		{ PAGE, BAR_SIZE - PAGE },
		{ MIB, 8 * MIB },
		{ 3 * MIB + 5 * PAGE, 4 * MIB },
		{ 2 * MIB, 2 * MIB },
		{ 2 * MIB, 3 * MIB },
		{ 2 * MIB - PAGE, 2 * MIB + PAGE },
		{ 2 * MIB + PAGE, 2 * MIB },
		{ 60 * MIB, 4 * MIB },
	};
	unsigned int i;
	int fd, all;

	all = export_slice(&dev, PAGE, BAR_SIZE - PAGE);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		check(dev.fd, bar + parts[i].offset, parts[i].offset, parts[i].size,
		      "fact 51: a part of the BAR");
		fd = export_slice(&dev, parts[i].offset, parts[i].size);
		check(fd, 0, parts[i].offset, parts[i].size, "fact 51: a slice");
		close(fd);
		check(all, parts[i].offset - PAGE, parts[i].offset, parts[i].size,
		      "fact 51: a part of a slice");
	}
	close(all);
}

/* The ranges one after the other, all pages right; how many faults. */
static long touch_ranges(const struct vfio_region_dma_range *ranges, unsigned int nr)
{
	uint64_t size = 0, at = 0;
	long n, sum = 0;
	unsigned int i;
	char *map;
	int fd;

	for (i = 0; i < nr; i++)
		size += ranges[i].length;
	fd = export_ranges(&dev, ACCEL_BAR, ranges, nr, O_RDWR | O_CLOEXEC);
	map = map_fd(fd, 0, size, PROT_READ);
	fact(map, "%u ranges map", nr);
	for (i = 0; i < nr; i++) {
		n = touch(map + at, ranges[i].offset, ranges[i].length);
		fact(n >= 0, "fact 52: range %u is the right one", i);
		sum += n;
		at += ranges[i].length;
	}
	munmap(map, size);
	close(fd);
	return sum;
}

static void test_ranges(void)
{
	const struct vfio_region_dma_range agree[] = { { 8 * MIB, 4 * MIB }, { 2 * MIB, 2 * MIB } },
					   majority[] = { { 6 * MIB, 6 * MIB },
							  { 16 * MIB + PAGE, 4 * MIB },
							  { 20 * MIB + PAGE, 4 * MIB },
							  { 32 * MIB + PAGE, 4 * MIB },
							  { 40 * MIB + PAGE, 4 * MIB } },
					   largest[] = { { 2 * MIB, PAGE },
							 { 8 * MIB, 8 * MIB },
							 { 1 * MIB, 4 * MIB } },
					   none[] = { { 2 * MIB, MIB }, { 3 * MIB, MIB } };

	fact(touch_ranges(agree, 2) == 3, "fact 52: two that agree: 3 page faults");
	fact(touch_ranges(majority, 5) == 6 * 256 + 4 * 513,
	     "fact 52: four against a larger one get their way");
	fact(touch_ranges(largest, 3) == 1 + 4 + 1024,
	     "fact 52: the largest against two smaller ones gets its way");
	fact(touch_ranges(none, 2) == 512, "fact 52: none has 2 MiB of its own");
}

static void test_wishes(void)
{
	char *area, *map, *good, *odd;

	area = mmap(NULL, BAR_SIZE + 2 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fact(area != MAP_FAILED, "there is address space");
	good = (char *)(((uintptr_t)area + HUGE - 1) & -HUGE);
	odd = good + PAGE;
	map = mmap(odd, BAR_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, dev.fd, (off_t)bar);
	fact(map == odd && touch(map, 0, PAGE) == 1, "fact 53: MAP_FIXED is what it says");
	fact(mmap(odd, BAR_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, dev.fd, (off_t)bar) ==
			     MAP_FAILED &&
		     errno == EEXIST,
	     "fact 53: MAP_FIXED_NOREPLACE: what is there stays");
	map = mmap(odd, BAR_SIZE, PROT_READ, MAP_SHARED, dev.fd, (off_t)bar);
	fact(map != MAP_FAILED && map != odd && touch(map, 0, BAR_SIZE) == 32,
	     "fact 53: a hint that is taken: somewhere else, with huge pages");
	munmap(map, BAR_SIZE);
	munmap(area, BAR_SIZE + 2 * HUGE);

	map = mmap(odd, BAR_SIZE, PROT_READ, MAP_SHARED, dev.fd, (off_t)bar);
	fact(map == odd, "fact 53: a hint that is free is taken, good or not");
	munmap(map, BAR_SIZE);
	/* Room for the mapping, but not for more */
	area = mmap(area, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mmap(odd + BAR_SIZE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	map = mmap(odd, BAR_SIZE, PROT_READ, MAP_SHARED, dev.fd, (off_t)bar);
	fact(map == odd, "fact 53: a hint that is just free is taken, too");
	munmap(map, BAR_SIZE);
	munmap(odd + BAR_SIZE, PAGE);
	munmap(area, PAGE);
#ifdef MAP_32BIT
	map = mmap(NULL, 8 * MIB, PROT_READ, MAP_SHARED | MAP_32BIT, dev.fd, (off_t)bar);
	fact((uintptr_t)map < 0x80000000 && touch(map, 0, 8 * MIB) == 4,
	     "fact 53: MAP_32BIT: a low address, with huge pages");
	munmap(map, 8 * MIB);
#endif
}

#ifdef __x86_64__
static sigjmp_buf no_int80;

static void on_fault(int sig)
{
	siglongjmp(no_int80, 1);
}

/* mmap2() as a 32-bit program calls it, with an offset in pages. */
static uint32_t mmap_compat(uint32_t size, int fd, uint64_t pgoff)
{
	uint32_t ret;

	/* The sixth argument is in ebp, which may be the frame pointer. */
	__asm__ volatile("xchg %%rbp, %[pgoff]\n\tint $0x80\n\txchg %%rbp, %[pgoff]"
			 : "=a"(ret), [pgoff] "+r"(pgoff)
			 : "0"(192), "b"(0), "c"(size), "d"(PROT_READ), "S"(MAP_SHARED), "D"(fd)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return ret;
}

/* Where the kernel has no 32-bit calls there is nothing to see. */
static void test_32bit(void)
{
	struct sigaction action = { .sa_handler = on_fault }, old;
	uint32_t map;

	sigaction(SIGSEGV, &action, &old);
	if (!sigsetjmp(no_int80, 1)) {
		map = mmap_compat(BAR_SIZE, dev.fd, bar / PAGE);
		fact(map < 0xfffff000 && touch((char *)(uintptr_t)map, 0, BAR_SIZE) > 0,
		     "fact 57: a 32-bit call maps the BAR below 4 GiB");
		munmap((void *)(uintptr_t)map, BAR_SIZE);
	}
	sigaction(SIGSEGV, &old, NULL);
}
#else
static void test_32bit(void)
{
}
#endif

/* What has no huge pages goes where it always went: as a file does that knows none. */
static void same_place(int fd, uint64_t offset, uint64_t size, const char *what)
{
	int memfd = memfd_create("plain", MFD_CLOEXEC);
	char *file, *map;

	fact(memfd >= 0 && !ftruncate(memfd, (off_t)size), "a memfd");
	file = mmap(NULL, size, PROT_READ, MAP_SHARED, memfd, 0);
	munmap(file, size);
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)offset);
	fact(map != MAP_FAILED && map == file, "fact 54: %s: the place of any file", what);
	munmap(map, size);
	close(memfd);
}

static void test_rest(void)
{
	int fd;

	mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	same_place(dev.fd, bar, PAGE, "a page of a BAR");
	same_place(dev.fd, bar + 2 * MIB, HUGE - PAGE, "less than 2 MiB of a BAR");
	same_place(dev.fd, bar + MIB, HUGE, "parts of two huge pages of a BAR");
	fd = export_slice(&dev, MIB, 3 * MIB - PAGE);
	same_place(fd, 0, 3 * MIB - PAGE, "a slice without a huge page");
	close(fd);
	fd = make_udmabuf(8 * MIB);
	same_place(fd, 0, 8 * MIB, "a udmabuf");
	close(fd);
}

int main(int argc, char **argv)
{
	struct vfio_region region;
	char *map;
	uint64_t i;

	if (layout_is_bottom_up())
		direction = "bottom-up";
	guest_open(&dev, ACCEL);
	fact(!vfio_region_read(&dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	bar = region.offset;
	vfio_region_free(&region);
	map = map_bar(&dev, ACCEL_BAR, 0, BAR_SIZE);
	fact(map, "the BAR maps, to be marked");
	for (i = 0; i < BAR_SIZE; i += PAGE)
		*(volatile uint64_t *)(map + i) = i / PAGE;
	munmap(map, BAR_SIZE);

	test_layouts();
	test_offsets();
	test_ranges();
	test_wishes();
	test_32bit();
	test_rest();
	vfio_close(&dev);
	if (argc == 1)
		layout_go_bottom_up(argv[0]);
	return 0;
}
