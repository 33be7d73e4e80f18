// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ratio.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/*
 * The rank k (from 0) so that the median lies between the k-th value from either end in
 * at least 95 % of all cases: fewer than k+1 of n fall on one side of it with p < 2.5 %.
 * -1: there is none.
 */
static int rank(size_t n)
{
	double log_p = -(double)n * log(2), sum = 0;
	size_t k;

	for (k = 0; k < n; k++) {
		sum += exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
			   lgamma((double)(n - k) + 1) + log_p);
		if (sum > 0.025)
			break;
	}
	return (int)k - 1;
}

int ratio_of(const struct samples *a, const struct samples *b, struct ratio *out)
{
	size_t n = a->count < b->count ? a->count : b->count, i;
	double *ratio = calloc(n ? n : 1, sizeof(*ratio));
	int k;

	if (!ratio)
		return -ENOMEM;
	for (i = 0; i < n && b->value[i]; i++)
		ratio[i] = (double)a->value[i] / (double)b->value[i];
	if (!n || i < n) {
		free(ratio);
		return -EINVAL;
	}
	qsort(ratio, n, sizeof(*ratio), compare);
	*out = (struct ratio){ .median = (ratio[(n - 1) / 2] + ratio[n / 2]) / 2 };
	k = rank(n);
	if (k >= 0) {
		out->has_interval = true;
		out->lower = ratio[k];
		out->upper = ratio[n - 1 - (size_t)k];
	}
	free(ratio);
	return 0;
}

int ratio_format(const struct ratio *r, char *buf, size_t size)
{
	if (!r->has_interval)
		return snprintf(buf, size, "%.3gx", r->median);
	return snprintf(buf, size, "%.3gx (%.3gx to %.3gx)", r->median, r->lower, r->upper);
}
