// SPDX-License-Identifier: GPL-2.0-only
/* Changes with their intervals, one above the other. */
#include <math.h>

#include "svg.h"

#define ROW    34
#define BOTTOM 38
#define LEFT   10
#define RIGHT  (SVG_WIDTH - 14)
#define TICKS  7

static void draw_axis(FILE *out, const struct axis *a, const char *label, double height)
{
	double tick[AXIS_TICKS], free_from = 0;
	size_t n = axis_ticks(a, TICKS, tick), i;
	char text[QUANTITY_STRLEN];

	for (i = 0; i < n; i++) {
		double x = axis_at(a, tick[i]), half;

		svg_line(out, tick[i] == 0 ? "zero" : "grid", x, 0, x, height - BOTTOM + 4);
		quantity_text(tick[i], QUANTITY_PERCENT, axis_digits(a, tick, n), text);
		half = svg_text_width(text) / 2;
		if (x - half < free_from || x + half > SVG_WIDTH)
			continue;
		svg_text(out, "tick", "middle", x, height - BOTTOM + 16, text);
		free_from = x + half + 8;
	}
	svg_line(out, "axis", LEFT, height - BOTTOM, RIGHT, height - BOTTOM);
	svg_text(out, "label", "end", RIGHT, height - 5, label);
}

static void draw_row(FILE *out, const struct axis *a, const struct interval *v, double top)
{
	static const struct {
		unsigned int series;
		const char *class;
	} looks[] = {
		[INTERVAL_SAME] = { 0, "interval same" },
		[INTERVAL_WORSE] = { 2, "interval worse" },
		[INTERVAL_BETTER] = { 4, "interval better" },
	};
	double y = top + 24;

	svg_name(out, LEFT, top + 13, v->name);
	if (v->bounded)
		svg_line(out, looks[v->kind].class, axis_at(a, v->low), y, axis_at(a, v->high), y);
	fprintf(out, "<g class=\"%s\">", looks[v->kind].class);
	svg_marker(out, looks[v->kind].series, axis_at(a, v->value), y, NULL);
	fputs("</g>\n", out);
}

void svg_intervals(FILE *out, unsigned int id, const char *title, const char *desc,
		   const char *x_label, double floor, const struct interval *interval, size_t n)
{
	double height = (double)n * ROW + BOTTOM + 6, least = 2 * floor, most = 2 * floor;
	struct axis a;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct interval *v = &interval[i];

		least = fmax(least, -fmin(v->value, v->bounded ? v->low : v->value));
		most = fmax(most, fmax(v->value, v->bounded ? v->high : v->value));
	}
	a = (struct axis){ SCALE_LINEAR, -least * 1.05, most * 1.05, LEFT, RIGHT };
	svg_begin(out, id, SVG_WIDTH, height, title, desc);
	svg_rect(out, "floor", axis_at(&a, -floor), 0, axis_at(&a, floor) - axis_at(&a, -floor),
		 height - BOTTOM);
	draw_axis(out, &a, x_label, height);
	for (i = 0; i < n; i++)
		draw_row(out, &a, &interval[i], (double)i * ROW);
	svg_end(out);
}
