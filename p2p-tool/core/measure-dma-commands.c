// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CPU spends on one transfer: setting it off and taking note of its end, and,
 * through a bounce buffer, copying. Describing where the data is (PRP entries,
 * descriptors) comes before, and is told apart, as is waiting.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "measure-dma-private.h"
#include "size.h"

#define POLLS_MAX 1000000 /* that are timed; longer waits are left to engine_reap() */

/* What one transfer took. */
struct parts {
	uint64_t list, command;
	size_t entries;
};

struct commands {
	struct dma_run *r;
	struct samples list; /* on path DMA_DIRECT */
	size_t entries;
};

/* Wait for its end; only the poll that finds it counts. */
static int reap(struct dma_run *r, uint64_t *cost)
{
	uint64_t start, end;
	uint32_t status;
	unsigned int i;
	int slot;

	for (i = 0; i < POLLS_MAX; i++) {
		start = clock_now(r->c);
		slot = r->e->ops->poll(r->e, &status);
		end = clock_now(r->c);
		*cost = end - start;
		if (slot != -EAGAIN)
			return engine_ended(r->e, slot, status, r->err);
	}
	*cost = 0;
	return engine_reap(r->e, r->err);
}

static void one_command(void *arg)
{
	struct dma_run *r = arg;
	struct parts *parts = r->parts;
	uint64_t start, prepared, submitted, polled, copied = 0;
	struct transfer t;

	start = clock_now(r->c);
	dma_copy_before(r, 0, 0);
	if (r->path == DMA_BOUNCE)
		copied = clock_now(r->c) - start;
	dma_transfer(r, 0, 0, &t);
	start = clock_now(r->c);
	r->e->ops->prepare(r->e, 0, &t);
	prepared = clock_now(r->c);
	r->e->ops->submit(r->e, 0);
	submitted = clock_now(r->c);
	r->ret = reap(r, &polled);
	parts->list = prepared - start;
	parts->command = submitted - prepared + polled;
	parts->entries = r->e->list_entries;
	if (r->ret < 0) {
		engine_stop(r->e);
		return;
	}
	start = clock_now(r->c);
	dma_copy_after(r, 0, 0);
	if (r->path == DMA_BOUNCE)
		copied += clock_now(r->c) - start;
	parts->command += copied;
	r->ret = 0;
}

static int run_rounds(struct commands *m, struct error *err)
{
	struct dma_run *r = m->r;
	enum dma_path paths = r->own ? DMA_HOST : DMA_PATHS, path;
	struct parts parts;
	unsigned int i;
	int ret = 0;

	r->parts = &parts;
	if (r->write)
		ret = dma_load_store(r, err);
	for (i = 0; i < r->p->warmup + r->p->repeat && !ret; i++) {
		ret = binding_interrupted(err);
		for (path = 0; path < paths && !ret; path++) {
			r->path = path;
			ret = dma_guarded(r, dma_prepare, err);
			if (!ret)
				ret = dma_guarded(r, one_command, err);
			if (!ret)
				ret = dma_guarded(r, dma_verify, err);
			if (ret || i < r->p->warmup)
				continue;
			samples_add(&r->samples[path], parts.command);
			if (path != DMA_DIRECT)
				continue;
			samples_add(&m->list, parts.list);
			m->entries = parts.entries;
		}
	}
	return ret;
}

static int describe(struct commands *m, enum dma_path path, struct record *record)
{
	struct dma_run *r = m->r;
	struct summary s;
	char size[32];
	int ret;

	size_format(r->size, size, sizeof(size));
	ret = record_param(record, "path", "%s", dma_path_name(path));
	if (!ret)
		ret = record_param(record, "size", "%s", size);
	if (!ret)
		ret = dma_describe(r, record);
	if (!ret && path == DMA_DIRECT && !samples_summarise(&m->list, &s))
		ret = record_observe(record, "list", "%.0f %s for %zu entries", s.median,
				     unit_name(r->c->unit), m->entries);
	if (!ret && path == DMA_BOUNCE)
		ret = record_observe(record, "routine", "%s", r->routine->name);
	return ret ? ret : dma_observe_data(r, path, record);
}

static int add_record(struct commands *m, enum dma_path path, struct record_set *out,
		      struct error *err)
{
	struct dma_run *r = m->r;
	struct record *record = cell_new_by(
		r->b, "dma", r->write ? "dma.write_command" : "dma.read_command", r->c->unit);
	int ret = record ? describe(m, path, record) : -ENOMEM;

	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	if (!r->own)
		cell_baseline(record, &r->samples[path], &r->samples[DMA_HOST]);
	return cell_finish(record, r->c, &r->samples[path], out, err);
}

int dma_measure_commands(struct dma_run *r, struct record_set *out, struct error *err)
{
	unsigned int count = r->count, depth = r->depth;
	struct commands m = { .r = r };
	int path, ret;

	r->count = r->depth = 1;
	memset(r->mismatch, 0, sizeof(r->mismatch));
	ret = samples_init(&m.list, r->p->repeat);
	for (path = 0; path < DMA_PATHS && !ret; path++)
		ret = samples_init(&r->samples[path], r->p->repeat);
	if (ret)
		ret = error_set(err, EXIT_FAILED, ENOMEM, "give a smaller --repeat",
				"samples: out of memory");
	if (!ret)
		ret = run_rounds(&m, err);
	if (!ret)
		ret = add_record(&m, DMA_DIRECT, out, err);
	if (!ret && !r->own)
		ret = add_record(&m, DMA_BOUNCE, out, err);
	for (path = 0; path < DMA_PATHS; path++)
		samples_free(&r->samples[path]);
	samples_free(&m.list);
	r->count = count;
	r->depth = depth;
	return ret;
}
