// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a mapping of 64 MiB costs that mmap() placed, from address spaces of many
 * kinds: lines "KIND.LAYOUT.FIGURE VALUE", in instructions ('./lab run --counted')
 * and page faults, medians.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/samples.h"
#include "entries.h"
#include "layouts.h"
#include "slices.h"

#define WARM_UPS 10
#define REPEATS	 21
#define MIB	 0x100000ULL
#define BAR_SIZE (64 * MIB)

static struct vfio_device dev;
static struct clock counter;
static uint64_t bar;

enum { MMAP, TOUCH, FAULTS, MUNMAP, FIGURES };

static const char *const figure_names[] = { "mmap", "touch", "faults", "munmap" };

static void run_once(int fd, uint64_t offset, uint64_t value[FIGURES])
{
	uint64_t start, end, i;
	long before;
	char *map;

	start = clock_now(&counter);
	map = mmap(NULL, BAR_SIZE, PROT_READ, MAP_SHARED, fd, (off_t)offset);
	end = clock_now(&counter);
	if (map == MAP_FAILED)
		fact(false, "64 MiB map");
	value[MMAP] = end - start;
	before = count_faults();
	start = clock_now(&counter);
	for (i = 0; i < BAR_SIZE; i += PAGE)
		*(const volatile char *)(map + i);
	end = clock_now(&counter);
	value[TOUCH] = end - start;
	value[FAULTS] = (uint64_t)(count_faults() - before);
	start = clock_now(&counter);
	munmap(map, BAR_SIZE);
	end = clock_now(&counter);
	value[MUNMAP] = end - start;
}

static void measure(int fd, uint64_t offset, const char *kind, const char *layout)
{
	struct samples samples[FIGURES];
	struct summary summary;
	uint64_t value[FIGURES];
	char name[64];
	int i, f;

	for (f = 0; f < FIGURES; f++)
		if (samples_init(&samples[f], REPEATS))
			fact(false, "memory for samples");
	for (i = 0; i < WARM_UPS + REPEATS; i++) {
		run_once(fd, offset, value);
		for (f = 0; f < FIGURES && i >= WARM_UPS; f++)
			samples_add(&samples[f], value[f]);
	}
	snprintf(name, sizeof(name), "%s", layout);
	for (i = 0; name[i]; i++)
		if (name[i] == ' ')
			name[i] = '-';
	for (f = 0; f < FIGURES; f++) {
		samples_summarise(&samples[f], &summary);
		printf("%s.%s.%s %.0f\n", kind, name, figure_names[f], summary.median);
		samples_free(&samples[f]);
	}
	fflush(stdout);
}

/* In a process of its own, so that layouts do not add up. */
static int measure_layout(void *arg)
{
	const struct layout *l = arg;
	int fd;

	l->make(dev.fd, bar);
	measure(dev.fd, bar, "bar", l->name);
	fd = export_slice(&dev, 0, BAR_SIZE);
	measure(fd, 0, "dmabuf", l->name);
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	struct vfio_region region;
	struct error err = { 0 };
	const struct layout *l;

	guest_open(&dev, ACCEL);
	fact(!clock_init(&counter, true, &err), "instructions are counted (%s)", err.what);
	fact(!vfio_region_read(&dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	bar = region.offset;
	vfio_region_free(&region);
	for (l = layouts; l->name; l++)
		fact(!in_child(measure_layout, (void *)l, 300000), "%s is measured", l->name);
	vfio_close(&dev);
	return 0;
}
