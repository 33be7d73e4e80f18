/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measurements share. */
#ifndef P2P_MEASURE_PRIVATE_H
#define P2P_MEASURE_PRIVATE_H

#include "measure.h"
#include "pagetable.h"

/* A record of one cell of b. NULL: out of memory. */
struct record *cell_new_by(const struct buffer *b, const char *initiator, const char *measurement,
			   enum unit unit);
/*
 * A record of one cell of b by the CPU, with the parameters "via", and "read_only" when that
 * is a DMABUF which is. The cell adds its own, and cell_finish() those that all have. NULL:
 * out of memory.
 */
struct record *cell_new(const struct buffer *b, const char *measurement, enum unit unit,
			enum map_via via);
/* Give it the parameter "memattr", if there is a choice. 0 or -ENOMEM. */
int cell_memattr(struct record *r, enum memattr_choice choice, enum memattr attr);
/*
 * Say how its memory was mapped, and warn when a choice of memory attributes could not be
 * held against that. 0 or -ENOMEM.
 */
int cell_entry(struct record *r, const struct buffer *b, const struct pagetable_entry *entry,
	       enum memattr_choice choice);
/* Does the page table, as far as it is known, agree with attr? 0, or -errno with err filled in. */
int check_memattr(const struct buffer *b, const struct pagetable_entry *entry, enum memattr attr,
		  struct error *err);
/* Can so many bytes of the buffer (of length 0: not known) be copied? 0, or -errno with err filled in. */
int check_copy_sizes(const struct bufspec *spec, const uint64_t *sizes, size_t nsizes,
		     struct error *err);
/* Give it the baseline, whose ratio to r's own samples s is kept. They may be empty. */
void cell_baseline(struct record *r, struct samples *s, struct samples *baseline);
/* Complete it with the samples and the clock's overhead, and add it to out. 0 or -errno. */
int cell_finish(struct record *r, const struct clock *c, struct samples *s, struct record_set *out,
		struct error *err);
/* Add it to out as one that cannot run, because of why. 0 or -errno. */
int cell_skip(struct record *r, const struct error *why, struct record_set *out, struct error *err);

/* The message for an access to b that raised SIGBUS at offset; returns -EFAULT. */
int explain_sigbus(const struct buffer *b, enum map_via via, uint64_t offset, struct error *err);

/* The name of a way to map, as the option --via takes it. */
const char *via_name(enum map_via via);

#endif
