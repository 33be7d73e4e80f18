// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is not taken away, or is, by the end of a file that moves. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/fdpass.h"
#include "core/mapper.h"
#include "unit.h"

#define PAGE   4096
#define LENGTH (4 * PAGE)

static int new_file(void)
{
	int fd = memfd_create("mapper", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, LENGTH), 0);
	return fd;
}

static void test_quiet(void **state)
{
	struct mapper_shared *shared = mapper_share();
	struct mapper_report report;
	struct mapper m;
	int fd = new_file();

	assert_int_equal(mapper_start(&m, shared), 0);
	assert_int_equal(mapper_check(&m, &report), -EBADMSG);
	/* Nothing is taken away: that must be seen. */
	assert_int_equal(mapper_map(&m, fd, 0, LENGTH, 1, false), 0);
	assert_int_equal(mapper_check(&m, &report), 0);
	assert_int_equal(report.reachable, 4);
	assert_int_equal(mapper_map(&m, fd, 0, LENGTH, 2, false), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(mapper_check(&m, &report), 0);
	assert_int_equal(report.reachable, 0);
	/* Not all of it can be read. */
	assert_int_equal(mapper_map(&m, fd, 0, LENGTH, 3, false), -EFAULT);
	/* A part of it. */
	assert_int_equal(ftruncate(fd, LENGTH), 0);
	assert_int_equal(mapper_map(&m, fd, 3 * PAGE, PAGE, 4, false), 0);
	assert_int_equal(mapper_check(&m, &report), 0);
	assert_int_equal(report.reachable, 1);
	assert_int_equal(mapper_map(&m, fd, 3 * PAGE, 2 * PAGE, 5, false), -EFAULT);
	mapper_stop(&m);
	mapper_stop(&m);
	mapper_unshare(shared);
	close(fd);
}

static void test_busy(void **state)
{
	struct mapper_shared *shared = mapper_share();
	struct mapper_report report;
	struct mapper m;
	int fd = new_file();

	assert_int_equal(mapper_start(&m, shared), 0);
	assert_int_equal(mapper_map(&m, fd, 0, LENGTH, 1, true), 0);
	usleep(10000);
	assert_int_equal(ftruncate(fd, 0), 0);
	atomic_store(&shared->returned, 1);
	assert_int_equal(mapper_check(&m, &report), 0);
	assert_true(report.reads > 0);
	assert_int_equal(report.reachable, 0);

	assert_int_equal(ftruncate(fd, LENGTH), 0);
	assert_int_equal(mapper_map(&m, fd, 0, LENGTH, 2, true), 0);
	atomic_store(&shared->returned, 2);
	assert_int_equal(mapper_check(&m, &report), 0);
	/* One read that came too late, and every page. */
	assert_int_equal(report.reachable, 5);
	mapper_stop(&m);
	mapper_unshare(shared);
	close(fd);
}

static void test_dead(void **state)
{
	struct mapper_shared *shared = mapper_share();
	struct mapper_report report;
	struct mapper m;

	assert_int_equal(mapper_start(&m, shared), 0);
	assert_int_equal(kill(m.pid, SIGKILL), 0);
	assert_int_equal(mapper_check(&m, &report), -EPIPE);
	mapper_stop(&m);
	mapper_unshare(shared);
}

static void test_fdpass(void **state)
{
	char text[8] = "";
	int pair[2], fd, got;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	fd = new_file();
	assert_int_equal(fdpass_send(pair[0], "one", 4, fd), 0);
	assert_int_equal(fdpass_send(pair[0], "two", 4, -1), 0);
	assert_int_equal(fdpass_send(pair[0], "three", 6, fd), 0);
	assert_int_equal(fdpass_send(pair[0], "much too long", 14, fd), 0);
	assert_int_equal(fdpass_receive(pair[1], text, sizeof(text), &got), 4);
	assert_string_equal(text, "one");
	assert_int_equal(lseek(got, 0, SEEK_END), LENGTH);
	assert_int_equal(fcntl(got, F_GETFD), FD_CLOEXEC);
	close(got);
	assert_int_equal(fdpass_receive(pair[1], text, sizeof(text), &got), 4);
	assert_string_equal(text, "two");
	assert_int_equal(got, -1);
	/* One that nobody wants is closed: the number is free for the next. */
	assert_int_equal(fdpass_receive(pair[1], text, sizeof(text), NULL), 6);
	assert_int_equal(fdpass_receive(pair[1], text, sizeof(text), NULL), -EMSGSIZE);
	got = dup(fd);
	assert_int_equal(got, fd + 1);
	close(got);
	close(fd);
	close(pair[0]);
	assert_int_equal(fdpass_receive(pair[1], text, sizeof(text), &got), 0);
	assert_int_equal(fdpass_send(pair[1], "x", 1, -1), -EPIPE);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_dead),
		cmocka_unit_test(test_fdpass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
