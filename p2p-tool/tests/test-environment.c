// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/environment.h"
#include "unit.h"

static char root[64];

static int setup(void **state)
{
	strcpy(root, "/tmp/p2p-test-environment.XXXXXX");
	unsetenv("P2P_TOOL_ENVIRONMENT");
	return !mkdtemp(root);
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

/* Write a file below root, with its directories. */
static void put(const char *path, const void *data, size_t size)
{
	char name[256], *slash;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (slash = strchr(name + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(name, 0755))
			assert_int_equal(errno, EEXIST);
		*slash = '/';
	}
	f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void check_field(const struct environment *env, const char *key, const char *value)
{
	const char *got = environment_get(env, key);

	if (!got || !value) {
		assert_ptr_equal(got, value);
		return;
	}
	assert_string_equal(got, value);
}

static void check_read(struct environment *env)
{
	struct error err = { 0 };

	assert_int_equal(environment_read(env, root, &err), 0);
	assert_string_equal(err.what, "");
}

static void test_captured_machine(void **state)
{
	struct environment env;

	put_text("/proc/sys/kernel/osrelease", "7.3.4-p2p\n");
	put_text("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC\n");
	put_text("/proc/cmdline", "console=ttyS0 nokaslr  \n");
	put_text("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\n"
				  "model name\t: AMD EPYC Processor\nmodel name\t: other\n");
	put_text("/sys/devices/system/cpu/online", "0-3,8,10-11\n");
	put_text("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	check_read(&env);
	check_field(&env, "kernel_release", "7.3.4-p2p");
	check_field(&env, "kernel_version", "#1 SMP PREEMPT_DYNAMIC");
	check_field(&env, "kernel_command_line", "console=ttyS0 nokaslr");
	check_field(&env, "cpu_model", "AMD EPYC Processor");
	check_field(&env, "cpus_online", "7");
	check_field(&env, "transparent_hugepage", "madvise");
	check_field(&env, "kernel_build_id", NULL);
	check_field(&env, "tool_version", PACKAGE_VERSION);
	environment_free(&env);
	assert_int_equal(env.count, 0);
}

static void test_nothing_to_read(void **state)
{
	struct environment env;

	check_read(&env);
	check_field(&env, "kernel_release", NULL);
	check_field(&env, "cpu_model", NULL);
	check_field(&env, "cpus_online", NULL);
	assert_non_null(environment_get(&env, "time"));
	environment_free(&env);
}

static void test_odd_content(void **state)
{
	struct environment env;

	put_text("/proc/sys/kernel/osrelease", "\n");
	put_text("/proc/cpuinfo", "model name");
	put_text("/sys/devices/system/cpu/online", "3-1\n");
	put_text("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise\n");
	put_text("/sys/kernel/notes", "no note");
	check_read(&env);
	check_field(&env, "kernel_release", NULL);
	check_field(&env, "cpu_model", NULL);
	check_field(&env, "cpus_online", NULL);
	check_field(&env, "transparent_hugepage", NULL);
	check_field(&env, "kernel_build_id", NULL);
	environment_free(&env);
}

static void test_kernel_build_id(void **state)
{
	/* A note of another kind with odd lengths, then the build-id. */
	static const unsigned char notes[] = {
		6,   0,	  0,   0,   5,	  0,	0,    0,    1, 0, 0, 0, /* Linux */
		'L', 'i', 'n', 'u', 'x',  0,	0,    0,    1, 2, 3, 4, 5, 0,
		0,   0,	  4,   0,   0,	  0,	4,    0,    0, 0, 3, 0, 0, 0, /* GNU */
		'G', 'N', 'U', 0,   0xde, 0xad, 0x00, 0xef,
	};
	struct environment env;
	size_t size;

	put("/sys/kernel/notes", notes, sizeof(notes));
	check_read(&env);
	check_field(&env, "kernel_build_id", "dead00ef");
	environment_free(&env);

	/* Cut anywhere it is no build-id, and nothing is read beyond the end. */
	for (size = 0; size < sizeof(notes); size++) {
		put("/sys/kernel/notes", notes, size);
		check_read(&env);
		check_field(&env, "kernel_build_id", NULL);
		environment_free(&env);
	}
}

static void test_kernel_build_id_lengths(void **state)
{
	unsigned char notes[16 + 100] = { 4, 0, 0, 0, 64, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };
	struct environment env;

	put("/sys/kernel/notes", notes, sizeof(notes));
	check_read(&env);
	assert_int_equal(strlen(environment_get(&env, "kernel_build_id")), 128);
	environment_free(&env);

	notes[4] = 65; /* longer than any build-id */
	put("/sys/kernel/notes", notes, sizeof(notes));
	check_read(&env);
	check_field(&env, "kernel_build_id", NULL);
	environment_free(&env);

	memset(notes + 4, 0xff, 4); /* sizes that would wrap around */
	put("/sys/kernel/notes", notes, sizeof(notes));
	check_read(&env);
	check_field(&env, "kernel_build_id", NULL);
	environment_free(&env);
}

static void test_this_machine(void **state)
{
	struct environment env;
	struct error err = { 0 };
	const char *text;
	int year, n = 0;

	assert_int_equal(environment_read(&env, "", &err), 0);
	text = environment_get(&env, "time");
	assert_non_null(text);
	assert_int_equal(sscanf(text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2dZ%n", &year, &n), 1);
	assert_int_equal(n, strlen(text));
	assert_true(year >= 2020);
	/* The linker put one into this test program. */
	text = environment_get(&env, "tool_build_id");
	assert_non_null(text);
	assert_true(strlen(text) >= 16);
	assert_int_equal(strspn(text, "0123456789abcdef"), strlen(text));
	assert_true(atoi(environment_get(&env, "page_size")) >= 4096);
	assert_non_null(environment_get(&env, "kernel_release"));
	assert_non_null(environment_get(&env, "machine"));
	environment_free(&env);
}

static void use_extra(const char *text)
{
	char name[128];

	put_text("/extra", text);
	snprintf(name, sizeof(name), "%s/extra", root);
	setenv("P2P_TOOL_ENVIRONMENT", name, 1);
}

static void test_extra_file(void **state)
{
	struct environment env;

	use_extra("# from the lab\n\nqemu=8.2.0\nbase=pinned\nwith.equals=a=b = c\nempty=\n");
	check_read(&env);
	check_field(&env, "qemu", "8.2.0");
	check_field(&env, "base", "pinned");
	check_field(&env, "with.equals", "a=b = c");
	check_field(&env, "empty", "");
	environment_free(&env);

	use_extra("last=line without newline");
	check_read(&env);
	check_field(&env, "last", "line without newline");
	environment_free(&env);
}

static void test_extra_file_refused(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "a=1\nno value\n", "/extra:2: not a KEY=VALUE line" },
		{ "=value\n", "/extra:1: not a KEY=VALUE line" },
		{ "two words=1\n", "/extra:1: not a KEY=VALUE line" },
		{ "\na=1\na=2\n", "/extra:3: 'a' is there already" },
		{ "time=yesterday\n", "/extra:1: 'time' is there already" },
		{ "schema=mine\n", "/extra:1: 'schema' is there already" },
		{ "type=record\n", "/extra:1: 'type' is there already" },
	};
	struct environment env;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err = { 0 };

		use_extra(bad[i].text);
		assert_int_equal(environment_read(&env, root, &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_string_equal(err.what + strlen(root), bad[i].message);
		assert_int_equal(env.count, 0);
	}
}

static void test_extra_file_absent(void **state)
{
	struct environment env;
	struct error err = { 0 };

	setenv("P2P_TOOL_ENVIRONMENT", "/nonexistent/file", 1);
	assert_int_equal(environment_read(&env, root, &err), -ENOENT);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_string_equal(err.what, "/nonexistent/file: No such file or directory");

	error_clear(&err);
	setenv("P2P_TOOL_ENVIRONMENT", root, 1);
	assert_int_equal(environment_read(&env, root, &err), -EISDIR);

	setenv("P2P_TOOL_ENVIRONMENT", "", 1);
	check_read(&env);
	environment_free(&env);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_captured_machine),
		TEST(test_nothing_to_read),
		TEST(test_odd_content),
		TEST(test_kernel_build_id),
		TEST(test_kernel_build_id_lengths),
		TEST(test_this_machine),
		TEST(test_extra_file),
		TEST(test_extra_file_refused),
		TEST(test_extra_file_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
