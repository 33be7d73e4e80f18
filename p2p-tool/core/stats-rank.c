// SPDX-License-Identifier: GPL-2.0-only
/* The Mann-Whitney test, and what follows from it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

void stats_null_free(struct stats_null *t)
{
	free(t->tail);
	*t = (struct stats_null){ 0 };
}

/*
 * The largest of all m + n values is one of a with probability m / (m + n), and
 * then exceeds all n of b: P(u; m, n) = (m P(u - n; m - 1, n) + n P(u; m, n - 1)) / (m + n).
 * Row j of the table holds P(u; i, j) for the i reached so far.
 */
static void fill_table(double *table, size_t m, size_t n)
{
	size_t width = m * n + 1, i, j, u;

	for (j = 0; j <= n; j++)
		table[j * width] = 1;
	for (i = 1; i <= m; i++)
		for (j = 1; j <= n; j++) {
			double *row = &table[j * width], *above = &table[(j - 1) * width];
			double a = (double)i / (double)(i + j);

			/* From above, for row[u - j] is still that of i - 1. */
			for (u = i * j + 1; u-- > 0;)
				row[u] = (u >= j ? a * row[u - j] : 0) +
					 (u <= i * (j - 1) ? (1 - a) * above[u] : 0);
		}
}

int stats_null_set(struct stats_null *t, size_t m, size_t n)
{
	size_t width = m * n + 1, u;
	double *table;

	if (t->tail && t->m == m && t->n == n)
		return 0;
	stats_null_free(t);
	table = calloc((n + 1) * width, sizeof(*table));
	t->tail = table ? calloc(width, sizeof(*t->tail)) : NULL;
	if (!t->tail) {
		free(table);
		return -ENOMEM;
	}
	fill_table(table, m, n);
	memcpy(t->tail, &table[n * width], width * sizeof(*table));
	free(table);
	for (u = 1; u < width; u++)
		t->tail[u] += t->tail[u - 1];
	t->m = m;
	t->n = n;
	return 0;
}

long stats_null_critical(const struct stats_null *t, double alpha)
{
	size_t u = 0;

	/* Beyond the middle the other side would be counted twice. */
	while (2 * u < t->m * t->n && 2 * t->tail[u] <= alpha)
		u++;
	return (long)u - 1;
}

/*
 * U, which counts the pairs of which that of b is smaller (half for equal ones);
 * ties gets the sum of t^3 - t over groups of t equal values.
 */
static double count_pairs(const double *a, size_t m, const double *b, size_t n, double *ties)
{
	size_t i = 0, j = 0;
	double u = 0;

	*ties = 0;
	while (i < m || j < n) {
		double value = j == n || (i < m && a[i] < b[j]) ? a[i] : b[j];
		size_t same_a = 0, same_b = 0;
		double same;

		while (i + same_a < m && a[i + same_a] <= value)
			same_a++;
		while (j + same_b < n && b[j + same_b] <= value)
			same_b++;
		u += (double)same_a * ((double)j + (double)same_b / 2);
		same = (double)(same_a + same_b);
		*ties += same * same * same - same;
		i += same_a;
		j += same_b;
	}
	return u;
}

static double normal_p(double u, size_t m, size_t n, double ties)
{
	double pairs = (double)m * (double)n, all = (double)(m + n);
	double variance = pairs / 12 * (all + 1 - ties / (all * (all - 1)));
	double distance = fmax(0, fabs(u - pairs / 2) - 0.5);

	/* All values are the same: nothing speaks for a difference. */
	if (variance <= 0)
		return 1;
	return erfc(distance / sqrt(2 * variance));
}

int stats_mann_whitney(const double *a, size_t m, const double *b, size_t n, struct stats_null *t,
		       double *p)
{
	double ties, u = count_pairs(a, m, b, n, &ties);
	int ret;

	if (ties > 0 || m > STATS_EXACT_MAX || n > STATS_EXACT_MAX) {
		*p = normal_p(u, m, n, ties);
		return 0;
	}
	ret = stats_null_set(t, m, n);
	if (!ret)
		*p = fmin(1, 2 * t->tail[(size_t)fmin(u, (double)(m * n) - u)]);
	return ret;
}

/* The largest U outside of the interval, by the same approximation where there is no table. */
static int critical_of(size_t m, size_t n, double alpha, struct stats_null *t, long *out)
{
	double pairs = (double)m * (double)n;
	long u = -1;
	int ret;

	if (m <= STATS_EXACT_MAX && n <= STATS_EXACT_MAX) {
		ret = stats_null_set(t, m, n);
		if (!ret)
			*out = stats_null_critical(t, alpha);
		return ret;
	}
	while ((double)(2 * u + 2) < pairs && normal_p((double)(u + 1), m, n, 0) <= alpha)
		u++;
	*out = u;
	return 0;
}

int stats_ratio(const double *a, size_t m, const double *b, size_t n, double confidence,
		struct stats_null *t, double *ratio, double *low, double *high, bool *bounded)
{
	double *ratios = calloc(m * n, sizeof(*ratios));
	size_t i, j;
	long u;
	int ret;

	if (!ratios)
		return -ENOMEM;
	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			ratios[i * n + j] = b[j] / a[i];
	stats_sort(ratios, m * n);
	/* The mean of two logarithms, so that a to b is the inverse of b to a. */
	*ratio = sqrt(ratios[(m * n - 1) / 2] * ratios[m * n / 2]);
	ret = critical_of(m, n, 1 - confidence, t, &u);
	*bounded = !ret && u >= 0;
	if (*bounded) {
		*low = ratios[u];
		*high = ratios[m * n - 1 - (size_t)u];
	}
	free(ratios);
	return ret;
}
