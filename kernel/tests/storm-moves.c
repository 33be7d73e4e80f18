// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm-moves SECONDS - fact 58: mremap() moves a huge page while the slice that it
 * is of is taken back. What must hold: once that has returned it is not mapped
 * anywhere.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/pagetable.h"
#include "slices.h"

#define HUGE (2 * 0x100000ULL)
/* One page: of several each is behind the lock of the others, which a zap then waits for. */
#define SIZE HUGE

static struct vfio_device dev;
static char *places[2]; /* one of them has the mapping, and what is not there is free */

struct duel {
	unsigned int at; /* where the mapping is, and only the mover knows meanwhile */
	unsigned long moves;
	atomic_bool stop;
};

static void *move(void *arg)
{
	struct duel *d = arg;

	while (!d->stop) {
		char *to = places[!d->at];

		if (mremap(places[d->at], SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
			break;
		d->at = !d->at;
		d->moves++;
	}
	return NULL;
}

/* Where nothing else is mapped, so that no other thread gets in between. */
static void find_places(void)
{
	char *area = mmap(NULL, 2 * SIZE + HUGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	fact(area != MAP_FAILED, "there is address space");
	places[0] = (char *)(((uintptr_t)area + HUGE - 1) & -HUGE);
	places[1] = places[0] + SIZE;
}

/* One revoke against moves; how many of these there were, and what is left, if any. */
static unsigned long duel(bool first, bool *left)
{
	int fd = export_slice(&dev, 0, SIZE);
	struct duel d = { .at = 0 };
	struct pagetable_entry entry;
	pthread_t thread;
	char *map;

	map = mmap(places[0], SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	if (map == MAP_FAILED)
		fact(false, "the slice maps");
	if (faults(map))
		fact(false, "the slice is mapped");
	if (first && (pagetable_lookup(map, &entry) || entry.order != 9))
		fact(false, "the slice is mapped with a huge page");
	if (pthread_create(&thread, NULL, move, &d))
		fact(false, "a thread");
	usleep((useconds_t)random() % 2000);
	if (revoke_slice(&dev, fd))
		fact(false, "revoke");
	d.stop = true;
	pthread_join(thread, NULL);
	*left = !faults(places[d.at]);
	mmap(places[0], 2 * SIZE, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	close(fd);
	return d.moves;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	unsigned long duels = 0, moves = 0;
	bool left;

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
	     "fact 58: %lu revokes while mremap() moved a huge page %lu times: nothing is left",
	     duels, moves);
	vfio_close(&dev);
	return 0;
}
