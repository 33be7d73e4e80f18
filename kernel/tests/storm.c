// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm SECONDS [BDF BAR] - facts 40 and 43: everything at once. Threads map,
 * touch, move, inherit and unmap the BAR and DMABUFs, others disable memory, reset,
 * put the device to sleep, revoke, close. What must hold: no splat (the lab looks),
 * and no access after a revoke, or disabling memory, has returned.
 *
 * storm SECONDS duels - revokes against touches, and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slices.h"
#include "touch.h"

static struct vfio_device dev;
static unsigned int bar = ACCEL_BAR;
static uint64_t offset = SLICE_OFFSET;
static atomic_bool stop;
static atomic_uint counts[8];
static atomic_int violations;
/* A child has all files open that its parent had: none may be closed for good then. */
static pthread_mutex_t files = PTHREAD_MUTEX_INITIALIZER;

/* A mapping that is moved, and one that a child inherits. */
static void move_and_fork(char *map)
{
	char *moved;
	pid_t pid;

	/* Where nobody else maps anything meanwhile */
	moved = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	moved = mremap(map, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, moved);
	if (moved == MAP_FAILED)
		moved = map;
	touch_read(moved);
	pthread_mutex_lock(&files);
	pid = fork();
	if (!pid) {
		touch_read(moved);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	pthread_mutex_unlock(&files);
	munmap(moved, PAGE);
}

static void *map_bars(void *arg)
{
	while (!stop) {
		uint64_t page = (uint64_t)random() % SLICE_PAGES;
		char *map = map_bar(&dev, bar, offset + page * PAGE, PAGE);

		if (!map)
			continue;
		touch_read(map);
		if (counts[0]++ % 16)
			munmap(map, PAGE);
		else
			move_and_fork(map);
	}
	return NULL;
}

static void *map_slices(void *arg)
{
	while (!stop) {
		struct vfio_region_dma_range range = { offset, SLICE_SIZE };
		int fd = export_ranges(&dev, bar, &range, 1, O_RDWR | O_CLOEXEC);
		char *map;

		if (fd < 0)
			continue;
		map = map_fd(fd, 0, SLICE_SIZE, PROT_READ);
		if (map) {
			touch_read(map);
			touch_read(map + SLICE_SIZE - 1);
			munmap(map, SLICE_SIZE);
		}
		close(fd);
		counts[1]++;
	}
	return NULL;
}

/* One thread touches a slice all the time, another takes it back. */
struct duel {
	char *map;
	atomic_bool dead;
	atomic_bool done;
};

static void *touch_slice(void *arg)
{
	struct duel *d = arg;

	while (!d->done) {
		bool dead = d->dead;

		if (touch_read(d->map + (uint64_t)random() % SLICE_PAGES * PAGE) && dead)
			violations++;
	}
	return NULL;
}

static void *revoke_slices(void *arg)
{
	while (!stop) {
		struct vfio_region_dma_range range = { offset, SLICE_SIZE };
		int fd = export_ranges(&dev, bar, &range, 1, O_RDWR | O_CLOEXEC);
		struct duel d = { .map = fd < 0 ? NULL : map_fd(fd, 0, SLICE_SIZE, PROT_READ) };
		pthread_t thread;

		if (d.map && !pthread_create(&thread, NULL, touch_slice, &d)) {
			usleep((useconds_t)random() % 2000);
			if (!revoke_slice(&dev, fd))
				d.dead = true;
			usleep((useconds_t)random() % 1000);
			d.done = true;
			pthread_join(thread, NULL);
			counts[2]++;
		}
		if (d.map)
			munmap(d.map, SLICE_SIZE);
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

/* Nobody else switches memory on, so it is off until this does. */
static void *toggle_memory(void *arg)
{
	struct vfio_region_dma_range range = { offset, SLICE_SIZE };
	int fd = export_ranges(&dev, bar, &range, 1, O_RDWR | O_CLOEXEC);
	char *maps[] = { map_bar(&dev, bar, offset, PAGE), NULL };

	while (!stop) {
		size_t i;

		if (!maps[1])
			maps[1] = map_fd(fd, 0, SLICE_SIZE, PROT_READ);
		if (!set_memory(&dev, false))
			for (i = 0; i < 2; i++)
				if (maps[i] && touch_read(maps[i]))
					violations++;
		usleep((useconds_t)random() % 500);
		set_memory(&dev, true);
		usleep((useconds_t)random() % 2000);
		counts[3]++;
	}
	munmap(maps[0], PAGE);
	if (maps[1])
		munmap(maps[1], SLICE_SIZE);
	close(fd);
	return NULL;
}

static void *reset_device(void *arg)
{
	struct vfio_pci_hot_reset hot = { .argsz = sizeof(hot) };
	const uint32_t set = VFIO_DEVICE_FEATURE_SET;

	while (!stop) {
		switch (counts[4]++ % 3) {
		case 0:
			vfio_reset(&dev, NULL);
			break;
		case 1:
			/* Fails while somebody else has one of the locks */
			ioctl(dev.fd, VFIO_DEVICE_PCI_HOT_RESET, &hot);
			break;
		case 2:
			vfio_feature(&dev, set | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0);
			usleep((useconds_t)random() % 2000);
			vfio_feature(&dev, set | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, NULL, 0);
			break;
		}
		usleep((useconds_t)random() % 20000);
	}
	return NULL;
}

/* Another device, opened and closed below its mappings. */
static void *close_device(void *arg)
{
	while (!stop) {
		struct vfio_device other;
		char *map = NULL;
		int fd;

		guest_open(&other, "0000:06:00.0");
		fd = export_slice(&other, SLICE_OFFSET, SLICE_SIZE);
		map = map_fd(fd, 0, SLICE_SIZE, PROT_READ);
		if (map)
			touch_read(map);
		pthread_mutex_lock(&files);
		vfio_close(&other);
		if (map && touch_read(map))
			violations++;
		pthread_mutex_unlock(&files);
		if (map)
			munmap(map, SLICE_SIZE);
		close(fd);
		counts[5]++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static void *(*const work[])(void *) = { map_bars,	map_slices,   revoke_slices,
						 toggle_memory, reset_device, close_device };
	const unsigned int n = sizeof(work) / sizeof(work[0]);
	static const char *const what[] = { "BAR mappings", "DMABUF mappings",	 "revokes",
					    "memory off",   "resets and sleeps", "closes" };
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 10, i;
	const char *bdf = argc > 3 ? argv[2] : ACCEL;
	bool duels = argc == 3 && !strcmp(argv[2], "duels");
	struct vfio_region region;
	pthread_t thread[8];
	bool blew = true;
	FILE *results;

	touch_begin();
	if (argc > 3) {
		bar = (unsigned int)atoi(argv[3]);
		bind_driver(bdf, "vfio-pci");
	}
	guest_open(&dev, bdf);
	fact(!vfio_region_read(&dev, bar, &region, NULL) && region.size > SLICE_SIZE,
	     "BAR %u is large enough", bar);
	if (offset > region.size - SLICE_SIZE)
		offset = region.size - SLICE_SIZE;
	vfio_region_free(&region);
	/* Opening a device prints a fact, here thousands of times. */
	results = fdopen(dup(STDOUT_FILENO), "w");
	freopen("/dev/null", "w", stdout);
	for (i = 0; i < n; i++)
		pthread_create(&thread[i], NULL, duels ? revoke_slices : work[i], NULL);
	sleep(seconds);
	stop = true;
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	vfio_close(&dev);

	for (i = 0; i < n; i++)
		blew = blew && (counts[i] || (duels && work[i] != revoke_slices));
	fprintf(results, "%s fact 40: %s: a storm of %u s:", blew ? "ok" : "FAIL", bdf, seconds);
	for (i = 0; i < n; i++)
		fprintf(results, " %u %s", counts[i], what[i]);
	fprintf(results, "\n%s fact 43: %s: %d accesses after a revoke, memory off or a close\n",
		violations ? "FAIL" : "ok", bdf, violations);
	fclose(results);
	return !blew || violations;
}
