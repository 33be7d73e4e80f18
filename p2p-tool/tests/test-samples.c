// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>

#include "core/samples.h"
#include "unit.h"

static void fill(struct samples *s, const uint64_t *values, size_t n)
{
	size_t i;

	assert_int_equal(samples_init(s, n), 0);
	for (i = 0; i < n; i++)
		assert_int_equal(samples_add(s, values[i]), 0);
}

static void check_near(double a, double b)
{
	if (fabs(a - b) > 1e-9 * fmax(fabs(a), fabs(b)))
		fail_msg("%.17g is not %.17g", a, b);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* By definition and without sorting: the least sample that per_mille of all do not exceed. */
static uint64_t percentile_by_counting(const uint64_t *values, size_t n, unsigned int per_mille)
{
	uint64_t best = UINT64_MAX;
	size_t i, j;

	for (i = 0; i < n; i++) {
		size_t not_above = 0;

		for (j = 0; j < n; j++)
			not_above += values[j] <= values[i];
		if (not_above * 1000 >= n * per_mille && values[i] < best)
			best = values[i];
	}
	return best;
}

static void test_known(void **state)
{
	static const uint64_t values[] = { 7, 3, 5, 1, 100 };
	struct summary sum;
	struct samples s;

	fill(&s, values, ARRAY_SIZE(values));
	assert_int_equal(samples_summarise(&s, &sum), 0);
	assert_int_equal(sum.count, 5);
	check_near(sum.min, 1);
	check_near(sum.median, 5);
	check_near(sum.p99, 100);
	check_near(sum.p999, 100);
	check_near(sum.max, 100);
	check_near(sum.mean, 23.2);
	check_near(sum.stdev,
		   sqrt((16.2 * 16.2 + 20.2 * 20.2 + 18.2 * 18.2 + 22.2 * 22.2 + 76.8 * 76.8) / 4));
	samples_free(&s);
}

static void test_small(void **state)
{
	static const uint64_t one[] = { 42 }, two[] = { 10, 5 };
	struct summary sum;
	struct samples s;

	fill(&s, one, 1);
	assert_int_equal(samples_summarise(&s, &sum), 0);
	check_near(sum.min, 42);
	check_near(sum.median, 42);
	check_near(sum.p999, 42);
	check_near(sum.max, 42);
	check_near(sum.mean, 42);
	assert_true(sum.stdev == 0);
	samples_free(&s);

	fill(&s, two, 2);
	assert_int_equal(samples_summarise(&s, &sum), 0);
	check_near(sum.median, 7.5);
	check_near(sum.p99, 10);
	check_near(sum.stdev, sqrt(12.5));
	samples_free(&s);
}

static void test_empty(void **state)
{
	struct summary sum;
	struct samples s;

	fill(&s, NULL, 0);
	assert_int_equal(samples_summarise(&s, &sum), -EINVAL);
	assert_int_equal(samples_add(&s, 1), -ENOSPC);
	samples_free(&s);
}

static void test_full(void **state)
{
	static const uint64_t values[] = { 1, 2 };
	struct samples s;

	fill(&s, values, 2);
	assert_int_equal(samples_add(&s, 3), -ENOSPC);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.value[0], 1);
	assert_int_equal(s.value[1], 2);
	samples_free(&s);
}

static void test_percentiles(void **state)
{
	/* Around the counts where a rank moves on. */
	static const size_t counts[] = { 1, 2, 3, 99, 100, 101, 199, 200, 999, 1000, 1001, 1999 };
	uint64_t values[1999], seed = 88172645463325252ULL;
	size_t c, i;

	for (c = 0; c < ARRAY_SIZE(counts); c++) {
		struct summary sum;
		struct samples s;

		for (i = 0; i < counts[c]; i++)
			values[i] = next_random(&seed) % 1500;
		fill(&s, values, counts[c]);
		assert_int_equal(samples_summarise(&s, &sum), 0);
		assert_true(sum.p99 == percentile_by_counting(values, counts[c], 990));
		assert_true(sum.p999 == percentile_by_counting(values, counts[c], 999));
		assert_true(sum.max == percentile_by_counting(values, counts[c], 1000));
		samples_free(&s);
	}
}

static void test_extreme(void **state)
{
	static const uint64_t values[] = { UINT64_MAX, UINT64_MAX, UINT64_MAX - 2, UINT64_MAX };
	/* A small spread on a large value: what naive formulas lose. */
	static const uint64_t close_by[] = { 1ULL << 60, (1ULL << 60) + 2, (1ULL << 60) + 4 };
	struct summary sum;
	struct samples s;

	fill(&s, values, ARRAY_SIZE(values));
	assert_int_equal(samples_summarise(&s, &sum), 0);
	check_near(sum.max, 18446744073709551615.0);
	check_near(sum.mean, 18446744073709551615.0);
	assert_true(isfinite(sum.stdev));
	samples_free(&s);

	fill(&s, close_by, ARRAY_SIZE(close_by));
	assert_int_equal(samples_summarise(&s, &sum), 0);
	check_near(sum.stdev, 2);
	samples_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),	    cmocka_unit_test(test_small),
		cmocka_unit_test(test_empty),	    cmocka_unit_test(test_full),
		cmocka_unit_test(test_percentiles), cmocka_unit_test(test_extreme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
