/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a series of values, one for each run, has changed its level. Pure functions;
 * docs/measuring.md tells the method.
 */
#ifndef P2P_CHANGES_H
#define P2P_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

struct changes_params {
	double alpha; /* at most this part of series without a change gets a mark */
	double floor; /* smaller changes of the median, as a part of it, are not marked */
	double least; /* nor those by less than this, in the unit of the values */
	bool exact;   /* values have no noise: every difference beyond both is a change */
};

#define CHANGES_TIMED                        \
	{                                    \
		.alpha = 0.01, .floor = 0.02 \
	}
#define CHANGES_COUNTED                                   \
	{                                                 \
		.floor = 0.01, .least = 20, .exact = true \
	}

/* No stretch of runs is shorter. */
#define CHANGES_MIN_RUNS 3
#define CHANGES_MAX_RUNS 2000

struct changes {
	size_t *at; /* the first run of each new level, ascending */
	size_t count;
};

/*
 * Find the changes in n values above 0 (no more than CHANGES_MAX_RUNS). Always the same ones
 * for the same values. 0, -E2BIG or -ENOMEM.
 */
int changes_find(const double *value, size_t n, const struct changes_params *p,
		 struct changes *out);
void changes_free(struct changes *c);
/* The median of values from run `from` up to, not including, run `to`. 0 or -ENOMEM. */
int changes_level(const double *value, size_t from, size_t to, double *level);
/* With fewer runs not even the clearest change can be marked. */
size_t changes_runs_needed(const struct changes_params *p);

#endif
