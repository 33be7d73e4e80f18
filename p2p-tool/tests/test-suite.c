// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/suite.h"
#include "unit.h"

static char dir[64];

static int setup(void **state)
{
	strcpy(dir, "/tmp/p2p-test-suite.XXXXXX");
	return !mkdtemp(dir) || chdir(dir) || setenv("P2P_TOOL_SUITES", dir, 1);
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") || system(command);
}

static void put(const char *path, const char *text, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void load(struct suite *s, const char *text)
{
	struct error err = { 0 };

	put("a.suite", text, strlen(text));
	if (suite_load("./a.suite", s, &err))
		fail_msg("not loaded: %s", err.what);
}

static void check_words(const struct suite_line *line, const char *const *words)
{
	int i;

	for (i = 0; words[i]; i++) {
		assert_true(i < line->argc);
		assert_string_equal(line->argv[i], words[i]);
	}
	assert_int_equal(line->argc, i);
	assert_null(line->argv[i]);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_format(void **state)
{
	struct suite s;

	load(&s, "# comment\n"
		 "   # one with \"an open quote\n"
		 "\n"
		 "about  A first look, # and all  \n"
		 "buffer bar\tvfio:0000:01:00.0/2\n"
		 "map @bar --via both\n"
		 "  copy\t@bar  --sizes \"4K 1M\" x\" \"y \"\" #no-comment\r\n"
		 "map last");
	assert_string_equal(s.path, "./a.suite");
	assert_string_equal(s.about, "A first look, # and all  ");
	assert_int_equal(s.nbuffers, 1);
	assert_string_equal(s.buffer[0].name, "bar");
	assert_string_equal(s.buffer[0].spec, "vfio:0000:01:00.0/2");
	assert_int_equal(s.nlines, 3);
	check_words(&s.line[0], WORDS("map", "@bar", "--via", "both"));
	check_words(&s.line[1],
		    WORDS("copy", "@bar", "--sizes", "4K 1M", "x y", "", "#no-comment"));
	check_words(&s.line[2], WORDS("map", "last"));
	assert_int_equal(s.line[0].number, 6);
	assert_int_equal(s.line[2].number, 8);
	suite_free(&s);
	suite_free(&s);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t size; /* 0: all of text */
		const char *message;
	} bad[] = {
		{ "", 0, "./a.suite: has no line to run" },
		{ "# only\nabout nothing\n", 0, "./a.suite: has no line to run" },
		{ "map a\nmap \"b\n", 0, "./a.suite:2: a double quote is not closed" },
		{ "map a\nmap \0b\n", 13, "./a.suite:2: not a text file" },
		{ "buffer bar\n", 0, "./a.suite:1: not the default of a buffer" },
		{ "buffer bar host:4K more\n", 0, "./a.suite:1: not the default of a buffer" },
		{ "buffer @bar host:4K\n", 0, "./a.suite:1: not the default of a buffer" },
		{ "buffer \"\" host:4K\n", 0, "./a.suite:1: not the default of a buffer" },
		{ "about a\nabout b\n", 0, "./a.suite:2: 'about' is there twice" },
	};
	struct suite s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err = { 0 };

		put("a.suite", bad[i].text, bad[i].size ? bad[i].size : strlen(bad[i].text));
		assert_int_equal(suite_load("./a.suite", &s, &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_string_equal(err.what, bad[i].message);
		assert_int_not_equal(err.remedy[0], '\0');
	}
}

static void test_bad_default(void **state)
{
	struct error err = { 0 };
	struct suite s;

	put("a.suite", "\nbuffer bar host:0\n", 19);
	assert_int_equal(suite_load("./a.suite", &s, &err), -EINVAL);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_int_equal(strncmp(err.what, "./a.suite:2: ", 13), 0);
	assert_non_null(strstr(err.what, "host:0"));
}

static void test_by_name(void **state)
{
	struct error err = { 0 };
	struct suite s;
	char **names;

	names = suite_names();
	assert_non_null(names);
	assert_null(names[0]);
	suite_names_free(names);
	assert_int_equal(suite_load("demo", &s, &err), -ENOENT);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_non_null(strstr(err.what, dir));
	assert_int_equal(strncmp(err.remedy, "known there: none;", 18), 0);

	put("map.suite", "map a\n", 6);
	put("a demo.suite", "map b\n", 6);
	put("suite.txt", "map b\n", 6);
	names = suite_names();
	assert_string_equal(names[0], "a demo");
	assert_string_equal(names[1], "map");
	assert_null(names[2]);
	suite_names_free(names);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(suite_load("map", &s, NULL), 0);
	check_words(&s.line[0], WORDS("map", "a"));
	suite_free(&s);

	error_clear(&err);
	assert_int_equal(suite_load("demo", &s, &err), -ENOENT);
	assert_int_equal(strncmp(err.remedy, "known there: a demo, map;", 25), 0);
}

static void test_by_path(void **state)
{
	struct error err = { 0 };
	struct suite s;

	assert_int_equal(suite_load("./absent", &s, &err), -ENOENT);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_string_equal(err.what, "./absent: No such file or directory");
	error_clear(&err);
	assert_int_equal(suite_load("./", &s, &err), -EISDIR);
	assert_int_equal(err.status, EXIT_USAGE);
}

static void test_substitution(void **state)
{
	struct error err = { 0 };
	struct suite s;

	load(&s, "buffer bar host:4K\nmap @bar --x=@bar\ncopy \"@nic\" @bar @nic2 a@bar\n");
	assert_int_equal(suite_set_buffer(&s, "bar=host:8K", NULL), 0);
	assert_int_equal(suite_set_buffer(&s, "nic=host:1M", NULL), 0);
	assert_int_equal(suite_set_buffer(&s, "nic=host:2M", NULL), 0); /* the last one counts */
	assert_int_equal(suite_substitute(&s, NULL), 0);
	check_words(&s.line[0], WORDS("map", "host:8K", "--x=@bar"));
	check_words(&s.line[1], WORDS("copy", "host:2M", "host:8K", "@nic2", "a@bar"));

	assert_int_equal(suite_check_buffers(&s, &err), -EINVAL);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_string_equal(err.what, "./a.suite:3: @nic2 has no buffer");
	assert_non_null(strstr(err.remedy, "--buffer nic2=SPEC"));
	suite_free(&s);

	load(&s, "buffer bar host:4K\nmap @bar\n");
	assert_int_equal(suite_substitute(&s, NULL), 0);
	assert_int_equal(suite_check_buffers(&s, NULL), 0);
	check_words(&s.line[0], WORDS("map", "host:4K"));
	suite_free(&s);
}

static void test_length(void **state)
{
	static const char *const wrong[] = { "map @bar:", "map @bar:0", "map @bar:x",
					     "map @bar:4Kx" };
	struct error err = { 0 };
	struct suite s;
	size_t i;

	load(&s, "map @bar:16M @bar @bar:128M @whole:16M\n");
	assert_int_equal(suite_set_buffer(&s, "bar=vfio:0000:03:00.0/2+1M:64M", NULL), 0);
	assert_int_equal(suite_substitute(&s, NULL), 0);
	check_words(&s.line[0],
		    WORDS("map", "vfio:0000:03:00.0/2+1M:16M", "vfio:0000:03:00.0/2+1M:64M",
			  "vfio:0000:03:00.0/2+1M:64M", "@whole:16M"));
	assert_int_equal(suite_check_buffers(&s, &err), -EINVAL);
	assert_string_equal(err.what, "./a.suite:1: @whole:16M has no buffer");
	assert_non_null(strstr(err.remedy, "--buffer whole=SPEC"));
	assert_int_equal(suite_set_buffer(&s, "whole=vfio:0000:03:00.0/2", NULL), 0);
	assert_int_equal(suite_substitute(&s, NULL), 0);
	assert_string_equal(s.line[0].argv[4], "vfio:0000:03:00.0/2:16M");
	suite_free(&s);

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		error_clear(&err);
		load(&s, wrong[i]);
		assert_int_equal(suite_set_buffer(&s, "bar=host:8K", NULL), 0);
		assert_int_equal(suite_substitute(&s, &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_non_null(strstr(err.what, "./a.suite:1: @bar:"));
		suite_free(&s);
	}
}

static void test_wrong_assignment(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "host:4K", "--buffer 'host:4K': not a name and a buffer" },
		{ "=host:4K", "--buffer '=host:4K': not a name and a buffer" },
		{ "", "--buffer '': not a name and a buffer" },
		{ "ba=host:4K", "--buffer 'ba=host:4K': ./a.suite has no @ba" },
		{ "@bar=host:4K", "--buffer '@bar=host:4K': ./a.suite has no @@bar" },
	};
	struct error err = { 0 };
	struct suite s;
	size_t i;

	load(&s, "map @bar\n");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		error_clear(&err);
		assert_int_equal(suite_set_buffer(&s, bad[i].text, &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_string_equal(err.what, bad[i].message);
	}
	error_clear(&err);
	assert_int_equal(suite_set_buffer(&s, "bar=hots:4K", &err), -EINVAL);
	assert_non_null(strstr(err.what, "hots:4K"));
	suite_free(&s);
}

static void test_words_and_text(void **state)
{
	struct suite s;
	char *text;

	load(&s, "map a\ncopy \"b  c\" \"\"\n");
	assert_int_equal(suite_add_word(&s, "--counted"), 0);
	check_words(&s.line[0], WORDS("map", "a", "--counted"));
	text = suite_line_text(&s.line[1]);
	assert_string_equal(text, "copy \"b  c\" \"\" --counted");
	free(text);
	suite_free(&s);
}

static void test_gated(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "map a\ngated\n", "./a.suite:2: no figure is named" },
		{ "map a\ngated map\n", "./a.suite:2: 'map' is no figure" },
		{ "map a\ngated map.mm*\n", "./a.suite:2: 'map.mm*' is no figure" },
		{ "map a\ngated .mmap\n", "./a.suite:2: '.mmap' is no figure" },
		{ "map a\ngated copy.write\n",
		  "./a.suite:2: gated copy.write, but no line with copy" },
		{ "map a\ngated map.*\ngated none\n", "./a.suite:3: 'none' beside others" },
		{ "map a\ngated none map.*\n", "./a.suite:2: 'none' beside others" },
	};
	struct suite s;
	size_t i;

	load(&s, "gated map.mmap copy.*\nmap a\ncopy a\nrdma a\n");
	assert_int_equal(s.nlines, 3);
	assert_true(suite_gates(&s, &s.line[0], "map.mmap"));
	assert_false(suite_gates(&s, &s.line[0], "map.mmap_more"));
	assert_true(suite_gates(&s, &s.line[0], "copy.write"));
	assert_false(suite_gates(&s, &s.line[0], "copying.write"));
	assert_false(suite_gates(&s, &s.line[0], "rdma.write"));
	suite_free(&s);
	load(&s, "map a\n");
	assert_true(suite_gates(&s, &s.line[0], "map.mmap"));
	suite_free(&s);
	load(&s, "gated none\nmap a\n");
	assert_false(suite_gates(&s, &s.line[0], "map.mmap"));
	suite_free(&s);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct error err = { 0 };

		put("a.suite", bad[i].text, strlen(bad[i].text));
		assert_int_equal(suite_load("./a.suite", &s, &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_string_equal(err.what, bad[i].message);
	}
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void test_include(void **state)
{
	static const struct {
		const char *text, *message;
	} bad[] = {
		{ "include\n", "./a.suite:1: no name of a suite" },
		{ "include ../one\n", "./a.suite:1: no name of a suite" },
		{ "include none\n", "./a.suite:1: ./none.suite is not there" },
		{ "include two\n", "./two.suite:1: an included suite includes another" },
		{ "include broken\n", "./broken.suite:2: a double quote is not closed" },
	};
	struct error err = { 0 };
	struct suite s;
	size_t i;

	put_text("one.suite", "about one\nbuffer x host:1K\ngated map.mmap\nmap @x\ncopy @bar\n");
	put_text("two.suite", "include one\n");
	put_text("broken.suite", "map a\nmap \"\n");
	load(&s, "about all\nbuffer x host:2K\nmap @x\ninclude one\nmap b\n");
	assert_string_equal(s.about, "all");
	assert_int_equal(s.nlines, 4);
	check_words(&s.line[3], WORDS("map", "b"));
	assert_string_equal(s.line[0].path, "./a.suite");
	assert_string_equal(s.line[1].path, "./one.suite");
	assert_int_equal(s.line[1].number, 4);
	/* Its own gates for each file; the outermost default of a buffer. */
	assert_true(suite_gates(&s, &s.line[0], "map.munmap"));
	assert_false(suite_gates(&s, &s.line[1], "map.munmap"));
	assert_int_equal(suite_set_buffer(&s, "bar=host:8K", NULL), 0);
	assert_int_equal(suite_substitute(&s, NULL), 0);
	check_words(&s.line[1], WORDS("map", "host:2K"));
	check_words(&s.line[2], WORDS("copy", "host:8K"));
	suite_free(&s);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		put_text("a.suite", bad[i].text);
		error_clear(&err);
		assert_int_not_equal(suite_load("./a.suite", &s, &err), 0);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_string_equal(err.what, bad[i].message);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_format),  TEST(test_refused),		 TEST(test_bad_default),
		TEST(test_by_name), TEST(test_by_path),		 TEST(test_substitution),
		TEST(test_length),  TEST(test_wrong_assignment), TEST(test_words_and_text),
		TEST(test_gated),   TEST(test_include),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
