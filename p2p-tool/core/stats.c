// SPDX-License-Identifier: GPL-2.0-only
/* Medians, means and corrections. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stats.h"

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void stats_sort(double *value, size_t n)
{
	if (n)
		qsort(value, n, sizeof(*value), compare_doubles);
}

double stats_median(const double *sorted, size_t n)
{
	return sorted[(n - 1) / 2] + (sorted[n / 2] - sorted[(n - 1) / 2]) / 2;
}

bool stats_median_interval(const double *sorted, size_t n, double confidence, double *low,
			   double *high)
{
	/* P(fewer than k values lie below the median), a binomial tail with 1/2. */
	double outside = (1 - confidence) / 2, tail = 0, logs = -(double)n * log(2);
	size_t k;

	for (k = 0; 2 * k < n; k++) {
		tail += exp(logs);
		if (tail > outside)
			break;
		logs += log((double)(n - k) / (double)(k + 1));
	}
	if (!k)
		return false;
	*low = sorted[k - 1];
	*high = sorted[n - k];
	return true;
}

struct ranked {
	double p;
	size_t index;
};

static int compare_ranked(const void *a, const void *b)
{
	return compare_doubles(&((const struct ranked *)a)->p, &((const struct ranked *)b)->p);
}

int stats_holm(double *p, size_t n)
{
	struct ranked *order = calloc(n ? n : 1, sizeof(*order));
	double least = 0;
	size_t i;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		order[i] = (struct ranked){ p[i], i };
	qsort(order, n, sizeof(*order), compare_ranked);
	for (i = 0; i < n; i++) {
		/* Never below that of a smaller one. */
		least = fmax(least, fmin(1, order[i].p * (double)(n - i)));
		p[order[i].index] = least;
	}
	free(order);
	return 0;
}

double stats_geometric_mean(const double *value, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += log(value[i]);
	return n ? exp(sum / (double)n) : 1;
}

/* The sum of squared deviations of the logarithms from their mean. */
static double squares(const double *value, size_t n)
{
	double mean = 0, sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		mean += log(value[i]) / (double)n;
	for (i = 0; i < n; i++)
		sum += (log(value[i]) - mean) * (log(value[i]) - mean);
	return sum;
}

double stats_spread(const double *a, size_t m, const double *b, size_t n)
{
	if (m + n < 3)
		return 0;
	return sqrt((squares(a, m) + squares(b, n)) / (double)(m + n - 2));
}
