// SPDX-License-Identifier: GPL-2.0-only
/* What is timed: between two readings of the clock there is only what the measurement names. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bind.h"
#include "measure-map-private.h"

uint64_t count_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

/*
 * Keep the number of faults since before, and in the last round how the length bytes at p
 * are mapped.
 */
static void observe(struct run *r, uint64_t before, const char *p, size_t length)
{
	uint64_t faults = count_faults() - before;

	if (faults < r->min_faults)
		r->min_faults = faults;
	if (faults > r->max_faults)
		r->max_faults = faults;
	if (r->last)
		pagetable_lookup_range(p, length, &r->entry);
}

/* Both ends of the two windows that only hold a system call. */
int run_map(struct run *r, uint64_t *sample)
{
	int flags = r->source.flags | (r->addr ? MAP_FIXED_NOREPLACE : 0);
	uint64_t start, end;
	char *map;

	start = clock_now(r->c);
	map = mmap(r->addr, r->length, r->prot, flags, r->source.fd, (off_t)r->source.offset);
	end = clock_now(r->c);
	if (map == MAP_FAILED)
		return -errno;
	r->map = map;
	*sample = end - start;
	return 0;
}

static int run_unmap(struct run *r, uint64_t *sample)
{
	uint64_t start, end;
	int ret;

	start = clock_now(r->c);
	ret = munmap(r->map, r->length);
	end = clock_now(r->c);
	r->map = NULL;
	*sample = end - start;
	return ret ? -errno : 0;
}

static int round_map(struct run *r, uint64_t sample[2])
{
	int ret = run_map(r, &sample[0]);

	return ret ? ret : run_unmap(r, &sample[1]);
}

static int round_touch_all(struct run *r, uint64_t sample[2])
{
	uint64_t before, start, unused;
	int ret = run_map(r, &unused);
	char *p;

	if (ret)
		return ret;
	before = count_faults();
	start = clock_now(r->c);
	for (p = r->map; p < r->map + r->length; p += r->page)
		touch(p);
	sample[0] = clock_now(r->c) - start;
	observe(r, before, r->map, r->length);
	return run_unmap(r, &sample[1]);
}

static int touch_one(struct run *r, char *p, uint64_t *sample)
{
	uint64_t before = count_faults(), start, unused;

	start = clock_now(r->c);
	touch(p);
	*sample = clock_now(r->c) - start;
	observe(r, before, p, r->page);
	return run_unmap(r, &unused);
}

static int round_no_table(struct run *r, uint64_t sample[2])
{
	uint64_t unused;
	int ret = run_map(r, &unused);

	return ret ? ret : touch_one(r, r->map, &sample[0]);
}

static int round_first_touch(struct run *r, uint64_t sample[2])
{
	uint64_t unused;
	int ret = run_map(r, &unused);

	if (ret)
		return ret;
	touch(r->map + r->first);
	return touch_one(r, r->map + r->first + r->step, &sample[0]);
}

static int round_export(struct run *r, uint64_t sample[2])
{
	uint64_t start, end;
	int fd, ret;

	start = clock_now(r->c);
	fd = buffer_export(r->b, NULL);
	end = clock_now(r->c);
	if (fd < 0)
		return fd;
	sample[0] = end - start;
	start = clock_now(r->c);
	ret = close(fd);
	end = clock_now(r->c);
	sample[1] = end - start;
	return ret ? -errno : 0;
}

const struct scenario map_scenarios[] = {
	{ { "map.mmap", "map.munmap_untouched" }, round_map },
	{ { "map.first_touch" },
	  round_first_touch,
	  .touches = true,
	  .own_table = true,
	  .pair = true },
	{ { "map.first_touch_no_table" }, round_no_table, .touches = true, .own_table = true },
	{ { "map.touch_all", "map.munmap" }, round_touch_all, .touches = true },
	{ { NULL }, NULL },
};

const struct scenario export_scenario = { { "map.export", "map.close" }, round_export };

void run_rounds(void *arg)
{
	struct run *r = arg;
	unsigned int i, measured = r->p->warmup + r->p->repeat;

	for (i = 0; i <= measured && !r->ret; i++) {
		uint64_t sample[2] = { 0 };

		r->last = i == measured;
		r->ret = binding_interrupted(NULL);
		if (!r->ret)
			r->ret = r->scenario->round(r, sample);
		if (r->ret || i < r->p->warmup || r->last)
			continue;
		samples_add(&r->samples[0], sample[0]);
		samples_add(&r->samples[1], sample[1]);
	}
}
