/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Charts as inline SVG. First the shapes, then what they are drawn on (axes), then
 * whole charts. Colours and fonts come from the style of the page (report-style.c)
 * by class: "s0" to "s7" are the colours of series, which also differ in marker and
 * dashes.
 */
#ifndef P2P_SVG_H
#define P2P_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "record.h"

#define SVG_SERIES 8   /* that can be told apart */
#define SVG_WIDTH  400 /* of all charts: a phone's */

/*
 * Shapes. Coordinates are in units of the picture, from its upper left corner. title
 * and desc are what people who do not see it get; id tells pictures of a page apart.
 */
void svg_begin(FILE *out, unsigned int id, double width, double height, const char *title,
	       const char *desc);
void svg_end(FILE *out);
void svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2);
void svg_rect(FILE *out, const char *class, double x, double y, double width, double height);
/* anchor: "start", "middle" or "end". */
void svg_text(FILE *out, const char *class, const char *anchor, double x, double y,
	      const char *text);
/* The name of a row, cut where the picture ends. */
void svg_name(FILE *out, double x, double y, const char *name);
/* The point of a series, with a text for those who point at it (NULL: none). */
void svg_marker(FILE *out, unsigned int series, double x, double y, const char *tip);
/* How wide a text of the size that axes have may get. */
double svg_text_width(const char *text);

/* What an axis shows, for the texts of its ticks. */
enum quantity {
	QUANTITY_TIME,	/* ns */
	QUANTITY_RATE,	/* B/s */
	QUANTITY_COUNT, /* a plain number, "1.2 k" when large */
	QUANTITY_BYTES, /* "64K" */
	QUANTITY_PERCENT,
};
enum quantity quantity_of_unit(enum unit unit);
#define QUANTITY_STRLEN 32
/* The text of a value, with so many significant digits. Returns buf. */
const char *quantity_text(double value, enum quantity q, int digits, char buf[QUANTITY_STRLEN]);

enum scale { SCALE_LINEAR, SCALE_LOG2, SCALE_LOG10 };
struct axis {
	enum scale scale;
	double low, high; /* values at its ends, low < high; above 0 when logarithmic */
	double from, to;  /* where these are in the picture */
};
#define AXIS_TICKS 16
/*
 * An axis on which min to max (min <= max) fit. Logarithmic, to base 10, when max is many times
 * min. A linear one begins at 0 when zero is set, and else leaves some room.
 */
void axis_fit(struct axis *a, double min, double max, bool zero);
/* The same to base 2, for sizes and numbers of things that double; else linear. */
void axis_fit_doubling(struct axis *a, double min, double max);
/* Where a value is in the picture. */
double axis_at(const struct axis *a, double value);
/* At most want (5 to AXIS_TICKS) round values on the axis, ascending; returns how many. */
size_t axis_ticks(const struct axis *a, size_t want, double tick[AXIS_TICKS]);
/* How many digits tell ticks apart. */
int axis_digits(const struct axis *a, const double *tick, size_t n);

/* Values over values, as lines. */
struct chart_point {
	double x, y;
};
struct chart_series {
	char *name;
	struct chart_point *point; /* in the order of x */
	size_t n;
};
/* A vertical line, with a short text at its top. */
struct chart_mark {
	double x;
	char text[16];
};
struct chart {
	const char *title, *desc;
	const char *x_label, *y_label;
	enum quantity x, y;
	bool x_doubling; /* x grows by factors */
	bool y_zero;	 /* y begins at 0, unless it is logarithmic */
	double y_room;	 /* y shows at least this part of the largest value: 0.1 is 10 % */
	struct chart_series *series;
	size_t nseries; /* at most SVG_SERIES */
	const struct chart_mark *mark;
	size_t nmarks;
};
void svg_chart(FILE *out, unsigned int id, const struct chart *c);
/* What its series look like, for HTML; nothing when there is only one. */
void svg_legend(FILE *out, const struct chart *c);

/* How samples are distributed: a row for each cell, all on one axis. */
struct ridge {
	const char *name;
	const struct hist *hist; /* not empty */
	double min, median, p99, max;
};
void svg_ridges(FILE *out, unsigned int id, const char *title, const char *desc,
		const char *x_label, enum quantity q, const struct ridge *ridge, size_t n);

/* Ratios with their intervals: a row for each. */
enum interval_kind { INTERVAL_SAME, INTERVAL_WORSE, INTERVAL_BETTER };
struct interval {
	const char *name;
	double low, value, high; /* percent */
	bool bounded;		 /* low and high are known */
	enum interval_kind kind;
};
void svg_intervals(FILE *out, unsigned int id, const char *title, const char *desc,
		   const char *x_label, double floor, const struct interval *interval, size_t n);

/*
 * A line of values without axes, to stand in a table. At least room, a part of the largest,
 * fits, so that noise stays small.
 */
void svg_spark(FILE *out, const char *title, double room, const double *value, size_t n);

#endif
