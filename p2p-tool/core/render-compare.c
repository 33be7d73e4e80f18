// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render-compare.h"
#include "render-private.h"

/* Columns of the cells. */
enum {
	MEASUREMENT,
	BUFFER,
	INITIATOR,
	PARAMS,
	UNIT,
	A,
	A_RANGE,
	A_RUNS,
	A_MEDIAN,
	A_LOW,
	A_HIGH,
	B,
	B_RANGE,
	B_RUNS,
	B_MEDIAN,
	B_LOW,
	B_HIGH,
	CHANGE,
	CHANGE_RANGE,
	RATIO,
	RATIO_LOW,
	RATIO_HIGH,
	P,
	SEEN,
	DETECTABLE,
	VERDICT,
	VERDICT_NAME,
	GATED,
	WHY,
};

/* Without timed cells some are empty: see hide_empty(). */
static const struct column cell_columns[] = {
	[MEASUREMENT] = { "measurement", COLUMN_TEXT },
	[BUFFER] = { "buffer", COLUMN_TEXT },
	[INITIATOR] = { "initiator", COLUMN_TEXT, PLACE_DATA },
	[PARAMS] = { "params", COLUMN_TEXT },
	[UNIT] = { "unit", COLUMN_TEXT, PLACE_DATA },
	[A] = { "A", COLUMN_NUMBER, PLACE_TABLE },
	[A_RANGE] = { "A within", COLUMN_NUMBER, PLACE_TABLE },
	[A_RUNS] = { "a_runs", COLUMN_NUMBER, PLACE_DATA },
	[A_MEDIAN] = { "a_median", COLUMN_NUMBER, PLACE_DATA },
	[A_LOW] = { "a_low", COLUMN_NUMBER, PLACE_DATA },
	[A_HIGH] = { "a_high", COLUMN_NUMBER, PLACE_DATA },
	[B] = { "B", COLUMN_NUMBER, PLACE_TABLE },
	[B_RANGE] = { "B within", COLUMN_NUMBER, PLACE_TABLE },
	[B_RUNS] = { "b_runs", COLUMN_NUMBER, PLACE_DATA },
	[B_MEDIAN] = { "b_median", COLUMN_NUMBER, PLACE_DATA },
	[B_LOW] = { "b_low", COLUMN_NUMBER, PLACE_DATA },
	[B_HIGH] = { "b_high", COLUMN_NUMBER, PLACE_DATA },
	[CHANGE] = { "change", COLUMN_NUMBER, PLACE_TABLE },
	[CHANGE_RANGE] = { "change within", COLUMN_NUMBER, PLACE_TABLE },
	[RATIO] = { "ratio", COLUMN_NUMBER, PLACE_DATA },
	[RATIO_LOW] = { "ratio_low", COLUMN_NUMBER, PLACE_DATA },
	[RATIO_HIGH] = { "ratio_high", COLUMN_NUMBER, PLACE_DATA },
	[P] = { "p", COLUMN_NUMBER },
	[SEEN] = { "sees", COLUMN_NUMBER, PLACE_TABLE },
	[DETECTABLE] = { "detectable", COLUMN_NUMBER, PLACE_DATA },
	[VERDICT] = { "verdict", COLUMN_TEXT, PLACE_TABLE },
	[VERDICT_NAME] = { "verdict", COLUMN_TEXT, PLACE_DATA },
	[GATED] = { "gated", COLUMN_BOOL, PLACE_DATA },
	[WHY] = { "why", COLUMN_TEXT, PLACE_DATA },
};
#define NCOLUMNS (sizeof(cell_columns) / sizeof(cell_columns[0]))

/* Set a cell to a number that reads back as the same; nothing when it is not finite. */
static int set_number(struct table *t, int row, int column, double value)
{
	char buf[NUMBER_STRLEN];
	const char *text = number_text(value, buf);

	return text ? table_set(t, row, column, "%s", text) : 0;
}

/* Two or three digits are what anybody can use. */
static void change_text(double ratio, char *buf, size_t size)
{
	double percent = (ratio - 1) * 100;

	snprintf(buf, size, "%+.*f %%", fabs(percent) < 9.995 ? 2 : 1, percent);
}

static int put_value(struct table *t, int row, int first, const struct compare_value *v,
		     enum unit unit)
{
	char low[NUMBER_STRLEN], high[NUMBER_STRLEN];
	int ret;

	ret = set_number(t, row, first + A_RUNS - A, (double)v->nruns);
	if (ret || !v->nruns)
		return ret;
	ret = table_set(t, row, first, "%s", number_human(v->median, unit, low));
	if (!ret)
		ret = set_number(t, row, first + A_MEDIAN - A, v->median);
	/* Counted runs that agree have nothing to show. */
	if (ret || !v->bounded)
		return ret;
	ret = set_number(t, row, first + A_LOW - A, v->low);
	if (!ret)
		ret = set_number(t, row, first + A_HIGH - A, v->high);
	if (!ret && v->low != v->high)
		ret = table_set(t, row, first + A_RANGE - A, "%s..%s",
				number_human(v->low, unit, low), number_human(v->high, unit, high));
	return ret;
}

static int put_ratio(struct table *t, int row, const struct compare_cell *c)
{
	char low[NUMBER_STRLEN], high[NUMBER_STRLEN];
	int ret;

	change_text(c->ratio, low, sizeof(low));
	ret = c->ratio == 1 ? 0 : table_set(t, row, CHANGE, "%s", low);
	if (!ret)
		ret = set_number(t, row, RATIO, c->ratio);
	if (ret || !c->bounded)
		return ret;
	change_text(c->ratio_low, low, sizeof(low));
	change_text(c->ratio_high, high, sizeof(high));
	ret = table_set(t, row, CHANGE_RANGE, "%s..%s", low, high);
	if (!ret)
		ret = set_number(t, row, RATIO_LOW, c->ratio_low);
	return ret ? ret : set_number(t, row, RATIO_HIGH, c->ratio_high);
}

static int put_test(struct table *t, int row, const struct compare_cell *c)
{
	int ret = table_set(t, row, P, "%.2g", c->p);

	if (!ret && isfinite(c->detectable))
		ret = table_set(t, row, SEEN, "%.2g %%", c->detectable * 100);
	return ret ? ret : set_number(t, row, DETECTABLE, c->detectable);
}

/* "align=2M via=dmabuf" */
static int put_params(struct table *t, int row, const struct record *r)
{
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);
	int ret;

	if (!f)
		return -ENOMEM;
	for (i = 0; i < r->nparams; i++)
		fprintf(f, "%s%s=%s", i ? " " : "", r->params[i].key, r->params[i].value);
	ret = fclose(f) ? -ENOMEM : table_set(t, row, PARAMS, "%s", text);
	free(text);
	return ret;
}

static int add_cell(struct table *t, const struct compare_cell *c)
{
	const struct record *r = c->record;
	int row = table_add_row(t), ret;

	if (row < 0)
		return row;
	ret = table_set(t, row, MEASUREMENT, "%s", r->measurement);
	if (!ret)
		ret = table_set(t, row, BUFFER, "%s", r->buffer);
	if (!ret)
		ret = table_set(t, row, INITIATOR, "%s", r->initiator);
	if (!ret)
		ret = put_params(t, row, r);
	if (!ret)
		ret = table_set(t, row, UNIT, "%s", unit_name(r->unit));
	if (!ret)
		ret = put_value(t, row, A, &c->a, r->unit);
	if (!ret)
		ret = put_value(t, row, B, &c->b, r->unit);
	if (!ret && compare_both(c))
		ret = put_ratio(t, row, c);
	if (!ret && compare_both(c) && r->unit != UNIT_INSN)
		ret = put_test(t, row, c);
	if (!ret)
		ret = table_set(t, row, VERDICT, "%s%s", compare_verdict_name(c->verdict),
				compare_worse(c) && !c->gated ? " (not gated)" : "");
	if (!ret)
		ret = table_set(t, row, VERDICT_NAME, "%s", compare_verdict_name(c->verdict));
	if (!ret)
		ret = table_set(t, row, GATED, "%s", c->gated ? "yes" : "no");
	if (!ret && c->skipped)
		ret = table_set(t, row, WHY, "%s", c->skipped);
	return ret;
}

static bool is_changed(const struct compare_cell *c)
{
	return c->verdict != VERDICT_EQUAL && c->verdict != VERDICT_NO_CHANGE &&
	       c->verdict != VERDICT_TOO_FEW;
}

static int fill_cells(struct table *t, const struct compare_view *v)
{
	const struct comparison *c = v->comparison;
	int ret = 0;
	size_t i;

	for (i = 0; c && i < c->ncells && !ret; i++)
		if (!v->changed_only || is_changed(&c->cell[i]))
			ret = add_cell(t, &c->cell[i]);
	return ret;
}

static const struct column mean_columns[] = {
	{ "geometric mean of", COLUMN_TEXT, PLACE_ALL, NULL, "measurement" },
	{ "unit", COLUMN_TEXT },
	{ "cells", COLUMN_NUMBER },
	{ "change", COLUMN_NUMBER, PLACE_TABLE },
	{ "ratio", COLUMN_NUMBER, PLACE_DATA },
};

static int fill_means(struct table *t, const struct compare_view *v)
{
	const struct comparison *c = v->comparison;
	int ret = 0, row;
	size_t i;

	for (i = 0; c && i < c->nmeans && !ret; i++) {
		char change[NUMBER_STRLEN];

		row = table_add_row(t);
		if (row < 0)
			return row;
		change_text(c->mean[i].ratio, change, sizeof(change));
		ret = table_set(t, row, 0, "%s", c->mean[i].measurement);
		if (!ret)
			ret = table_set(t, row, 1, "%s", unit_name(c->mean[i].unit));
		if (!ret)
			ret = table_set(t, row, 2, "%zu", c->mean[i].ncells);
		if (!ret)
			ret = table_set(t, row, 3, "%s", change);
		if (!ret)
			ret = set_number(t, row, 4, c->mean[i].ratio);
	}
	return ret;
}

static const struct column difference_columns[] = {
	{ "environment", COLUMN_TEXT, PLACE_ALL, NULL, "field" },
	{ "A", COLUMN_TEXT, PLACE_ALL, NULL, "a" },
	{ "B", COLUMN_TEXT, PLACE_ALL, NULL, "b" },
	{ "part of the subject", COLUMN_BOOL, PLACE_ALL, NULL, "allowed" },
};

static int fill_differences(struct table *t, const struct compare_view *v)
{
	int ret = 0, row;
	size_t i;

	for (i = 0; i < v->differences->count && !ret; i++) {
		const struct compare_difference *d = &v->differences->item[i];

		row = table_add_row(t);
		if (row < 0)
			return row;
		ret = table_set(t, row, 0, "%s", d->key);
		if (!ret && d->a)
			ret = table_set(t, row, 1, "%s", d->a);
		if (!ret && d->b)
			ret = table_set(t, row, 2, "%s", d->b);
		if (!ret)
			ret = table_set(t, row, 3, "%s", d->allowed ? "yes" : "no");
	}
	return ret;
}

/* The counts of verdicts are in the order of theirs. */
static const struct column summary_columns[] = {
	{ "subject", COLUMN_TEXT },	   { "a_runs", COLUMN_NUMBER },
	{ "b_runs", COLUMN_NUMBER },	   { "alpha", COLUMN_NUMBER },
	{ "floor", COLUMN_NUMBER },	   { "gate", COLUMN_NUMBER },
	{ "cells", COLUMN_NUMBER },	   { "failures", COLUMN_NUMBER },
	{ "equal", COLUMN_NUMBER },	   { "no_change", COLUMN_NUMBER },
	{ "too_few_runs", COLUMN_NUMBER }, { "changes", COLUMN_NUMBER },
	{ "improvements", COLUMN_NUMBER }, { "regressions", COLUMN_NUMBER },
	{ "lost", COLUMN_NUMBER },	   { "new", COLUMN_NUMBER },
	{ "wrong", COLUMN_NUMBER },
};
#define NSUMMARY (sizeof(summary_columns) / sizeof(summary_columns[0]))

static int fill_summary(struct table *t, const struct compare_view *v)
{
	const struct comparison *c = v->comparison;
	int row = table_add_row(t), ret, i;

	if (row < 0)
		return row;
	ret = table_set(t, row, 0, "%s", compare_subject_name(v->subject));
	if (!ret)
		ret = table_set(t, row, 1, "%zu", v->a->nruns);
	if (!ret)
		ret = table_set(t, row, 2, "%zu", v->b->nruns);
	if (ret || !c)
		return ret;
	ret = set_number(t, row, 3, c->params.alpha);
	if (!ret)
		ret = set_number(t, row, 4, c->params.floor);
	if (!ret)
		ret = set_number(t, row, 5, c->params.gate);
	if (!ret)
		ret = table_set(t, row, 6, "%zu", c->ncells);
	if (!ret)
		ret = table_set(t, row, 7, "%zu", c->failures);
	for (i = 0; i < COMPARE_VERDICTS && !ret; i++)
		ret = table_set(t, row, 8 + i, "%zu", c->verdicts[i]);
	return ret;
}

/* A table of counted cells has no need of what is said of times. */
static void hide_empty(struct column columns[NCOLUMNS], const struct comparison *c)
{
	memcpy(columns, cell_columns, sizeof(cell_columns));
	if (c && c->timed)
		return;
	columns[CHANGE_RANGE].place = PLACE_NONE;
	columns[SEEN].place = PLACE_NONE;
	columns[P].place = PLACE_DATA;
}

enum { TABLE_DIFFERENCES, TABLE_CELLS, TABLE_MEANS, TABLE_SUMMARY, NTABLES };

static const struct {
	const char *name;
	const struct column *columns;
	size_t ncolumns;
	int (*fill)(struct table *t, const struct compare_view *v);
} tables[NTABLES] = {
	[TABLE_DIFFERENCES] = { "environment", difference_columns, 4, fill_differences },
	[TABLE_CELLS] = { "cells", cell_columns, NCOLUMNS, fill_cells },
	[TABLE_MEANS] = { "means", mean_columns, 5, fill_means },
	[TABLE_SUMMARY] = { "summary", summary_columns, NSUMMARY, fill_summary },
};

int render_comparison(FILE *out, enum format format, const struct compare_view *v)
{
	struct column columns[NCOLUMNS];
	struct table *made[NTABLES] = { NULL };
	int ret = 0;
	size_t i;

	hide_empty(columns, v->comparison);
	for (i = 0; i < NTABLES && !ret; i++) {
		made[i] = table_new(tables[i].name, i == TABLE_CELLS ? columns : tables[i].columns,
				    tables[i].ncolumns);
		ret = made[i] ? tables[i].fill(made[i], v) : -ENOMEM;
	}
	if (ret)
		goto out;
	switch (format) {
	case FORMAT_JSON:
		ret = table_render(out, format, made, NTABLES);
		break;
	case FORMAT_CSV:
		ret = table_render(out, format, &made[TABLE_CELLS], 1);
		break;
	case FORMAT_TABLE:
		ret = table_render(out, format, made, TABLE_SUMMARY);
		if (!ret && v->comparison)
			render_compare_summary(out, v);
		break;
	}
out:
	for (i = 0; i < NTABLES; i++)
		table_free(made[i]);
	return ret;
}
