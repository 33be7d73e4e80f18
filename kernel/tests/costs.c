// SPDX-License-Identifier: GPL-2.0-only
/*
 * What taking access away costs, and finding a page: a line "NAME VALUE" a
 * figure, in instructions ('./lab run --counted'), medians. What a kernel cannot
 * do is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/samples.h"
#include "slices.h"

#define WARM_UPS 10
#define REPEATS	 21
#define MIB	 0x100000ULL
#define BAR_SIZE (64 * MIB)

static struct vfio_device dev;
static struct clock counter;
static uint64_t bar_offset;

/* As fact(), without a line where all is well. */
static void need(bool holds, const char *what)
{
	if (!holds)
		fact(false, "%s", what);
}

/*
 * Print the median of what run() says it took, so many times after some in vain.
 * step counts from 0.
 */
static void measure(const char *name, uint64_t (*run)(unsigned int step, void *arg), void *arg,
		    unsigned int warm_ups, unsigned int repeats)
{
	struct summary summary;
	struct samples samples;
	unsigned int i;

	need(!samples_init(&samples, repeats), "memory for samples");
	for (i = 0; i < warm_ups + repeats; i++) {
		uint64_t took = run(i, arg);

		if (i >= warm_ups)
			samples_add(&samples, took);
	}
	samples_summarise(&samples, &summary);
	printf("%s %.0f\n", name, summary.median);
	samples_free(&samples);
}

static void touch_all(const char *map, uint64_t size)
{
	uint64_t i;

	for (i = 0; i < size; i += PAGE)
		*(const volatile char *)(map + i);
}

/* At an address where no 2 MiB page fits, so that every page is one. */
static char *map_small(int fd, uint64_t offset, uint64_t size)
{
	static const uintptr_t where = 0x600000000000ULL;
	char *map = mmap((void *)(where + PAGE), size, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
			 (off_t)offset);

	need(map != MAP_FAILED, "mmap()");
	return map;
}

/* Memory decoding off and on. */
static uint64_t toggle(unsigned int step, void *arg)
{
	uint64_t start, end;

	if (arg)
		touch_all(arg, BAR_SIZE);
	start = clock_now(&counter);
	set_memory(&dev, false);
	set_memory(&dev, true);
	end = clock_now(&counter);
	return end - start;
}

static void toggles(void)
{
	char *map;

	measure("toggle.nothing", toggle, NULL, WARM_UPS, REPEATS);
	map = map_small(dev.fd, bar_offset, BAR_SIZE);
	measure("toggle.64MiB", toggle, map, 1, 5);
	munmap(map, BAR_SIZE);
}

/* munmap() of 2 MiB, touched or not: the difference is that of the pages. */
static uint64_t unmap(unsigned int step, void *arg)
{
	char *map = map_small(dev.fd, bar_offset, 2 * MIB);
	uint64_t start, end;

	if (arg)
		touch_all(map, 2 * MIB);
	start = clock_now(&counter);
	munmap(map, 2 * MIB);
	end = clock_now(&counter);
	return end - start;
}

/* One of the slices that are all mapped and touched, a slot of each its own. */
struct slices {
	unsigned int count;
	int *fd;
	char **map;
};

static void make_slice(struct slices *s, unsigned int i)
{
	s->fd[i] = export_slice(&dev, i % 1024 * SLICE_SIZE, SLICE_SIZE);
	s->map[i] = map_fd(s->fd[i], 0, SLICE_SIZE, PROT_READ);
	need(s->map[i], "a slice maps");
	touch_all(s->map[i], SLICE_SIZE);
}

static void drop_slice(struct slices *s, unsigned int i)
{
	munmap(s->map[i], SLICE_SIZE);
	close(s->fd[i]);
}

static uint64_t revoke_one(unsigned int step, void *arg)
{
	struct slices *s = arg;
	unsigned int i = step % s->count;
	uint64_t start, end;
	int ret;

	start = clock_now(&counter);
	ret = revoke_slice(&dev, s->fd[i]);
	end = clock_now(&counter);
	need(!ret && faults(s->map[i]), "a revoke takes the mapping away");
	drop_slice(s, i);
	make_slice(s, i);
	return end - start;
}

static uint64_t toggle_slices(unsigned int step, void *arg)
{
	struct slices *s = arg;
	unsigned int i;

	for (i = 0; i < s->count; i++)
		touch_all(s->map[i], SLICE_SIZE);
	return toggle(step, NULL);
}

static void among(unsigned int count)
{
	struct slices s = { count, calloc(count, sizeof(int)), calloc(count, sizeof(char *)) };
	char name[32];
	unsigned int i;

	need(s.fd && s.map, "memory for slices");
	for (i = 0; i < count; i++)
		make_slice(&s, i);
	snprintf(name, sizeof(name), "revoke.one-of-%u", count);
	measure(name, revoke_one, &s, WARM_UPS, REPEATS);
	snprintf(name, sizeof(name), "toggle.slices-%u", count);
	measure(name, toggle_slices, &s, 1, 5);
	for (i = 0; i < count; i++)
		drop_slice(&s, i);
	free(s.fd);
	free(s.map);
}

/*
 * A fault in the middle of a DMABUF of so many ranges of a page. They are not
 * in order: a search cannot guess.
 */
struct lookup {
	char *map;
	uint64_t at;
};

static uint64_t fault_once(unsigned int step, void *arg)
{
	struct lookup *l = arg;
	uint64_t start, end;

	/* Zaps the page but keeps its table */
	need(!set_memory(&dev, false) && !set_memory(&dev, true), "memory off and on");
	start = clock_now(&counter);
	*(const volatile char *)(l->map + l->at);
	end = clock_now(&counter);
	return end - start;
}

static void lookups(unsigned int nr)
{
	struct vfio_region_dma_range *ranges = calloc(nr, sizeof(*ranges));
	struct lookup l;
	char name[32];
	unsigned int i;
	int fd;

	need(ranges, "memory for ranges");
	for (i = 0; i < nr; i++)
		ranges[i] = (struct vfio_region_dma_range){ i * 7ULL % nr * PAGE, PAGE };
	fd = export_ranges(&dev, ACCEL_BAR, ranges, nr, O_RDWR | O_CLOEXEC);
	need(fd >= 0, "ranges are exported");
	l.map = map_fd(fd, 0, nr * PAGE, PROT_READ);
	need(l.map, "ranges map");
	l.at = nr / 3 * PAGE;
	snprintf(name, sizeof(name), "fault.ranges-%u", nr);
	measure(name, fault_once, &l, WARM_UPS, REPEATS);
	munmap(l.map, nr * PAGE);
	close(fd);
	free(ranges);
}

/* Does this kernel have it? */
static bool has_feature(uint32_t feature)
{
	return !vfio_feature(&dev, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET | feature,
			     NULL, 0);
}

int main(void)
{
	const struct rlimit files = { 4096, 4096 };
	struct error err = { 0 };
	struct vfio_region region;

	guest_open(&dev, ACCEL);
	fact(!clock_init(&counter, true, &err), "instructions are counted (%s)", err.what);
	fact(!setrlimit(RLIMIT_NOFILE, &files), "there may be many files");
	fact(!vfio_region_read(&dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	bar_offset = region.offset;
	vfio_region_free(&region);

	toggles();
	measure("munmap.2MiB-untouched", unmap, NULL, WARM_UPS, REPEATS);
	measure("munmap.2MiB-touched", unmap, &dev, WARM_UPS, REPEATS);
	if (has_feature(VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE)) {
		among(1);
		among(64);
		among(1024);
		lookups(1);
		lookups(16);
		lookups(4096);
	}
	vfio_close(&dev);
	return 0;
}
