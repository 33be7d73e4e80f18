// SPDX-License-Identifier: GPL-2.0-only
/* Files that are not confined as DMABUFs are: what gets out must be seen. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/confine.h"
#include "unit.h"

#define PAGE 4096

static int new_file(size_t size)
{
	int fd = memfd_create("confine", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void test_reachable(void **state)
{
	int fd = new_file(3 * PAGE);
	char *map = mmap(NULL, 5 * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(confine_reachable(map, 5 * PAGE), 3);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	assert_int_equal(confine_reachable(map, 5 * PAGE), 1);
	assert_int_equal(confine_reachable(map + PAGE, 4 * PAGE), 0);
	munmap(map, 5 * PAGE);
	close(fd);
}

/* An ordinary file lets everybody map what is behind its end. */
static void test_breach(void **state)
{
	struct confinement found;
	int fd = new_file(2 * PAGE);

	assert_int_equal(confine_check(fd, 2 * PAGE, false, &found), 0);
	assert_int_equal(found.tried, 1);
	assert_string_equal(found.breach, "mmap() of more than there is");
	close(fd);
}

static void test_unmappable(void **state)
{
	struct confinement found;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(confine_check(fds[0], PAGE, true, &found), -ENODEV);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_breach),
		cmocka_unit_test(test_unmappable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
