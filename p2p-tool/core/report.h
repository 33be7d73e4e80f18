/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report on result files: one HTML page that needs nothing else. report.c puts the records
 * in order; what there is to see in them is found in report-*.c and drawn by svg-*.c. The same
 * input gives the same page, byte by byte.
 */
#ifndef P2P_REPORT_H
#define P2P_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h"
#include "record-read.h"

struct report_run {
	const char *path;
	const struct record_group *group;
	bool second; /* belongs to the runs after "vs" */
	bool used;   /* false: partial, while there are whole ones */
};

/* All results of one cell, on one medium. */
struct report_cell {
	const struct record **by_run; /* one for each run; NULL where it was not measured */
	const struct record
		*last; /* the newest, of run last_run; a skipped one when there is none */
	size_t last_run;
	size_t measured; /* how many runs measured it, and not wrong data */
};

struct report {
	struct record_file *file;
	size_t nfiles;
	struct report_run *run; /* oldest first */
	size_t nruns, nused, nsecond;
	bool in_time; /* runs are in the order of their time; else in that of the files */
	struct report_cell *cell;
	size_t ncells;
	bool emulated, hardware; /* media that there are */
};

/*
 * Read files; those from `second` on (if there are so many) are compared with those before.
 * Runs that only count instructions stay in the order given, as their clock starts anew in each
 * boot; others are put in that of their time. 0 or -errno with err filled in (EXIT_USAGE for
 * files that are not as they were written or hold the same run twice). On failure *r is empty.
 */
int report_read(struct report *r, char *const *path, size_t n, size_t second, struct error *err);
void report_free(struct report *r);

/* The page. 0 or -ENOMEM; errors of the stream stay there. */
int report_write(FILE *out, const struct report *r);

#endif
