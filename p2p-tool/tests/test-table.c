// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/table.h"
#include "unit.h"

enum { NAME, COUNT, SHORT, LONG, PART, SIZE, GOOD, NCOLUMNS };

static const struct column columns[] = {
	[NAME] = { "name", COLUMN_TEXT },
	[COUNT] = { "count", COLUMN_NUMBER },
	[SHORT] = { "short", COLUMN_TEXT, PLACE_TABLE },
	[LONG] = { "long", COLUMN_TEXT, PLACE_DATA },
	[PART] = { "part", COLUMN_NUMBER, PLACE_ALL, "parts" },
	[SIZE] = { "size", COLUMN_SIZE, PLACE_ALL, "parts" },
	[GOOD] = { "good", COLUMN_BOOL, PLACE_ALL, "parts" },
};

static int add_part(struct table *t, const char *name, int part, const char *size, const char *good)
{
	int row = table_add_row(t);

	assert_true(row >= 0);
	assert_int_equal(table_set(t, row, NAME, "%s", name), 0);
	table_set(t, row, COUNT, "%d", 7);
	table_set(t, row, SHORT, "s");
	table_set(t, row, LONG, "a long text");
	table_set(t, row, PART, "%d", part);
	table_set(t, row, SIZE, "%s", size);
	table_set(t, row, GOOD, "%s", good);
	return row;
}

/* Two objects, the first with two parts, the second without any. */
static struct table *sample(void)
{
	struct table *t = table_new("things", columns, NCOLUMNS);
	int row;

	assert_non_null(t);
	add_part(t, "one", 0, "67108864", "yes");
	add_part(t, "one", 2, "4097", "no");
	row = table_add_row(t);
	table_set(t, row, NAME, "two, \"quoted\"");
	assert_int_equal(table_rows(t), 3);
	return t;
}

/*
 * Take out what a library's version decides: spaces at the ends of the lines
 * of an aligned table, spaces and line ends between the tokens of JSON.
 */
static void tidy(char *text, enum format format)
{
	bool quoted = false;
	char *to = text;

	for (; *text; text++) {
		if (format == FORMAT_JSON) {
			quoted ^= *text == '"' && text[-1] != '\\';
			if (!quoted && (*text == ' ' || *text == '\n'))
				continue;
		} else if (*text == '\n') {
			while (to[-1] == ' ')
				to--;
		}
		*to++ = *text;
	}
	*to = '\0';
}

static void expect(enum format format, struct table *const *tables, size_t n, const char *want)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(table_render(out, format, tables, n), 0);
	fclose(out);
	if (format != FORMAT_CSV)
		tidy(text, format);
	assert_string_equal(text, want);
	free(text);
}

static void test_csv(void **state)
{
	struct table *t = sample();

	expect(FORMAT_CSV, &t, 1,
	       "name,count,long,part,size,good\n"
	       "one,7,a long text,0,67108864,yes\n"
	       "one,7,a long text,2,4097,no\n"
	       "\"two, \"\"quoted\"\"\",,,,,\n");
	table_free(t);
}

static void test_csv_quotes_line_ends(void **state)
{
	struct table *t = table_new("t", columns, 1);

	table_set(t, table_add_row(t), 0, "a\nb");
	table_set(t, table_add_row(t), 0, "plain");
	expect(FORMAT_CSV, &t, 1, "name\n\"a\nb\"\nplain\n");
	table_free(t);
}

static void test_several(void **state)
{
	struct table *t[3] = {
		table_new("a", columns, 1),
		table_new("empty", columns, 1),
		table_new("b", columns, 1),
	};
	size_t i;

	table_set(t[0], table_add_row(t[0]), 0, "x");
	table_set(t[2], table_add_row(t[2]), 0, "y");
	expect(FORMAT_CSV, t, 3, "name\nx\n\nname\ny\n");
	expect(FORMAT_TABLE, t, 3, "NAME\nx\n\nNAME\ny\n");
	for (i = 0; i < 3; i++)
		table_free(t[i]);
}

static void test_aligned(void **state)
{
	struct table *t = sample();

#ifdef HAVE_TABLES
	expect(FORMAT_TABLE, &t, 1,
	       "NAME          COUNT SHORT PART SIZE GOOD\n"
	       "one               7 s        0  64M yes\n"
	       "                             2 4097 no\n"
	       "two, \"quoted\"\n");
#else
	expect(FORMAT_TABLE, &t, 1,
	       "NAME\tCOUNT\tSHORT\tPART\tSIZE\tGOOD\n"
	       "one\t7\ts\t0\t64M\tyes\n"
	       "\t\t\t2\t4097\tno\n"
	       "two, \"quoted\"\t\t\t\t\t\n");
#endif
	table_free(t);
}

static void test_json(void **state)
{
	struct table *t = sample();

#ifdef HAVE_JSON
	expect(FORMAT_JSON, &t, 1,
	       "{\"things\":["
	       "{\"name\":\"one\",\"count\":7,\"long\":\"a long text\",\"parts\":["
	       "{\"part\":0,\"size\":67108864,\"good\":true},"
	       "{\"part\":2,\"size\":4097,\"good\":false}]},"
	       "{\"name\":\"two, \\\"quoted\\\"\",\"count\":null,\"long\":null,\"parts\":[]}"
	       "]}");
#else
	assert_int_equal(table_render(stdout, FORMAT_JSON, &t, 1), -ENOTSUP);
#endif
	table_free(t);
}

static void test_json_numbers(void **state)
{
#ifdef HAVE_JSON
	static const struct column number = { "n", COLUMN_NUMBER };
	static const struct {
		const char *text, *json;
	} numbers[] = {
		{ "0", "0" },
		{ "-5", "-5" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "1.50", "1.50" },
		{ "2.5e9", "2.5e9" },
		{ "nan", "null" },
		{ "-inf", "null" },
		{ "", "null" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct table *t = table_new("t", &number, 1);
		char want[128];

		table_set(t, table_add_row(t), 0, "%s", numbers[i].text);
		snprintf(want, sizeof(want), "{\"t\":[{\"n\":%s}]}", numbers[i].json);
		expect(FORMAT_JSON, &t, 1, want);
		table_free(t);
	}
#else
	skip();
#endif
}

static void test_full_disk(void **state)
{
	struct table *t = sample();
	FILE *full = fopen("/dev/full", "w");

	if (!full) {
		table_free(t);
		skip();
	}
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(table_render(full, FORMAT_CSV, &t, 1), -EIO);
	fclose(full);
	table_free(t);
}

static void test_set_twice(void **state)
{
	struct table *t = table_new("t", columns, 1);
	int row = table_add_row(t);

	table_set(t, row, 0, "first");
	table_set(t, row, 0, "second");
	expect(FORMAT_CSV, &t, 1, "name\nsecond\n");
	table_free(t);
	table_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),	  cmocka_unit_test(test_csv_quotes_line_ends),
		cmocka_unit_test(test_several),	  cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_json),	  cmocka_unit_test(test_json_numbers),
		cmocka_unit_test(test_full_disk), cmocka_unit_test(test_set_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
