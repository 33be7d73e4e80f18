// SPDX-License-Identifier: GPL-2.0-only
/* What is taken is free, aligned and reachable, what is given back can be taken again. */
#include <errno.h>

#include "core/iova-space.h"
#include "unit.h"

/* As VT-d has it: the interrupt range is reserved. */
static const struct iova_range with_gap[] = {
	{ 0xfef00000, 0xffffffffffff },
	{ 0, 0xfedfffff },
};

static void check_free(const struct iova_space *s, const struct iova_range *wanted, size_t count)
{
	size_t i;

	assert_int_equal(s->nfree, count);
	for (i = 0; i < count; i++) {
		assert_int_equal(s->free[i].first, wanted[i].first);
		assert_int_equal(s->free[i].last, wanted[i].last);
	}
}

static void test_take_and_give(void **state)
{
	static const struct iova_range whole[] = { { 0, 0xfedfffff },
						   { 0xfef00000, 0xffffffffffff } };
	static const struct iova_range cut[] = { { 0, 0xfff },
						 { 0x4000, 0xfedfffff },
						 { 0xfef00000, 0xffffffffffff } };
	struct iova_space s;
	uint64_t a, b;

	assert_int_equal(iova_space_init(&s, with_gap, ARRAY_SIZE(with_gap)), 0);
	check_free(&s, whole, ARRAY_SIZE(whole));
	/* Never 0. */
	assert_int_equal(iova_space_take(&s, 0x1000, 0x1000, UINT64_MAX, &a), 0);
	assert_int_equal(a, 0x1000);
	assert_int_equal(iova_space_take(&s, 0x2000, 0x1000, UINT64_MAX, &b), 0);
	assert_int_equal(b, 0x2000);
	check_free(&s, cut, ARRAY_SIZE(cut));
	/* In either order, to one range again. */
	assert_int_equal(iova_space_give(&s, b, 0x2000), 0);
	assert_int_equal(iova_space_give(&s, a, 0x1000), 0);
	check_free(&s, whole, ARRAY_SIZE(whole));
	iova_space_free(&s);
}

static void test_reserved(void **state)
{
	struct iova_space s;
	uint64_t iova;

	assert_int_equal(iova_space_init(&s, with_gap, ARRAY_SIZE(with_gap)), 0);
	/* Fits below the reserved range exactly, then only above. */
	assert_int_equal(iova_space_take(&s, 0xfedff000, 0x1000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, 0x1000);
	assert_int_equal(iova_space_take(&s, 0x1000, 0x1000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, 0xfef00000);
	iova_space_free(&s);

	assert_int_equal(iova_space_init(&s, with_gap, ARRAY_SIZE(with_gap)), 0);
	assert_int_equal(iova_space_take(&s, 0xfee00000, 0x1000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, 0xfef00000);
	iova_space_free(&s);
}

static void test_align(void **state)
{
	struct iova_space s;
	uint64_t iova;

	assert_int_equal(iova_space_init(&s, with_gap, ARRAY_SIZE(with_gap)), 0);
	assert_int_equal(iova_space_take(&s, 0x1000, 0x200000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, 0x200000);
	assert_int_equal(iova_space_take(&s, 0x1000, 0x1000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, 0x1000);
	iova_space_free(&s);
}

/* An engine with few address bits. */
static void test_last(void **state)
{
	const uint64_t last = (1 << 28) - 1;
	struct iova_space s;
	uint64_t iova;

	assert_int_equal(iova_space_init(&s, with_gap, ARRAY_SIZE(with_gap)), 0);
	assert_int_equal(iova_space_take(&s, 1 << 28, 0x1000, last, &iova), -ENOSPC);
	assert_int_equal(iova_space_take(&s, (1 << 28) - 0x1000, 0x1000, last, &iova), 0);
	assert_int_equal(iova, 0x1000);
	assert_int_equal(iova_space_take(&s, 0x1000, 0x1000, last, &iova), -ENOSPC);
	assert_int_equal(iova_space_take(&s, 0, 0x1000, last, &iova), -EINVAL);
	iova_space_free(&s);
}

/* The end of the address space overflows nothing. */
static void test_end(void **state)
{
	static const struct iova_range all[] = { { 0, UINT64_MAX } };
	static const struct iova_range page[] = { { UINT64_MAX - 0xfff, UINT64_MAX } };
	struct iova_space s;
	uint64_t iova;

	assert_int_equal(iova_space_init(&s, all, 1), 0);
	assert_int_equal(iova_space_take(&s, UINT64_MAX, 0x1000, UINT64_MAX, &iova), -ENOSPC);
	assert_int_equal(iova_space_take(&s, UINT64_MAX - 0xfff, 0x1000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, 0x1000);
	iova_space_free(&s);

	assert_int_equal(iova_space_init(&s, page, 1), 0);
	assert_int_equal(iova_space_take(&s, 0x1000, 0x2000, UINT64_MAX, &iova), -ENOSPC);
	assert_int_equal(iova_space_take(&s, 0x1000, 0x1000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova, UINT64_MAX - 0xfff);
	assert_int_equal(s.nfree, 0);
	assert_int_equal(iova_space_give(&s, iova, 0x1000), 0);
	check_free(&s, page, 1);
	iova_space_free(&s);
}

/* Another device has joined: what both allow and nobody has taken. */
static void test_restrict(void **state)
{
	static const struct iova_range narrow[] = { { 0, 0x7fffffff },
						    { 0x100000000, 0x1ffffffff } };
	static const struct iova_range both[] = { { 0, 0xfff },
						  { 0x2000, 0x7fffffff },
						  { 0x100000000, 0x1ffffffff } };
	struct iova_space s;
	uint64_t iova;

	assert_int_equal(iova_space_init(&s, with_gap, ARRAY_SIZE(with_gap)), 0);
	assert_int_equal(iova_space_take(&s, 0x1000, 0x1000, UINT64_MAX, &iova), 0);
	assert_int_equal(iova_space_restrict(&s, narrow, ARRAY_SIZE(narrow)), 0);
	check_free(&s, both, ARRAY_SIZE(both));
	assert_int_equal(iova_space_restrict(&s, NULL, 0), 0);
	assert_int_equal(s.nfree, 0);
	iova_space_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_give), cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_align),	      cmocka_unit_test(test_last),
		cmocka_unit_test(test_end),	      cmocka_unit_test(test_restrict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
