// SPDX-License-Identifier: GPL-2.0-only
/* What differs between the runs before and after "vs": see compare.h. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "compare.h"
#include "html.h"
#include "render-private.h"
#include "report-private.h"

struct sides {
	struct compare_side a, b;
};

bool has_sides(const struct report *r)
{
	return r->nsecond > 0;
}

static int make_sides(const struct report *r, struct sides *s)
{
	size_t i;

	s->a.run = calloc(r->nruns, sizeof(*s->a.run));
	s->b.run = calloc(r->nruns, sizeof(*s->b.run));
	if (!s->a.run || !s->b.run)
		return -ENOMEM;
	for (i = 0; i < r->nruns; i++) {
		struct compare_side *side = r->run[i].second ? &s->b : &s->a;

		if (r->run[i].used)
			side->run[side->nruns++] =
				(struct compare_run){ r->run[i].path, r->run[i].group };
	}
	return 0;
}

static void write_differences(FILE *out, const struct compare_differences *d)
{
	static const char *const columns[] = { "field", "A", "B", NULL };
	size_t i;

	if (!d->count) {
		fputs("<p>The environments of all runs are the same.</p>\n", out);
		return;
	}
	fputs("<p class=\"note\"><strong>Environments differ.</strong> A change of a figure may "
	      "come "
	      "from any of these. <code>bench compare --subject</code> refuses what is not meant "
	      "to "
	      "differ.</p>\n",
	      out);
	html_table_begin(out, "Fields that differ between A and B, or within one of them", columns);
	for (i = 0; i < d->count; i++) {
		fputs("<tr>", out);
		html_element(out, "th scope=\"row\"", d->item[i].key);
		html_element(out, "td class=\"w\"", d->item[i].a ? d->item[i].a : "not known");
		html_element(out, "td class=\"w\"", d->item[i].b ? d->item[i].b : "not known");
		fputs("</tr>\n", out);
	}
	html_table_end(out);
}

static void write_verdicts(FILE *out, const struct comparison *c)
{
	const char *separator = "";
	int v;

	fputs("<p><strong>", out);
	for (v = 0; v < COMPARE_VERDICTS; v++) {
		if (!c->verdicts[v])
			continue;
		html_printf(out, "%s%s: %zu", separator,
			    compare_verdict_name((enum compare_verdict)v), c->verdicts[v]);
		separator = ", ";
	}
	fputs(*separator ? ".</strong></p>\n" : "No cell was measured.</strong></p>\n", out);
}

static void write_method(FILE *out, const struct sides *s, const struct comparison *c)
{
	fputs("<p>", out);
	html_printf(out, "Runs of A: %zu, of B: %zu; each is one value of a cell, its median. ",
		    s->a.nruns, s->b.nruns);
	if (c->timed) {
		html_printf(
			out,
			"Times and rates: Mann-Whitney U test, family-wise error of 5 %% over %zu "
			"cells (Holm), and a change of at least 2 %%. ",
			c->timed);
		if (c->verdicts[VERDICT_TOO_FEW])
			html_printf(
				out,
				"With fewer than %zu runs of each no change can be seen over so "
				"many cells. ",
				compare_runs_needed(&c->params, c->timed));
	}
	if (c->timed < c->ncells)
		fputs("Instructions: every difference is a change, an increase of more than 1 % "
		      "and 20 "
		      "instructions a regression. ",
		      out);
	fputs("In brackets 95 % intervals; of instructions the smallest and largest.</p>\n", out);
	if (c->timed && !compare_interleaved(&s->a, &s->b))
		fputs("<p class=\"note warn\"><strong>Not interleaved.</strong> All runs of one "
		      "side "
		      "were made before those of the other: what changed meanwhile is taken for a "
		      "difference.</p>\n",
		      out);
}

static void write_value(struct html_row *row, const struct compare_value *v, enum unit unit)
{
	char median[NUMBER_STRLEN], low[NUMBER_STRLEN], high[NUMBER_STRLEN];

	if (!v->nruns)
		html_cell(row, "-");
	else if (v->bounded && v->nruns > 1)
		html_cellf(row, "%s [%s, %s]", number_human(v->median, unit, median),
			   number_human(v->low, unit, low), number_human(v->high, unit, high));
	else
		html_cell(row, number_human(v->median, unit, median));
}

static void write_ratio(struct html_row *row, const struct compare_cell *c)
{
	char change[CHANGE_STRLEN], low[CHANGE_STRLEN], high[CHANGE_STRLEN];

	if (!compare_both(c))
		html_cell(row, "-");
	else if (c->bounded)
		html_cellf(row, "%s [%s, %s]", change_text(1, c->ratio, change),
			   change_text(1, c->ratio_low, low), change_text(1, c->ratio_high, high));
	else
		html_cell(row, change_text(1, c->ratio, change));
}

static void write_test(struct html_row *row, const struct compare_cell *c)
{
	bool timed = compare_both(c) && c->record->unit != UNIT_INSN;

	if (timed)
		html_cellf(row, "%.2g", c->p);
	else
		html_cell(row, "");
	if (timed && isfinite(c->detectable) && c->detectable > 0)
		html_cellf(row, "%.1f %%", c->detectable * 100);
	else
		html_cell(row, timed ? "none" : "");
}

static void write_verdict(struct html_row *row, enum compare_verdict v)
{
	bool bad = v == VERDICT_REGRESSION || v == VERDICT_LOST || v == VERDICT_WRONG;

	row->column++;
	fprintf(row->out, "<td%s>%s%s</td>",
		bad			   ? " class=\"bad\""
		: v == VERDICT_IMPROVEMENT ? " class=\"good\""
					   : "",
		bad			   ? "&#9650; "
		: v == VERDICT_IMPROVEMENT ? "&#9660; "
					   : "",
		compare_verdict_name(v));
}

static int write_cells(FILE *out, const struct comparison *c)
{
	static const char *const timed[] = {
		"cell", ">A", ">B", ">change", "verdict", ">p", ">smallest change to be seen", NULL
	};
	static const char *const counted[] = { "cell", ">A", ">B", ">change", "verdict", NULL };
	const char *const *columns = c->timed ? timed : counted;
	size_t i;

	html_table_begin(out, "A and B, cell by cell", columns);
	for (i = 0; i < c->ncells; i++) {
		const struct compare_cell *cell = &c->cell[i];
		char *name = cell_text(cell->record);
		struct html_row row;

		if (!name)
			return -ENOMEM;
		html_row_begin(&row, out, columns);
		html_cell(&row, name);
		write_value(&row, &cell->a, cell->record->unit);
		write_value(&row, &cell->b, cell->record->unit);
		write_ratio(&row, cell);
		write_verdict(&row, cell->verdict);
		if (c->timed)
			write_test(&row, cell);
		html_row_end(&row);
		free(name);
	}
	html_table_end(out);
	return 0;
}

static void write_means(FILE *out, const struct comparison *c)
{
	static const char *const columns[] = { "measurement", "unit", ">cells", ">change", NULL };
	char change[CHANGE_STRLEN];
	size_t i;

	html_table_begin(out, "Geometric mean of the changes of each measurement", columns);
	for (i = 0; i < c->nmeans; i++) {
		struct html_row row;

		html_row_begin(&row, out, columns);
		html_cell(&row, c->mean[i].measurement);
		html_cell(&row, unit_name(c->mean[i].unit));
		html_cellf(&row, "%zu", c->mean[i].ncells);
		html_cell(&row, change_text(1, c->mean[i].ratio, change));
		html_row_end(&row);
	}
	html_table_end(out);
}

static double percent(double ratio)
{
	return (ratio - 1) * 100;
}

static struct interval make_interval(const struct compare_cell *c, const char *name)
{
	return (struct interval){
		.name = name,
		.value = percent(c->ratio),
		.low = percent(c->ratio_low),
		.high = percent(c->ratio_high),
		.bounded = c->bounded,
		.kind = c->verdict == VERDICT_REGRESSION    ? INTERVAL_WORSE
			: c->verdict == VERDICT_IMPROVEMENT ? INTERVAL_BETTER
							    : INTERVAL_SAME,
	};
}

/* The cell of the comparison that stands behind one of a family; see draw_all(). */
static const struct compare_cell *cell_behind(const struct comparison *c,
					      const struct report_cell *cell)
{
	return &c->cell[cell->last_run];
}

static int draw(struct page *p, const struct comparison *c, const struct family *f)
{
	const struct record *r = f->cell[0]->last;
	struct interval *interval = calloc(f->n, sizeof(*interval));
	char *about = family_text(f, f->cell[0], true, NULL);
	size_t i, n = 0;
	int ret = interval && about ? 0 : -ENOMEM;

	for (; n < f->n && !ret; n++) {
		char *name = family_text(f, f->cell[n], false, NULL);

		if (!name)
			ret = -ENOMEM;
		interval[n] = make_interval(cell_behind(c, f->cell[n]), name);
	}
	if (!ret) {
		figure_begin(p, r->measurement, r->medium, about);
		svg_intervals(
			p->out, ++p->pictures, r->measurement,
			"The change of each cell from A to B with its interval; the table above "
			"has the figures.",
			r->unit == UNIT_BYTES_PER_S ? "change from A to B; more is better"
						    : "change from A to B; less is better",
			(r->unit == UNIT_INSN ? c->params.gate : c->params.floor) * 100, interval,
			n);
		figure_end(p);
	}
	for (i = 0; i < n; i++)
		free((char *)interval[i].name);
	free(interval);
	free(about);
	return ret;
}

/* Cells of both sides as those of a report, to find families: last_run is the index. */
static int draw_all(struct page *p, const struct comparison *c)
{
	struct report cells = { .cell = calloc(c->ncells ? c->ncells : 1, sizeof(*cells.cell)) };
	struct families f = { 0 };
	int ret = -ENOMEM;
	size_t i;

	if (!cells.cell)
		return -ENOMEM;
	for (i = 0; i < c->ncells; i++)
		if (compare_both(&c->cell[i]))
			cells.cell[cells.ncells++] = (struct report_cell){
				.last = c->cell[i].record,
				.last_run = i,
			};
	ret = families_of(&cells, false, &f);
	fputs("<p>In the charts a triangle with its tip up is a regression, one with its tip down "
	      "an "
	      "improvement, a circle neither; the shaded band is what is too small to "
	      "matter.</p>\n",
	      p->out);
	fputs("<div class=\"figures\">\n", p->out);
	for (i = 0; i < f.n && !ret; i++)
		ret = draw(p, c, &f.family[i]);
	fputs("</div>\n", p->out);
	families_free(&f);
	free(cells.cell);
	return ret;
}

int section_compare(struct page *p)
{
	struct compare_params params = COMPARE_DEFAULTS;
	struct compare_differences differences = { 0 };
	struct comparison c = { 0 };
	struct sides s = { 0 };
	int ret = make_sides(p->report, &s);

	if (!ret && (!s.a.nruns || !s.b.nruns)) {
		fputs("<p class=\"note warn\"><strong>Nothing to compare.</strong> All runs of one "
		      "side "
		      "are partial.</p>\n",
		      p->out);
	} else if (!ret) {
		ret = compare_environments(&s.a, &s.b, SUBJECT_NONE, &differences);
		if (!ret)
			ret = compare_sides(&s.a, &s.b, &params, &c);
		if (!ret) {
			write_verdicts(p->out, &c);
			write_method(p->out, &s, &c);
			write_differences(p->out, &differences);
			ret = write_cells(p->out, &c);
		}
		if (!ret) {
			write_means(p->out, &c);
			ret = draw_all(p, &c);
		}
	}
	comparison_free(&c);
	compare_differences_free(&differences);
	free(s.a.run);
	free(s.b.run);
	return ret;
}
