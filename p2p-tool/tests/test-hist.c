// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>

#include "core/hist.h"
#include "unit.h"

#define SAMPLES 20000

static const double quantiles[] = { 0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1 };

static double uniform01(uint64_t *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (double)(*state >> 11) / 9007199254740992.0;
}

static uint64_t draw_uniform(uint64_t *state)
{
	return (uint64_t)(uniform01(state) * 1e6);
}

static uint64_t draw_exponential(uint64_t *state)
{
	return (uint64_t)(-2000 * log(1 - uniform01(state)));
}

static uint64_t draw_bimodal(uint64_t *state)
{
	double u = uniform01(state);

	if (u < 0.002)
		return (uint64_t)(1e9 * (1 + uniform01(state))); /* interrupts */
	return (uint64_t)(u < 0.7 ? 800 + 40 * uniform01(state) : 45000 + 900 * uniform01(state));
}

static uint64_t draw_wide(uint64_t *state)
{
	return (uint64_t)exp2(63.9 * uniform01(state));
}

static uint64_t draw_small(uint64_t *state)
{
	return (uint64_t)(256 * uniform01(state));
}

static int compare_values(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Every quantile within limit (relative) of the exact one; limit 0 asks for equality. */
static void check_distribution(uint64_t (*draw)(uint64_t *), double limit)
{
	uint64_t *values = calloc(SAMPLES, sizeof(*values)), state = 42;
	struct hist *h = hist_new();
	size_t i;

	assert_non_null(values);
	assert_non_null(h);
	for (i = 0; i < SAMPLES; i++) {
		values[i] = draw(&state);
		hist_add(h, values[i]);
	}
	assert_int_equal(h->total, SAMPLES);
	qsort(values, SAMPLES, sizeof(*values), compare_values);
	for (i = 0; i < ARRAY_SIZE(quantiles); i++) {
		/* The ranks are whole but for the first, which is the smallest value. */
		size_t rank = (size_t)lround(quantiles[i] * SAMPLES);
		double exact = (double)values[rank ? rank - 1 : 0];
		double got = (double)hist_quantile(h, quantiles[i]);

		if (fabs(got - exact) > limit * exact)
			fail_msg("quantile %g is %g instead of %g", quantiles[i], got, exact);
	}
	hist_free(h);
	free(values);
}

static void test_uniform(void **state)
{
	check_distribution(draw_uniform, 0.01);
}

static void test_exponential(void **state)
{
	check_distribution(draw_exponential, 0.01);
}

static void test_bimodal(void **state)
{
	check_distribution(draw_bimodal, 0.01);
}

static void test_wide(void **state)
{
	check_distribution(draw_wide, 0.01);
}

static void test_small_exact(void **state)
{
	check_distribution(draw_small, 0);
}

static void test_boundaries(void **state)
{
	static const struct {
		uint64_t value;
		unsigned int index;
	} known[] = {
		{ 0, 0 },     { 1, 1 },	    { 127, 127 },
		{ 128, 128 }, { 255, 255 }, { 256, 256 },
		{ 257, 256 }, { 258, 257 }, { UINT64_MAX, HIST_BUCKETS - 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		assert_int_equal(hist_index(known[i].value), known[i].index);
		assert_true(hist_lower(known[i].index) <= known[i].value);
		assert_true(hist_upper(known[i].index) > known[i].value ||
			    known[i].value == UINT64_MAX);
	}
	assert_int_equal(hist_upper(HIST_BUCKETS - 1), UINT64_MAX);
}

/* The buckets tile the numbers: no gap, no overlap, none wider than 1/128. */
static void test_tiling(void **state)
{
	unsigned int i;

	assert_int_equal(hist_lower(0), 0);
	for (i = 0; i < HIST_BUCKETS; i++) {
		uint64_t lower = hist_lower(i), upper = hist_upper(i);

		assert_true(upper > lower);
		assert_int_equal(hist_index(lower), i);
		assert_int_equal(hist_index(upper - 1), i);
		if (i + 1 < HIST_BUCKETS)
			assert_true(upper == hist_lower(i + 1));
		if (lower >= 128)
			assert_true(upper - lower <= lower / 128);
		else
			assert_int_equal(upper - lower, 1);
	}
}

static void test_few(void **state)
{
	struct hist *h = hist_new();
	size_t i;

	assert_non_null(h);
	assert_int_equal(hist_quantile(h, 0.5), 0);
	hist_add(h, 77);
	for (i = 0; i < ARRAY_SIZE(quantiles); i++)
		assert_int_equal(hist_quantile(h, quantiles[i]), 77);
	hist_add(h, 0);
	assert_int_equal(hist_quantile(h, 0), 0);
	assert_int_equal(hist_quantile(h, 0.5), 0);
	assert_int_equal(hist_quantile(h, 0.51), 77);
	assert_int_equal(hist_quantile(h, 1), 77);
	hist_add(h, UINT64_MAX);
	assert_int_equal(hist_index(hist_quantile(h, 1)), HIST_BUCKETS - 1);
	hist_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uniform), cmocka_unit_test(test_exponential),
		cmocka_unit_test(test_bimodal), cmocka_unit_test(test_wide),
		cmocka_unit_test(test_few),	cmocka_unit_test(test_small_exact),
		cmocka_unit_test(test_tiling),	cmocka_unit_test(test_boundaries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
