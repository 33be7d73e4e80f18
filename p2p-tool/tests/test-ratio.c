// SPDX-License-Identifier: GPL-2.0-only
/* The median of pairs' ratios, and the interval that holds it. */
#include <errno.h>
#include <math.h>

#include "core/ratio.h"
#include "unit.h"

static struct samples a, b;

static int setup(void **state)
{
	return samples_init(&a, 200) || samples_init(&b, 200);
}

static int teardown(void **state)
{
	samples_free(&a);
	samples_free(&b);
	return 0;
}

static void test_median(void **state)
{
	struct ratio r;

	/* Ratios 2, 0.5, 1: pairs, not medians of each side. */
	samples_add(&a, 20), samples_add(&b, 10);
	samples_add(&a, 50), samples_add(&b, 100);
	samples_add(&a, 7), samples_add(&b, 7);
	assert_int_equal(ratio_of(&a, &b, &r), 0);
	assert_true(fabs(r.median - 1) < 1e-9);
	assert_false(r.has_interval);
	samples_add(&a, 30), samples_add(&b, 10);
	assert_int_equal(ratio_of(&a, &b, &r), 0);
	assert_true(fabs(r.median - 1.5) < 1e-9);
}

/*
 * The ranks of the table of the sign test, two-sided 5 %: of n values the k-th from
 * either end, counted from 1.
 */
static void test_interval(void **state)
{
	static const struct {
		size_t n, k;
	} table[] = { { 6, 1 }, { 8, 1 }, { 9, 2 }, { 10, 2 }, { 12, 3 }, { 20, 6 }, { 100, 40 } };
	struct ratio r;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		a.count = b.count = 0;
		/* Not in order. */
		for (j = 0; j < table[i].n; j++) {
			samples_add(&a, 1 + (j * 7919) % table[i].n);
			samples_add(&b, 1);
		}
		assert_int_equal(ratio_of(&a, &b, &r), 0);
		assert_true(r.has_interval);
		assert_true(fabs(r.lower - (double)table[i].k) < 1e-9);
		assert_true(fabs(r.upper - (double)(table[i].n + 1 - table[i].k)) < 1e-9);
	}
	a.count = b.count = 5;
	assert_int_equal(ratio_of(&a, &b, &r), 0);
	assert_false(r.has_interval);
}

static void test_nothing(void **state)
{
	struct ratio r;

	assert_int_equal(ratio_of(&a, &b, &r), -EINVAL);
	samples_add(&a, 1), samples_add(&b, 0);
	assert_int_equal(ratio_of(&a, &b, &r), -EINVAL);
}

static void test_format(void **state)
{
	struct ratio with = { 1.234, true, 0.9, 1.5 }, without = { .median = 2 };
	char text[64];

	ratio_format(&with, text, sizeof(text));
	assert_string_equal(text, "1.23x (0.9x to 1.5x)");
	ratio_format(&without, text, sizeof(text));
	assert_string_equal(text, "2x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_median, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interval, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
