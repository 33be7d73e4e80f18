// SPDX-License-Identifier: GPL-2.0-only
/* Axes that fit, ticks that can be told apart, charts that stay in their frame. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hist.h"
#include "core/svg.h"
#include "unit.h"

static void assert_quantity(double value, enum quantity q, int digits, const char *text)
{
	char buf[QUANTITY_STRLEN];

	assert_string_equal(quantity_text(value, q, digits, buf), text);
}

static void test_quantities(void **state)
{
	assert_quantity(0, QUANTITY_TIME, 3, "0 ns");
	assert_quantity(1000, QUANTITY_TIME, 3, "1 us");
	assert_quantity(999.96, QUANTITY_TIME, 3, "1 us");
	assert_quantity(1500000, QUANTITY_TIME, 2, "1.5 ms");
	assert_quantity(500000, QUANTITY_TIME, 1, "500 us");
	assert_quantity(2e10, QUANTITY_RATE, 3, "20 GB/s");
	assert_quantity(4225, QUANTITY_COUNT, 4, "4.225 k");
	assert_quantity(12, QUANTITY_COUNT, 3, "12");
	assert_quantity(65536, QUANTITY_BYTES, 3, "64K");
	assert_quantity(5, QUANTITY_PERCENT, 3, "+5 %");
	assert_quantity(-2.5, QUANTITY_PERCENT, 3, "-2.5 %");
	assert_quantity(1e15, QUANTITY_TIME, 3, "1e+06 s");
}

/* All texts of the ticks differ, they are on the axis, and there are some. */
static void assert_ticks(double min, double max, bool zero, bool doubling, size_t want)
{
	double tick[AXIS_TICKS];
	char texts[AXIS_TICKS][QUANTITY_STRLEN];
	struct axis a;
	size_t n, i, j;

	if (doubling)
		axis_fit_doubling(&a, min, max);
	else
		axis_fit(&a, min, max, zero);
	assert_true(a.low <= min && a.high >= max && a.low < a.high);
	n = axis_ticks(&a, want, tick);
	if (n < 2 && a.scale == SCALE_LINEAR)
		fail_msg("%g to %g has %zu ticks", min, max, n);
	assert_true(n <= want);
	for (i = 0; i < n; i++) {
		assert_true(tick[i] >= a.low * (1 - 1e-9) - 1e-9 && tick[i] <= a.high * (1 + 1e-9));
		quantity_text(tick[i], QUANTITY_TIME, axis_digits(&a, tick, n), texts[i]);
		for (j = 0; j < i; j++)
			if (!strcmp(texts[i], texts[j]))
				fail_msg("%g to %g has '%s' twice", min, max, texts[i]);
	}
}

static void test_ticks(void **state)
{
	static const double numbers[] = { 0, 1, 3, 7.5, 64, 999, 1000, 4225, 1e5, 123456, 1e9 };
	size_t i, j, want;

	for (want = 5; want <= 8; want++)
		for (i = 0; i < ARRAY_SIZE(numbers); i++)
			for (j = i; j < ARRAY_SIZE(numbers); j++) {
				assert_ticks(numbers[i], numbers[j], false, false, want);
				assert_ticks(numbers[i], numbers[j], true, false, want);
				assert_ticks(numbers[i], numbers[j], false, true, want);
				/* Narrow: a thousandth. */
				assert_ticks(numbers[i], numbers[i] * 1.001, false, false, want);
			}
}

static void test_scales(void **state)
{
	struct axis a;

	axis_fit(&a, 10, 1000, true);
	assert_int_equal(a.scale, SCALE_LOG10);
	axis_fit(&a, 10, 100, true);
	assert_int_equal(a.scale, SCALE_LINEAR);
	assert_true(a.low == 0);
	axis_fit(&a, 90, 100, false);
	assert_true(a.low > 80);
	axis_fit_doubling(&a, 4096, 1 << 20);
	assert_int_equal(a.scale, SCALE_LOG2);
	a = (struct axis){ SCALE_LOG2, 1, 16, 0, 100 };
	assert_true(fabs(axis_at(&a, 4) - 50) < 1e-9);
	a = (struct axis){ SCALE_LINEAR, 0, 10, 100, 0 };
	assert_true(fabs(axis_at(&a, 2) - 80) < 1e-9);
}

/* Every coordinate of ATTRIBUTE="..." in the text is from 0 to most. */
static void assert_within(const char *text, const char *attribute, double most)
{
	size_t found = 0;

	while ((text = strstr(text, attribute))) {
		double value = strtod(text + strlen(attribute), NULL);

		assert_true(value >= 0 && value <= most);
		text += strlen(attribute);
		found++;
	}
	assert_true(found);
}

static char *draw_chart(double y0, double y1)
{
	struct chart_point points[] = { { 64, y0 }, { 4096, y1 }, { 1 << 20, y0 } };
	struct chart_series series[] = { { (char *)"<one>", points, 3 },
					 { (char *)"two", points, 2 } };
	struct chart_mark mark = { 4096, "+5 %" };
	struct chart c = {
		.title = "<b>",
		.desc = "d\"",
		.x_label = "size",
		.y_label = "time",
		.x = QUANTITY_BYTES,
		.x_doubling = true,
		.series = series,
		.nseries = 2,
		.mark = &mark,
		.nmarks = 1,
	};
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	svg_chart(f, 7, &c);
	svg_legend(f, &c);
	fclose(f);
	return text;
}

static void test_chart(void **state)
{
	char *text = draw_chart(1000, 2000), *again = draw_chart(1000, 2000);
	size_t i;

	assert_string_equal(text, again);
	free(again);
	assert_non_null(strstr(text, "role=\"img\""));
	assert_non_null(strstr(text, "aria-labelledby=\"t7 d7\""));
	assert_non_null(strstr(text, "<title id=\"t7\">&lt;b&gt;</title>"));
	assert_non_null(strstr(text, "<desc id=\"d7\">d&quot;</desc>"));
	assert_non_null(strstr(text, ">64K<"));
	assert_non_null(strstr(text, "&lt;one&gt;</li>"));
	assert_null(strstr(text, "nan"));
	free(text);
	for (i = 0; i < 3; i++) {
		/* One value, zeroes, a wide range. */
		text = i == 0 ? draw_chart(5, 5) : i == 1 ? draw_chart(0, 0) : draw_chart(1, 1e12);
		assert_within(text, " x=\"", SVG_WIDTH);
		assert_within(text, " y=\"", 250);
		assert_within(text, "translate(", SVG_WIDTH);
		assert_null(strstr(text, "nan"));
		assert_null(strstr(text, "inf"));
		free(text);
	}
}

static void test_ridges(void **state)
{
	struct hist *h = hist_new();
	struct ridge ridge = { "row", h, 100, 150, 100000, 100000 };
	char *text, *bar;
	size_t size, bars = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(h);
	assert_non_null(f);
	hist_add(h, 100);
	hist_add(h, 150);
	hist_add(h, 100000);
	svg_ridges(f, 1, "t", "d", "time", QUANTITY_TIME, &ridge, 1);
	fclose(f);
	for (bar = text; (bar = strstr(bar, "class=\"bar\"")); bar++)
		bars++;
	assert_int_equal(bars, 3);
	assert_within(text, " x=\"", SVG_WIDTH);
	free(text);
	hist_free(h);
}

static void test_intervals_and_spark(void **state)
{
	static const struct interval intervals[] = {
		{ "a", 1, 5, 9, true, INTERVAL_WORSE },
		{ "b", 0, -30, 0, false, INTERVAL_BETTER },
	};
	static const double values[] = { 5, 5, 5 };
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	svg_intervals(f, 1, "t", "d", "change", 2, intervals, 2);
	svg_spark(f, "<t>", 0.1, values, 3);
	svg_spark(f, "one", 0, values, 1);
	fclose(f);
	assert_within(text, " x1=\"", SVG_WIDTH);
	assert_within(text, " x2=\"", SVG_WIDTH);
	assert_within(text, "translate(", SVG_WIDTH);
	assert_non_null(strstr(text, "interval worse"));
	assert_non_null(strstr(text, "aria-label=\"&lt;t&gt;\""));
	assert_null(strstr(text, "nan"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantities), cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_scales),	   cmocka_unit_test(test_chart),
		cmocka_unit_test(test_ridges),	   cmocka_unit_test(test_intervals_and_spark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
