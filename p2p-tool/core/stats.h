/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing two samples without assuming how they are distributed. Pure
 * functions; docs/measuring.md tells what they are used for.
 *
 * A sample here is one value for each run (the median of a cell in it), so
 * values are independent, which the rounds within a run are not.
 */
#ifndef P2P_STATS_H
#define P2P_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Samples up to this size, without ties, get exact p-values. */
#define STATS_EXACT_MAX 50

/* Sort ascending. */
void stats_sort(double *value, size_t n);
/* Of sorted values, n at least 1: the mean of the middle two when n is even. */
double stats_median(const double *sorted, size_t n);

/*
 * The interval between two order statistics that holds the population's median
 * with at least this confidence (0.95), whatever the distribution: the narrowest
 * symmetric one. False when n is too small for any (below 6 for 0.95).
 */
bool stats_median_interval(const double *sorted, size_t n, double confidence, double *low,
			   double *high);

/*
 * The null distribution of the Mann-Whitney statistic U of m and n values without
 * ties: tail[u] is P(U <= u), u from 0 to m * n. Empty: all zero.
 */
struct stats_null {
	size_t m, n;
	double *tail;
};

/* Make t that of m and n, each 1 to STATS_EXACT_MAX, unless it is already. 0 or -ENOMEM. */
int stats_null_set(struct stats_null *t, size_t m, size_t n);
void stats_null_free(struct stats_null *t);
/*
 * The largest U that is significant at a two-sided level of alpha; -1 when
 * even complete separation of the samples is not.
 */
long stats_null_critical(const struct stats_null *t, double alpha);

/*
 * Mann-Whitney U test of a (m values) and b (n values), both sorted: *p is the
 * two-sided probability of a U at least as extreme when both come from one
 * distribution. Exact without ties when both have at most STATS_EXACT_MAX values
 * (Mann and Whitney 1947); else by the normal approximation with corrections
 * for ties and continuity. t keeps the null distribution for the next call.
 * 0 or -ENOMEM.
 */
int stats_mann_whitney(const double *a, size_t m, const double *b, size_t n, struct stats_null *t,
		       double *p);

/*
 * The ratio of b to a (values above 0): the median of all m * n ratios of a
 * value of b to one of a (Hodges and Lehmann), and the interval that belongs to
 * the Mann-Whitney test at this confidence (Moses): *bounded is false when m and
 * n are too small for any. 0 or -ENOMEM.
 */
int stats_ratio(const double *a, size_t m, const double *b, size_t n, double confidence,
		struct stats_null *t, double *ratio, double *low, double *high, bool *bounded);

/* Holm's step-down correction of n p-values, in place: below alpha, the family-wise error is. 0 or -ENOMEM. */
int stats_holm(double *p, size_t n);

/* The geometric mean of n values above 0; 1 when there are none. */
double stats_geometric_mean(const double *value, size_t n);

/*
 * The spread of values above 0 around their median, as a part of it: the standard
 * deviation of their logarithms, of m values of a and n of b, each around its own
 * mean. 0 when there are fewer than three in all.
 */
double stats_spread(const double *a, size_t m, const double *b, size_t n);

/*
 * How far apart, in standard deviations, two normal populations must be for the
 * Mann-Whitney test of m and n values at level alpha to notice with this power:
 * by simulation, always the same one. INFINITY when it never does; negative
 * (-ENOMEM) when out of memory.
 */
double stats_detectable(size_t m, size_t n, double alpha, double power, struct stats_null *t);

/* A reproducible source of random numbers, for simulations only. */
struct stats_random {
	uint64_t state;
};
double stats_uniform(struct stats_random *r); /* in (0, 1) */
double stats_normal(struct stats_random *r);  /* mean 0, deviation 1 */

#endif
