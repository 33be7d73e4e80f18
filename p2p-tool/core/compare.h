/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Did B get slower than A? Two sides of runs (groups of result files), compared
 * cell by cell; docs/measuring.md tells the rules. A run counts as one value of
 * a cell, its median: rounds of one run share boot, addresses and weather, and
 * are no independent witnesses.
 */
#ifndef P2P_COMPARE_H
#define P2P_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "record-read.h"
#include "stats.h"

enum compare_subject { SUBJECT_NONE, SUBJECT_KERNEL, SUBJECT_TOOL, SUBJECT_CONFIG };
const char *compare_subject_name(enum compare_subject s);

struct compare_run {
	const char *path; /* of its file, for messages */
	const struct record_group *group;
};

struct compare_side {
	struct compare_run *run;
	size_t nruns; /* at least 1 */
};

struct compare_params {
	double alpha;  /* family-wise error of all cells that are timed: 0.05 */
	double slower; /* the part of it for calling a cell slower; the rest is for faster: 0.8 */
	double floor;  /* smaller changes of a time or rate are nobody's business: 0.02 */
	double gate;   /* counted: a smaller increase is no regression, but shown: 0.01 */
	double least;  /* nor is one of so many instructions: 20 */
	double power;  /* of the smallest effect that would have been seen: 0.8; 0: do not ask */
};

#define COMPARE_DEFAULTS                                                                \
	{                                                                               \
		.alpha = 0.05, .slower = 0.8, .floor = 0.02, .gate = 0.01, .least = 20, \
		.power = 0.8,                                                           \
	}

enum compare_verdict {
	VERDICT_EQUAL,	   /* counted: the same number */
	VERDICT_NO_CHANGE, /* none was seen, or none that is large enough */
	VERDICT_TOO_FEW,   /* no change whatever could have been seen with so few runs */
	VERDICT_CHANGE,	   /* counted: another number, but within the gate */
	VERDICT_IMPROVEMENT,
	VERDICT_REGRESSION,
	VERDICT_LOST, /* measured in A only */
	VERDICT_NEW,  /* measured in B only */
	VERDICT_WRONG /* data of B was wrong */
};
#define COMPARE_VERDICTS (VERDICT_WRONG + 1)
const char *compare_verdict_name(enum compare_verdict v);

/* A cell on one side: of the runs that measured it. */
struct compare_value {
	double *run; /* sorted medians of the runs */
	size_t nruns;
	double median;
	bool bounded;	  /* the interval below is known */
	double low, high; /* of the median, 95 %; counted: the smallest and largest */
};

struct compare_cell {
	const struct record *record; /* one of them: which cell it is */
	const char *skipped;	     /* why it was lost, or NULL */
	struct compare_value a, b;
	bool wrong; /* data of B */
	bool gated; /* does it make the comparison fail? */
	/* The rest when both sides have values. */
	double ratio; /* of b to a, by Hodges and Lehmann; counted: of the medians */
	bool bounded;
	double ratio_low, ratio_high; /* 95 % */
	double p;		      /* corrected; timed cells only */
	double detectable; /* the smallest change that would have been seen, 0.05 is 5 %; 0: not known */
	enum compare_verdict verdict;
};

/* Cells of one measurement and unit that both sides have. */
struct compare_mean {
	const char *measurement;
	enum unit unit;
	size_t ncells;
	double ratio; /* geometric mean */
};

struct comparison {
	struct compare_params params;
	struct compare_cell *cell;
	size_t ncells;
	size_t timed;			   /* cells over which p is corrected */
	size_t verdicts[COMPARE_VERDICTS]; /* how many cells have each */
	size_t failures;		   /* gated cells that are slower, lost or wrong */
	struct compare_mean *mean;
	size_t nmeans;
};

/* Compare; out refers to the records of a and b. 0 or -ENOMEM. */
int compare_sides(const struct compare_side *a, const struct compare_side *b,
		  const struct compare_params *p, struct comparison *out);
void comparison_free(struct comparison *c);
/* Is the cell slower, lost or wrong in B? */
bool compare_worse(const struct compare_cell *c);
static inline bool compare_both(const struct compare_cell *c)
{
	return c->a.nruns && c->b.nruns;
}
/* The runs that each side needs at least for a change to be seen over so many cells. */
size_t compare_runs_needed(const struct compare_params *p, size_t ncells);

/* A field in which environments differ; NULL where it is not there. */
struct compare_difference {
	const char *key, *a, *b;
	const struct compare_run *run_a, *run_b; /* where */
	bool allowed;				 /* part of the subject */
};
struct compare_differences {
	struct compare_difference *item;
	size_t count;
};

/*
 * Fields in which A and B differ, and those in which runs of one side do, which
 * never is the subject; time aside. 0 or -ENOMEM.
 */
int compare_environments(const struct compare_side *a, const struct compare_side *b,
			 enum compare_subject subject, struct compare_differences *out);
/* -EINVAL with err filled in (EXIT_INCOMPARABLE) when one is not allowed. */
int compare_check(const struct compare_differences *d, enum compare_subject subject,
		  struct error *err);
void compare_differences_free(struct compare_differences *d);
/* Were the runs of A and B made in turn? True also when it is not known, or there is one of each. */
bool compare_interleaved(const struct compare_side *a, const struct compare_side *b);

#endif
