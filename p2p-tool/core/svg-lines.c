// SPDX-License-Identifier: GPL-2.0-only
/* Lines over an axis, and what they mean. */
#include <math.h>

#include "html.h"
#include "svg.h"

#define HEIGHT	 250
#define TOP	 26 /* room for the label of the y axis and texts of marks */
#define BOTTOM	 (HEIGHT - 38)
#define RIGHT	 (SVG_WIDTH - 12)
#define X_TICKS	 8
#define Y_TICKS	 7
#define TICK_GAP 8 /* between texts */

struct frame {
	struct axis x, y;
};

static void find_extent(const struct chart *c, double x[2], double y[2])
{
	size_t i, j;

	x[0] = y[0] = INFINITY;
	x[1] = y[1] = -INFINITY;
	for (i = 0; i < c->nseries; i++)
		for (j = 0; j < c->series[i].n; j++) {
			const struct chart_point *p = &c->series[i].point[j];

			x[0] = fmin(x[0], p->x);
			x[1] = fmax(x[1], p->x);
			y[0] = fmin(y[0], p->y);
			y[1] = fmax(y[1], p->y);
		}
}

static double widest_tick(const struct axis *a, enum quantity q)
{
	double tick[AXIS_TICKS], width = 0;
	size_t n = axis_ticks(a, Y_TICKS, tick), i;
	char text[QUANTITY_STRLEN];

	for (i = 0; i < n; i++)
		width = fmax(width, svg_text_width(quantity_text(tick[i], q,
								 axis_digits(a, tick, n), text)));
	return width;
}

static void fit(const struct chart *c, struct frame *f)
{
	double x[2], y[2], room;

	find_extent(c, x, y);
	room = c->y_room * fmax(fabs(y[0]), fabs(y[1])) - (y[1] - y[0]);
	if (room > 0) {
		y[0] -= room / 2;
		y[1] += room / 2;
	}
	if (c->x_doubling)
		axis_fit_doubling(&f->x, x[0], x[1]);
	else
		f->x = (struct axis){ SCALE_LINEAR, x[0] - (x[1] - x[0]) * 0.02 - 0.1,
				      x[1] + (x[1] - x[0]) * 0.02 + 0.1, 0, 0 };
	axis_fit(&f->y, y[0], y[1], c->y_zero);
	f->x.from = widest_tick(&f->y, c->y) + 8;
	f->x.to = RIGHT;
	f->y.from = BOTTOM;
	f->y.to = TOP;
}

static void draw_y_axis(FILE *out, const struct chart *c, const struct frame *f)
{
	double tick[AXIS_TICKS];
	size_t n = axis_ticks(&f->y, Y_TICKS, tick), i;
	char text[QUANTITY_STRLEN];

	for (i = 0; i < n; i++) {
		double y = axis_at(&f->y, tick[i]);

		svg_line(out, "grid", f->x.from, y, f->x.to, y);
		svg_text(out, "tick", "end", f->x.from - 5, y + 4,
			 quantity_text(tick[i], c->y, axis_digits(&f->y, tick, n), text));
	}
	svg_text(out, "label", "start", 2, 12, c->y_label);
}

/* Only texts that have room. */
static void draw_x_axis(FILE *out, const struct chart *c, const struct frame *f)
{
	double tick[AXIS_TICKS], free_from = 0;
	size_t n = axis_ticks(&f->x, X_TICKS, tick), i;
	char text[QUANTITY_STRLEN];

	svg_line(out, "axis", f->x.from, BOTTOM, f->x.to, BOTTOM);
	for (i = 0; i < n; i++) {
		double x = axis_at(&f->x, tick[i]), half;

		if (!c->x_doubling && tick[i] != floor(tick[i]))
			continue; /* there is no run 1.5 */
		quantity_text(tick[i], c->x, axis_digits(&f->x, tick, n), text);
		half = svg_text_width(text) / 2;
		svg_line(out, "axis", x, BOTTOM, x, BOTTOM + 4);
		if (x - half < free_from || x + half > SVG_WIDTH)
			continue;
		svg_text(out, "tick", "middle", x, BOTTOM + 16, text);
		free_from = x + half + TICK_GAP;
	}
	svg_text(out, "label", "end", f->x.to, HEIGHT - 5, c->x_label);
}

static void draw_series(FILE *out, const struct chart *c, const struct frame *f, unsigned int index)
{
	const struct chart_series *s = &c->series[index];
	char x_text[QUANTITY_STRLEN], y_text[QUANTITY_STRLEN], tip[200];
	size_t i;

	fprintf(out, "<polyline class=\"l s%u\" points=\"", index);
	for (i = 0; i < s->n; i++)
		fprintf(out, "%s%.1f,%.1f", i ? " " : "", axis_at(&f->x, s->point[i].x),
			axis_at(&f->y, s->point[i].y));
	fputs("\"/>\n", out);
	for (i = 0; i < s->n; i++) {
		snprintf(tip, sizeof(tip), "%.100s%s%s: %s", s->name, *s->name ? ", " : "",
			 quantity_text(s->point[i].x, c->x, 3, x_text),
			 quantity_text(s->point[i].y, c->y, 3, y_text));
		svg_marker(out, index, axis_at(&f->x, s->point[i].x), axis_at(&f->y, s->point[i].y),
			   tip);
	}
}

/* Texts of marks stand left of the line where there is no room to the right of it. */
static void draw_marks(FILE *out, const struct chart *c, const struct frame *f)
{
	size_t i;

	for (i = 0; i < c->nmarks; i++) {
		double x = axis_at(&f->x, c->mark[i].x), width = svg_text_width(c->mark[i].text);
		double next = i + 1 < c->nmarks ? axis_at(&f->x, c->mark[i + 1].x) : SVG_WIDTH;
		bool left = x + 3 + width > next;

		svg_line(out, "mark", x, TOP - 4, x, BOTTOM);
		svg_text(out, "marked", left ? "end" : "start", left ? x - 3 : x + 3, TOP + 6,
			 c->mark[i].text);
	}
}

void svg_chart(FILE *out, unsigned int id, const struct chart *c)
{
	struct frame f;
	unsigned int i;

	fit(c, &f);
	svg_begin(out, id, SVG_WIDTH, HEIGHT, c->title, c->desc);
	draw_y_axis(out, c, &f);
	draw_x_axis(out, c, &f);
	for (i = 0; i < c->nseries; i++)
		draw_series(out, c, &f, i);
	draw_marks(out, c, &f);
	svg_end(out);
}

void svg_legend(FILE *out, const struct chart *c)
{
	unsigned int i;

	if (c->nseries < 2)
		return;
	fputs("<ul class=\"legend\">\n", out);
	for (i = 0; i < c->nseries; i++) {
		fprintf(out,
			"<li><svg aria-hidden=\"true\" viewBox=\"0 0 32 12\" width=\"32\" "
			"height=\"12\"><polyline class=\"l s%u\" points=\"0,6 32,6\"/>",
			i);
		svg_marker(out, i, 16, 6, NULL);
		fputs("</svg>", out);
		html_text(out, c->series[i].name);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}
