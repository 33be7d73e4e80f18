// SPDX-License-Identifier: GPL-2.0-only
/* How fast an engine moves bytes, and how long one transfer takes. */
#include <errno.h>
#include <string.h>

#include "measure-dma-private.h"
#include "ratio.h"
#include "size.h"

#define SAMPLES_MAX 100000 /* of a cell that is limited by its duration */

/* No system call from the first transfer to the last one. */
static void run_all(void *arg)
{
	struct dma_run *r = arg;
	struct engine_load load = {
		.count = r->count,
		.depth = r->depth,
		.ctx = r,
		.transfer = dma_transfer,
	};
	uint64_t start;

	if (r->path == DMA_BOUNCE) {
		load.before = dma_copy_before;
		load.after = dma_copy_after;
	}
	start = clock_now(r->c);
	r->ret = engine_run(r->e, &load, r->err);
	r->cost = clock_now(r->c) - start;
}

static int round_of(struct dma_run *r, enum dma_path path, bool latency, bool measured,
		    struct error *err)
{
	uint64_t sample;
	int ret;

	r->path = path;
	ret = dma_guarded(r, dma_prepare, err);
	if (!ret)
		ret = dma_guarded(r, run_all, err);
	if (!ret)
		ret = dma_guarded(r, dma_verify, err);
	if (ret || !measured)
		return ret;
	sample = r->cost ? r->cost : 1;
	if (!latency)
		sample = (uint64_t)((double)(r->count * r->size) * 1e9 / (double)sample);
	samples_add(&r->samples[path], sample);
	return 0;
}

static bool enough(const struct dma_run *r, uint64_t since, unsigned int rounds)
{
	if (r->samples[DMA_DIRECT].count == r->samples[DMA_DIRECT].capacity)
		return true;
	if (r->p->duration > 0)
		return r->samples[DMA_DIRECT].count &&
		       (double)(clock_now(r->c) - since) >= r->p->duration * 1e9;
	return rounds >= r->p->warmup + r->p->repeat;
}

/* All paths in turn, so that whatever disturbs the machine disturbs all of them. */
static int run_rounds(struct dma_run *r, bool latency, struct error *err)
{
	enum dma_path paths = r->own ? DMA_HOST : DMA_PATHS, path;
	uint64_t since = clock_now(r->c);
	unsigned int i;
	int ret = 0;

	/* What cannot be written stays as it is. */
	if (r->write && !r->e->store_writable)
		ret = dma_load_store(r, err);
	for (i = 0; !ret && !enough(r, since, i); i++) {
		ret = binding_interrupted(err);
		if (!ret && r->write && r->e->store_writable)
			ret = dma_load_store(r, err);
		for (path = 0; path < paths && !ret; path++)
			ret = round_of(r, path, latency, i >= r->p->warmup, err);
	}
	return ret;
}

static int observe_ratio(struct record *record, const char *key, const struct samples *a,
			 const struct samples *b)
{
	struct ratio ratio;
	char text[64];

	if (ratio_of(a, b, &ratio))
		return 0;
	ratio_format(&ratio, text, sizeof(text));
	return record_observe(record, key, "%s", text);
}

static int describe(struct dma_run *r, struct record *record, enum dma_path path, bool latency)
{
	char size[32];
	int ret;

	size_format(r->size, size, sizeof(size));
	ret = record_param(record, "path", "%s", dma_path_name(path));
	if (!ret)
		ret = record_param(record, "size", "%s", size);
	if (!ret && !latency)
		ret = record_param(record, "depth", "%u", r->depth);
	if (!ret && !latency)
		ret = record_param(record, "iters", "%u", r->count);
	if (!ret)
		ret = dma_describe(r, record);
	if (!ret && path == DMA_BOUNCE)
		ret = record_observe(record, "routine", "%s", r->routine->name);
	if (!ret && !r->own)
		ret = observe_ratio(record, "vs_host", &r->samples[path], &r->samples[DMA_HOST]);
	if (!ret && !r->own && path == DMA_DIRECT)
		ret = observe_ratio(record, "vs_bounce", &r->samples[path],
				    &r->samples[DMA_BOUNCE]);
	return ret;
}

static int add_record(struct dma_run *r, enum dma_path path, bool latency, unsigned int faults,
		      struct record_set *out, struct error *err)
{
	struct record *record;
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "dma.%s%s", r->write ? "write" : "read",
		 latency ? "_latency" : "");
	record = cell_new_by(r->b, "dma", name, latency ? r->c->unit : UNIT_BYTES_PER_S);
	ret = record ? describe(r, record, path, latency) : -ENOMEM;
	if (!ret)
		ret = dma_observe_data(r, path, record);
	if (!ret)
		ret = dma_observe_faults(r, record, faults);
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	return cell_finish(record, r->c, &r->samples[path], out, err);
}

static int run_cell(struct dma_run *r, bool latency, struct record_set *out, struct error *err)
{
	size_t capacity = r->p->duration > 0 ? SAMPLES_MAX : r->p->repeat;
	unsigned int faults = r->kmsg.faults;
	struct summary host;
	int path, ret = 0;

	for (path = 0; path < DMA_PATHS && !ret; path++)
		ret = samples_init(&r->samples[path], capacity);
	if (ret)
		ret = error_set(err, EXIT_FAILED, ENOMEM, "give a smaller --repeat",
				"samples: out of memory");
	memset(r->mismatch, 0, sizeof(r->mismatch));
	if (!ret)
		ret = run_rounds(r, latency, err);
	if (!ret)
		ret = add_record(r, DMA_DIRECT, latency, faults, out, err);
	if (!ret && !r->own)
		ret = add_record(r, DMA_BOUNCE, latency, faults, out, err);
	/* Last, as that sorts it: the pairs are needed in their order. */
	if (!ret && !r->own && !samples_summarise(&r->samples[DMA_HOST], &host)) {
		size_t i;

		for (i = out->count - 2; i < out->count; i++) {
			out->record[i]->has_baseline = true;
			out->record[i]->baseline_median = host.median;
			out->record[i]->baseline_ratio =
				out->record[i]->summary.median / host.median;
		}
	}
	for (path = 0; path < DMA_PATHS; path++)
		samples_free(&r->samples[path]);
	return ret;
}

int dma_measure_rates(struct dma_run *r, struct record_set *out, struct error *err)
{
	unsigned int count = r->count, depth = r->depth;
	int ret = run_cell(r, false, out, err);

	/* One at a time */
	r->count = r->depth = 1;
	if (!ret)
		ret = run_cell(r, true, out, err);
	r->count = count;
	r->depth = depth;
	return ret;
}
