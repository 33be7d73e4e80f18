// SPDX-License-Identifier: GPL-2.0-only
/* Ranges of blocks are what was typed, or refused. */
#include <errno.h>
#include <string.h>

#include "core/lba.h"
#include "unit.h"

static void check(const char *text, uint32_t nsid, uint64_t first, uint64_t count)
{
	struct error err = { 0 };
	struct lba_range range;

	assert_int_equal(lba_parse(text, &range, &err), 0);
	assert_int_equal(range.nsid, nsid);
	assert_int_equal(range.first, first);
	assert_int_equal(range.count, count);
}

static void test_good(void **state)
{
	check("0+1", 1, 0, 1);
	check("2048+8192", 1, 2048, 8192);
	check("0x800+0x2000", 1, 2048, 8192);
	check("3:16+8", 3, 16, 8);
	check("4294967294:0+1", 0xfffffffe, 0, 1);
	check("18446744073709551615+1", 1, UINT64_MAX, 1);
	check("0+18446744073709551615", 1, 0, UINT64_MAX);
}

static void test_bad(void **state)
{
	static const char *const texts[] = {
		"",
		"5",
		"+5",
		"5+",
		"5+0",
		"5-7",
		"5..7",
		" 5+7",
		"5 +7",
		"5+7 ",
		"-5+7",
		"5+-7",
		"0:5+7",
		":5+7",
		"1:2:5+7",
		"4294967295:0+1",
		"x+1",
		"1+x",
		"5+7x",
		"1:",
		"18446744073709551616+1",
		"18446744073709551615+2",
	};
	struct lba_range range;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error err = { 0 };

		assert_int_equal(lba_parse(texts[i], &range, &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_non_null(strstr(err.what, texts[i]));
		assert_non_null(strstr(err.remedy, "FIRST+COUNT"));
		assert_int_equal(range.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
