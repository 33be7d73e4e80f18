// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "unit.h"

static void test_nanoseconds(void **state)
{
	struct timespec pause = { 0, 20000000 };
	struct error err = { 0 };
	struct clock c;
	uint64_t start, slept;

	assert_int_equal(clock_init(&c, false, &err), 0);
	assert_int_equal(c.unit, UNIT_NS);
	assert_true(c.overhead < 1000000);
	start = clock_now(&c);
	assert_int_equal(nanosleep(&pause, NULL), 0);
	slept = clock_now(&c) - start;
	assert_in_range(slept, 19900000, 10000000000);
}

/* Either exact counts, or a refusal that says what is needed: never something in between. */
static void test_counted(void **state)
{
	struct error err = { 0 };
	struct clock c;
	int ret = clock_init(&c, true, &err);

	if (ret) {
		assert_int_equal(ret, -EOPNOTSUPP);
		assert_int_equal(err.status, EXIT_SKIP);
		assert_non_null(strstr(err.remedy, "icount"));
		return;
	}
	assert_true(machine_is_emulated());
	assert_int_equal(c.unit, UNIT_INSN);
	assert_in_range(c.overhead, 1, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nanoseconds),
		cmocka_unit_test(test_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
