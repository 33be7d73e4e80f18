// SPDX-License-Identifier: GPL-2.0-only
/* By hand where that can be done; stats.sh compares the rest with R. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/stats.h"
#include "unit.h"

static void assert_near(double a, double b, double relative)
{
	if (!(fabs(a - b) <= relative * fabs(b)))
		fail_msg("%.17g instead of %.17g", a, b);
}

static double p_of(const double *a, size_t m, const double *b, size_t n)
{
	struct stats_null t = { 0 };
	double p;

	assert_int_equal(stats_mann_whitney(a, m, b, n, &t, &p), 0);
	stats_null_free(&t);
	return p;
}

static void test_median(void **state)
{
	double odd[] = { 3, 1, 2 }, even[] = { 4, 1, 3, 2 };

	stats_sort(odd, 3);
	stats_sort(even, 4);
	assert_near(stats_median(odd, 3), 2, 0);
	assert_near(stats_median(even, 4), 2.5, 0);
	assert_near(stats_median(odd, 1), 1, 0);
}

static void test_median_interval(void **state)
{
	double v[100], low, high;
	size_t i;

	for (i = 0; i < 100; i++)
		v[i] = (double)(i + 1);
	/* 2 / 2^5 is more than 5 %, 2 / 2^6 is not. */
	assert_false(stats_median_interval(v, 0, 0.95, &low, &high));
	assert_false(stats_median_interval(v, 1, 0.95, &low, &high));
	assert_false(stats_median_interval(v, 5, 0.95, &low, &high));
	assert_true(stats_median_interval(v, 6, 0.95, &low, &high));
	assert_near(low, 1, 0);
	assert_near(high, 6, 0);
	/* Tables have the second and the ninth of ten, the eighth and the eighteenth of 25. */
	assert_true(stats_median_interval(v, 10, 0.95, &low, &high));
	assert_near(low, 2, 0);
	assert_near(high, 9, 0);
	assert_true(stats_median_interval(v, 25, 0.95, &low, &high));
	assert_near(low, 8, 0);
	assert_near(high, 18, 0);
	assert_true(stats_median_interval(v, 100, 0.95, &low, &high));
	assert_near(low, 40, 0);
	assert_near(high, 61, 0);
}

static void test_null(void **state)
{
	/* Of 10 ways to place 2 among 5: U = 0..6 in 1, 1, 2, 2, 2, 1, 1 of them. */
	static const double ways[] = { 1, 2, 4, 6, 8, 9, 10 };
	struct stats_null t = { 0 };
	size_t u;

	assert_int_equal(stats_null_set(&t, 2, 3), 0);
	for (u = 0; u < 7; u++)
		assert_near(t.tail[u], ways[u] / 10, 1e-14);
	assert_int_equal(stats_null_critical(&t, 0.19), -1);
	assert_int_equal(stats_null_critical(&t, 0.2), 0);
	assert_int_equal(stats_null_critical(&t, 0.4), 1);
	assert_int_equal(stats_null_critical(&t, 1), 2);
	/* Tables have 23 for 10 and 10 at 0.05. */
	assert_int_equal(stats_null_set(&t, 10, 10), 0);
	assert_int_equal(stats_null_critical(&t, 0.05), 23);
	assert_int_equal(stats_null_critical(&t, 1e-5), -1);
	assert_near(2 * t.tail[0], 2 / 184756., 1e-12);
	assert_int_equal(stats_null_set(&t, 50, 50), 0);
	assert_near(t.tail[2500], 1, 1e-12);
	assert_near(t.tail[1249] + t.tail[1250], 1, 1e-12);
	stats_null_free(&t);
}

static void test_mann_whitney(void **state)
{
	static const double a[] = { 1, 2, 3 }, b[] = { 4, 5, 6 }, c[] = { 2.5, 7, 8 };
	static const double same[] = { 5, 5, 5, 5 };
	/* a and c: 8 of 9 pairs, so 2 * 2 / 20 */
	assert_near(p_of(a, 3, b, 3), 0.1, 1e-14);
	assert_near(p_of(b, 3, a, 3), 0.1, 1e-14);
	assert_near(p_of(a, 3, c, 3), 0.2, 1e-14);
	assert_near(p_of(a, 1, b, 1), 1, 0);
	assert_near(p_of(same, 4, same, 4), 1, 0);
	/* Ties: U = 0.5, variance 9/12 * (7 - 6/30) = 5.1. */
	assert_near(p_of(a, 3, (const double[]){ 3, 5, 6 }, 3), erfc(3.5 / sqrt(2 * 5.1)), 1e-14);
}

static void test_ratio(void **state)
{
	static const double a[] = { 1, 2, 4 }, b[] = { 8, 8, 8 };
	struct stats_null t = { 0 };
	double x[10], y[10], ratio, low, high;
	bool bounded;
	int i;

	assert_int_equal(stats_ratio(a, 3, b, 3, 0.95, &t, &ratio, &low, &high, &bounded), 0);
	assert_near(ratio, 4, 0);
	assert_false(bounded);
	assert_int_equal(stats_ratio(a, 1, b, 1, 0.95, &t, &ratio, &low, &high, &bounded), 0);
	assert_near(ratio, 8, 0);
	assert_false(bounded);
	for (i = 0; i < 10; i++) {
		x[i] = 100 + i;
		y[i] = 200 + 2 * i;
	}
	assert_int_equal(stats_ratio(x, 10, y, 10, 0.95, &t, &ratio, &low, &high, &bounded), 0);
	assert_near(ratio, 2, 1e-3);
	assert_true(bounded);
	assert_true(low < 2 && low > 1.9 && high > 2 && high < 2.1);
	stats_null_free(&t);
}

static void test_holm(void **state)
{
	double p[] = { 0.01, 0.04, 0.03, 0.005 }, one[] = { 0.6, 0.7 };

	assert_int_equal(stats_holm(p, 4), 0);
	assert_near(p[0], 0.03, 1e-14);
	assert_near(p[1], 0.06, 1e-14);
	assert_near(p[2], 0.06, 1e-14);
	assert_near(p[3], 0.02, 1e-14);
	assert_int_equal(stats_holm(one, 2), 0);
	assert_near(one[0], 1, 0);
	assert_int_equal(stats_holm(NULL, 0), 0);
}

static void test_means(void **state)
{
	static const double v[] = { 1, 2, 4 }, e[] = { 1, M_E }, f[] = { 10, 10 * M_E };

	assert_near(stats_geometric_mean(v, 3), 2, 1e-14);
	assert_near(stats_geometric_mean(NULL, 0), 1, 0);
	/* Logarithms half an unit from their means: squares 4 * 1/4, of 2 degrees of freedom. */
	assert_near(stats_spread(e, 2, f, 2), sqrt(0.5), 1e-14);
	assert_near(stats_spread(e, 1, f, 1), 0, 0);
}

static void test_detectable(void **state)
{
	struct stats_null t = { 0 };
	double few = stats_detectable(10, 10, 0.05 / 200, 0.8, &t);

	/* The t test needs about 2.4 there. */
	assert_true(few > 2.2 && few < 2.8);
	assert_true(stats_detectable(25, 25, 0.05 / 200, 0.8, &t) < few);
	assert_true(stats_detectable(100, 100, 0.05 / 200, 0.8, &t) <
		    stats_detectable(50, 50, 0.05 / 200, 0.8, &t));
	assert_true(isinf(stats_detectable(3, 3, 0.05, 0.8, &t)));
	stats_null_free(&t);
}

static void test_random(void **state)
{
	struct stats_random r = { 1 }, again = { 1 };
	double sum = 0, squares = 0;
	int i;

	for (i = 0; i < 100000; i++) {
		double x = stats_normal(&r);

		assert_true(isfinite(x));
		sum += x;
		squares += x * x;
	}
	assert_true(fabs(sum / 100000) < 0.02);
	assert_true(fabs(squares / 100000 - 1) < 0.02);
	r.state = 1;
	assert_near(stats_uniform(&r), stats_uniform(&again), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median), cmocka_unit_test(test_median_interval),
		cmocka_unit_test(test_null),   cmocka_unit_test(test_mann_whitney),
		cmocka_unit_test(test_ratio),  cmocka_unit_test(test_holm),
		cmocka_unit_test(test_means),  cmocka_unit_test(test_detectable),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
