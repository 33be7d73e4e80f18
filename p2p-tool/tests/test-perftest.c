// SPDX-License-Identifier: GPL-2.0-only
/* What the programs of perftest print, as they printed it in the lab. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/perftest.h"
#include "unit.h"

#define FRAME                                                                                     \
	"---------------------------------------------------------------------------------------" \
	"\n"

static const char bandwidth[] =
	FRAME "                    RDMA_Write BW Test\n"
	      " Dual-port       : OFF\t\tDevice         : rxe0\n" FRAME
	      " #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]\n"
	      " 65536      500              32.57              22.09  \t\t   0.000353\n" FRAME;
static const char small[] =
	" #bytes     #iterations    BW peak[MB/sec]    BW average[MB/sec]   MsgRate[Mpps]\n"
	" 2          500              0.03               0.02  \t\t   0.012345\n";
static const char latency[] =
	FRAME " #bytes #iterations    t_min[usec]    t_max[usec]  t_typical[usec]    t_avg[usec]"
	      "    t_stdev[usec]   99% percentile[usec]   99.9% percentile[usec] \n"
	      " 2       500          66.09          12048.09      3497.55  \t       3689.06     \t"
	      "3278.18\t\t12029.88 \t\t12048.09\n" FRAME;

static const struct perftest bw = { .op = RDMA_WRITE, .size = 65536 };
static const struct perftest bw2 = { .op = RDMA_SEND, .size = 2 };
static const struct perftest lat = { .op = RDMA_WRITE, .size = 2, .latency = true };

static void test_figures(void **state)
{
	double value;

	assert_int_equal(perftest_parse(&bw, bandwidth, &value), 0);
	assert_float_equal(value, 22.09 * 1048576, 1);
	/* The rate of messages has more digits. */
	assert_int_equal(perftest_parse(&bw2, small, &value), 0);
	assert_float_equal(value, 24690, 1);
	assert_int_equal(perftest_parse(&lat, latency, &value), 0);
	assert_float_equal(value, 3497550, 1);
}

static void test_not_figures(void **state)
{
	char text[sizeof(bandwidth)];
	double value;
	size_t i;

	assert_int_equal(perftest_parse(&bw, "", &value), -EPROTO);
	assert_int_equal(perftest_parse(&bw, "Couldn't connect to 127.0.0.1:1\n", &value), -EPROTO);
	/* Of another run, or of another kind */
	assert_int_equal(perftest_parse(&bw2, bandwidth, &value), -EPROTO);
	assert_int_equal(perftest_parse(&bw2, latency, &value), -EPROTO);
	assert_int_equal(perftest_parse(&lat, small, &value), -EPROTO);
	/* Cut off anywhere before the last of its numbers */
	for (i = 0; i < (size_t)(strstr(bandwidth, "22.09") - bandwidth); i++) {
		memcpy(text, bandwidth, i);
		text[i] = '\0';
		assert_int_equal(perftest_parse(&bw, text, &value), -EPROTO);
	}
}

static void test_names(void **state)
{
	assert_string_equal(perftest_name(RDMA_WRITE, false), "ib_write_bw");
	assert_string_equal(perftest_name(RDMA_READ, true), "ib_read_lat");
	assert_string_equal(perftest_name(RDMA_SEND, true), "ib_send_lat");
	assert_null(perftest_name(RDMA_ATOMIC, false));
}

/* Nothing of it is installed here. */
static void test_not_installed(void **state)
{
	const struct perftest p = { .op = RDMA_WRITE, .device = "none", .size = 64, .timeout = 5 };
	struct error err = { 0 };
	double value;

	assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
	assert_int_equal(perftest_run(&p, &value, &err), -ENOENT);
	assert_int_equal(err.status, EXIT_SKIP);
	assert_string_equal(err.remedy, "install perftest");
}

/* A program that does not listen, and one that says nothing of use. */
static void test_failing(void **state)
{
	const struct perftest p = { .op = RDMA_WRITE, .device = "none", .size = 64, .timeout = 1 };
	char dir[] = "/tmp/test-perftest.XXXXXX", path[64], command[256];
	struct error err = { 0 };
	double value;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ib_write_bw", dir);
	snprintf(command, sizeof(command),
		 "printf '#!/bin/sh\\necho no device\\nexit 1\\n' >%s; "
		 "chmod +x %s",
		 path, path);
	assert_int_equal(system(command), 0);
	assert_int_equal(setenv("PATH", dir, 1), 0);
	assert_int_equal(perftest_run(&p, &value, &err), -EIO);
	assert_string_equal(err.what, "ib_write_bw: failed: no device");
	error_clear(&err);
	assert_int_equal(setenv("PATH", "/usr/bin:/bin", 1), 0);
	snprintf(command, sizeof(command), "printf '#!/bin/sh\\nexec /bin/sleep 100\\n' >%s", path);
	assert_int_equal(system(command), 0);
	assert_int_equal(setenv("PATH", dir, 1), 0);
	assert_int_equal(perftest_run(&p, &value, &err), -ETIMEDOUT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures),	      cmocka_unit_test(test_not_figures),
		cmocka_unit_test(test_names),	      cmocka_unit_test(test_failing),
		cmocka_unit_test(test_not_installed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
