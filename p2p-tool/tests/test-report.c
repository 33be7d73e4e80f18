// SPDX-License-Identifier: GPL-2.0-only
/* What a report says of files, and that nothing in them can harm whoever reads it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/render.h"
#include "core/report-private.h"
#include "unit.h"

#ifdef HAVE_JSON

#define MAX_FILES 40

struct files {
	char *path[MAX_FILES];
	size_t n;
};

/* A record of 20 samples around median, each another one. */
static struct record *make_record(const char *measurement, const char *buffer, enum unit unit,
				  double median)
{
	struct record *r = record_new(measurement, buffer, "cpu", unit, MEDIUM_EMULATED);
	struct samples s;
	int i;

	assert_non_null(r);
	assert_int_equal(samples_init(&s, 20), 0);
	for (i = -10; i < 10; i++)
		samples_add(&s, (uint64_t)(median * (1 + i / 1000.0)));
	assert_int_equal(record_set_samples(r, &s), 0);
	samples_free(&s);
	return r;
}

static struct record *with_param(struct record *r, const char *key, const char *value)
{
	assert_int_equal(record_param(r, key, "%s", value), 0);
	return r;
}

/* A file of one run with these records, which are freed. */
static void add_file(struct files *f, const char *time, const char *kernel, const char *partial,
		     size_t n, struct record **record)
{
	struct environment env = { 0 };
	struct record_set set = { record, n };
	char path[] = "/tmp/test-report.XXXXXX";
	FILE *out = fdopen(mkstemp(path), "w");
	size_t i;

	assert_non_null(out);
	assert_true(f->n < MAX_FILES);
	environment_add(&env, "time", "%s", time);
	environment_add(&env, "kernel_release", "%s", kernel);
	environment_add(&env, "base", "unpinned");
	environment_add(&env, ENVIRONMENT_RECORDS, "%zu", n);
	if (partial)
		environment_add(&env, ENVIRONMENT_PARTIAL, "%s", partial);
	assert_int_equal(render_begin(out, FORMAT_JSON, &env), 0);
	assert_int_equal(render_records(out, FORMAT_JSON, &set), 0);
	assert_int_equal(fclose(out), 0);
	environment_free(&env);
	for (i = 0; i < n; i++)
		record_free(record[i]);
	f->path[f->n++] = strdup(path);
}

static void remove_files(struct files *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		unlink(f->path[i]);
		free(f->path[i]);
	}
	*f = (struct files){ 0 };
}

/* The page of these files; those from second on are B. To be freed. */
static char *make_page(const struct files *f, size_t second)
{
	struct report report;
	struct error err = { 0 };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (report_read(&report, f->path, f->n, second, &err))
		fail_msg("%s", err.what);
	assert_int_equal(report_write(out, &report), 0);
	assert_int_equal(fclose(out), 0);
	report_free(&report);
	return text;
}

static void assert_has(const char *page, const char *text)
{
	if (!strstr(page, text))
		fail_msg("the page lacks '%s'", text);
}

static void assert_lacks(const char *page, const char *text)
{
	if (strstr(page, text))
		fail_msg("the page has '%s'", text);
}

/* Ends of elements match their beginnings, but for those that have none. */
static void assert_nested(const char *page)
{
	char *open[64];
	size_t depth = 0;
	const char *at;

	for (at = strchr(page, '<'); at; at = strchr(at + 1, '<')) {
		const char *end = strchr(at, '>');
		size_t n = strcspn(at + 1, " >/\n");

		assert_non_null(end);
		if (at[1] == '!' || end[-1] == '/' || !strncmp(at, "<meta", 5) ||
		    !strncmp(at, "<br", 3))
			continue;
		if (at[1] == '/') {
			n = (size_t)(end - at) - 2;
			assert_true(depth > 0);
			depth--;
			if (strlen(open[depth]) != n || strncmp(open[depth], at + 2, n))
				fail_msg("<%s> ends with %.*s", open[depth], (int)n + 3, at);
			free(open[depth]);
		} else {
			assert_true(depth < ARRAY_SIZE(open));
			open[depth++] = strndup(at + 1, n);
		}
	}
	assert_int_equal(depth, 0);
}

static void test_one_run(void **state)
{
	struct files f = { 0 };
	struct record *records[] = {
		with_param(make_record("copy.write", "host:1M", UNIT_BYTES_PER_S, 1e9), "size",
			   "64"),
		with_param(make_record("copy.write", "host:1M", UNIT_BYTES_PER_S, 2e9), "size",
			   "4K"),
		with_param(make_record("copy.write", "host:1M", UNIT_BYTES_PER_S, 3e9), "size",
			   "1M"),
		with_param(make_record("rdma.write", "host:1M", UNIT_BYTES_PER_S, 1e8), "qps", "1"),
		with_param(make_record("rdma.write", "host:1M", UNIT_BYTES_PER_S, 2e8), "qps", "2"),
		with_param(make_record("rdma.write", "host:1M", UNIT_BYTES_PER_S, 3e8), "qps", "4"),
		make_record("map.mmap", "vfio:0000:01:00.0/2:4K", UNIT_NS, 1000),
		make_record("map.mmap", "vfio:0000:01:00.0/2:64K", UNIT_NS, 2000),
		make_record("map.mmap", "vfio:0000:01:00.0/2:1M", UNIT_NS, 3000),
		record_new("map", "vfio:ffff:00:00.0/2", "", UNIT_NS, MEDIUM_EMULATED),
	};
	char *page, *again;

	records[0]->verification = VERIFY_FAILED;
	records[9]->skipped = strdup("no such function");
	add_file(&f, "2026-01-01T00:00:00Z", "7.3.4", NULL, ARRAY_SIZE(records), records);
	page = make_page(&f, 1);
	again = make_page(&f, 1);
	assert_string_equal(page, again);
	free(again);
	assert_nested(page);
	assert_has(page, "copy.write over size");
	assert_has(page, "rdma.write over qps");
	assert_has(page, "map.mmap over buffer length");
	assert_has(page, "emulated: not a bandwidth");
	assert_has(page, "never bandwidths");
	assert_has(page, "Not pinned.");
	assert_has(page, "Wrong data.");
	assert_has(page, "WRONG");
	assert_has(page, "no such function");
	assert_has(page, "9 cells measured, 1 not");
	assert_lacks(page, "id=\"history\"");
	assert_lacks(page, "id=\"compare\"");
	free(page);
	remove_files(&f);
}

/* Texts from files are texts; the page loads and runs nothing. */
static void test_hostile_texts(void **state)
{
	static const char evil[] = "<script>alert(1)</script>\"' onload=x <img src=//x.invalid>";
	struct files f = { 0 };
	struct record *records[] = {
		with_param(make_record(evil, evil, UNIT_NS, 1000), evil, "64"),
		with_param(make_record(evil, evil, UNIT_NS, 2000), evil, "128"),
		with_param(make_record(evil, evil, UNIT_NS, 3000), evil, "256"),
	};
	char *page;

	assert_int_equal(record_observe(records[0], "warning", "%s", evil), 0);
	add_file(&f, evil, evil, evil, 3, records);
	page = make_page(&f, 1);
	assert_nested(page);
	assert_lacks(page, "<script");
	assert_lacks(page, "<img");
	assert_lacks(page, "\"' onload");
	assert_has(page, "&lt;script&gt;alert(1)");
	/* Links only within the page. */
	assert_lacks(page, "http:");
	assert_lacks(page, "https:");
	assert_lacks(page, "url(");
	assert_lacks(page, "@import");
	assert_has(page, "default-src 'none'");
	free(page);
	remove_files(&f);
}

static void add_day(struct files *f, unsigned int day, double median, const char *kernel)
{
	struct record *record = make_record("map.mmap", "host:4K", UNIT_NS, median);
	char time[32];

	snprintf(time, sizeof(time), "2026-01-%02uT00:00:00Z", day);
	add_file(f, time, kernel, NULL, 1, &record);
}

static void test_history(void **state)
{
	struct files f = { 0 };
	char *page;
	unsigned int i;

	/* The newest first: the order is that of time. */
	for (i = 30; i >= 1; i--)
		add_day(&f, i, (i >= 20 ? 12000 : 10000) + i, i >= 20 ? "7.3.5" : "7.3.4");
	page = make_page(&f, f.n);
	assert_nested(page);
	assert_has(page, "Runs, in the order of their time");
	assert_has(page, "Changes of level");
	assert_has(page, "from run 20 on.");
	assert_has(page, "class=\"mark\"");
	assert_has(page, "<td>kernel_release</td>");
	assert_has(page, "worse");
	free(page);
	remove_files(&f);

	for (i = 1; i <= 30; i++)
		add_day(&f, i, 10000 + 10 * (i * 7 % 5), "7.3.4");
	page = make_page(&f, f.n);
	assert_has(page, "No level changed.");
	assert_lacks(page, "class=\"mark\"");
	free(page);
	remove_files(&f);
}

/* A partial run is named, and used for nothing while there are whole ones. */
static void test_partial(void **state)
{
	struct files f = { 0 };
	struct record *record = make_record("map.mmap", "host:4K", UNIT_NS, 77777);
	char *page;

	add_file(&f, "2026-01-09T00:00:00Z", "7.3.4", "SIGINT", 1, &record);
	page = make_page(&f, 1);
	assert_has(page, "Partial.");
	assert_has(page, "77.7 us");
	free(page);
	add_day(&f, 1, 1000, "7.3.4");
	page = make_page(&f, 2);
	assert_has(page, "Partial.");
	assert_has(page, "used for nothing");
	assert_lacks(page, "77.7 us");
	free(page);
	remove_files(&f);
}

static void test_compare(void **state)
{
	struct files f = { 0 };
	char *page;
	unsigned int i;

	for (i = 1; i <= 12; i++)
		add_day(&f, 2 * i, 10000 + i, "7.3.4");
	for (i = 1; i <= 12; i++)
		add_day(&f, 2 * i + 1, 13000 + i, "7.3.5");
	page = make_page(&f, 12);
	assert_nested(page);
	assert_has(page, "id=\"compare\"");
	assert_has(page, "regression: 1.");
	assert_has(page, "interval worse");
	assert_has(page, "kernel_release");
	assert_lacks(page, "id=\"history\"");
	free(page);
	remove_files(&f);
}

static void test_the_same_run_twice(void **state)
{
	struct files f = { 0 };
	struct report report;
	struct error err = { 0 };

	add_day(&f, 1, 1000, "7.3.4");
	f.path[f.n++] = strdup(f.path[0]);
	assert_int_equal(report_read(&report, f.path, 2, 2, &err), -EINVAL);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_non_null(strstr(err.what, "the same run as"));
	assert_null(report.file);
	remove_files(&f);
}

#endif

/* Relative luminance of "#rrggbb": WCAG 2.1. */
static double luminance(const char *colour)
{
	static const double weights[] = { 0.2126, 0.7152, 0.0722 };
	unsigned int rgb[3], i;
	double sum = 0;

	assert_int_equal(sscanf(colour, "#%2x%2x%2x", &rgb[0], &rgb[1], &rgb[2]), 3);
	for (i = 0; i < 3; i++) {
		double c = rgb[i] / 255.0;

		sum += weights[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(const char *a, const char *b)
{
	double x = luminance(a), y = luminance(b);

	return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}

static void test_contrast(void **state)
{
	const struct colour *bg = &report_colours[0], *shade = bg, *c;

	assert_true(fabs(contrast("#000000", "#ffffff") - 21) < 0.01);
	for (c = bg; c->name; c++)
		if (!strcmp(c->name, "shade"))
			shade = c;
	assert_ptr_not_equal(shade, bg);
	for (c = bg + 1; c->name; c++) {
		/* Notes and headings are on the shade. */
		const char *light[] = { bg->light, shade->light };
		const char *dark[] = { bg->dark, shade->dark };
		size_t i;

		for (i = 0; i < 2; i++) {
			if (contrast(c->light, light[i]) < c->contrast)
				fail_msg("%s on light: %.2f", c->name,
					 contrast(c->light, light[i]));
			if (contrast(c->dark, dark[i]) < c->contrast)
				fail_msg("%s on dark: %.2f", c->name, contrast(c->dark, dark[i]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_JSON
		cmocka_unit_test(test_one_run),	 cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_history),	 cmocka_unit_test(test_partial),
		cmocka_unit_test(test_compare),	 cmocka_unit_test(test_the_same_run_twice),
#endif
		cmocka_unit_test(test_contrast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
