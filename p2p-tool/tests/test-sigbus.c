// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sigbus.h"
#include "unit.h"

static void touch(void *arg)
{
	(void)*(volatile char *)arg;
}

/* A mapping of a file that is shorter raises SIGBUS, as a revoked BAR does. */
static char *map_beyond_end(void)
{
	int fd = memfd_create("sigbus", MFD_CLOEXEC);
	char *p;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	p = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	close(fd);
	return p;
}

static void test_guard(void **state)
{
	struct sigaction before, after;
	char *p = map_beyond_end();
	uintptr_t addr = 0;
	int round;

	sigaction(SIGBUS, NULL, &before);
	for (round = 0; round < 3; round++) {
		assert_int_equal(sigbus_guard(touch, p, &addr), 0);
		assert_int_equal(addr, round ? (uintptr_t)p + 4100 : 0);
		assert_int_equal(sigbus_guard(touch, p + 4100, &addr), -EFAULT);
		assert_int_equal(addr, (uintptr_t)p + 4100);
	}
	assert_int_equal(sigbus_guard(touch, p + 4100, NULL), -EFAULT);
	sigaction(SIGBUS, NULL, &after);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	munmap(p, 8192);
}

/* Without the guard the access kills, as it would without this code. */
static void test_outside(void **state)
{
	char *p = map_beyond_end();
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		signal(SIGBUS, SIG_DFL);
		sigbus_guard(touch, p, NULL);
		touch(p + 4096);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	munmap(p, 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guard),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
