// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm-memattr SECONDS - facts 39 and 40: memory attributes change while the same
 * pages are mapped, read, reset and taken back from all sides. What must hold:
 * what could be mapped is mapped with its attribute, as long as the mapping
 * lives; and when the device is closed no type of a page is tracked any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/pagetable.h"
#include "slices.h"
#include "touch.h"

#define MEMTYPES "/sys/kernel/debug/x86/pat_memtype_list"

static struct vfio_device dev;
static struct vfio_region region;
static atomic_bool stop;
static atomic_int violations;
enum { SLICES, WRITE_COMBINING, REFUSED, BARS, COPIES, EVENTFDS, RESETS, NCOUNTS };
static const char *const names[NCOUNTS] = { "slices",	    "of them write-combining", "refused",
					    "BAR mappings", "reads and writes",	       "ioeventfds",
					    "resets" };
static atomic_uint counts[NCOUNTS];

/*
 * Between a touch and the look at the entry it may have been zapped. The look
 * takes long, so few pages get one.
 */
static void expect_attribute(char *map, uint64_t size, const char *memattr)
{
	struct pagetable_entry entry;
	char *page = map + (uint64_t)random() % (size / PAGE) * PAGE;

	if (touch_write(page) && random() % 4 == 0 && !pagetable_lookup(page, &entry) &&
	    strcmp(entry.memattr, memattr)) {
		fprintf(stderr, "%s instead of %s\n", entry.memattr, memattr);
		violations++;
	}
}

/* Map a DMABUF, and let go of it in one way or another. */
static void use_slice(int fd, uint64_t size, bool wc)
{
	char *map = map_fd(fd, 0, size, PROT_READ | PROT_WRITE);

	if (!map) {
		counts[REFUSED]++;
		close(fd);
		return;
	}
	if (wc)
		counts[WRITE_COMBINING]++;
	expect_attribute(map, size, wc ? "WC" : "UC-");
	if (random() % 2)
		revoke_slice(&dev, fd);
	expect_attribute(map, size, wc ? "WC" : "UC-");
	/* The one that is released last is the one that gives back */
	if (random() % 2) {
		munmap(map, size);
		set_memattr(&dev, fd, VFIO_DMA_BUF_MEMATTR_NC);
		close(fd);
	} else {
		close(fd);
		munmap(map, size);
	}
}

static void *map_slices(void *arg)
{
	while (!stop) {
		uint64_t first = (uint64_t)random() % (SLICE_PAGES - 4);
		uint64_t pages = 1 + (uint64_t)random() % 4;
		struct vfio_region_dma_range range = { SLICE_OFFSET + first * PAGE, pages * PAGE };
		int fd = export_ranges(&dev, ACCEL_BAR, &range, 1, O_RDWR | O_CLOEXEC);
		bool wc = random() % 2;

		if (fd < 0)
			continue;
		counts[SLICES]++;
		if (wc && set_memattr(&dev, fd, VFIO_DMA_BUF_MEMATTR_WC)) {
			counts[REFUSED]++;
			wc = false;
		}
		use_slice(fd, range.length, wc);
	}
	return NULL;
}

static void *map_bars(void *arg)
{
	while (!stop) {
		uint64_t page = (uint64_t)random() % SLICE_PAGES;
		char *map = map_bar(&dev, ACCEL_BAR, SLICE_OFFSET + page * PAGE, PAGE);

		if (map) {
			expect_attribute(map, PAGE, "UC-");
			munmap(map, PAGE);
		}
		counts[BARS]++;
	}
	return NULL;
}

static void *copy(void *arg)
{
	static char buf[3 * PAGE];

	while (!stop) {
		off_t at = (off_t)(region.offset + SLICE_OFFSET +
				   (uint64_t)random() % (SLICE_SIZE - sizeof(buf)));

		if (random() % 2)
			pread(dev.fd, buf, sizeof(buf), at);
		else
			pwrite(dev.fd, buf, sizeof(buf), at);
		counts[COPIES]++;
		usleep((useconds_t)random() % 1000);
	}
	return NULL;
}

static void *use_eventfds(void *arg)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	while (!stop) {
		struct vfio_device_ioeventfd on = {
			.argsz = sizeof(on),
			.flags = VFIO_DEVICE_IOEVENTFD_32,
			.offset = region.offset + SLICE_OFFSET +
				  (uint64_t)random() % (SLICE_SIZE / 4) * 4,
			.fd = fd,
		}, off = on;
		uint64_t one = 1;

		off.fd = -1;
		if (!ioctl(dev.fd, VFIO_DEVICE_IOEVENTFD, &on)) {
			write(fd, &one, sizeof(one));
			ioctl(dev.fd, VFIO_DEVICE_IOEVENTFD, &off);
		}
		counts[EVENTFDS]++;
		usleep((useconds_t)random() % 2000);
	}
	close(fd);
	return NULL;
}

static void *reset(void *arg)
{
	while (!stop) {
		if (random() % 4) {
			set_memory(&dev, false);
			set_memory(&dev, true);
		} else {
			vfio_reset(&dev, NULL);
		}
		counts[RESETS]++;
		usleep((useconds_t)random() % 5000);
	}
	return NULL;
}

static char *memtypes(void)
{
	char *text = calloc(1, 0x10000);
	FILE *f = fopen(MEMTYPES, "re");

	if (!f || !text)
		fact(false, "there is a list of memory types");
	fread(text, 1, 0xffff, f);
	fclose(f);
	return text;
}

int main(int argc, char **argv)
{
	static void *(*const work[])(void *) = { map_slices, map_slices,   map_bars,
						 copy,	     use_eventfds, reset };
	const unsigned int n = sizeof(work) / sizeof(work[0]);
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 10, i;
	pthread_t thread[sizeof(work) / sizeof(work[0])];
	char *before = memtypes(), *after;
	bool blew = true;

	touch_begin();
	guest_open(&dev, ACCEL);
	fact(!vfio_region_read(&dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	for (i = 0; i < n; i++)
		pthread_create(&thread[i], NULL, work[i], NULL);
	sleep(seconds);
	stop = true;
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	vfio_close(&dev);
	after = memtypes();

	for (i = 0; i < NCOUNTS; i++) {
		printf("# %u %s\n", counts[i], names[i]);
		blew = blew && counts[i];
	}
	fact(blew, "fact 40: a storm of %u s", seconds);
	fact(!violations, "fact 39: %d pages had another attribute than their mapping", violations);
	if (strcmp(before, after))
		printf("before:\n%safter:\n%s", before, after);
	fact(!strcmp(before, after), "fact 39: all memory types are given back");
	vfio_region_free(&region);
	free(before);
	free(after);
	return 0;
}
