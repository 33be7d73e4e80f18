// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/size.h"
#include "unit.h"

static void test_accepts(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} good[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "010", 10 },
		{ "0x1000", 4096 },
		{ "0X1E", 30 },
		{ "4K", 4096 },
		{ "4k", 4096 },
		{ "0x4K", 4096 },
		{ "64M", 64 << 20 },
		{ "1G", 1 << 30 },
		{ "2T", 2ULL << 40 },
		{ "1P", 1ULL << 50 },
		{ "15E", 15ULL << 60 },
		{ "18446744073709551615", UINT64_MAX },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		uint64_t size = 1;

		assert_int_equal(size_parse(good[i].text, &size, NULL), 0);
		assert_int_equal(size, good[i].size);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text;
		int error;
	} bad[] = {
		{ "", -EINVAL },
		{ "K", -EINVAL },
		{ "0x", -EINVAL },
		{ "0xg", -EINVAL },
		{ "-1", -EINVAL },
		{ "+1", -EINVAL },
		{ " 1", -EINVAL },
		{ "1 ", -EINVAL },
		{ "4KB", -EINVAL },
		{ "4KK", -EINVAL },
		{ "1.5M", -EINVAL },
		{ "0x 1", -EINVAL },
		{ "0x-1", -EINVAL },
		{ "16E", -ERANGE },
		{ "18446744073709551616", -ERANGE },
		{ "4x", -EINVAL },
		{ "17179869184G", -ERANGE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t size;

		if (size_parse(bad[i].text, &size, NULL) != bad[i].error)
			fail_msg("'%s': not refused with %d", bad[i].text, bad[i].error);
	}
}

static void test_end(void **state)
{
	const char *end;
	uint64_t size;

	assert_int_equal(size_parse("4K:rest", &size, &end), 0);
	assert_int_equal(size, 4096);
	assert_string_equal(end, ":rest");
	assert_int_equal(size_parse("7", &size, &end), 0);
	assert_string_equal(end, "");
}

static void test_format(void **state)
{
	static const struct {
		uint64_t size;
		const char *text;
	} sizes[] = {
		{ 0, "0" },
		{ 256, "256" },
		{ 4096, "4K" },
		{ 4097, "4097" },
		{ 1536 << 10, "1536K" },
		{ 64 << 20, "64M" },
		{ 3ULL << 40, "3T" },
		{ 1ULL << 63, "8E" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char text[32];
		uint64_t back;

		size_format(sizes[i].size, text, sizeof(text));
		assert_string_equal(text, sizes[i].text);
		assert_int_equal(size_parse(text, &back, NULL), 0);
		assert_int_equal(back, sizes[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
