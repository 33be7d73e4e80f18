/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measurements of DMA engines share. */
#ifndef P2P_MEASURE_DMA_PRIVATE_H
#define P2P_MEASURE_DMA_PRIVATE_H

#include "copy-routines.h"
#include "engine.h"
#include "kmsg.h"
#include "measure-private.h"

enum dma_path {
	DMA_DIRECT, /* the engine reaches the buffer */
	DMA_HOST,   /* the baseline: memory of ours in place of the buffer */
	DMA_BOUNCE, /* the engine reaches memory of ours, and the CPU the buffer */
	DMA_PATHS,
};

struct dma_run {
	struct buffer *b;
	const struct clock *c;
	const struct dma_params *p;
	struct ioas ioas;
	struct engine *engine[DMA_ENGINES_MAX];
	struct bdf bdf[DMA_ENGINES_MAX]; /* theirs */
	struct kmsg kmsg;
	const uint64_t *sizes; /* p's, or the one that p leaves open */
	size_t nsizes;
	uint64_t default_size;
	bool own; /* the buffer is ordinary memory: it has no baseline and no bounce */

	/* What is used of the buffer: by the CPU, and by engines. */
	char *memory;
	size_t mapped;
	struct ioas_mapping map;
	struct ioas_memory host, bounce, scratch; /* as large, but bounce */
	char *pattern;				  /* what has to arrive */

	/* Of the cell that runs. */
	struct engine *e;
	bool write; /* to the buffer */
	uint64_t size;
	unsigned int count, depth; /* transfers of a round, and in flight */
	const struct copy_routine *routine;
	struct samples samples[DMA_PATHS];
	uint64_t seed;
	char mismatch[DMA_PATHS][256];

	/* Of the round that runs. */
	enum dma_path path;
	uint64_t cost;
	void *parts; /* of it */
	struct error *err;
	int ret;
};

const char *dma_path_name(enum dma_path path);

/* How many transfers of size fit into buffer and store, as far as one wants so many. */
unsigned int dma_count(const struct dma_run *r, const struct engine *e, uint64_t size);

/* Map the buffer into the IOAS, once more for each call. 0 or -errno with err filled in. */
int dma_map_buffer(struct dma_run *r, uint64_t length, struct ioas_mapping *m, struct error *err);

/* Put into the store what a cell expects there, which is r->pattern then. As above. */
int dma_load_store(struct dma_run *r, struct error *err);

/* What the IOMMU's driver has said of the engines since there were so many faults. 0 or -ENOMEM. */
int dma_observe_faults(struct dma_run *r, struct record *record, unsigned int before);
/* Whether the data of a path and of its baseline arrived. 0 or -ENOMEM. */
int dma_observe_data(struct dma_run *r, enum dma_path path, struct record *record);

/* Parameters that every cell of an engine has. 0 or -ENOMEM. */
int dma_describe(const struct dma_run *r, struct record *record);

/* The cells of r->e, r->write and r->size. */
int dma_measure_rates(struct dma_run *r, struct record_set *out, struct error *err);
int dma_measure_commands(struct dma_run *r, struct record_set *out, struct error *err);
int dma_measure_maps(struct dma_run *r, struct record_set *out, struct error *err);
int dma_measure_take(struct dma_run *r, struct record_set *out, struct error *err);

/*
 * The steps of a round, which access the buffer by the CPU: to be run by dma_guarded(). For
 * r->path: put the data where it comes from, and something else where it goes; see
 * whether it arrived.
 */
void dma_prepare(void *r);
void dma_verify(void *r);
/* Where the data of transfer i is, as the CPU sees it; and as the engine does, in its slot. */
char *dma_target(const struct dma_run *r, unsigned int i);
void dma_transfer(void *r, unsigned int i, unsigned int slot, struct transfer *t);
/* The CPU's part of a bounce. */
void dma_copy_before(void *r, unsigned int i, unsigned int slot);
void dma_copy_after(void *r, unsigned int i, unsigned int slot);

/* Run fn on the buffer, which may go away. 0, r->ret, or -EFAULT, with err filled in. */
int dma_guarded(struct dma_run *r, void (*fn)(void *r), struct error *err);

#endif
