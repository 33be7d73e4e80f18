// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact 10 as the drivers of importing devices see it, by the importer of
 * series/importers: who may attach, what is mapped where, and that taking access
 * away waits for whoever is slow to let go. 'importer segments' only prints what
 * is mapped where, which is also to be had on a kernel without series/vfio.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "importers.h"
#include "slices.h"

/* Another device below the switch of ACCEL, and one behind another root port */
static const char *const importers[] = { "0000:05:00.0", "0000:06:00.0" };

#define IMPORTER importers[0]

static bool mapped(const char *bdf)
{
	char text[4096];
	int ret = importer_read(bdf, "map", text, sizeof(text));

	fact(ret >= 0, "%s: its mapping can be read", bdf);
	return ret > 0;
}

static int invalidations(const char *bdf)
{
	char text[32];

	return importer_read(bdf, "invalidations", text, sizeof(text)) > 0 ? atoi(text) : -1;
}

/* tolerant: stock kernels cannot map several ranges through the host bridge. */
static void show_segments(const struct vfio_device *dev, const char *bdf, bool tolerant)
{
	const struct vfio_region_dma_range ranges[] = {
		{ 7 * PAGE, PAGE },
		{ SLICE_OFFSET, SLICE_SIZE },
		{ SLICE_OFFSET + SLICE_SIZE, PAGE },
	};
	char text[4096], *line, *rest = text;
	unsigned int n;
	int fd, ret;

	for (n = 1; n <= 3; n++) {
		fd = export_ranges(dev, ACCEL_BAR, ranges, n, O_RDWR | O_CLOEXEC);
		fact(fd >= 0 && !importer_set(bdf, "attach", fd), "fact 10: %s attaches", bdf);
		ret = importer_set(bdf, "map", 1);
		fact(!ret || tolerant, "fact 10: %s maps %u ranges: %d", bdf, n, ret);
		if (ret)
			printf("no segment of %u ranges in %s: %s\n", n, bdf, strerror(-ret));
		ret = ret ? 0 : importer_read(bdf, "map", text, sizeof(text));
		if (ret <= 0)
			*text = '\0';
		rest = text;
		while ((line = strsep(&rest, "\n")) && *line)
			printf("segment of %u ranges in %s: %s\n", n, bdf, line);
		fact(!importer_set(bdf, "map", 0) && !mapped(bdf) &&
			     !importer_set(bdf, "attach", -1),
		     "fact 10: %s unmaps them and detaches", bdf);
		close(fd);
	}
}

static void test_attach(const struct vfio_device *dev)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);

	importer_set(IMPORTER, "peer2peer", 0);
	fact(importer_set(IMPORTER, "attach", fd) == -EOPNOTSUPP,
	     "fact 10: who cannot take the memory of a peer cannot attach");
	importer_set(IMPORTER, "peer2peer", 1);
	fact(!revoke_slice(dev, fd) && importer_set(IMPORTER, "attach", fd) == -ENODEV,
	     "fact 10: attaching to what is revoked is ENODEV");
	close(fd);
}

/* What takes access away, and what gives it back if anything does. */
static int take_back(const struct vfio_device *dev, int fd)
{
	return revoke_slice(dev, fd);
}

static int memory_off(const struct vfio_device *dev, int fd)
{
	(void)fd;
	return set_memory(dev, false);
}

static int memory_on(const struct vfio_device *dev)
{
	return set_memory(dev, true);
}

static int reset(const struct vfio_device *dev, int fd)
{
	(void)fd;
	return vfio_reset(dev, NULL);
}

static int nothing(const struct vfio_device *dev)
{
	(void)dev;
	return 0;
}

static const struct taking {
	const char *name;
	int (*take)(const struct vfio_device *dev, int fd);
	int (*give)(const struct vfio_device *dev);
	bool ends_given; /* take itself gives it back */
	bool revokes;	 /* for good: nobody who touches waits */
} takings[] = {
	{ "revoke", take_back, NULL, false, true },
	{ "memory off", memory_off, memory_on, false, false },
	{ "reset", reset, nothing, true, false },
};

static const struct delays {
	int fence_ms, unmap_ms;
} delays[] = { { 0, 0 }, { 0, 300 }, { 300, 0 }, { 200, 400 }, { 400, 200 } };

/* While somebody takes access away: has that ended access by CPU, and is not over? */
struct watch {
	const char *map;
	volatile uint64_t zapped, over; /* ms */
};

static void *watch_map(void *arg)
{
	struct watch *w = arg;

	while (!w->over && !faults(w->map))
		;
	w->zapped = now_ms();
	return NULL;
}

static void test_taking(const struct vfio_device *dev, const struct taking *t,
			const struct delays *d)
{
	int longest = d->fence_ms > d->unmap_ms ? d->fence_ms : d->unmap_ms;
	int fd, other, count, took;
	struct watch w = { 0 };
	pthread_t watcher;
	char *map, *alias;
	uint64_t start;

	fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	other = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ);
	alias = map_fd(other, 0, SLICE_SIZE, PROT_READ);
	fact(map && none_fault(map, SLICE_SIZE) && alias && none_fault(alias, SLICE_SIZE),
	     "slices map");
	importer_set(IMPORTER, "fence_delay_ms", d->fence_ms);
	importer_set(IMPORTER, "unmap_delay_ms", d->unmap_ms);
	fact(!importer_set(IMPORTER, "attach", fd) && !importer_set(IMPORTER, "map", 1) &&
		     mapped(IMPORTER),
	     "fact 10: the importer maps");
	fact(!importer_set(importers[1], "attach", other) && !importer_set(importers[1], "map", 1),
	     "fact 10: so does another, an aliasing DMABUF");

	count = invalidations(IMPORTER);
	w.map = map;
	/* What gives access back makes whoever touches wait instead */
	if (!t->ends_given)
		pthread_create(&watcher, NULL, watch_map, &w);
	start = now_ms();
	fact(!t->take(dev, fd), "fact 10: %s", t->name);
	w.over = now_ms();
	took = (int)(w.over - start);
	fact(took >= longest, "fact 10: %s takes %d ms, where the fence takes %d and the unmap %d",
	     t->name, took, d->fence_ms, d->unmap_ms);
	if (!t->ends_given) {
		pthread_join(watcher, NULL);
		fact(!t->revokes || !longest || w.zapped + 100 <= w.over,
		     "fact 10: the mapping is zapped while importers are waited for");
	}
	fact(!mapped(IMPORTER) && invalidations(IMPORTER) == count + 1,
	     "fact 10: the mapping is gone when it returns, on being asked once");
	if (!t->ends_given) {
		fact(importer_set(IMPORTER, "map", 1) == -ENODEV && !mapped(IMPORTER),
		     "fact 10: mapping is ENODEV then");
		fact(all_fault(map, SLICE_SIZE), "fact 10: and access raises SIGBUS");
	}
	if (t->give)
		fact(!t->give(dev) && !importer_set(IMPORTER, "map", 1) && mapped(IMPORTER) &&
			     none_fault(map, SLICE_SIZE),
		     "fact 10: it maps again when access is given back");
	else
		fact(mapped(importers[1]) && none_fault(alias, SLICE_SIZE),
		     "fact 12: the aliasing DMABUF stays mapped");

	importer_set(IMPORTER, "fence_delay_ms", 0);
	importer_set(IMPORTER, "unmap_delay_ms", 0);
	fact(!importer_set(IMPORTER, "attach", -1) && !importer_set(importers[1], "attach", -1),
	     "both detach");
	munmap(map, SLICE_SIZE);
	munmap(alias, SLICE_SIZE);
	close(fd);
	close(other);
}

/* The device goes away below an importer. */
static void test_close(struct vfio_device *dev)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	uint64_t start;

	importer_set(IMPORTER, "unmap_delay_ms", 300);
	fact(!importer_set(IMPORTER, "attach", fd) && !importer_set(IMPORTER, "map", 1),
	     "fact 10: it maps");
	start = now_ms();
	vfio_close(dev);
	fact(now_ms() - start >= 300 && !mapped(IMPORTER),
	     "fact 10: closing the device waits for the importer");
	fact(importer_set(IMPORTER, "map", 1) == -ENODEV, "fact 10: mapping is ENODEV then");
	close(fd);
	fact(!importer_set(IMPORTER, "attach", -1),
	     "it detaches, the last one that has the DMABUF");
	importer_set(IMPORTER, "unmap_delay_ms", 0);
}

int main(int argc, char **argv)
{
	bool only_segments = argc > 1 && !strcmp(argv[1], "segments");
	struct vfio_device dev;
	size_t i, j;
	int before;

	for (i = 0; i < sizeof(importers) / sizeof(importers[0]); i++)
		bind_driver(importers[i], "dma-buf-importer");
	before = count_dmabufs();
	guest_open(&dev, ACCEL);
	for (i = 0; i < sizeof(importers) / sizeof(importers[0]); i++)
		show_segments(&dev, importers[i], only_segments);
	if (!only_segments) {
		test_attach(&dev);
		for (i = 0; i < sizeof(takings) / sizeof(takings[0]); i++)
			for (j = 0; j < sizeof(delays) / sizeof(delays[0]); j++)
				test_taking(&dev, &takings[i], &delays[j]);
		test_close(&dev);
	} else {
		vfio_close(&dev);
	}
	fact(count_dmabufs() == before, "fact 21: no DMABUF is left");
	return 0;
}
