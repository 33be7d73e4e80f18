// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "core/bdf.h"
#include "unit.h"

static void test_accepts(void **state)
{
	static const struct {
		const char *text;
		struct bdf bdf;
		const char *canonical;
	} good[] = {
		{ "0000:01:00.0", { 0, 1, 0, 0 }, "0000:01:00.0" },
		{ "01:00.0", { 0, 1, 0, 0 }, "0000:01:00.0" },
		{ "FFFF:fF:1f.7", { 0xffff, 0xff, 0x1f, 7 }, "ffff:ff:1f.7" },
		{ "10000:e1:00.0", { 0x10000, 0xe1, 0, 0 }, "10000:e1:00.0" },
		{ "ffffffff:0:0.0", { 0xffffffff, 0, 0, 0 }, "ffffffff:00:00.0" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		char text[BDF_STRLEN];
		struct bdf bdf;

		assert_int_equal(bdf_parse(good[i].text, &bdf, NULL), 0);
		assert_int_equal(bdf_compare(&bdf, &good[i].bdf), 0);
		assert_string_equal(bdf_format(&bdf, text), good[i].canonical);
	}
}

static void test_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"0",
		"01:00",
		"01:00.",
		"01:00.8",
		"01:20.0",
		"100:00.0",
		"01:00.00",
		"01:00.0 ",
		" 01:00.0",
		"01:00.0/0",
		"0000:01:00",
		"0000:01:00:0",
		"g0:00.0",
		"0x1:00.0",
		":01:00.0",
		"0000::00.0",
		"123456789:01:00.0",
		"0000:001:00.0",
		"-1:00.0",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct bdf bdf;

		if (bdf_parse(bad[i], &bdf, NULL) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void test_end(void **state)
{
	const char *end;
	struct bdf bdf;

	assert_int_equal(bdf_parse("0000:01:00.0/2:64K", &bdf, &end), 0);
	assert_string_equal(end, "/2:64K");
	/* A failure leaves both results alone. */
	end = "untouched";
	assert_int_equal(bdf_parse("0000:01:00", &bdf, &end), -EINVAL);
	assert_string_equal(end, "untouched");
	assert_int_equal(bdf.bus, 1);
}

static void test_order(void **state)
{
	/* Each is after the one before it. */
	static const struct bdf sorted[] = {
		{ 0, 0, 0, 0 }, { 0, 0, 0, 1 }, { 0, 0, 1, 0 },
		{ 0, 1, 0, 0 }, { 1, 0, 0, 0 }, { 0xffffffff, 0, 0, 0 },
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(sorted); i++) {
		for (j = 0; j < ARRAY_SIZE(sorted); j++) {
			int order = bdf_compare(&sorted[i], &sorted[j]);

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
