// SPDX-License-Identifier: GPL-2.0-only
/* How figures depend on a size or a number: cells that differ in nothing else are points of a line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "render-private.h"
#include "report-private.h"
#include "size.h"

#define MIN_POINTS 3 /* of a line */

/* What is known of one chart, before it is drawn. */
struct curves {
	const struct family *family;
	const char *key;	     /* what grows */
	bool bytes;		     /* it is a size */
	struct family first;	     /* a cell of each line */
	struct chart_series *series; /* one for each of them */
};

/* The number that the cell has for the key; false when there is none. */
static bool value_of(const struct record *r, const char *key, double *value, bool *bytes)
{
	const char *text = record_get_param(r, key);
	uint64_t number;

	if (!strcmp(key, KEY_LENGTH)) {
		text = r->buffer + buffer_stem(r->buffer);
		text += *text == ':';
	}
	if (!text || size_parse(text, &number, NULL))
		return false;
	if (text[strspn(text, "0123456789")] || !strcmp(key, "size") || !strcmp(key, KEY_LENGTH))
		*bytes = true;
	*value = (double)number;
	return true;
}

static int add_line(struct curves *c, const struct report_cell *cell)
{
	const struct report_cell **cells;
	struct chart_series *series;

	cells = reallocarray(c->first.cell, c->first.n + 1, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	c->first.cell = cells;
	series = reallocarray(c->series, c->first.n + 1, sizeof(*series));
	if (!series)
		return -ENOMEM;
	c->series = series;
	series[c->first.n] = (struct chart_series){ 0 };
	cells[c->first.n++] = cell;
	return 0;
}

/* Points in the order of x. */
static int add_point(struct chart_series *s, double x, double y)
{
	struct chart_point *points = reallocarray(s->point, s->n + 1, sizeof(*points));
	size_t i;

	if (!points)
		return -ENOMEM;
	s->point = points;
	for (i = s->n++; i && points[i - 1].x > x; i--)
		points[i] = points[i - 1];
	points[i] = (struct chart_point){ x, y };
	return 0;
}

static int add_cell(struct curves *c, const struct report_cell *cell)
{
	double x;
	size_t i;

	if (!value_of(cell->last, c->key, &x, &c->bytes))
		return 0;
	for (i = 0; i < c->first.n; i++)
		if (same_but(c->first.cell[i]->last, cell->last, c->key))
			break;
	if (i == c->first.n && add_line(c, cell))
		return -ENOMEM;
	return add_point(&c->series[i], x, cell->last->summary.median);
}

static void drop_short_lines(struct curves *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->first.n; i++) {
		if (c->series[i].n < MIN_POINTS) {
			free(c->series[i].point);
			continue;
		}
		c->first.cell[n] = c->first.cell[i];
		c->series[n++] = c->series[i];
	}
	c->first.n = n;
}

static int name_lines(struct curves *c)
{
	size_t i;

	for (i = 0; i < c->first.n; i++) {
		c->series[i].name = family_text(&c->first, c->first.cell[i], false, c->key);
		if (!c->series[i].name)
			return -ENOMEM;
	}
	return 0;
}

static void curves_free(struct curves *c)
{
	size_t i;

	for (i = 0; i < c->first.n; i++) {
		free(c->series[i].name);
		free(c->series[i].point);
	}
	free(c->series);
	free(c->first.cell);
}

static int find_lines(struct curves *c)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < c->family->n && !ret; i++)
		ret = add_cell(c, c->family->cell[i]);
	if (ret)
		return ret;
	drop_short_lines(c);
	return name_lines(c);
}

static const char *x_text(const struct curves *c, double x, char buf[QUANTITY_STRLEN])
{
	return c->bytes ? quantity_text(x, QUANTITY_BYTES, 3, buf) : number_text(x, buf);
}

static void write_data(const struct page *p, const struct curves *c, const struct chart *chart)
{
	static const char *const columns[] = { "line", ">at", ">median", NULL };
	char x[QUANTITY_STRLEN], y[NUMBER_STRLEN];
	size_t i, j;

	fputs("<details><summary>Data</summary>\n", p->out);
	html_table_begin(p->out, chart->title, columns);
	for (i = 0; i < chart->nseries; i++)
		for (j = 0; j < chart->series[i].n; j++) {
			const struct chart_point *point = &chart->series[i].point[j];
			struct html_row row;

			html_row_begin(&row, p->out, columns);
			html_cell(&row, chart->series[i].name);
			html_cell(&row, x_text(c, point->x, x));
			html_cell(&row, number_human(point->y, c->first.cell[0]->last->unit, y));
			html_row_end(&row);
		}
	html_table_end(p->out);
	fputs("</details>\n", p->out);
}

static int describe(const struct curves *c, const struct chart *chart, char **desc)
{
	char x[2][QUANTITY_STRLEN], y[2][NUMBER_STRLEN];
	enum unit unit = c->first.cell[0]->last->unit;
	size_t size, i;
	FILE *out = open_memstream(desc, &size);

	if (!out)
		return -ENOMEM;
	for (i = 0; i < chart->nseries; i++) {
		const struct chart_series *s = &chart->series[i];
		const struct chart_point *last = &s->point[s->n - 1];

		fprintf(out, "%s%s%s%s at %s, %s at %s.", i ? " " : "", s->name,
			*s->name ? ": " : "", number_human(s->point[0].y, unit, y[0]),
			x_text(c, s->point[0].x, x[0]), number_human(last->y, unit, y[1]),
			x_text(c, last->x, x[1]));
	}
	return fclose(out) ? -ENOMEM : 0;
}

/* Lines from index on, as many as can be told apart. */
static int draw(struct page *p, const struct curves *c, size_t index)
{
	const struct record *r = c->first.cell[0]->last;
	size_t left = c->first.n - index;
	char title[200], label[80], x_label[80], *desc = NULL;
	struct chart chart = {
		.x_label = x_label,
		.x = c->bytes ? QUANTITY_BYTES : QUANTITY_COUNT,
		.x_doubling = true,
		.y = quantity_of_unit(r->unit),
		.y_zero = true,
		.series = c->series + index,
		.nseries = left < SVG_SERIES ? left : SVG_SERIES,
	};
	char *about = family_text(&c->first, c->first.cell[0], true, c->key);
	int ret = about ? describe(c, &chart, &desc) : -ENOMEM;

	snprintf(title, sizeof(title), "%.100s over %.80s", r->measurement, c->key);
	snprintf(label, sizeof(label), "median %s", figure_label(r->unit, r->medium));
	snprintf(x_label, sizeof(x_label), "%.60s%s", c->key, c->bytes ? " (bytes)" : "");
	chart.title = title;
	chart.y_label = label;
	chart.desc = desc;
	if (!ret) {
		figure_begin(p, title, r->medium, about);
		svg_chart(p->out, ++p->pictures, &chart);
		svg_legend(p->out, &chart);
		write_data(p, c, &chart);
		figure_end(p);
	}
	free(desc);
	free(about);
	return ret;
}

static int draw_key(struct page *p, const struct family *f, const char *key)
{
	struct curves c = { .family = f, .key = key };
	int ret = find_lines(&c);
	size_t i;

	for (i = 0; i < c.first.n && !ret; i += SVG_SERIES)
		ret = draw(p, &c, i);
	curves_free(&c);
	return ret;
}

/* Has an earlier cell of the family this parameter? */
static bool was_drawn(const struct family *f, size_t cell, const char *key)
{
	size_t i;

	for (i = 0; i < cell; i++)
		if (record_get_param(f->cell[i]->last, key))
			return true;
	return false;
}

/* Every parameter but the size, and the length of the buffer. */
static int draw_scales(struct page *p, const struct family *f)
{
	int ret = draw_key(p, f, KEY_LENGTH);
	size_t i, j;

	for (i = 0; i < f->n; i++)
		for (j = 0; j < f->cell[i]->last->nparams && !ret; j++) {
			const char *key = f->cell[i]->last->params[j].key;

			/* "again" numbers the lines of a suite. */
			if (strcmp(key, "size") && strcmp(key, "again") && !was_drawn(f, i, key))
				ret = draw_key(p, f, key);
		}
	return ret;
}

static int section_curves(struct page *p, bool sizes)
{
	struct families f;
	unsigned int before = p->pictures;
	int ret = families_of(p->report, false, &f);
	size_t i;

	if (ret)
		return ret;
	fputs("<div class=\"figures\">\n", p->out);
	for (i = 0; i < f.n && !ret; i++)
		ret = sizes ? draw_key(p, &f.family[i], "size") : draw_scales(p, &f.family[i]);
	fputs("</div>\n", p->out);
	if (before == p->pictures)
		fprintf(p->out, "<p>Nothing was measured at three %s or more.</p>\n",
			sizes ? "sizes" : "values of a parameter");
	families_free(&f);
	return ret;
}

int section_sweeps(struct page *p)
{
	return section_curves(p, true);
}

int section_scale(struct page *p)
{
	return section_curves(p, false);
}
