// SPDX-License-Identifier: GPL-2.0-only
/* Changes are found where they are, and not where there are none. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "core/changes.h"
#include "core/stats.h"
#include "unit.h"

#define RUNS 40

static const struct changes_params timed = CHANGES_TIMED, counted = CHANGES_COUNTED;

/* n values around 1000 with so much noise, times factor in [from, to). */
static void make_series(struct stats_random *r, double *value, size_t n, double noise, size_t from,
			size_t to, double factor)
{
	size_t i;

	for (i = 0; i < n; i++)
		value[i] = 1000 * exp(noise * stats_normal(r)) * (i >= from && i < to ? factor : 1);
}

static size_t find(const double *value, size_t n, const struct changes_params *p, size_t at[8])
{
	struct changes c;
	size_t i, count;

	assert_int_equal(changes_find(value, n, p, &c), 0);
	count = c.count;
	for (i = 0; i < count && i < 8; i++)
		at[i] = c.at[i];
	changes_free(&c);
	return count;
}

static size_t distance(size_t a, size_t b)
{
	return a > b ? a - b : b - a;
}

static void test_no_change(void **state)
{
	static const size_t runs[] = { 0, 1, 2, 5, 6, 17, 40, 80 };
	struct stats_random r = { 1 };
	double value[80];
	size_t at[8], i, j, marked = 0, series = 0;

	for (i = 0; i < ARRAY_SIZE(runs); i++)
		for (j = 0; j < 300; j++) {
			make_series(&r, value, runs[i], 0.03, 0, 0, 1);
			marked += find(value, runs[i], &timed, at) > 0;
			series += runs[i] >= 17;
		}
	/* 9 are expected at most when one in a hundred is. */
	if (marked > series / 100)
		fail_msg("%zu of %zu series without a change have a mark", marked, series);
}

static void test_constant(void **state)
{
	double value[RUNS];
	size_t at[8], i;

	for (i = 0; i < RUNS; i++)
		value[i] = 5;
	assert_int_equal(find(value, RUNS, &timed, at), 0);
	assert_int_equal(find(value, RUNS, &counted, at), 0);
}

/* A drift of 1 % and single outliers are no changes of level. */
static void test_outliers(void **state)
{
	struct stats_random r = { 2 };
	double value[RUNS];
	size_t at[8];

	make_series(&r, value, RUNS, 0.01, 20, RUNS, 1.01);
	value[7] *= 3;
	value[30] *= 0.5;
	assert_int_equal(find(value, RUNS, &timed, at), 0);
}

static void test_step(void **state)
{
	static const double factors[] = { 1.05, 1.2, 0.9, 10 };
	static const size_t places[] = { 6, 20, 33 };
	struct stats_random r = { 3 };
	double value[RUNS];
	size_t at[8], i, j, k, good = 0, all = 0;

	for (i = 0; i < ARRAY_SIZE(factors); i++)
		for (j = 0; j < ARRAY_SIZE(places); j++)
			for (k = 0; k < 50; k++, all++) {
				size_t n;

				make_series(&r, value, RUNS, 0.01, places[j], RUNS, factors[i]);
				n = find(value, RUNS, &timed, at);
				good += n == 1 && distance(at[0], places[j]) <= 1;
			}
	if (good < all * 98 / 100)
		fail_msg("only %zu of %zu steps were found where they are", good, all);
}

/* A clear step is marked at the very run. */
static void test_exact_place(void **state)
{
	struct stats_random r = { 4 };
	double value[RUNS];
	size_t at[8], k;

	for (k = CHANGES_MIN_RUNS + 3; k < RUNS - CHANGES_MIN_RUNS - 3; k++) {
		make_series(&r, value, RUNS, 0.01, k, RUNS, 1.2);
		/* A run before it that is a little on its side. */
		value[k - 1] = 1000 * 1.035;
		assert_int_equal(find(value, RUNS, &timed, at), 1);
		assert_int_equal(at[0], k);
	}
}

/* It got worse and was mended. */
static void test_hump(void **state)
{
	struct stats_random r = { 5 };
	double value[RUNS];
	size_t at[8], k;

	for (k = 0; k < 50; k++) {
		make_series(&r, value, RUNS, 0.01, 12, 20, 1.2);
		assert_int_equal(find(value, RUNS, &timed, at), 2);
		assert_int_equal(at[0], 12);
		assert_int_equal(at[1], 20);
	}
}

/* Equal values, as coarse clocks give, do not hide a change. */
static void test_ties(void **state)
{
	double value[39];
	size_t at[8], i;

	for (i = 0; i < 39; i++)
		value[i] = (i >= 12 && i < 19 ? 1200 : 1000) + (double)(i * 7 % 3);
	assert_int_equal(find(value, 39, &timed, at), 2);
	assert_int_equal(at[0], 12);
	assert_int_equal(at[1], 19);
}

/* Nor does a long past. */
static void test_long_series(void **state)
{
	struct stats_random r = { 8 };
	double value[200];
	size_t at[8];

	make_series(&r, value, 200, 0.01, 192, 200, 1.1);
	assert_int_equal(find(value, 200, &timed, at), 1);
	assert_int_equal(at[0], 192);
	make_series(&r, value, 200, 0.01, 90, 98, 1.1);
	assert_int_equal(find(value, 200, &timed, at), 2);
	assert_int_equal(at[0], 90);
	assert_int_equal(at[1], 98);
	make_series(&r, value, 200, 0.01, 60, 140, 1.1);
	assert_int_equal(find(value, 200, &timed, at), 2);
	assert_int_equal(at[0], 60);
	assert_int_equal(at[1], 140);
}

static void test_two_steps(void **state)
{
	struct stats_random r = { 6 };
	double value[60];
	size_t at[8], i;

	make_series(&r, value, 60, 0.01, 20, 60, 1.1);
	for (i = 40; i < 60; i++)
		value[i] *= 1.1;
	assert_int_equal(find(value, 60, &timed, at), 2);
	assert_int_equal(at[0], 20);
	assert_int_equal(at[1], 40);
}

static void test_runs_needed(void **state)
{
	size_t n = changes_runs_needed(&timed), at[8], i;
	double value[64];

	assert_in_range(n, 12, 24);
	for (i = 0; i < n; i++)
		value[i] = (i < n / 2 ? 1000 : 2000) + (double)i;
	assert_int_equal(find(value, n, &timed, at), 1);
	assert_int_equal(at[0], n / 2);
	for (i = 0; i < n - 1; i++)
		value[i] = (i < n / 2 ? 1000 : 2000) + (double)i;
	assert_int_equal(find(value, n - 1, &timed, at), 0);
	assert_int_equal(changes_runs_needed(&counted), 2);
}

static void test_counted(void **state)
{
	static const double value[] = { 4225, 4226, 4225, 4525, 4525, 4240, 4200, 4230, 100, 115 };
	size_t at[8];

	/* More than 1 % and more than 20. */
	assert_int_equal(find(value, ARRAY_SIZE(value), &counted, at), 3);
	assert_int_equal(at[0], 3);
	assert_int_equal(at[1], 5);
	assert_int_equal(at[2], 8);
}

static void test_always_the_same(void **state)
{
	struct stats_random r = { 7 };
	double value[RUNS];
	size_t a[8], b[8], n, i;

	make_series(&r, value, RUNS, 0.05, 15, 30, 1.3);
	n = find(value, RUNS, &timed, a);
	assert_true(n > 0);
	assert_int_equal(find(value, RUNS, &timed, b), n);
	for (i = 0; i < n; i++)
		assert_int_equal(a[i], b[i]);
}

static void test_levels(void **state)
{
	static const double value[] = { 3, 1, 2, 10, 20 };
	double level;

	assert_int_equal(changes_level(value, 0, 3, &level), 0);
	assert_true(level == 2);
	assert_int_equal(changes_level(value, 3, 5, &level), 0);
	assert_true(level == 15);
}

static void test_too_many(void **state)
{
	static const double value[1];
	struct changes c;

	assert_int_equal(changes_find(value, CHANGES_MAX_RUNS + 1, &timed, &c), -E2BIG);
	assert_null(c.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_change),   cmocka_unit_test(test_constant),
		cmocka_unit_test(test_outliers),    cmocka_unit_test(test_step),
		cmocka_unit_test(test_exact_place), cmocka_unit_test(test_hump),
		cmocka_unit_test(test_ties),	    cmocka_unit_test(test_long_series),
		cmocka_unit_test(test_two_steps),   cmocka_unit_test(test_runs_needed),
		cmocka_unit_test(test_counted),	    cmocka_unit_test(test_always_the_same),
		cmocka_unit_test(test_levels),	    cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
