// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/files.h"
#include "unit.h"

/* Beyond the soft limit, up to the hard one; with others open already. */
static void test_limits(void **state)
{
	struct rlimit limit = { 64, 400 };
	struct error err = { 0 };
	unsigned int i;

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(files_allow(8, "mappers", &err), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 64);
	for (i = 0; i < 3; i++) {
		unsigned int n;

		assert_int_equal(files_allow(100, "mappers", &err), 0);
		for (n = 0; n < 100; n++)
			assert_true(open("/", O_PATH | O_CLOEXEC) >= 0);
	}
	assert_int_equal(files_allow(100, "mappers", &err), -EMFILE);
	assert_int_equal(err.status, EXIT_SKIP);
	assert_non_null(strstr(err.what, "option --mappers: takes 4"));
	assert_non_null(strstr(err.what, "and 400 are allowed"));
	assert_non_null(strstr(err.remedy, "ulimit -Hn"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
