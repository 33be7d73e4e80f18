// SPDX-License-Identifier: GPL-2.0-only
/* Every routine moves every byte, and no byte beside them. */
#include <stdlib.h>
#include <string.h>

#include "core/copy-routines.h"
#include "unit.h"

#define ROOM  1024 /* bytes of each area; widest routine is 64 */
#define GUARD 0xa5

/* Bytes with no period that a wrong offset could hide behind. */
static void fill(uint8_t *p, size_t n, uint32_t seed)
{
	while (n--) {
		seed = seed * 1664525 + 1013904223;
		*p++ = (uint8_t)(seed >> 24);
	}
}

static void check_copy(const char *name, copy_fn *copy, size_t dst_skew, size_t src_skew, size_t n)
{
	static uint8_t __attribute__((aligned(64))) dst[ROOM], src[ROOM], expected[ROOM];

	memset(dst, GUARD, sizeof(dst));
	memset(expected, GUARD, sizeof(expected));
	fill(src, sizeof(src), (uint32_t)(n + dst_skew));
	memcpy(expected + dst_skew, src + src_skew, n);
	copy(dst + dst_skew, src + src_skew, n);
	if (memcmp(dst, expected, sizeof(dst)))
		fail_msg("%s: %zu bytes from +%zu to +%zu are wrong", name, n, src_skew, dst_skew);
}

static void check_routine(const char *name, copy_fn *copy)
{
	size_t n, dst, src;

	for (dst = 0; dst <= 64; dst += 8)
		for (src = 0; src <= 64; src += 8)
			for (n = 0; n <= 300; n++)
				check_copy(name, copy, dst, src, n);
	check_copy(name, copy, 8, 0, ROOM - 8);
	check_copy(name, copy, 0, 24, ROOM - 24);
}

static void test_every_routine(void **state)
{
	const struct copy_routine *r;

	for (r = copy_routines; r->name; r++) {
		assert_true(r->write || r->read);
		if (!r->supported()) {
			print_message("%s: not on this CPU\n", r->name);
			continue;
		}
		if (r->write)
			check_routine(r->name, r->write);
		if (r->read)
			check_routine(r->name, r->read);
	}
}

static void test_find(void **state)
{
	const struct copy_routine *r;

	for (r = copy_routines; r->name; r++)
		assert_ptr_equal(copy_routine_find(r->name), r);
	assert_null(copy_routine_find("plai"));
	assert_null(copy_routine_find(""));
	assert_true(copy_routine_find("plain")->supported());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_routine),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
