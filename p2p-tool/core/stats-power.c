// SPDX-License-Identifier: GPL-2.0-only
/* What a comparison could have seen. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stats.h"

#define DRAWS 999

/* SplitMix64 (Steele, Lea and Flood 2014). */
static uint64_t random_bits(struct stats_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

double stats_uniform(struct stats_random *r)
{
	return ((double)(random_bits(r) >> 11) + 0.5) * 0x1p-53;
}

/* Box and Muller's, of which one of two is used. */
double stats_normal(struct stats_random *r)
{
	double radius = sqrt(-2 * log(stats_uniform(r)));

	return radius * cos(2 * M_PI * stats_uniform(r));
}

/* The least shift of b with which at most u pairs have the value of b below that of a. */
static double needed_shift(const double *a, size_t m, const double *b, size_t n, size_t u,
			   double *differences)
{
	size_t i, j;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			differences[i * n + j] = a[i] - b[j];
	stats_sort(differences, m * n);
	return differences[m * n - 1 - u];
}

static double detectable(size_t m, size_t n, double alpha, double power, struct stats_null *t)
{
	double *draw = calloc(m + n + m * n, sizeof(*draw)), *shift = calloc(DRAWS, sizeof(*shift));
	struct stats_random random = { 1 };
	double result = -ENOMEM;
	size_t i, k;
	long u;

	if (!draw || !shift || stats_null_set(t, m, n))
		goto out;
	u = stats_null_critical(t, alpha);
	result = INFINITY;
	if (u < 0)
		goto out;
	for (k = 0; k < DRAWS; k++) {
		for (i = 0; i < m + n; i++)
			draw[i] = stats_normal(&random);
		shift[k] = needed_shift(draw, m, draw + m, n, (size_t)u, draw + m + n);
	}
	stats_sort(shift, DRAWS);
	result = shift[(size_t)(power * DRAWS)];
out:
	free(draw);
	free(shift);
	return result;
}

double stats_detectable(size_t m, size_t n, double alpha, double power, struct stats_null *t)
{
	size_t few_m = m < STATS_EXACT_MAX ? m : STATS_EXACT_MAX;
	size_t few_n = n < STATS_EXACT_MAX ? n : STATS_EXACT_MAX;
	double few = 1 / (double)few_m + 1 / (double)few_n;

	/* Beyond these it falls with the standard error of a difference. */
	return detectable(few_m, few_n, alpha, power, t) *
	       sqrt((1 / (double)m + 1 / (double)n) / few);
}
