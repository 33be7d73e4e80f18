// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_JSON
#include <json-c/json.h>
#endif

#include "core/render-private.h"
#include "unit.h"

static struct record *add(struct record_set *set, const char *measurement, const char *buffer,
			  enum unit unit, const uint64_t *values, size_t n)
{
	struct record *r = record_new(measurement, buffer, "cpu", unit, MEDIUM_HARDWARE);
	struct samples s;
	size_t i;

	assert_non_null(r);
	assert_int_equal(record_set_add(set, r), 0);
	if (!n)
		return r;
	assert_int_equal(samples_init(&s, n), 0);
	for (i = 0; i < n; i++)
		samples_add(&s, values[i]);
	assert_int_equal(record_set_samples(r, &s), 0);
	samples_free(&s);
	return r;
}

static void skip_record(struct record_set *set, const char *measurement, const char *buffer,
			const char *reason)
{
	struct record *r = add(set, measurement, buffer, UNIT_NS, NULL, 0);

	r->skipped = strdup(reason);
	assert_non_null(r->skipped);
}

/* The text of all records, to be freed. */
static char *render(enum format format, const struct record_set *set)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(render_records(f, format, set), 0);
	fclose(f);
	return text;
}

static void check_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void check_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

static void test_number_text(void **state)
{
	static const struct {
		double value;
		const char *text;
	} numbers[] = {
		{ 0, "0" },
		{ 20, "20" },
		{ 1e15, "1000000000000000" },
		{ 18446744073709551615.0, "18446744073709551616" },
		{ 23.2, "23.2" },
		{ 0.1, "0.1" },
		{ 1e-9, "1e-09" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ -2.5, "-2.5" },
	};
	char buf[NUMBER_STRLEN];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_string_equal(number_text(numbers[i].value, buf), numbers[i].text);
		assert_true(strtod(buf, NULL) == numbers[i].value);
	}
	assert_null(number_text(NAN, buf));
	assert_null(number_text(INFINITY, buf));
}

static void test_number_human(void **state)
{
	static const struct {
		double value;
		enum unit unit;
		const char *text;
	} numbers[] = {
		{ 0, UNIT_NS, "0 ns" },
		{ 999, UNIT_NS, "999 ns" },
		{ 7.5, UNIT_NS, "7.50 ns" },
		{ 999.6, UNIT_NS, "1.00 us" },
		{ 1000, UNIT_NS, "1.00 us" },
		{ 9994, UNIT_NS, "9.99 us" },
		{ 9996, UNIT_NS, "10.0 us" },
		{ 123456, UNIT_NS, "123 us" },
		{ 999499, UNIT_NS, "999 us" },
		{ 999500, UNIT_NS, "1.00 ms" },
		{ 5e9, UNIT_NS, "5.00 s" },
		{ 5e13, UNIT_NS, "50000 s" },
		{ 512, UNIT_BYTES_PER_S, "512 B/s" },
		{ 14.4e9, UNIT_BYTES_PER_S, "14.4 GB/s" },
		{ 3e15, UNIT_BYTES_PER_S, "3000 TB/s" },
		{ 0, UNIT_INSN, "0" },
		{ 999, UNIT_INSN, "999" },
		{ 1000, UNIT_INSN, "1,000" },
		{ 1234567, UNIT_INSN, "1,234,567" },
		{ 12345.5, UNIT_INSN, "12,345.5" },
		{ 18446744073709551615.0, UNIT_INSN, "18,446,744,073,709,551,616" },
		{ NAN, UNIT_NS, "?" },
	};
	char buf[NUMBER_STRLEN];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_string_equal(number_human(numbers[i].value, numbers[i].unit, buf),
				    numbers[i].text);
}

static const uint64_t four[] = { 300, 100, 200, 100 };

static void test_csv(void **state)
{
	struct record_set set = { 0 };
	struct record *r;
	char *text;

	r = add(&set, "map.mmap", "host:4K", UNIT_NS, four, 4);
	record_param(r, "via", "device");
	record_param(r, "align", "2M");
	record_observe(r, "faults", "4");
	record_observe(r, "clock_overhead", "20 ns");
	r->page_order = 9;
	strcpy(r->memattr, "WB");
	r = add(&set, "copy.read", "host:4K", UNIT_BYTES_PER_S, four, 1);
	r->verification = VERIFY_OK;
	r->medium = MEDIUM_EMULATED;
	r->has_baseline = true;
	r->baseline_median = 1200;
	r->baseline_ratio = 0.25;
	skip_record(&set, "map.mmap", "heap:a,b:4K", "no \"heap\"\nhere");
	r = add(&set, "x", "host:4K", UNIT_NS, four, 1);
	r->has_baseline = true;
	r->baseline_ratio = NAN;

	text = render(FORMAT_CSV, &set);
	assert_string_equal(
		text,
		"p2p-tool/1,map.mmap,host:4K,cpu,via=device;align=2M,hardware,ns,4,100,150,300,300,"
		"300,175,95.74271077563381,9,WB,none,,,faults=4;clock_overhead=20 ns,\n"
		"p2p-tool/1,copy.read,host:4K,cpu,,emulated,B/s,1,300,300,300,300,300,300,0,,,ok,"
		"1200,0.25,,\n"
		"p2p-tool/1,map.mmap,\"heap:a,b:4K\",cpu,,hardware,ns,0,,,,,,,,,,none,,,,\"no "
		"\"\"heap\"\"\nhere\"\n"
		"p2p-tool/1,x,host:4K,cpu,,hardware,ns,1,300,300,300,300,300,300,0,,,none,0,,,\n");
	free(text);
	record_set_free(&set);
}

static void test_csv_header(void **state)
{
	struct environment env = { 0 };
	struct record_set set = { 0 };
	char *text = NULL, *line, *c;
	size_t size, in_header = 1, in_line = 1;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(render_begin(f, FORMAT_CSV, &env), 0);
	fclose(f);
	assert_true(render_can_append(FORMAT_CSV, text));
	assert_false(render_can_append(FORMAT_JSON, text));
	assert_false(render_can_append(FORMAT_CSV, "schema,other\n"));
	assert_false(render_can_append(FORMAT_TABLE, ""));
	add(&set, "x", "y", UNIT_NS, four, 4);
	line = render(FORMAT_CSV, &set);
	for (c = text; *c; c++)
		in_header += *c == ',';
	for (c = line; *c; c++)
		in_line += *c == ',';
	assert_int_equal(in_header, in_line);
	free(line);
	free(text);
	record_set_free(&set);
}

static void test_table(void **state)
{
	struct record_set set = { 0 };
	struct record *r;
	char *text;
	size_t i;

	for (i = 0; i < 2; i++) {
		r = add(&set, "map.mmap", i ? "host:1M" : "vfio:0000:01:00.0/2:64M", UNIT_NS, four,
			4);
		record_param(r, "via", "device");
		record_param(r, "align", i ? "0" : "2M");
		r->page_order = i ? 0 : 18;
		strcpy(r->memattr, "WC");
		r = add(&set, "map.munmap", i ? "host:1M" : "vfio:0000:01:00.0/2:64M", UNIT_INSN,
			four, 4);
		record_param(r, "via", "device");
		record_observe(r, "faults", i ? "256" : "32");
		record_observe(r, "clock_overhead", i ? "20 ns" : "21 ns");
		if (!i)
			record_observe(r, "page_orders", "0,9");
		r->page_order = i ? 0 : -1;
		strcpy(r->memattr, i ? "WB" : "UC-");
	}
	r = add(&set, "copy.read", "host:1M", UNIT_BYTES_PER_S, four, 4);
	r->medium = MEDIUM_EMULATED;
	r->verification = VERIFY_FAILED;
	r->has_baseline = true;
	r->baseline_ratio = 0.0123;
	text = render(FORMAT_TABLE, &set);
#ifdef HAVE_TABLES
	assert_string_equal(
		text,
		"\nmap: initiator cpu, via device, samples 4; numbers without unit are "
		"instructions\n"
		"MEASUREMENT BUFFER                  ALIGN    MIN MEDIAN    P99    MAX FAULTS  "
		"PAGE "
		"ATTR\n"
		"mmap        vfio:0000:01:00.0/2:64M    2M 100 ns 150 ns 300 ns 300 ns           "
		"1G "
		"WC\n"
		"            host:1M                     0 100 ns 150 ns 300 ns 300 ns           "
		"4K "
		"WC\n"
		"munmap      vfio:0000:01:00.0/2:64M          100    150    300    300     32 "
		"mixed "
		"UC-\n"
		"            host:1M                          100    150    300    300    256    "
		"4K "
		"WB\n"
		"\n"
		"copy: buffer host:1M, initiator cpu, samples 4\n"
		"MEASUREMENT     MIN  MEDIAN     P99     MAX VS HOST DATA\n"
		"read        100 B/s 150 B/s 300 B/s 300 B/s 0.0123x FAILED\n"
		"\n"
		"This machine is emulated: take the figures as ratios and regression signals,\n"
		"not as latencies or bandwidths of hardware.\n");
#else
	check_contains(text,
		       "\nmunmap\tvfio:0000:01:00.0/2:64M\t\t100\t150\t300\t300\t32\t2M\tUC-\n");
#endif
	free(text);
	record_set_free(&set);
}

static void test_table_skipped(void **state)
{
	struct record_set set = { 0 };
	char *text;

	skip_record(&set, "map.mmap", "heap:x:4K", "no such heap");
	skip_record(&set, "map.munmap", "heap:x:4K", "no such heap");
	skip_record(&set, "map.mmap", "heap:x:4K", "no such heap");
	skip_record(&set, "map.mmap", "heap:y:4K", "no such heap");
	skip_record(&set, "copy", "", "no copy");
	set.record[0]->medium = MEDIUM_EMULATED;
	text = render(FORMAT_TABLE, &set);
	assert_string_equal(text, "\nNot measured:\n"
				  "  no such heap\n"
				  "    map.mmap, map.munmap (heap:x:4K)\n"
				  "  no such heap\n"
				  "    map.mmap (heap:y:4K)\n"
				  "  no copy\n"
				  "    copy\n");
	free(text);
	record_set_free(&set);
}

/* Each text once for each buffer, below all else. */
static void test_table_notes(void **state)
{
	static const char *const buffers[] = { "host:1", "host:1", "host:2" };
	struct record_set set = { 0 };
	char *text, *where;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(buffers); i++) {
		struct record *r = add(&set, "drm.import", buffers[i], UNIT_NS, four, 4);

		assert_int_equal(record_observe(r, "warning", "mind the gap"), 0);
	}
	assert_int_equal(record_observe(set.record[0], "seen_by_rdma", "an error"), 0);
	text = render(FORMAT_TABLE, &set);
	assert_non_null(strstr(text, "\nSeen after the revoke:\n  host:1 by rdma: an error\n"));
	where = strstr(text, "\nWarnings:\n  host:1: mind the gap\n  host:2: mind the gap\n");
	assert_non_null(where);
	assert_null(strstr(where + 2, "\n\n"));
	free(text);
	record_set_free(&set);
}

static void test_table_long_names(void **state)
{
	static const char name[] = "heap:a-name-that-is-longer-than-any-heap-has-but-still-printed-"
				   "whole-even-where-lines-are-long:64M";
	struct record_set set = { 0 };
	char *text;

	add(&set, "map.mmap", name, UNIT_NS, four, 4);
	add(&set, "map.mmap", "host:1M", UNIT_NS, four, 3);
	text = render(FORMAT_TABLE, &set);
	check_contains(text, name);
	check_contains(text, "SAMPLES"); /* they differ, so it is a column */
	check_lacks(text, "instructions");
	check_lacks(text, "emulated");
	free(text);
	record_set_free(&set);
}

static void test_environment_line(void **state)
{
	struct param fields[] = { { "tool_version", "1.2" }, { "kernel_release", "7.3.4" } };
	struct environment env = { fields, 2 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(render_begin(f, FORMAT_TABLE, &env), 0);
	fclose(f);
	assert_string_equal(text, "p2p-tool 1.2, Linux 7.3.4\n");
	free(text);
}

static void test_write_error(void **state)
{
	struct record_set set = { 0 };
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	setbuf(full, NULL);
	add(&set, "map.mmap", "host:4K", UNIT_NS, four, 4);
	assert_int_equal(render_records(full, FORMAT_CSV, &set), -EIO);
	fclose(full);
	record_set_free(&set);
}

#ifdef HAVE_JSON
static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("there is no member '%s'", key);
	return value;
}

static void check_text(struct json_object *object, const char *key, const char *text)
{
	assert_string_equal(json_object_get_string(member(object, key)), text);
}

static struct json_object *parse_line(const char *text, const char **end)
{
	struct json_tokener *tok = json_tokener_new();
	const char *newline = strchr(text, '\n');
	struct json_object *object;

	assert_non_null(newline);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tok, text, (int)(newline - text));
	assert_non_null(object);
	json_tokener_free(tok);
	*end = newline + 1;
	return object;
}

static void test_json_record(void **state)
{
	struct record_set set = { 0 };
	struct json_object *o, *h;
	struct record *r;
	const char *rest;
	char *text;

	r = add(&set, "map.mmap", "host:4K", UNIT_INSN, four, 4);
	record_param(r, "via", "device");
	record_observe(r, "faults", "4096");
	r->page_order = 9;
	strcpy(r->memattr, "UC-");
	r->medium = MEDIUM_EMULATED;
	r->verification = VERIFY_OK;
	r->has_baseline = true;
	r->baseline_median = 600;
	r->baseline_ratio = 0.25;
	text = render(FORMAT_JSON, &set);
	assert_true(render_can_append(FORMAT_JSON, text));
	/* Integers look like integers. */
	check_contains(text, "\"count\":4,\"min\":100,\"median\":150,\"p99\":300,\"p99.9\":300,"
			     "\"max\":300,\"mean\":175,\"stdev\":95.742");

	o = parse_line(text, &rest);
	assert_string_equal(rest, "");
	check_text(o, "schema", "p2p-tool/1");
	check_text(o, "type", "record");
	check_text(o, "measurement", "map.mmap");
	check_text(o, "buffer", "host:4K");
	check_text(o, "initiator", "cpu");
	check_text(member(o, "params"), "via", "device");
	check_text(member(o, "observed"), "faults", "4096");
	check_text(o, "unit", "insn");
	check_text(o, "medium", "emulated");
	check_text(o, "memattr", "UC-");
	check_text(o, "verification", "ok");
	assert_int_equal(json_object_get_int(member(o, "page_order")), 9);
	assert_int_equal(json_object_get_int(member(member(o, "baseline"), "median")), 600);
	assert_true(json_object_get_double(member(member(o, "baseline"), "ratio")) == 0.25);
	assert_null(member(o, "skipped"));
	h = member(o, "histogram");
	assert_int_equal(json_object_array_length(h), 3);
	assert_string_equal(json_object_to_json_string_ext(h, JSON_C_TO_STRING_PLAIN),
			    "[[100,101,2],[200,201,1],[300,302,1]]");
	json_object_put(o);
	free(text);
	record_set_free(&set);
}

static void test_json_unknown_is_null(void **state)
{
	static const char *const nulls[] = {
		"min",	"median", "p99",	"p99.9",   "max",
		"mean", "stdev",  "page_order", "memattr", "baseline"
	};
	struct record_set set = { 0 };
	struct json_object *o;
	const char *rest;
	char *text;
	size_t i;

	skip_record(&set, "map.mmap", "host:4K", "no");
	add(&set, "x", "y", UNIT_NS, four, 1)->has_baseline = true;
	set.record[1]->baseline_median = NAN;
	set.record[1]->baseline_ratio = -INFINITY;
	text = render(FORMAT_JSON, &set);
	o = parse_line(text, &rest);
	for (i = 0; i < ARRAY_SIZE(nulls); i++)
		assert_null(member(o, nulls[i]));
	check_text(o, "skipped", "no");
	assert_int_equal(json_object_get_int(member(o, "count")), 0);
	assert_int_equal(json_object_array_length(member(o, "histogram")), 0);
	json_object_put(o);
	o = parse_line(rest, &rest);
	assert_null(member(member(o, "baseline"), "median"));
	assert_null(member(member(o, "baseline"), "ratio"));
	json_object_put(o);
	free(text);
	record_set_free(&set);
}

static void test_json_odd_texts(void **state)
{
	struct record_set set = { 0 };
	struct json_object *o;
	const char *rest;
	char *text;

	/* Valid: two, three, four bytes. Invalid: stray, cut, overlong, surrogate, too large. */
	add(&set, "\"\\\n\x01/", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", UNIT_NS, NULL, 0);
	add(&set, "\xff a\xc3", "\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xe0\x80\x80", UNIT_NS,
	    NULL, 0);
	text = render(FORMAT_JSON, &set);
	o = parse_line(text, &rest);
	check_text(o, "measurement", "\"\\\n\x01/");
	check_text(o, "buffer", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	json_object_put(o);
	o = parse_line(rest, &rest);
	check_text(o, "measurement", "? a?");
	check_text(o, "buffer", "?? ??? ???? ???");
	json_object_put(o);
	free(text);
	record_set_free(&set);
}

static void test_json_environment(void **state)
{
	struct param fields[] = { { "time", "now" }, { "base", "pinned" } };
	struct environment env = { fields, 2 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(render_begin(f, FORMAT_JSON, &env), 0);
	fclose(f);
	assert_string_equal(text, "{\"schema\":\"p2p-tool/1\",\"type\":\"environment\","
				  "\"time\":\"now\",\"base\":\"pinned\"}\n");
	assert_true(render_can_append(FORMAT_JSON, text));
	assert_false(render_can_append(FORMAT_JSON, "{\"schema\":\"p2p-tool/2\",\"type\":1}\n"));
	assert_true(render_supported(FORMAT_JSON));
	free(text);
}
#else
static void test_json_not_built_in(void **state)
{
	struct record_set set = { 0 };

	add(&set, "x", "y", UNIT_NS, four, 4);
	assert_false(render_supported(FORMAT_JSON));
	assert_int_equal(render_records(stdout, FORMAT_JSON, &set), -ENOTSUP);
	record_set_free(&set);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_text),
		cmocka_unit_test(test_number_human),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_header),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_skipped),
		cmocka_unit_test(test_table_notes),
		cmocka_unit_test(test_table_long_names),
		cmocka_unit_test(test_environment_line),
		cmocka_unit_test(test_write_error),
#ifdef HAVE_JSON
		cmocka_unit_test(test_json_record),
		cmocka_unit_test(test_json_unknown_is_null),
		cmocka_unit_test(test_json_odd_texts),
		cmocka_unit_test(test_json_environment),
#else
		cmocka_unit_test(test_json_not_built_in),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
