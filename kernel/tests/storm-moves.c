// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm-moves SECONDS [ORDER [split]] - fact 58: mremap() moves a huge page, of 2 MiB
 * (9) or 1 GiB (18), while the slice that it is of is taken back, or splits it, as it
 * does not fit where it goes. What must hold: once the revoke has returned nobody can
 * access it, not even through the TLB.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "entries.h"
#include "slices.h"

static struct vfio_device dev;
static int order = 9;
static bool split;
/* One page: of several each is behind the lock of the others, which a zap then waits for. */
static uint64_t size;
static char *places[2]; /* one of them has the mapping, and what is not there is free */

struct duel {
	unsigned int at; /* where the mapping is, and only the mover knows meanwhile */
	unsigned int delay;
	unsigned long moves;
	atomic_bool stop;
};

/* Wait on the CPU, so that its TLB stays as it is; lets an emulated other one run. */
static void spin(unsigned int us)
{
	struct timespec now, start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		__builtin_ia32_pause();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000000 + (now.tv_nsec - start.tv_nsec) / 1000 < us);
}

static void *move(void *arg)
{
	struct duel *d = arg;

	spin(d->delay);
	while (!d->stop) {
		char *to = places[!d->at];

		if (mremap(places[d->at], size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
			break;
		d->at = !d->at;
		d->moves++;
	}
	return NULL;
}

/* Where nothing else is mapped, so that no other thread gets in between. */
static void find_places(void)
{
	char *area =
		mmap(NULL, 4 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	fact(area != MAP_FAILED, "there is address space");
	places[0] = (char *)(((uintptr_t)area + size - 1) & -size);
	places[1] = places[0] + size + (split ? PAGE : 0);
}

/* One revoke against moves; how many of these there were, and what is left, if any. */
static unsigned long duel(bool first, bool *left)
{
	int fd = export_slice(&dev, 0, size);
	struct duel d = { .delay = split ? (unsigned int)random() % 1000 : 0 };
	pthread_t thread;
	char *map;

	map = mmap(places[0], size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		fact(false, "the slice maps");
	if (faults(map))
		fact(false, "the slice is mapped");
	if (first && order_at(map) != order)
		fact(false, "the slice is mapped with a huge page");
	if (pthread_create(&thread, NULL, move, &d))
		fact(false, "a thread");
	spin((unsigned int)random() % (split ? 1000 : 2000));
	if (revoke_slice(&dev, fd))
		fact(false, "revoke");
	*left = !unmapped(places[0]);
	d.stop = true;
	pthread_join(thread, NULL);
	*left |= !faults(places[d.at]);
	mmap(places[0], 2 * size + PAGE, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	close(fd);
	return d.moves;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	unsigned long duels = 0, moves = 0;
	bool left;

	if (argc > 2)
		order = atoi(argv[2]);
	split = argc > 3;
	size = PAGE << order;
	guest_open(&dev, ACCEL);
	find_places();
	do {
		moves += duel(!duels, &left);
		duels++;
		if (left)
			fact(false, "fact 58: after a revoke, number %lu, the page is accessible",
			     duels);
	} while (time(NULL) < end);
	fact(duels > 10 && moves > duels,
	     "fact 58: %lu revokes while mremap() moved a huge page %lu times%s: nothing is left",
	     duels, moves, split ? " to where it does not fit" : "");
	vfio_close(&dev);
	return 0;
}
