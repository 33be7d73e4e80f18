// SPDX-License-Identifier: GPL-2.0-only
/* Distributions, one above the other. */
#include <math.h>

#include "hist.h"
#include "svg.h"

#define ROW	44 /* height of a row */
#define NAME	12 /* of its name's baseline */
#define BARS	19 /* where the highest bar begins */
#define BASE	39 /* where bars stand */
#define BOTTOM	38 /* room for the axis */
#define LEFT	8
#define RIGHT	(SVG_WIDTH - 14)
#define BAR	4 /* width */
#define MAX_BAR ((RIGHT - LEFT) / BAR)
#define TIMES	3 /* from here on the axis is logarithmic */
#define TICKS	7

/* Samples in each bar; returns the largest. A bucket counts where its middle is. */
static double count_bars(const struct axis *a, const struct ridge *r, double bar[MAX_BAR])
{
	double largest = 0;
	unsigned int i;

	for (i = 0; i < MAX_BAR; i++)
		bar[i] = 0;
	for (i = 0; i < HIST_BUCKETS; i++) {
		double middle = (double)hist_lower(i) / 2 + (double)hist_upper(i) / 2 -
				(hist_upper(i) - hist_lower(i) == 1 ? 0.5 : 0);
		int at;

		if (!r->hist->bucket[i])
			continue;
		/* Edges of buckets lie beyond samples. */
		middle = fmin(fmax(middle, r->min), r->max);
		at = (int)((axis_at(a, middle) - LEFT) / BAR);
		at = at < 0 ? 0 : at >= MAX_BAR ? MAX_BAR - 1 : at;
		bar[at] += (double)r->hist->bucket[i];
		largest = fmax(largest, bar[at]);
	}
	return largest;
}

static void draw_row(FILE *out, const struct axis *a, const struct ridge *r, double top)
{
	double bar[MAX_BAR], largest = count_bars(a, r, bar);
	double median = axis_at(a, r->median), p99 = axis_at(a, r->p99);
	unsigned int i;

	svg_name(out, LEFT, top + NAME, r->name);
	svg_line(out, "range", axis_at(a, r->min), top + BASE, axis_at(a, r->max), top + BASE);
	for (i = 0; i < MAX_BAR; i++) {
		/* One of a million samples is seen too. */
		double height = bar[i] > 0 ? fmax(2, (BASE - BARS) * bar[i] / largest) : 0;

		if (height > 0)
			svg_rect(out, "bar", LEFT + i * BAR + 0.4, top + BASE - height, BAR - 0.8,
				 height);
	}
	svg_line(out, "median", median, top + BARS - 3, median, top + BASE + 3);
	svg_line(out, "p99", p99, top + BARS + 6, p99, top + BASE + 3);
}

static void draw_axis(FILE *out, const struct axis *a, enum quantity q, const char *label,
		      double height)
{
	double tick[AXIS_TICKS], free_from = 0;
	size_t n = axis_ticks(a, TICKS, tick), i;
	char text[QUANTITY_STRLEN];

	svg_line(out, "axis", LEFT, height - BOTTOM, RIGHT, height - BOTTOM);
	for (i = 0; i < n; i++) {
		double x = axis_at(a, tick[i]), half;

		quantity_text(tick[i], q, axis_digits(a, tick, n), text);
		half = svg_text_width(text) / 2;
		svg_line(out, "grid", x, 0, x, height - BOTTOM + 4);
		if (x - half < free_from || x + half > SVG_WIDTH)
			continue;
		svg_text(out, "tick", "middle", x, height - BOTTOM + 16, text);
		free_from = x + half + 8;
	}
	svg_text(out, "label", "end", RIGHT, height - 5, label);
}

void svg_ridges(FILE *out, unsigned int id, const char *title, const char *desc,
		const char *x_label, enum quantity q, const struct ridge *ridge, size_t n)
{
	double height = (double)n * ROW + BOTTOM + 4, min = INFINITY, max = -INFINITY;
	struct axis a;
	size_t i;

	for (i = 0; i < n; i++) {
		min = fmin(min, ridge[i].min);
		max = fmax(max, ridge[i].max);
	}
	axis_fit(&a, min, max, false);
	/* A few large samples are usual: they shall not squeeze the others. */
	if (min > 0 && max > TIMES * min)
		a.scale = SCALE_LOG10;
	if (a.scale == SCALE_LOG10 && a.low < min / 1.2)
		a.low = min / 1.2;
	a.from = LEFT;
	a.to = RIGHT;
	svg_begin(out, id, SVG_WIDTH, height, title, desc);
	draw_axis(out, &a, q, x_label, height);
	for (i = 0; i < n; i++)
		draw_row(out, &a, &ridge[i], (double)i * ROW);
	svg_end(out);
}
