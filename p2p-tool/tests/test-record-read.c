// SPDX-License-Identifier: GPL-2.0-only
/* What was written is read back the same; what was changed since is refused. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record-read.h"
#include "core/render-private.h"
#include "unit.h"

/* A record of n samples, 1000 and up by 10, with the parameter cell=NAME. */
static struct record *make_record(const char *cell, unsigned int n)
{
	struct record *r = record_new("map.mmap", "host:4K", "cpu", UNIT_NS, MEDIUM_EMULATED);
	struct samples s;
	unsigned int i;

	assert_non_null(r);
	assert_int_equal(record_param(r, "cell", "%s", cell), 0);
	assert_int_equal(record_observe(r, "odd", "a \"quote\": \\ : [1]"), 0);
	assert_int_equal(samples_init(&s, n), 0);
	for (i = 0; i < n; i++)
		samples_add(&s, 1000 + 10 * i);
	if (n)
		assert_int_equal(record_set_samples(r, &s), 0);
	else
		assert_non_null(r->skipped = strdup("no such thing here"));
	samples_free(&s);
	return r;
}

/* The text of a group of these records; to be freed. */
static char *write_group(const char *partial, size_t n, struct record **records)
{
	struct environment env = { 0 };
	struct record_set set = { records, n };
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	environment_add(&env, "kernel_release", "7.3.4");
	environment_add(&env, ENVIRONMENT_RECORDS, "%zu", n);
	if (partial)
		environment_add(&env, ENVIRONMENT_PARTIAL, "%s", partial);
	assert_int_equal(render_begin(f, FORMAT_JSON, &env), 0);
	assert_int_equal(render_records(f, FORMAT_JSON, &set), 0);
	fclose(f);
	environment_free(&env);
	return text;
}

/* Two measured cells and a skipped one. */
static char *write_three(const char *partial)
{
	struct record *records[] = { make_record("a", 20), make_record("b", 1),
				     make_record("c", 0) };
	char *text;
	size_t i;

	records[0]->page_order = 9;
	strcpy(records[0]->memattr, "UC-");
	records[0]->verification = VERIFY_OK;
	records[0]->has_baseline = true;
	records[0]->baseline_median = 800;
	records[0]->baseline_ratio = records[0]->summary.median / 800;
	text = write_group(partial, 3, records);
	for (i = 0; i < 3; i++)
		record_free(records[i]);
	return text;
}

static int read_text(const char *text, size_t len, struct record_file *f, struct error *err)
{
	FILE *in = fmemopen((void *)text, len, "r");
	int ret;

	assert_non_null(in);
	ret = record_file_read_stream(f, in, "r.jsonl", true, err);
	fclose(in);
	return ret;
}

/* The text is refused, and the message has this in it. */
static void assert_refused(const char *text, size_t len, const char *message)
{
	struct record_file f;
	struct error err = { 0 };

	assert_int_equal(read_text(text, len, &f, &err), -EINVAL);
	if (!strstr(err.what, message))
		fail_msg("'%s' instead of '%s'", err.what, message);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_true(err.remedy[0]);
	assert_int_equal(f.ngroups, 0);
	assert_null(f.path);
}

/* Refused with FROM, the nth occurrence of it counted from 0, replaced by TO. */
static void assert_edit_refused(const char *from, const char *to, const char *message)
{
	char *text = write_three(NULL), *found = strstr(text, from), *edited;

	assert_non_null(found);
	assert_true(asprintf(&edited, "%.*s%s%s", (int)(found - text), text, to,
			     found + strlen(from)) > 0);
	assert_refused(edited, strlen(edited), message);
	free(edited);
	free(text);
}

static void test_round_trip(void **state)
{
	char *first = write_three(NULL), *second = write_three("SIGINT"), *both, *again;
	struct record_file f;
	struct error err = { 0 };
	const struct record *r;

	assert_true(asprintf(&both, "%s%s", first, second) > 0);
	assert_int_equal(read_text(both, strlen(both), &f, &err), 0);
	assert_string_equal(f.path, "r.jsonl");
	assert_int_equal(f.ngroups, 2);
	assert_int_equal(f.group[0].line, 1);
	assert_int_equal(f.group[1].line, 5);
	assert_int_equal(f.group[1].record_line[2], 8);
	assert_null(record_group_partial(&f.group[0]));
	assert_string_equal(record_group_partial(&f.group[1]), "SIGINT");
	assert_string_equal(environment_get(&f.group[0].env, "kernel_release"), "7.3.4");
	assert_null(environment_get(&f.group[0].env, "schema"));
	assert_true(f.group[0].digest != f.group[1].digest);
	assert_int_equal(f.group[0].records.count, 3);
	r = f.group[0].records.record[0];
	assert_string_equal(r->measurement, "map.mmap");
	assert_string_equal(record_get_param(r, "cell"), "a");
	assert_string_equal(record_get_observed(r, "odd"), "a \"quote\": \\ : [1]");
	assert_int_equal(r->page_order, 9);
	assert_string_equal(r->memattr, "UC-");
	assert_int_equal(r->verification, VERIFY_OK);
	assert_int_equal(r->hist->total, 20);
	assert_null(f.group[0].records.record[2]->hist);
	assert_string_equal(f.group[0].records.record[2]->skipped, "no such thing here");
	/* Written again it is the same text. */
	again = write_group(NULL, 3, f.group[0].records.record);
	assert_string_equal(again, first);
	record_file_free(&f);
	free(first);
	free(second);
	free(both);
	free(again);
}

static void test_truncated(void **state)
{
	char *text = write_three(NULL);
	size_t len = strlen(text), i;

	/* Wherever it is cut off. */
	for (i = 0; i < len; i++) {
		struct record_file f;
		struct error err = { 0 };

		if (!i)
			continue; /* fmemopen() has no empty files */
		assert_int_equal(read_text(text, i, &f, &err), -EINVAL);
		assert_non_null(strstr(err.what, "r.jsonl:"));
	}
	assert_refused(text, len - 1, "r.jsonl:4: the line is cut off");
	assert_refused(text, (size_t)(strchr(text, '\n') - text) + 1,
		       "r.jsonl:1: 3 records should follow, there are 0");
	free(text);
}

static void test_not_records(void **state)
{
	char *text = write_three(NULL), *record = strchr(text, '\n') + 1;

	assert_refused("\n", 1, "r.jsonl:1: ");
	assert_refused("{}\n", 3, "r.jsonl:1: the member 'schema' is missing");
	assert_refused("[]\n", 3, "r.jsonl:1: not one JSON object");
	assert_refused("{} {}\n", 6, "r.jsonl:1: not ");
	assert_refused("a,b\n", 4, "r.jsonl:1: not JSON");
	assert_refused("{\"a\0\":1}\n", 9, "r.jsonl:1: not a line of JSON");
	assert_refused("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}\n", 44,
		       "r.jsonl:1: not JSON");
	assert_refused(record, strlen(record), "r.jsonl:1: a record without an environment");
	free(text);
}

static void test_versions(void **state)
{
	assert_edit_refused("p2p-tool/1", "p2p-tool/2", "r.jsonl:1: schema 'p2p-tool/2'");
	assert_edit_refused("}\n{\"schema\":\"p2p-tool/1\"", "}\n{\"schema\":\"p2p-tool/9\"",
			    "r.jsonl:2: schema 'p2p-tool/9'");
	assert_edit_refused("\"environment\"", "\"summary\"", "r.jsonl:1: 'type' is neither");
	assert_edit_refused("\"type\":\"environment\",", "", "r.jsonl:1: 'type' is neither");
}

static void test_duplicates(void **state)
{
	struct record *records[] = { make_record("a", 3), make_record("b", 3),
				     make_record("a", 3) };
	char *text = write_group(NULL, 3, records);
	size_t i;

	assert_refused(text, strlen(text), "r.jsonl:4: the cell of line 2 again");
	for (i = 0; i < 3; i++)
		record_free(records[i]);
	free(text);
	assert_edit_refused(
		"\"unit\":", "\"unit\":\"ns\",\"unit\":", "r.jsonl:2: a member is there twice");
	assert_edit_refused("\"kernel_release\":", "\"records\":\"3\",\"kernel_release\":",
			    "r.jsonl:1: a member is there twice");
	assert_edit_refused("\"records\":\"3\"", "\"records\":\"4\"",
			    "r.jsonl:1: 4 records should");
	assert_edit_refused("\"records\":\"3\"", "\"recordz\":\"3\"", "r.jsonl:1: the environment");
}

/* What somebody may have typed over what was measured. */
static void test_edited(void **state)
{
	static const struct {
		const char *from, *to, *message;
	} edits[] = {
		{ "\"min\":1000", "\"min\":900", "'min' and 'histogram' do not agree" },
		{ "\"max\":1190", "\"max\":1199", "'max' and 'histogram' do not agree" },
		{ "\"median\":1095", "\"median\":1050", "'median' and 'histogram' do not agree" },
		{ "\"median\":1095", "\"median\":1195", "not in order" },
		{ "\"p99\":1190", "\"p99\":1170", "'p99' and 'histogram' do not agree" },
		{ "\"mean\":1095", "\"mean\":995", "'mean' is not between" },
		{ "\"stdev\":", "\"stdev\":1", "'stdev' is larger" },
		{ "\"count\":20", "\"count\":19", "'count' and 'histogram' do not agree" },
		{ "\"count\":20", "\"count\":0", "no samples, but 'min'" },
		{ "\"count\":20", "\"count\":20.5", "'count' is not a whole number" },
		{ "\"count\":20", "\"count\":-1", "'count' is out of range" },
		{ "\"count\":20", "\"count\":99999999999999999999", "'count' is out of range" },
		{ "\"min\":1000", "\"min\":NaN", "'min' is no figure" },
		{ "\"min\":1000", "\"min\":nan", "not JSON" },
		{ "\"min\":1000", "\"min\":Infinity", "'min' is no figure" },
		{ "\"min\":1000", "\"min\":1e999", "'min' is no figure" },
		{ "\"min\":1000", "\"min\":-1000", "'min' is no figure" },
		{ "\"max\":1190", "\"max\":1e19", "'max' is no figure" },
		{ "\"min\":1000", "\"min\":null", "'min' is not a number" },
		{ "\"min\":1000", "\"min\":\"1000\"", "'min' is not a number" },
		{ "\"median\":800", "\"median\":801", "'baseline' and 'median' do not agree" },
		{ "\"median\":800", "\"median\":0", "'baseline' has nothing" },
		{ "\"page_order\":9", "\"page_order\":99", "'page_order' is out of range" },
		{ "\"UC-\"", "\"UNCACHED\"", "'memattr' is no memory type" },
		{ "\"verification\":\"ok\"", "\"verification\":\"fine\"", "cannot be 'fine'" },
		{ "\"unit\":\"ns\"", "\"unit\":\"ms\"", "'unit' cannot be 'ms'" },
		{ "\"medium\":\"emulated\"", "\"medium\":true", "'medium' is not a text" },
		{ "\"medium\":\"emulated\",", "", "the member 'medium' is missing" },
		{ "\"medium\":", "\"remark\":1,\"medium\":", "unknown member 'remark'" },
		{ "\"params\":{\"cell\":\"a\"}", "\"params\":[]", "'params' is not an object" },
		{ "\"cell\":\"a\"", "\"cell\":1", "'cell' of 'params' is not a text" },
		{ "[1000,1004,", "[1001,1004,", "a bucket that is none" },
		{ "[1000,1004,", "[1000,1004,1],[1000,1004,", "a bucket that is none" },
		{ "[1000,1004,1]", "[1000,1004]", "not a list of [lower" },
		{ "[1000,1004,1]", "[1000,1004,0]", "an impossible count" },
		{ "\"skipped\":null", "\"skipped\":\"why\"", "a skipped cell has samples" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(edits); i++)
		assert_edit_refused(edits[i].from, edits[i].to, edits[i].message);
	assert_edit_refused("\"7.3.4\"", "734", "r.jsonl:1: 'kernel_release' of the environment");
}

static void test_no_file(void **state)
{
	struct record_file f;
	struct error err = { 0 };

	assert_int_equal(record_file_read(&f, "/nonexistent/r.jsonl", false, &err), -ENOENT);
	assert_non_null(strstr(err.what, "/nonexistent/r.jsonl: No such file"));
	error_clear(&err);
	assert_int_equal(record_file_read(&f, "/", false, &err), -EISDIR);
	error_clear(&err);
	assert_int_equal(record_file_read(&f, "/dev/null", false, &err), -EINVAL);
	assert_string_equal(err.what, "/dev/null: is empty");
	record_file_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_not_records), cmocka_unit_test(test_versions),
		cmocka_unit_test(test_duplicates),  cmocka_unit_test(test_edited),
		cmocka_unit_test(test_no_file),
	};

	if (!render_supported(FORMAT_JSON))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
