// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact 35: a fault maps 2 MiB at once where virtual and physical address agree
 * modulo 2 MiB and both the range and the mapping contain the page; everywhere
 * else 4 KiB. BARs are aligned to their size: what agrees with the offset in the
 * BAR agrees with the address.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "entries.h"
#include "slices.h"

#define MIB  0x100000ULL
#define HUGE (2 * MIB)

/* A mapping at an address that is skew above a multiple of 2 MiB. */
struct placed {
	char *area, *map;
	uint64_t area_size;
};

static void place(struct placed *p, int fd, uint64_t offset, uint64_t size, uint64_t skew)
{
	p->area_size = size + 2 * HUGE;
	p->area = mmap(NULL, p->area_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fact(p->area != MAP_FAILED, "there is address space");
	p->map = (char *)(((uintptr_t)p->area + HUGE - 1) & -(uintptr_t)HUGE) + skew;
	p->map = mmap(p->map, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		      (off_t)offset);
	fact(p->map != MAP_FAILED, "%llu KiB map %llu KiB above 2 MiB", size / 1024ULL,
	     skew / 1024ULL);
}

static void drop(struct placed *p)
{
	munmap(p->area, p->area_size);
}

/* Every page of the BAR says which it is, as far as these tests look. */
static void mark(const struct vfio_device *dev, uint64_t offset)
{
	char *map = map_bar(dev, ACCEL_BAR, offset, PAGE);

	fact(map, "the page at 0x%llx maps, to be marked", (unsigned long long)offset);
	*(volatile uint64_t *)map = offset / PAGE;
	munmap(map, PAGE);
}

static bool shows(const char *addr, uint64_t offset)
{
	return mark_at(addr) == offset / PAGE;
}

static void test_bar(const struct vfio_device *dev)
{
	struct vfio_region region;
	struct placed p;

	fact(!vfio_region_read(dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	place(&p, dev->fd, region.offset + 4 * MIB, 2 * HUGE, 0);
	fact(order_at(p.map + 5 * PAGE) == 9, "fact 35: BAR: addresses agree: 2 MiB");
	fact(shows(p.map, 4 * MIB) && shows(p.map + HUGE + PAGE, 6 * MIB + PAGE),
	     "fact 35: BAR: and it is the right page");
	drop(&p);
	place(&p, dev->fd, region.offset + 4 * MIB, 2 * HUGE, PAGE);
	fact(order_at(p.map + HUGE) == 0 && shows(p.map, 4 * MIB) &&
		     shows(p.map + HUGE + PAGE, 6 * MIB + PAGE),
	     "fact 35: BAR: addresses do not agree: 4 KiB, and the right pages");
	drop(&p);
	place(&p, dev->fd, region.offset + 4 * MIB, HUGE - PAGE, 0);
	fact(order_at(p.map) == 0, "fact 35: BAR: the mapping ends in the page: 4 KiB");
	drop(&p);
	vfio_region_free(&region);
}

static void test_range(const struct vfio_device *dev)
{
	struct placed p;
	int fd;

	/* Begins and ends within 2 MiB of the BAR, and has 2 MiB in the middle */
	fd = export_slice(dev, 3 * MIB, 4 * MIB);
	place(&p, fd, 0, 4 * MIB, MIB);
	fact(order_at(p.map) == 0 && order_at(p.map + 3 * MIB) == 0,
	     "fact 35: DMABUF: where the range begins and ends: 4 KiB");
	fact(order_at(p.map + MIB) == 9 && shows(p.map + MIB, 4 * MIB) &&
		     shows(p.map + 3 * MIB + PAGE, 6 * MIB + PAGE),
	     "fact 35: DMABUF: between them 2 MiB, and the right pages");
	drop(&p);
	place(&p, fd, MIB, 3 * MIB, 0);
	fact(order_at(p.map) == 9 && shows(p.map, 4 * MIB),
	     "fact 35: DMABUF: mapped from an offset, 2 MiB as well");
	drop(&p);
	place(&p, fd, 0, 4 * MIB, 0);
	fact(order_at(p.map + MIB) == 0 && shows(p.map + MIB, 4 * MIB) &&
		     order_at(p.map + HUGE) == 0,
	     "fact 35: DMABUF: addresses do not agree: 4 KiB, and the right pages");
	drop(&p);
	close(fd);
}

static void test_ranges(const struct vfio_device *dev)
{
	const struct vfio_region_dma_range straddling[] = { { 4 * MIB, MIB }, { 7 * MIB, MIB } },
					   whole[] = { { 6 * MIB, HUGE }, { 4 * MIB, HUGE } };
	struct placed p;
	int fd;

	fd = export_ranges(dev, ACCEL_BAR, straddling, 2, O_RDWR | O_CLOEXEC);
	fact(fd >= 0, "two ranges of 1 MiB");
	place(&p, fd, 0, HUGE, 0);
	fact(order_at(p.map) == 0 && order_at(p.map + MIB) == 0 && shows(p.map, 4 * MIB) &&
		     shows(p.map + MIB + PAGE, 7 * MIB + PAGE),
	     "fact 35: ranges that share 2 MiB: 4 KiB, and the right pages");
	drop(&p);
	close(fd);

	fd = export_ranges(dev, ACCEL_BAR, whole, 2, O_RDWR | O_CLOEXEC);
	fact(fd >= 0, "two ranges of 2 MiB");
	place(&p, fd, 0, 2 * HUGE, 0);
	fact(order_at(p.map) == 9 && order_at(p.map + HUGE) == 9 &&
		     shows(p.map + PAGE, 6 * MIB + PAGE) && shows(p.map + HUGE, 4 * MIB),
	     "fact 35: ranges of 2 MiB: each in one, and the right pages");
	drop(&p);
	close(fd);
}

int main(void)
{
	static const uint64_t marked[] = { 4 * MIB, 6 * MIB + PAGE, 7 * MIB + PAGE };
	struct vfio_device dev;
	unsigned int i;

	guest_open(&dev, ACCEL);
	for (i = 0; i < sizeof(marked) / sizeof(marked[0]); i++)
		mark(&dev, marked[i]);
	test_bar(&dev);
	test_range(&dev);
	test_ranges(&dev);
	vfio_close(&dev);
	return 0;
}
