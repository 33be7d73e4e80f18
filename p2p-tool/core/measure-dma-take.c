// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking a buffer away from engines that write to it: nothing of theirs may arrive
 * any more when the call has returned. What they write to then is the same range, which
 * the CPU has filled with a canary. They have to go on for a while to show it.
 */
#include <errno.h>
#include <pthread.h>
#include <linux/pci_regs.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer-vfio.h"
#include "measure-dma-private.h"
#include "pattern.h"
#include "size.h"

#define TIMEOUT 60 /* seconds for an engine to begin or to end */

/* An engine that is kept busy by a thread of its own. */
struct runner {
	struct engine *e;
	pthread_t thread;
	uint64_t iova, size;
	unsigned int depth, places;
	atomic_bool stop, taken;
	atomic_uint ended; /* transfers */
	unsigned int errors, done,
		timeouts; /* of those that ended when it was taken, in all rounds */
	bool started;
	int ret; /* the engine cannot go on */
};

struct take {
	struct dma_run *r;
	struct runner runner[DMA_ENGINES_MAX];
	struct samples samples;
	uint64_t size;
	size_t span; /* bytes that are written to */
	uint64_t round;
	unsigned int late;	  /* rounds with a write after the call */
	unsigned int after_quiet; /* and after the engines were quiet */
};

static void nap(void)
{
	const struct timespec t = { 0, 100000 };

	nanosleep(&t, NULL);
}

static int64_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void submit(struct runner *q, unsigned int slot, unsigned int n)
{
	uint64_t at = n % q->places * q->size;
	struct transfer t = {
		.to_memory = true, .iova = q->iova + at, .at = at, .length = (uint32_t)q->size
	};

	q->e->ops->prepare(q->e, slot, &t);
	q->e->ops->submit(q->e, slot);
}

/* Count it under what became of it. 0, or -ETIMEDOUT. */
static int reap(struct runner *q, unsigned int *slot)
{
	int64_t since = seconds();
	uint32_t status;
	int ret;

	while ((ret = q->e->ops->poll(q->e, &status)) == -EAGAIN) {
		if (seconds() - since > TIMEOUT)
			return -ETIMEDOUT;
		sched_yield();
	}
	*slot = (unsigned int)ret;
	if (atomic_load(&q->taken) && status)
		q->errors++;
	else if (atomic_load(&q->taken))
		q->done++;
	atomic_fetch_add(&q->ended, 1);
	return 0;
}

static void *keep_busy(void *arg)
{
	struct runner *q = arg;
	unsigned int slot, sent, under_way;

	for (sent = 0; sent < q->depth; sent++)
		submit(q, sent, sent);
	for (under_way = sent; under_way; under_way--) {
		if (reap(q, &slot)) {
			q->ret = -ETIMEDOUT;
			break;
		}
		if (atomic_load(&q->stop))
			continue;
		submit(q, slot, sent++);
		under_way++;
	}
	return NULL;
}

static const char *name_of(enum dma_take take)
{
	return take == DMA_TAKE_REVOKE	? "dma.revoke"
	       : take == DMA_TAKE_RESET ? "dma.reset"
					: "dma.memory_off";
}

/* What is measured. The fd is of the DMABUF that the engines have mapped. */
static int take_away(struct take *t, int fd, struct error *err)
{
	const struct vfio_device *dev = buffer_vfio_device(t->r->b);
	uint64_t start = clock_now(t->r->c);
	int ret;

	if (t->r->p->take == DMA_TAKE_REVOKE)
		ret = vfio_revoke(dev, fd, err);
	else if (t->r->p->take == DMA_TAKE_RESET)
		ret = vfio_reset(dev, err);
	else
		ret = vfio_set_command(dev, PCI_COMMAND_MEMORY, false);
	t->r->cost = clock_now(t->r->c) - start;
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "%s: disabling its memory: %s",
			       dev->name, strerror(-ret))
		   : 0;
}

static void write_canary(void *arg)
{
	const struct dma_run *r = arg;

	copy_routine_find("plain")->write(r->memory, r->pattern, r->count * r->size);
	copy_drain();
}

static void check_canary(void *arg)
{
	struct dma_run *r = arg;
	size_t span = r->count * r->size;

	copy_routine_find("plain")->read(r->scratch.address, r->memory, span);
	pattern_compare(r->pattern, r->scratch.address, span, "", r->mismatch[0],
			sizeof(r->mismatch[0]));
}

/* Is the canary as it was written? 0 or -errno; *damaged says. */
static int look(struct take *t, bool *damaged, struct error *err)
{
	char old[sizeof(t->r->mismatch[0])];
	int ret;

	memcpy(old, t->r->mismatch[0], sizeof(old));
	t->r->mismatch[0][0] = '\0';
	ret = dma_guarded(t->r, check_canary, err);
	*damaged = t->r->mismatch[0][0];
	/* The first one is what is reported. */
	if (*old || !*damaged)
		memcpy(t->r->mismatch[0], old, sizeof(old));
	return ret;
}

static int start_runners(struct take *t, uint64_t iova, struct error *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < t->r->p->nengines && !ret; i++) {
		struct runner *q = &t->runner[i];

		q->iova = iova;
		q->ret = 0;
		atomic_store(&q->stop, false);
		atomic_store(&q->taken, false);
		atomic_store(&q->ended, 0);
		ret = -pthread_create(&q->thread, NULL, keep_busy, q);
		if (ret)
			error_set(err, EXIT_FAILED, -ret, NULL, "%s: a thread for it: %s",
				  q->e->dev.name, strerror(-ret));
		else
			q->started = true;
	}
	return ret;
}

/* Until each engine has ended the first one or, with more, all in flight and another; or time is over. */
static void wait_for(struct take *t, bool more)
{
	unsigned int wanted[DMA_ENGINES_MAX], i;
	int64_t since = seconds();

	for (i = 0; i < t->r->p->nengines; i++) {
		struct runner *q = &t->runner[i];

		wanted[i] = more ? atomic_load(&q->ended) + q->depth + 1 : 1;
	}
	for (i = 0; i < t->r->p->nengines; i++)
		while (atomic_load(&t->runner[i].ended) < wanted[i] && seconds() - since < TIMEOUT)
			nap();
}

/* Nothing of theirs is under way afterwards. An engine that hangs is started anew. */
static int stop_runners(struct take *t, struct error *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < t->r->p->nengines; i++)
		atomic_store(&t->runner[i].stop, true);
	for (i = 0; i < t->r->p->nengines; i++) {
		struct runner *q = &t->runner[i];

		if (!q->started)
			continue;
		pthread_join(q->thread, NULL);
		q->started = false;
		if (!q->ret)
			continue;
		q->timeouts++;
		if (!ret)
			ret = q->e->ops->start(q->e, err);
	}
	return ret;
}

/* The engines write, the buffer goes, the canary is put there, and the engines go on. */
static int run_with(struct take *t, int fd, struct error *err)
{
	struct dma_run *r = t->r;
	unsigned int i;
	int ret;

	wait_for(t, false);
	/* In each round at another moment of a transfer. */
	for (i = 0; i < t->round % 8; i++)
		nap();
	ret = take_away(t, fd, err);
	if (ret)
		return ret;
	for (i = 0; i < r->p->nengines; i++)
		atomic_store(&t->runner[i].taken, true);
	if (r->p->take != DMA_TAKE_REVOKE)
		ret = vfio_enable_memory(buffer_vfio_device(r->b), err);
	pattern_fill(r->pattern, t->span, ++r->seed);
	if (!ret)
		ret = dma_guarded(r, write_canary, err);
	wait_for(t, true);
	return ret;
}

static int run_round(struct take *t, bool measured, struct error *err)
{
	struct dma_run *r = t->r;
	struct ioas_mapping map = { 0 };
	bool late = false, again = false;
	int fd = buffer_export(r->b, err), ret, stopped;

	if (fd < 0)
		return fd;
	t->round++;
	ret = ioas_map_dmabuf(&r->ioas, &r->b->spec, fd, 0, r->mapped, &map, err);
	if (!ret) {
		ret = start_runners(t, map.iova, err);
		if (!ret)
			ret = run_with(t, fd, err);
		stopped = stop_runners(t, err);
		ret = ret ? ret : stopped;
	}
	if (!ret)
		ret = look(t, &late, err);
	if (!ret && late) {
		/* Now that all engines are quiet, it stays. */
		ret = dma_guarded(r, write_canary, err);
		nap();
		if (!ret)
			ret = look(t, &again, err);
	}
	t->late += late;
	t->after_quiet += again;
	if (!ret && measured)
		samples_add(&t->samples, r->cost);
	/* The mapping has been dead since; only now its addresses may be another's. */
	stopped = ioas_unmap(&r->ioas, &map);
	close(fd);
	return ret	 ? ret
	       : stopped ? error_set(err, EXIT_FAILED, -stopped, NULL, "a mapping that is dead: %s",
				     strerror(-stopped))
			 : 0;
}

/* What the engines write: not what the canary looks like. */
static int prepare_engines(struct take *t, struct error *err)
{
	struct dma_run *r = t->r;
	unsigned int i, places;
	int ret = 0;

	r->size = t->size;
	r->count = UINT32_MAX;
	for (i = 0; i < r->p->nengines; i++) {
		places = dma_count(r, r->engine[i], t->size);
		r->count = places < r->count ? places : r->count;
	}
	t->span = r->count * t->size;
	for (i = 0; i < r->p->nengines && !ret; i++) {
		struct runner *q = &t->runner[i];

		q->e = r->e = r->engine[i];
		q->size = t->size;
		q->places = r->count;
		q->depth = r->p->depth < q->e->depth ? r->p->depth : q->e->depth;
		r->depth = q->depth;
		if (q->e->store_writable)
			ret = dma_load_store(r, err);
	}
	return ret;
}

static int describe(struct take *t, struct record *record, bool tolerated)
{
	struct dma_run *r = t->r;
	char engines[64] = "", size[32];
	unsigned int i, after = 0;
	size_t len = 0;
	int ret;

	for (i = 0; i < r->p->nengines; i++)
		len += (size_t)snprintf(engines + len, sizeof(engines) - len, "%s%s", i ? " " : "",
					r->engine[i]->ops->name);
	size_format(t->size, size, sizeof(size));
	ret = record_param(record, "engine", "%s", engines);
	if (!ret)
		ret = record_param(record, "size", "%s", size);
	if (!ret)
		ret = record_param(record, "depth", "%u", r->p->depth);
	for (i = 0; i < r->p->nengines && !ret; i++) {
		const struct runner *q = &t->runner[i];
		char key[32];

		snprintf(key, sizeof(key), "%s_after", q->e->ops->name);
		after = q->done + q->errors + q->timeouts;
		ret = record_observe(record, key,
				     "%u transfers ended when it was gone: %u with success%s; "
				     "%u with an error; %u by a time-out",
				     after, q->done, t->late ? "" : ", their data dropped silently",
				     q->errors, q->timeouts);
	}
	if (!ret && t->late && tolerated)
		ret = record_observe(record, "late_writes",
				     "%u of %llu rounds: QEMU does not drain requests that it has "
				     "begun, so the buffer counts as gone when the queue is quiet",
				     t->late, (unsigned long long)t->round);
	else if (!ret && t->late)
		ret = record_observe(record, "violation",
				     "%u of %llu rounds: written to after the call had returned",
				     t->late, (unsigned long long)t->round);
	if (!ret && t->after_quiet)
		ret = record_observe(record, "violation_when_quiet",
				     "%u rounds: written to when all transfers had ended",
				     t->after_quiet);
	if (!ret && t->late && !tolerated)
		ret = record_observe(record, "mismatch", "%s", r->mismatch[0]);
	return ret;
}

static int add_record(struct take *t, unsigned int faults, struct record_set *out,
		      struct error *err)
{
	struct dma_run *r = t->r;
	struct record *record = cell_new_by(r->b, "dma", name_of(r->p->take), r->c->unit);
	bool tolerated = false;
	unsigned int i;
	int ret;

	for (i = 0; i < r->p->nengines; i++)
		tolerated =
			tolerated || (r->engine[i]->ops->late_in_qemu && r->engine[i]->emulated);
	ret = record ? describe(t, record, tolerated) : -ENOMEM;
	if (!ret)
		ret = dma_observe_faults(r, record, faults);
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	record->verification =
		t->after_quiet || (t->late && !tolerated) ? VERIFY_FAILED : VERIFY_OK;
	return cell_finish(record, r->c, &t->samples, out, err);
}

int dma_measure_take(struct dma_run *r, struct record_set *out, struct error *err)
{
	unsigned int faults = r->kmsg.faults, i;
	struct take t = { .r = r };
	size_t j;
	int ret = 0;

	if (r->c->unit != UNIT_NS)
		return error_set(
			err, EXIT_SKIP, EOPNOTSUPP, "leave out --counted",
			"dma --revoke: waits for devices, which no count of instructions says");
	if (r->p->take == DMA_TAKE_REVOKE)
		ret = vfio_revoke_probe(buffer_vfio_device(r->b), err);
	if (!ret && samples_init(&t.samples, r->p->repeat))
		ret = error_set(err, EXIT_FAILED, ENOMEM, "give a smaller --repeat",
				"samples: out of memory");
	for (j = 0; j < r->nsizes && !ret; j++) {
		memset(r->mismatch, 0, sizeof(r->mismatch));
		memset(t.runner, 0, sizeof(t.runner));
		t.samples.count = t.late = t.after_quiet = 0;
		t.round = 0;
		t.size = r->sizes[j];
		ret = prepare_engines(&t, err);
		for (i = 0; i < r->p->warmup + r->p->repeat && !ret; i++) {
			ret = binding_interrupted(err);
			if (!ret)
				ret = run_round(&t, i >= r->p->warmup, err);
		}
		if (!ret)
			ret = add_record(&t, faults, out, err);
	}
	samples_free(&t.samples);
	return ret;
}
