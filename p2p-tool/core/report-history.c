// SPDX-License-Identifier: GPL-2.0-only
/* Cells over runs: where a level changed, and what else did. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "html.h"
#include "render-private.h"
#include "report-private.h"

/* Charts show at least this part of a value, so that noise is not made to look like news. */
#define ROOM 0.1

/* A cell that was measured more than once. */
struct history {
	const struct report_cell *cell;
	size_t n;
	double *value; /* medians */
	size_t *run;   /* of which runs */
	struct changes changes;
};

struct histories {
	struct history *item;
	size_t n, changed;
};

bool has_history(const struct report *r)
{
	return r->nused > 1 && !r->nsecond;
}

static const struct changes_params *params_of(const struct record *r)
{
	static const struct changes_params timed = CHANGES_TIMED, counted = CHANGES_COUNTED;

	return r->unit == UNIT_INSN ? &counted : &timed;
}

static void free_history(struct history *h)
{
	changes_free(&h->changes);
	free(h->value);
	free(h->run);
}

static void free_histories(struct histories *h)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		free_history(&h->item[i]);
	free(h->item);
}

static int make_history(const struct report *r, const struct report_cell *cell, struct history *h)
{
	size_t first = 0, i;
	int ret;

	*h = (struct history){ .cell = cell };
	h->value = calloc(r->nruns, sizeof(*h->value));
	h->run = calloc(r->nruns, sizeof(*h->run));
	if (!h->value || !h->run)
		return -ENOMEM;
	for (i = 0; i < r->nruns; i++) {
		const struct record *record = cell->by_run[i];

		if (!record || record->verification == VERIFY_FAILED)
			continue;
		h->value[h->n] = record->summary.median;
		h->run[h->n++] = i;
	}
	/* Of more runs than can be searched the newest ones are. */
	if (h->n > CHANGES_MAX_RUNS)
		first = h->n - CHANGES_MAX_RUNS;
	ret = changes_find(h->value + first, h->n - first, params_of(cell->last), &h->changes);
	for (i = 0; i < h->changes.count; i++)
		h->changes.at[i] += first;
	return ret;
}

static int find_histories(const struct report *r, struct histories *h)
{
	int ret = 0;
	size_t i;

	h->item = calloc(r->ncells ? r->ncells : 1, sizeof(*h->item));
	if (!h->item)
		return -ENOMEM;
	for (i = 0; i < r->ncells && !ret; i++) {
		if (r->cell[i].measured < 2)
			continue;
		ret = make_history(r, &r->cell[i], &h->item[h->n]);
		h->changed += h->item[h->n++].changes.count > 0;
	}
	return ret;
}

/* The level before change i, and after it. */
static int levels(const struct history *h, size_t i, double *before, double *after)
{
	const struct changes *c = &h->changes;
	int ret = changes_level(h->value, i ? c->at[i - 1] : 0, c->at[i], before);

	return ret ? ret
		   : changes_level(h->value, c->at[i], i + 1 < c->count ? c->at[i + 1] : h->n,
				   after);
}

/* Fields in which the environments of two runs differ. */
static void write_differences(FILE *out, const struct report *r, size_t a, size_t b)
{
	const struct environment *before = &r->run[a].group->env, *after = &r->run[b].group->env;
	const char *separator = "";
	size_t i;

	for (i = 0; i < after->count; i++) {
		const char *key = after->field[i].key, *other = environment_get(before, key);

		if (!strcmp(key, "time") || !strcmp(key, ENVIRONMENT_RECORDS) ||
		    (other && !strcmp(other, after->field[i].value)))
			continue;
		fputs(separator, out);
		html_text(out, key);
		separator = ", ";
	}
	if (!*separator)
		fputs("nothing that is known", out);
}

static int write_change(const struct page *p, const struct history *h, size_t i,
			const char *const *columns)
{
	const struct record *r = h->cell->last;
	size_t at = h->changes.at[i];
	char *name = cell_text(r), buf[NUMBER_STRLEN], change[CHANGE_STRLEN];
	double before, after;
	struct html_row row;
	bool worse;

	if (!name || levels(h, i, &before, &after)) {
		free(name);
		return -ENOMEM;
	}
	worse = (after > before) == more_is_worse(r->unit);
	html_row_begin(&row, p->out, columns);
	html_cell(&row, name);
	html_cellf(&row, "%zu", h->run[at] + 1);
	html_cell(&row, number_human(before, r->unit, buf));
	html_cell(&row, number_human(after, r->unit, buf));
	html_cell(&row, change_text(before, after, change));
	fprintf(p->out, worse ? "<td class=\"bad\">&#9650; worse</td><td>"
			      : "<td class=\"good\">&#9660; better</td><td>");
	write_differences(p->out, p->report, h->run[at - 1], h->run[at]);
	fputs("</td>", p->out);
	html_row_end(&row);
	free(name);
	return 0;
}

static int write_changes(const struct page *p, const struct histories *h)
{
	static const char *const columns[] = {
		"cell", ">from run", ">before", ">after", ">change", "", "also changed there", NULL
	};
	int ret = 0;
	size_t i, j;

	html_table_begin(p->out, "Changes of level", columns);
	for (i = 0; i < h->n && !ret; i++)
		for (j = 0; j < h->item[i].changes.count && !ret; j++)
			ret = write_change(p, &h->item[i], j, columns);
	html_table_end(p->out);
	return ret;
}

static int make_marks(const struct history *h, struct chart_mark *marks, FILE *desc)
{
	char change[CHANGE_STRLEN];
	double before, after;
	size_t i;

	for (i = 0; i < h->changes.count; i++) {
		size_t at = h->changes.at[i];

		if (levels(h, i, &before, &after))
			return -ENOMEM;
		change_text(before, after, change);
		marks[i].x = (double)(h->run[at - 1] + h->run[at]) / 2 + 1;
		snprintf(marks[i].text, sizeof(marks[i].text), "%.15s", change);
		fprintf(desc, "%s%s from run %zu on.", i ? " " : "", change, h->run[at] + 1);
	}
	return 0;
}

static void write_data(const struct page *p, const struct history *h, const char *title)
{
	static const char *const columns[] = { ">run", ">median", ">min", ">p99", NULL };
	char buf[NUMBER_STRLEN];
	size_t i;

	fputs("<details><summary>Data</summary>\n", p->out);
	html_table_begin(p->out, title, columns);
	for (i = 0; i < h->n; i++) {
		const struct record *r = h->cell->by_run[h->run[i]];
		struct html_row row;

		html_row_begin(&row, p->out, columns);
		html_cellf(&row, "%zu", h->run[i] + 1);
		html_cell(&row, number_human(r->summary.median, r->unit, buf));
		html_cell(&row, number_human(r->summary.min, r->unit, buf));
		html_cell(&row, number_human(r->summary.p99, r->unit, buf));
		html_row_end(&row);
	}
	html_table_end(p->out);
	fputs("</details>\n", p->out);
}

static void draw_chart(struct page *p, const struct history *h, struct chart_series *s,
		       const struct chart_mark *marks, const char *name, const char *desc)
{
	const struct record *r = h->cell->last;
	char label[80];
	struct chart chart = {
		.title = name,
		.desc = desc,
		.x_label = "run",
		.y_label = label,
		.x = QUANTITY_COUNT,
		.y = quantity_of_unit(r->unit),
		.y_room = ROOM,
		.series = s,
		.nseries = 1,
		.mark = marks,
		.nmarks = h->changes.count,
	};

	snprintf(label, sizeof(label), "median %s", figure_label(r->unit, r->medium));
	figure_begin(p, r->measurement, r->medium, name + strlen(r->measurement) + 2);
	svg_chart(p->out, ++p->pictures, &chart);
	write_data(p, h, name);
	figure_end(p);
}

static int draw(struct page *p, const struct history *h)
{
	struct chart_series s = { .name = (char *)"", .n = h->n };
	struct chart_mark *marks = calloc(h->changes.count, sizeof(*marks));
	char *name = cell_text(h->cell->last), *desc = NULL;
	size_t size, i;
	FILE *text = open_memstream(&desc, &size);
	int ret;

	s.point = calloc(h->n, sizeof(*s.point));
	ret = marks && name && text && s.point ? make_marks(h, marks, text) : -ENOMEM;
	if (text && fclose(text))
		ret = -ENOMEM;
	for (i = 0; i < h->n && !ret; i++)
		s.point[i] = (struct chart_point){ (double)h->run[i] + 1, h->value[i] };
	if (!ret)
		draw_chart(p, h, &s, marks, name, desc);
	free(desc);
	free(s.point);
	free(name);
	free(marks);
	return ret;
}

static int draw_changed(struct page *p, const struct histories *h)
{
	int ret = 0;
	size_t i;

	fputs("<div class=\"figures\">\n", p->out);
	for (i = 0; i < h->n && !ret; i++)
		if (h->item[i].changes.count)
			ret = draw(p, &h->item[i]);
	fputs("</div>\n", p->out);
	return ret;
}

static int write_steady(const struct page *p, const struct history *h, const char *const *columns)
{
	const struct record *r = h->cell->last;
	char *name = cell_text(r), buf[NUMBER_STRLEN];
	double low = h->value[0], high = h->value[0];
	struct html_row row;
	size_t i;

	if (!name)
		return -ENOMEM;
	for (i = 0; i < h->n; i++) {
		low = h->value[i] < low ? h->value[i] : low;
		high = h->value[i] > high ? h->value[i] : high;
	}
	html_row_begin(&row, p->out, columns);
	html_cell(&row, name);
	html_cellf(&row, "%zu", h->n);
	fputs("<td>", p->out);
	svg_spark(p->out, "medians over runs", ROOM, h->value, h->n);
	fputs("</td>", p->out);
	row.column++;
	html_cell(&row, number_human(low, r->unit, buf));
	html_cell(&row, number_human(high, r->unit, buf));
	html_cell(&row, number_human(h->value[h->n - 1], r->unit, buf));
	html_row_end(&row);
	free(name);
	return 0;
}

static int write_unchanged(const struct page *p, const struct histories *h)
{
	static const char *const columns[] = { "cell",	   ">runs",   "medians", ">lowest",
					       ">highest", ">newest", NULL };
	int ret = 0;
	size_t i;

	html_table_begin(p->out, "Cells without a change of level", columns);
	for (i = 0; i < h->n && !ret; i++)
		if (!h->item[i].changes.count)
			ret = write_steady(p, &h->item[i], columns);
	html_table_end(p->out);
	return ret;
}

static void write_method(const struct page *p, const struct histories *h)
{
	static const struct changes_params timed = CHANGES_TIMED;
	size_t needed = changes_runs_needed(&timed), most = 0, i;
	bool counted = false, has_timed = false;

	for (i = 0; i < h->n; i++) {
		bool insn = h->item[i].cell->last->unit == UNIT_INSN;

		counted = counted || insn;
		has_timed = has_timed || !insn;
		if (!insn && h->item[i].n > most)
			most = h->item[i].n;
	}
	fputs("<p>Medians of runs. ", p->out);
	if (has_timed)
		fputs("Times and rates: a level changes by 2 % or more, found by circular binary "
		      "segmentation on ranks; at most 1 of 100 cells without a change gets a "
		      "mark. ",
		      p->out);
	if (has_timed && most < needed)
		html_printf(p->out,
			    "There are %zu runs: even the clearest change needs %zu, so none could "
			    "be marked. ",
			    most, needed);
	if (counted)
		html_text(p->out, "Instructions are exact: a change is more than 1 % and more than "
				  "20 instructions. ");
	fputs("Axes of values do not begin at 0. What also changed there are the fields of the "
	      "environment in which the runs on both sides differ: a hint, not a proof.</p>\n",
	      p->out);
}

int section_history(struct page *p)
{
	struct histories h = { 0 };
	int ret = find_histories(p->report, &h);

	if (!ret && !h.n)
		fputs("<p>No cell was measured by more than one run.</p>\n", p->out);
	if (!ret && h.n) {
		write_method(p, &h);
		if (!h.changed)
			fputs("<p><strong>No level changed.</strong></p>\n", p->out);
		if (h.changed)
			ret = write_changes(p, &h);
		if (!ret && h.changed)
			ret = draw_changed(p, &h);
		if (!ret && h.changed < h.n)
			ret = write_unchanged(p, &h);
	}
	free_histories(&h);
	return ret;
}
