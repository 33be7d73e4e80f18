/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data model of results: one environment record, then one record for
 * each measured cell. Renderers (render-*.c) turn it into JSON Lines, CSV or
 * a table; nothing else formats results.
 */
#ifndef P2P_RECORD_H
#define P2P_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hist.h"
#include "samples.h"

#define RECORD_SCHEMA "p2p-tool/1"

enum unit { UNIT_NS, UNIT_INSN, UNIT_BYTES_PER_S };	     /* "ns", "insn", "B/s" */
enum verification { VERIFY_NONE, VERIFY_OK, VERIFY_FAILED }; /* "none", "ok", "failed" */
enum medium { MEDIUM_HARDWARE, MEDIUM_EMULATED };	     /* "hardware", "emulated" */

struct param {
	char *key;
	char *value;
};

struct record {
	char *measurement; /* dotted: "map.mmap", "map.first_touch", "copy.write" */
	char *buffer;	   /* canonical buffer text */
	char *initiator;   /* "cpu" */
	/*
	 * Parameters say which cell this is: records that agree in measurement,
	 * buffer, initiator, unit and parameters can be compared. Observations
	 * (page faults taken, the clock's overhead) may differ between them.
	 * Both are texts, in the order they were added.
	 */
	struct param *params;
	size_t nparams;
	struct param *observed;
	size_t nobserved;
	enum unit unit;
	struct summary summary;
	struct hist *hist; /* of all samples */
	int page_order;	   /* of the mapping really hit, -1 when not known */
	char memattr[8];   /* "WB", "WC", "UC-", "UC", "WT", "WP", "mixed"; "" when not known */
	enum verification verification;
	enum medium medium;
	/* Baseline of the same cell on host memory in the same process; ratio is median / baseline median. */
	bool has_baseline;
	double baseline_median, baseline_ratio;
	/* A cell that could not run: reason set, summary.count is 0. */
	char *skipped;
};

struct record_set {
	struct record **record;
	size_t count;
};

/* New record with copies of the texts, unit and medium set, the rest empty; NULL when out of memory. */
struct record *record_new(const char *measurement, const char *buffer, const char *initiator,
			  enum unit unit, enum medium medium);
void record_free(struct record *r);
/* Add a parameter, printf-style value. 0 or -ENOMEM. */
int record_param(struct record *r, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Add an observation, likewise. */
int record_observe(struct record *r, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* An observation with the value "no": a comparison does not fail when this cell is worse. */
#define OBSERVED_GATED "gated"
/* The value of a parameter or of an observation, or NULL. */
const char *record_get_param(const struct record *r, const char *key);
const char *record_get_observed(const struct record *r, const char *key);
/* Are these results of the same cell? The order of parameters does not matter. */
bool record_same_cell(const struct record *a, const struct record *b);
/* Summarise samples into r->summary and r->hist. 0 or -errno. */
int record_set_samples(struct record *r, struct samples *s);

/* Append r, whose ownership passes to the set also on failure. 0 or -ENOMEM. */
int record_set_add(struct record_set *set, struct record *r);
void record_set_free(struct record_set *set);

const char *unit_name(enum unit u);
const char *verification_name(enum verification v);
const char *medium_name(enum medium m);

#endif
