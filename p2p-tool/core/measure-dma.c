// SPDX-License-Identifier: GPL-2.0-only
/* DMA engines that reach a buffer: what is measured, in which order, with what memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "measure-dma-private.h"
#include "size.h"

#define ROUND_BYTES	(8 << 20)
#define ROUND_COUNT_MAX 256
#define DEFAULT_SIZE	(64 << 10)
#define TRIALS		3

const char *dma_path_name(enum dma_path path)
{
	static const char *const names[] = { "direct", "host", "bounce" };

	return names[path];
}

static const struct {
	enum dma_take take;
	const char *name;
} takes[] = {
	{ DMA_TAKE_REVOKE, "revoke" },
	{ DMA_TAKE_MEMORY, "memory-off" },
	{ DMA_TAKE_RESET, "reset" },
};

int dma_take_parse(const char *name, enum dma_take *take, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(takes) / sizeof(takes[0]); i++) {
		if (!strcmp(name, takes[i].name)) {
			*take = takes[i].take;
			return 0;
		}
	}
	return error_set(err, EXIT_USAGE, EINVAL, "give revoke, memory-off or reset",
			 "option --revoke '%s': there is no such way", name);
}

unsigned int dma_count(const struct dma_run *r, const struct engine *e, uint64_t size)
{
	uint64_t length = buffer_map_length(r->b);
	uint64_t fit = (length < e->store_size ? length : e->store_size) / size;
	uint64_t count = r->p->iters ? r->p->iters : ROUND_BYTES / size;

	if (!r->p->iters && count < 2 * r->p->depth)
		count = 2 * r->p->depth;
	if (!r->p->iters && count > ROUND_COUNT_MAX)
		count = ROUND_COUNT_MAX;
	return (unsigned int)(count < fit ? count : fit);
}

int dma_describe(const struct dma_run *r, struct record *record)
{
	int ret = record_param(record, "engine", "%s", r->e->ops->name);

	if (!ret)
		ret = record_observe(record, "engine_device", "%s", r->e->dev.name);
	return ret ? ret : record_observe(record, "engine_model", "%s", r->e->model);
}

int dma_map_buffer(struct dma_run *r, uint64_t length, struct ioas_mapping *m, struct error *err)
{
	int fd;

	if (r->own)
		return ioas_map_memory(&r->ioas, r->memory, length, m, err);
	fd = buffer_dmabuf(r->b, err);
	return fd < 0 ? fd : ioas_map_dmabuf(&r->ioas, &r->b->spec, fd, 0, length, m, err);
}

int measure_dma_check(const struct bufspec *spec, const struct dma_params *p, struct error *err)
{
	char text[128], size[32];
	size_t i;

	bufspec_format(spec, text, sizeof(text));
	for (i = 0; i < p->nsizes; i++) {
		size_format(p->sizes[i], size, sizeof(size));
		if (!p->sizes[i] || p->sizes[i] > UINT32_MAX / 2 ||
		    (spec->length && p->sizes[i] > spec->length))
			return error_set(err, EXIT_USAGE, EINVAL, "give --sizes that fit into it",
					 "%s: no room for transfers of %s", text, size);
	}
	if (p->take != DMA_TAKE_NOTHING && spec->kind != BUFFER_VFIO)
		return error_set(err, EXIT_USAGE, EINVAL, "give vfio:BDF/BAR",
				 "%s: only VFIO takes DMABUFs back", text);
	return 0;
}

static int open_engines(struct dma_run *r, struct error *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < r->p->nengines && !ret; i++) {
		struct engine_params p = r->p->engine[i];

		if (r->b->spec.kind == BUFFER_VFIO)
			p.not = &r->b->spec.bdf;
		ret = engine_open(&p, &r->ioas, r->engine[0], &r->engine[i], err);
	}
	for (i = 0; i < r->p->nengines && !ret; i++) {
		r->bdf[i] = r->engine[i]->bdf;
		r->b->emulated = r->b->emulated || r->engine[i]->emulated;
	}
	return ret;
}

static void choose_sizes(struct dma_run *r)
{
	unsigned int i;

	r->sizes = r->p->sizes;
	r->nsizes = r->p->nsizes;
	if (r->nsizes)
		return;
	r->default_size = r->b->spec.length < DEFAULT_SIZE ? r->b->spec.length : DEFAULT_SIZE;
	for (i = 0; i < r->p->nengines; i++)
		if (r->engine[i]->max_transfer < r->default_size)
			r->default_size = r->engine[i]->max_transfer;
	r->sizes = &r->default_size;
	r->nsizes = 1;
}

/* Back to their drivers; what went wrong with that goes before everything else. */
static int close_engines(struct dma_run *r, int ret, struct error *err)
{
	struct error close_err = { 0 };
	bool any = r->engine[0] != NULL;
	unsigned int i;
	int closed;

	for (i = DMA_ENGINES_MAX; i--;) {
		closed = engine_close(r->engine[i], &close_err);
		if (closed) {
			ret = closed;
			*err = close_err;
		}
	}
	if (any)
		ioas_close(&r->ioas);
	return ret;
}

/* Does every engine do every size, and every direction? */
static int check_engine(const struct dma_run *r, const struct engine *e, struct error *err)
{
	char size[32], text[32];
	size_t i;

	if (r->p->read && !r->p->any_op && r->p->take == DMA_TAKE_NOTHING && !e->store_writable)
		return error_set(err, EXIT_USAGE, EPERM,
				 "give --yes-overwrite if the blocks may be lost, or --op write",
				 "%s: --op read would overwrite the blocks of --lba", e->dev.name);
	for (i = 0; i < r->nsizes; i++) {
		size_format(r->sizes[i], size, sizeof(size));
		if (r->sizes[i] % e->granule) {
			size_format(e->granule, text, sizeof(text));
			return error_set(err, EXIT_USAGE, EINVAL, "give --sizes that do",
					 "%s: transfers consist of pieces of %s, which %s does not",
					 e->dev.name, text, size);
		}
		if (r->sizes[i] > e->max_transfer) {
			size_format(e->max_transfer, text, sizeof(text));
			return error_set(err, EXIT_USAGE, EINVAL, "give smaller --sizes",
					 "%s: moves at most %s at once, not %s", e->dev.name, text,
					 size);
		}
		if (r->sizes[i] > e->store_size)
			return error_set(err, EXIT_USAGE, EINVAL,
					 "give smaller --sizes or more blocks",
					 "%s: its store has no room for transfers of %s",
					 e->dev.name, size);
		if (r->p->iters && dma_count(r, e, r->sizes[i]) < r->p->iters)
			return error_set(
				err, EXIT_USAGE, EINVAL,
				"each has a place of its own: give fewer, or a larger buffer",
				"%s: no room for --iters %u of %s", e->dev.name, r->p->iters, size);
	}
	return 0;
}

/* What the largest cell takes. */
static void find_extent(struct dma_run *r, size_t *bounce)
{
	unsigned int i, count;
	size_t j;

	for (i = 0; i < r->p->nengines; i++) {
		for (j = 0; j < r->nsizes; j++) {
			uint64_t size = r->sizes[j];

			count = dma_count(r, r->engine[i], size);
			if (count * size > r->mapped)
				r->mapped = count * size;
			if (count > r->p->depth)
				count = r->p->depth;
			if (count * size > *bounce)
				*bounce = count * size;
		}
	}
	r->mapped = (r->mapped + r->ioas.page - 1) & -r->ioas.page;
}

static int map_all(struct dma_run *r, struct error *err)
{
	enum map_via via = r->b->ops->source ? VIA_DEVICE : VIA_DMABUF;
	size_t bounce = 0;
	char text[128];
	int ret;

	find_extent(r, &bounce);
	r->own = r->b->spec.kind == BUFFER_HOST;
	r->pattern =
		mmap(NULL, r->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->pattern == MAP_FAILED) {
		r->pattern = NULL;
		return error_set(err, EXIT_FAILED, ENOMEM, "give smaller --sizes",
				 "dma: out of memory");
	}
	ret = buffer_probe_mmap(r->b, via, err);
	if (ret)
		return ret;
	ret = buffer_map(r->b, via, 0, r->mapped, PROT_READ | PROT_WRITE, (void **)&r->memory);
	if (ret) {
		bufspec_format(&r->b->spec, text, sizeof(text));
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: mmap(): %s", text,
				 strerror(-ret));
	}
	ret = ioas_memory_new(&r->ioas, r->mapped, &r->scratch, err);
	if (!ret && !r->own)
		ret = ioas_memory_new(&r->ioas, r->mapped, &r->host, err);
	if (!ret && !r->own)
		ret = ioas_memory_new(&r->ioas, bounce, &r->bounce, err);
	return ret;
}

static void unmap_all(struct dma_run *r)
{
	if (!r->engine[0])
		return;
	ioas_unmap(&r->ioas, &r->map);
	ioas_memory_free(&r->ioas, &r->bounce);
	ioas_memory_free(&r->ioas, &r->host);
	ioas_memory_free(&r->ioas, &r->scratch);
	if (r->memory)
		munmap(r->memory, r->mapped);
	if (r->pattern)
		munmap(r->pattern, r->mapped);
}

static void trial(void *arg)
{
	struct dma_run *r = arg;
	uint64_t start = clock_now(r->c);

	if (r->write)
		r->routine->write(r->memory, r->bounce.address, r->size);
	else
		r->routine->read(r->bounce.address, r->memory, r->size);
	copy_drain();
	r->cost = clock_now(r->c) - start;
}

/* The routine that bounces best: the fastest one, on this buffer, of this size. */
static int find_routine(struct dma_run *r, struct error *err)
{
	const struct copy_routine *routine, *best = NULL;
	uint64_t shortest = UINT64_MAX;
	int i, ret = 0;

	for (routine = copy_routines; routine->name && !r->own; routine++) {
		if (!(r->write ? routine->write : routine->read) || !routine->supported())
			continue;
		r->routine = routine;
		for (i = 0; i < TRIALS && !ret; i++) {
			ret = dma_guarded(r, trial, err);
			if (!ret && r->cost < shortest) {
				shortest = r->cost;
				best = routine;
			}
		}
	}
	r->routine = best;
	return ret;
}

static int run_cells(struct dma_run *r, struct record_set *out, struct error *err)
{
	int ret = find_routine(r, err);

	/* What takes as long as the device wishes has no count of instructions. */
	if (!ret && r->c->unit == UNIT_NS)
		ret = dma_measure_rates(r, out, err);
	return ret ? ret : dma_measure_commands(r, out, err);
}

static int run_engine(struct dma_run *r, struct engine *e, struct record_set *out,
		      struct error *err)
{
	const bool wanted[] = { r->p->write, r->p->read && e->store_writable };
	int ret = 0, way;
	size_t i;

	r->e = e;
	for (way = 0; way < 2; way++) {
		r->write = !way;
		for (i = 0; wanted[way] && i < r->nsizes && !ret; i++) {
			r->size = r->sizes[i];
			r->count = dma_count(r, e, r->size);
			r->depth = r->p->depth < e->depth ? r->p->depth : e->depth;
			if (r->depth > r->count)
				r->depth = r->count;
			ret = run_cells(r, out, err);
		}
	}
	return ret;
}

static int run_all(struct dma_run *r, struct record_set *out, struct error *err)
{
	unsigned int i;
	int ret;

	if (r->p->take != DMA_TAKE_NOTHING)
		return dma_measure_take(r, out, err);
	ret = dma_measure_maps(r, out, err);
	if (!ret)
		ret = dma_map_buffer(r, r->mapped, &r->map, err);
	for (i = 0; i < r->p->nengines && !ret; i++)
		ret = run_engine(r, r->engine[i], out, err);
	return ret;
}

int measure_dma(struct buffer *b, const struct clock *c, const struct dma_params *p,
		struct record_set *out, struct error *err)
{
	struct dma_run r = { .b = b, .c = c, .p = p, .ioas.fd = -1 };
	unsigned int i;
	int ret;

	kmsg_open(&r.kmsg);
	ret = measure_dma_check(&b->spec, p, err);
	if (!ret)
		ret = open_engines(&r, err);
	if (!ret)
		choose_sizes(&r);
	for (i = 0; i < p->nengines && !ret; i++)
		ret = check_engine(&r, r.engine[i], err);
	if (!ret)
		ret = map_all(&r, err);
	if (!ret)
		ret = run_all(&r, out, err);
	/* Nothing may be under way to memory that goes. */
	for (i = 0; i < p->nengines; i++)
		if (r.engine[i] && r.engine[i]->running)
			engine_stop(r.engine[i]);
	unmap_all(&r);
	ret = close_engines(&r, ret, err);
	kmsg_close(&r.kmsg);
	return ret;
}
