// SPDX-License-Identifier: GPL-2.0-only
/*
 * Made-up samples and what core/stats makes of them, a line each, for stats.R:
 *
 *   test M N A... B... P RATIO LOW HIGH
 *   median N VALUE... MEDIAN LOW HIGH
 *   holm N P... CORRECTED...
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/stats.h"

#define MAX 60

static struct stats_null null_table;
static struct stats_random source = { 7 };

static void print_values(const double *value, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		printf(" %.17g", value[i]);
}

/* Around 100, apart by shift; with ties, whole numbers. */
static void draw(double *value, size_t n, double shift, bool ties)
{
	size_t i;

	for (i = 0; i < n; i++) {
		value[i] = 100 + shift + 3 * stats_normal(&source);
		if (ties)
			value[i] = round(value[i]);
	}
	stats_sort(value, n);
}

static int print_test(size_t m, size_t n, double shift, bool ties)
{
	double a[MAX], b[MAX], p, ratio, low = NAN, high = NAN;
	bool bounded;

	draw(a, m, 0, ties);
	draw(b, n, shift, ties);
	if (stats_mann_whitney(a, m, b, n, &null_table, &p) ||
	    stats_ratio(a, m, b, n, 0.95, &null_table, &ratio, &low, &high, &bounded))
		return 1;
	printf("test %zu %zu", m, n);
	print_values(a, m);
	print_values(b, n);
	print_values((const double[]){ p, ratio, low, high }, 4);
	putchar('\n');
	return 0;
}

static void print_median(size_t n)
{
	double value[MAX], low = NAN, high = NAN;

	draw(value, n, 0, false);
	stats_median_interval(value, n, 0.95, &low, &high);
	printf("median %zu", n);
	print_values(value, n);
	print_values((const double[]){ stats_median(value, n), low, high }, 3);
	putchar('\n');
}

static int print_holm(size_t n)
{
	double p[MAX];
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = pow(stats_uniform(&source), 4);
	if (n > 4)
		p[4] = p[1];
	printf("holm %zu", n);
	print_values(p, n);
	if (stats_holm(p, n))
		return 1;
	print_values(p, n);
	putchar('\n');
	return 0;
}

int main(void)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 8, 10, 13, 25, 49 };
	size_t i, j, n;
	int ret = 0;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (j = 0; j < sizeof(sizes) / sizeof(sizes[0]) && !ret; j++)
			ret = print_test(sizes[i], sizes[j], 0, false) ||
			      print_test(sizes[i], sizes[j], 4, false) ||
			      print_test(sizes[i], sizes[j], -10, false) ||
			      print_test(sizes[i], sizes[j], 1, true) ||
			      print_test(sizes[i], sizes[j], 9, true);
	if (!ret)
		ret = print_test(60, 55, 2, false);
	for (n = 1; n <= MAX; n++)
		print_median(n);
	for (n = 1; n <= MAX && !ret; n += 7)
		ret = print_holm(n);
	stats_null_free(&null_table);
	return ret;
}
