// SPDX-License-Identifier: GPL-2.0-only
/* "bench run" over commands that behave as each test wants. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/measure-options.h"
#include "core/interrupt.h"
#include "core/render.h"
#include "unit.h"

static char dir[64];
static char calls[1024];      /* what the commands were called with */
static struct error reported; /* by report_error() */

/* fake good|bad-data|skip|fail|usage|half BUFFER: what a measuring command can come to. */
int measure_collect(const struct measure_command *command, int argc, char **argv,
		    struct record_set *out, struct error *err)
{
	const char *how = argc > 1 ? argv[1] : "good";
	struct samples s;
	struct record *r;
	int i;

	assert_string_equal(command->name, "fake");
	if (!strcmp(how, "usage"))
		return error_set(err, EXIT_USAGE, EINVAL, "see --help", "option '--x': wrong");
	if (!out)
		return 0; /* only checked */
	for (i = 0; i < argc; i++) {
		strcat(calls, argv[i]);
		strcat(calls, i + 1 < argc ? " " : "\n");
	}
	if (!strcmp(how, "skip"))
		return error_set(err, EXIT_SKIP, ENODEV, "load it", "host:4K: no driver");
	if (!strcmp(how, "fail"))
		return error_set(err, EXIT_FAILED, EIO, "replace it", "host:4K: broken");
	r = record_new("fake.cell", "host:4K", "cpu", UNIT_NS, MEDIUM_HARDWARE);
	assert_non_null(r);
	assert_int_equal(samples_init(&s, 2), 0);
	samples_add(&s, 10);
	samples_add(&s, 20);
	assert_int_equal(record_set_samples(r, &s), 0);
	samples_free(&s);
	if (!strcmp(how, "bad-data")) {
		r->verification = VERIFY_FAILED;
		record_observe(r, "mismatch", "offset 0x10: expected 0x01");
	}
	assert_int_equal(record_set_add(out, r), 0);
	if (!strcmp(how, "signal"))
		kill(getpid(), SIGTERM);
	if (!strcmp(how, "half-failed"))
		return error_set(err, EXIT_FAILED, EIO, NULL, "host:4K: broken");
	if (!strcmp(how, "half"))
		return error_set(err, EXIT_SKIP, ENODEV, NULL, "host:4K: gone");
	return 0;
}

static const struct measure_command fake = { .name = "fake" };
static const struct command cmd_fake = { .name = "fake", .measure = &fake };
static const struct command cmd_mute = { .name = "mute" };

const struct command *command_find(const char *name)
{
	return !strcmp(name, "fake") ? &cmd_fake : !strcmp(name, "mute") ? &cmd_mute : NULL;
}

int report_error(const struct error *err)
{
	reported = *err;
	return (int)err->status;
}

static int setup(void **state)
{
	strcpy(dir, "/tmp/p2p-test-bench.XXXXXX");
	unsetenv("P2P_TOOL_ENVIRONMENT");
	return !mkdtemp(dir) || chdir(dir) || setenv("P2P_TOOL_SUITES", dir, 1);
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") || system(command);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static char *get(const char *path)
{
	static char buf[65536];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = '\0';
	fclose(f);
	return buf;
}

static size_t count_lines(const char *path)
{
	const char *text = get(path);
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Run "bench ARGUMENTS", split at blanks, with standard output in the file "stdout". */
static int bench(const char *arguments)
{
	char text[256], *argv[24] = { "bench" }, *rest = text;
	int argc = 1, saved, status;

	snprintf(text, sizeof(text), "%s", arguments);
	while ((argv[argc] = strsep(&rest, " ")))
		argc++;
	calls[0] = '\0';
	error_clear(&reported);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_non_null(freopen("stdout", "w", stdout));
	status = cmd_bench.main(argc, argv);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	return status;
}

static void check_what(const char *part)
{
	if (!strstr(reported.what, part))
		fail_msg("'%s' is not in '%s'", part, reported.what);
}

static void check_remedy(const char *part)
{
	if (!strstr(reported.remedy, part))
		fail_msg("'%s' is not in '%s'", part, reported.remedy);
}

static void check_file(const char *path, const char *part)
{
	const char *text = get(path);

	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void test_run(void **state)
{
	put("s.suite", "fake good @bar\nfake good host:4K\n");
	assert_int_equal(bench("run s --buffer bar=host:8K --output out.csv --csv"), EXIT_OK);
	assert_string_equal(calls, "fake good host:8K\nfake good host:4K\n");
	assert_int_equal(count_lines("out.csv"), 3);
	check_file("out.csv", "p2p-tool/1,fake.cell,host:4K,cpu,,hardware,ns,2,10,15,20,20,20,15,");
	/* The table is for people all the same. */
	check_file("stdout", "MEASUREMENT");
	check_file("stdout", "15 ns");
}

static void test_to_stdout(void **state)
{
	put("s.suite", "fake\n");
	assert_int_equal(bench("run --csv ./s.suite"), EXIT_OK);
	assert_int_equal(count_lines("stdout"), 2);
	assert_int_equal(strncmp(get("stdout"), "schema,", 7), 0);
	assert_int_equal(bench("run --output /dev/stdout --csv s"), EXIT_OK);
	assert_int_equal(count_lines("stdout"), 2);
}

static void test_options_for_every_line(void **state)
{
	put("s.suite", "fake good host:4K --repeat 3\nfake\n");
	assert_int_equal(bench("run s --repeat 7 --counted"), EXIT_OK);
	assert_string_equal(calls, "fake good host:4K --repeat 3 --counted --repeat 7\n"
				   "fake --counted --repeat 7\n");
}

static void test_skipped_line(void **state)
{
	put("s.suite", "fake skip host:4K\nfake half host:8K\nfake good host:4K\n");
	assert_int_equal(bench("run s --output out.csv --csv"), EXIT_OK);
	/* A header, the reason, half a line with its reason, and the good one. */
	assert_int_equal(count_lines("out.csv"), 5);
	check_file("out.csv", "p2p-tool/1,fake,host:4K,,line=fake skip host:4K,");
	check_file("out.csv", ",host:4K: no driver; load it\n");
	check_file("out.csv", ",host:4K: gone\n");
	check_file("stdout", "Not measured:\n  host:4K: no driver; load it\n    fake (host:4K)\n");
}

static void test_all_skipped(void **state)
{
	put("s.suite", "fake skip host:4K\nfake skip host:8K\n");
	assert_int_equal(bench("run s --output out.csv --csv"), EXIT_SKIP);
	check_what("nothing could be measured: host:4K: no driver");
	/* That too is a result. */
	assert_int_equal(count_lines("out.csv"), 3);
}

static void test_failed_verification(void **state)
{
	put("s.suite", "fake bad-data host:4K\nfake good host:4K\n");
	assert_int_equal(bench("run s --output out.csv --csv"), EXIT_FAILED);
	check_what("fake.cell on host:4K: wrong data at offset 0x10: expected 0x01");
	assert_int_equal(count_lines("out.csv"), 3);
	check_file("out.csv", ",failed,");
}

/* What was measured is kept beside the file. */
static void test_failure_leaves_the_file(void **state)
{
	put("out.csv", "old\n");
	put("s.suite", "# first\nfake good host:4K\nfake fail host:4K\nfake good host:4K\n");
	assert_int_equal(bench("run s --output out.csv --csv"), EXIT_FAILED);
	check_what("s.suite:3: host:4K: broken");
	check_remedy("replace it; what was measured is in out.csv.partial");
	assert_string_equal(calls, "fake good host:4K\nfake fail host:4K\n");
	assert_string_equal(get("out.csv"), "old\n");
	assert_int_equal(count_lines("out.csv.partial"), 2);
	check_file("stdout", "fake");
}

static void test_nothing_measured(void **state)
{
	put("out.csv", "old\n");
	put("s.suite", "fake fail host:4K\nfake good host:4K\n");
	assert_int_equal(bench("run s --output out.csv --csv"), EXIT_FAILED);
	check_remedy("replace it; nothing was written");
	assert_string_equal(get("out.csv"), "old\n");
	assert_int_equal(access("out.csv.partial", F_OK), -1);
	assert_string_equal(get("stdout"), "");
}

static void test_partial_is_marked(void **state)
{
	if (!render_supported(FORMAT_JSON))
		return;
	put("s.suite", "fake good host:4K\nfake half-failed\n");
	/* Never appended to whole runs, and in place of an older partial one. */
	put("out.jsonl.partial", "old\n");
	assert_int_equal(bench("run s --output out.jsonl --append"), EXIT_FAILED);
	assert_int_equal(access("out.jsonl", F_OK), -1);
	/* The environment, and the cell of the first line and that of the second. */
	assert_int_equal(count_lines("out.jsonl.partial"), 3);
	check_file("out.jsonl.partial", "\"partial\":\"");
	check_file("out.jsonl.partial", "s.suite:2: host:4K: broken\",\"records\":\"2\"");
	/* To a pipe or standard output it goes with the mark; CSV has none. */
	assert_int_equal(bench("run s --json"), EXIT_FAILED);
	check_file("stdout", "\"partial\":");
	assert_int_equal(bench("run s --csv"), EXIT_FAILED);
	assert_string_equal(get("stdout"), "");
}

/* A signal held back ends the run before the next line. */
static void test_interrupted(void **state)
{
	sigset_t old;

	put("s.suite", "fake signal\nfake good host:4K\n");
	interrupt_hold(&old);
	assert_int_equal(bench("run s --csv --output out.csv"), EXIT_FAILED);
	check_what("s.suite:2: interrupted: ");
	check_remedy("what was measured is in out.csv.partial");
	assert_string_equal(calls, "fake signal\n");
	signal(SIGTERM, SIG_IGN); /* forgets the one that is pending */
	interrupt_release(&old);
	signal(SIGTERM, SIG_DFL);
}

static void test_nothing_runs_when_a_line_is_wrong(void **state)
{
	static const struct {
		const char *suite, *what;
	} bad[] = {
		{ "fake\nfaek host:4K\n", "s.suite:2: 'faek' is no command" },
		{ "fake\nmute\n", "s.suite:2: 'mute' does not measure" },
		{ "fake\nfake good @bar\n", "s.suite:2: @bar has no buffer" },
		{ "fake\nfake \"\n", "s.suite:2: a double quote is not closed" },
		{ "fake\nfake usage host:4K\n", "s.suite:2: option '--x': wrong" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		put("s.suite", bad[i].suite);
		assert_int_equal(bench("run s --output out.csv"), EXIT_USAGE);
		check_what(bad[i].what);
		assert_null(strstr(reported.remedy, "nothing was written"));
		assert_string_equal(calls, "");
		assert_int_equal(access("out.csv", F_OK), -1);
	}
}

static void test_usage(void **state)
{
	static const struct {
		const char *arguments, *what, *remedy;
	} bad[] = {
		{ "run", "no suite given", "--list" },
		{ "run s t", "'t': one suite too many", "one suite" },
		{ "run absent", "absent: no such suite in /tmp/", "known there: s;" },
		{ "run s --repeat 0", "--repeat '0'", "from 1" },
		{ "run s --repeat 5x", "--repeat '5x'", "from 1" },
		{ "run s --buffer host:4K", "--buffer 'host:4K'", "NAME=SPEC" },
		{ "run s --buffer bar=host:4K", "has no @bar", "@" },
		{ "run s --json --csv", "--json and --csv", "choose one" },
		{ "run s --append", "--append", "--output" },
		{ "run s --output . --csv", ".: is a directory", "name of a file" },
		{ "walk", "bench walk: no such sub-command", "bench --help" },
	};
	size_t i;

	put("s.suite", "fake\n");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(bench(bad[i].arguments), EXIT_USAGE);
		check_what(bad[i].what);
		check_remedy(bad[i].remedy);
		assert_string_equal(calls, "");
	}
	assert_int_equal(bench("run s --output absent/out --csv"), EXIT_FAILED);
	check_what("absent/out: ");
	check_remedy("create its directory");
	assert_string_equal(calls, "");
}

static void test_gated(void **state)
{
	put("s.suite", "gated fake.cell\nfake\n");
	assert_int_equal(bench("run s --csv"), 0);
	assert_null(strstr(get("stdout"), "gated"));
	put("s.suite", "gated fake.other\nfake\n");
	assert_int_equal(bench("run s --csv"), 0);
	assert_non_null(strstr(get("stdout"), ",gated=no,"));
}

/* Every cell of a run is there once. */
static void test_cell_measured_again(void **state)
{
	const char *text;

	put("s.suite", "fake\nfake\nfake skip host:4K\nfake\n");
	assert_int_equal(bench("run s --csv"), 0);
	text = get("stdout");
	assert_non_null(strstr(text, ",cpu,,hardware,"));
	assert_non_null(strstr(text, ",cpu,again=2,hardware,"));
	assert_non_null(strstr(text, ",cpu,again=3,hardware,"));
	assert_null(strstr(text, "again=4"));
}

static void test_append_csv(void **state)
{
	put("s.suite", "fake\n");
	assert_int_equal(bench("run s --csv --output out.csv --append"), EXIT_OK);
	assert_int_equal(bench("run s --csv --output out.csv --append"), EXIT_OK);
	assert_int_equal(count_lines("out.csv"), 3);
	put("out.csv", "some,other,columns\n");
	assert_int_equal(bench("run s --csv --output out.csv --append"), EXIT_USAGE);
	check_what("out.csv: does not hold CSV records of schema p2p-tool/1");
	assert_string_equal(get("out.csv"), "some,other,columns\n");
	put("out.csv", "schema");
	assert_int_equal(bench("run s --csv --output out.csv --append"), EXIT_USAGE);
	check_what("does not end in a newline");
	put("out.csv", "");
	assert_int_equal(bench("run s --csv --output out.csv --append"), EXIT_OK);
	assert_int_equal(count_lines("out.csv"), 2);
}

static void test_append_json(void **state)
{
#ifdef HAVE_JSON
	put("s.suite", "fake\n");
	assert_int_equal(bench("run s --output out --append"), EXIT_OK);
	assert_int_equal(bench("run s --output out --append"), EXIT_OK);
	/* Each run has its own environment. */
	assert_int_equal(count_lines("out"), 4);
	assert_int_equal(bench("run s --csv --output out --append"), EXIT_USAGE);
	assert_int_equal(count_lines("out"), 4);
	assert_int_equal(bench("run s --json"), EXIT_OK);
	assert_int_equal(count_lines("stdout"), 2);
#else
	put("s.suite", "fake\n");
	assert_int_equal(bench("run s --output out"), EXIT_SKIP);
	check_what("JSON is not built in");
	assert_string_equal(calls, "");
#endif
}

static void test_environment_is_read_first(void **state)
{
	put("s.suite", "fake\n");
	setenv("P2P_TOOL_ENVIRONMENT", "./absent", 1);
	assert_int_equal(bench("run s --csv"), EXIT_USAGE);
	check_what("./absent: No such file");
	assert_string_equal(calls, "");
	unsetenv("P2P_TOOL_ENVIRONMENT");
}

static void test_table_survives_a_full_disk(void **state)
{
	put("s.suite", "fake\n");
	assert_int_equal(bench("run s --csv --output /dev/full"), EXIT_FAILED);
	check_what("/dev/full: No space left on device");
	check_file("stdout", "15 ns");
}

static void test_list(void **state)
{
	assert_int_equal(bench("run --list"), EXIT_USAGE);
	check_what("no suites there");
	put("s.suite", "about A suite for tests\nbuffer x host:4K\nfake good @bar\nfake good @x\n");
	put("broken.suite", "\"\n");
	assert_int_equal(bench("run --list"), EXIT_OK);
	check_file("stdout", "A suite for tests");
	check_file("stdout", "cannot be run: ");
	assert_int_equal(bench("run --list s"), EXIT_OK);
	assert_string_equal(get("stdout"),
			    "A suite for tests\n  fake good @bar\n  fake good host:4K\n");
	assert_int_equal(bench("run --list s --buffer bar=host:8K --repeat 2"), EXIT_OK);
	assert_string_equal(get("stdout"), "A suite for tests\n"
					   "  fake good host:8K --repeat 2\n"
					   "  fake good host:4K --repeat 2\n");
	assert_string_equal(calls, "");
	assert_int_equal(bench("run --list absent"), EXIT_USAGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_run),
		TEST(test_to_stdout),
		TEST(test_options_for_every_line),
		TEST(test_skipped_line),
		TEST(test_all_skipped),
		TEST(test_failed_verification),
		TEST(test_failure_leaves_the_file),
		TEST(test_nothing_measured),
		TEST(test_partial_is_marked),
		TEST(test_interrupted),
		TEST(test_nothing_runs_when_a_line_is_wrong),
		TEST(test_usage),
		TEST(test_gated),
		TEST(test_cell_measured_again),
		TEST(test_append_csv),
		TEST(test_append_json),
		TEST(test_environment_is_read_first),
		TEST(test_table_survives_a_full_disk),
		TEST(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
