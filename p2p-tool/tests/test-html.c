// SPDX-License-Identifier: GPL-2.0-only
/* Whatever a text holds, it stays a text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/html.h"
#include "unit.h"

#define BAD "\xef\xbf\xbd"

static void assert_text(const char *text, const char *html)
{
	char *got;
	size_t size;
	FILE *f = open_memstream(&got, &size);

	assert_non_null(f);
	html_text(f, text);
	fclose(f);
	assert_string_equal(got, html);
	free(got);
}

static void test_escaping(void **state)
{
	assert_text("", "");
	assert_text("vfio:0000:03:00.0/2", "vfio:0000:03:00.0/2");
	assert_text("<script>alert('x')</script>",
		    "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
	assert_text("\" onload=\"x", "&quot; onload=&quot;x");
	assert_text("&lt;", "&amp;lt;");
	assert_text("a\nb", "a\nb");
	assert_text("a\x01\x1b[31m\x7f\tb", "a" BAD BAD "[31m" BAD BAD "b");
}

static void test_utf8(void **state)
{
	assert_text("\xc2\xb5s \xe2\x82\xac \xf0\x9f\x90\x8c",
		    "\xc2\xb5s \xe2\x82\xac \xf0\x9f\x90\x8c");
	/* Too long, cut off, alone, a surrogate, too large, C1. */
	assert_text("\xc0\xbc", BAD BAD);
	assert_text("\xe0\x80\xbc", BAD BAD BAD);
	assert_text("\xf0\x80\x80\xbc", BAD BAD BAD BAD);
	assert_text("\xe2\x82", BAD BAD);
	assert_text("\xe2<", BAD "&lt;");
	assert_text("\x80", BAD);
	assert_text("\xff", BAD);
	assert_text("\xed\xa0\x80", BAD BAD BAD);
	assert_text("\xf4\x90\x80\x80", BAD BAD BAD BAD);
	assert_text("\xc2\x85", BAD);
}

static void test_table(void **state)
{
	static const char *const columns[] = { "cell", ">value", NULL };
	struct html_row row;
	char *got;
	size_t size;
	FILE *f = open_memstream(&got, &size);

	assert_non_null(f);
	html_table_begin(f, "a & b", columns);
	html_row_begin(&row, f, columns);
	html_cell(&row, "<x>");
	html_cellf(&row, "%d", 5);
	html_row_end(&row);
	html_table_end(f);
	fclose(f);
	assert_non_null(strstr(got, "aria-label=\"a &amp; b\""));
	assert_non_null(strstr(got, "<th scope=\"col\" class=\"n\">value</th>"));
	assert_non_null(
		strstr(got, "<tr><th scope=\"row\">&lt;x&gt;</th><td class=\"n\">5</td></tr>"));
	free(got);
}

static void test_long_texts_are_cut(void **state)
{
	char *got, text[2 * HTML_PRINTF_MAX];
	size_t size;
	FILE *f = open_memstream(&got, &size);

	assert_non_null(f);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	html_printf(f, "%s", text);
	fclose(f);
	assert_int_equal(size, HTML_PRINTF_MAX - 1 + 3);
	assert_string_equal(got + size - 4, "x...");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_long_texts_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
