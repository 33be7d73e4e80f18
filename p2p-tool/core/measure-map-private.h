/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of measure_map(): measure-map.c goes through the scenarios and
 * makes records, measure-map-place.c chooses addresses, measure-map-rounds.c
 * holds what is timed.
 */
#ifndef P2P_MEASURE_MAP_PRIVATE_H
#define P2P_MEASURE_MAP_PRIVATE_H

#include "measure-private.h"

/* All measurements of one buffer through one fd. */
struct run {
	struct buffer *b;
	const struct clock *c;
	const struct map_params *p;
	enum map_via via;
	enum memattr attr;
	struct map_source source;
	int prot;
	size_t length, page;
	uint64_t align, residue; /* where mappings begin: residue modulo align */
	size_t step;		 /* smallest distance at which a page needs a fault of its own */

	/* Of the scenario that runs. */
	const struct scenario *scenario;
	void *addr;   /* of every mapping; NULL: as the kernel chooses */
	size_t first; /* offset of the page that prepares the page table */
	struct samples samples[2];
	uint64_t min_faults, max_faults;
	struct pagetable_entry entry;

	/* Of the round that runs. */
	bool last; /* not measured: a look at the page table */
	char *map; /* NULL: nothing is mapped */
	int ret;
};

/* One round gives a sample of each measurement. */
struct scenario {
	const char *measurement[2]; /* the second may be NULL */
	int (*round)(struct run *r, uint64_t sample[2]);
	bool touches;	/* the first one; the second undoes what it did */
	bool own_table; /* in page tables that nothing else uses */
	bool pair;	/* with another page in the same page table */
};

/* The scenarios of mappings, up to one without a measurement; and that of the DMABUF itself. */
extern const struct scenario map_scenarios[];
extern const struct scenario export_scenario;

/* All rounds of r->scenario, warm-up first; arg is the run, whose ret says how it went. */
void run_rounds(void *arg);

/* mmap() as r says, its cost in *sample. 0 or -errno. */
int run_map(struct run *r, uint64_t *sample);

/* Touch one page, and nothing else of it. */
static inline void touch(const char *p)
{
	(void)*(const volatile uint32_t *)p;
}

/* Page faults of this thread so far. */
uint64_t count_faults(void);

/*
 * Learn where mappings of this run begin (align, residue) and how large their
 * pages are (step). 0 or -errno with err filled in.
 */
int probe_mapping(struct run *r, struct error *err);

/*
 * Choose addr and first for r->scenario. 0; -ENXIO with err filled in
 * (EXIT_SKIP) when it cannot be had with this buffer; -errno.
 */
int place_mapping(struct run *r, struct error *err);

/* "BUFFER: STEP through its VIA: ERROR"; returns ret. */
int explain_step(struct run *r, const char *step, int ret, struct error *err);

#endif
