// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

#define CONFIDENCE 0.95

const char *compare_verdict_name(enum compare_verdict v)
{
	static const char *const names[] = {
		[VERDICT_EQUAL] = "equal",
		[VERDICT_NO_CHANGE] = "no change seen",
		[VERDICT_TOO_FEW] = "too few runs",
		[VERDICT_CHANGE] = "change",
		[VERDICT_IMPROVEMENT] = "improvement",
		[VERDICT_REGRESSION] = "regression",
		[VERDICT_LOST] = "lost",
		[VERDICT_NEW] = "new",
		[VERDICT_WRONG] = "wrong data",
	};

	return names[v];
}

/* The cell of r, a new one if need be. NULL when out of memory. hint: where to look first. */
static struct compare_cell *find_cell(struct comparison *c, const struct record *r, size_t *hint)
{
	struct compare_cell *cells;
	size_t n;

	for (n = 0; n < c->ncells; n++) {
		size_t i = (*hint + n) % c->ncells;

		if (record_same_cell(c->cell[i].record, r)) {
			*hint = i + 1;
			return &c->cell[i];
		}
	}
	cells = reallocarray(c->cell, c->ncells + 1, sizeof(*cells));
	if (!cells)
		return NULL;
	c->cell = cells;
	cells[c->ncells] = (struct compare_cell){ .record = r, .gated = true };
	*hint = c->ncells + 1;
	return &cells[c->ncells++];
}

static int add_value(struct compare_value *v, double median)
{
	double *values = reallocarray(v->run, v->nruns + 1, sizeof(*values));

	if (!values)
		return -ENOMEM;
	v->run = values;
	/* 0 is what a clock shows that is too coarse, and has no ratio to anything. */
	values[v->nruns++] = median > 0 ? median : 0.5;
	return 0;
}

static int add_run(struct comparison *c, const struct record_group *g, bool is_b)
{
	size_t i, hint = 0;
	int ret = 0;

	for (i = 0; i < g->records.count && !ret; i++) {
		const struct record *r = g->records.record[i];
		struct compare_cell *cell = find_cell(c, r, &hint);

		const char *gated = record_get_observed(r, OBSERVED_GATED);

		if (!cell)
			return -ENOMEM;
		if (gated && !strcmp(gated, "no"))
			cell->gated = false;
		if (r->verification == VERIFY_FAILED)
			cell->wrong = cell->wrong || is_b;
		else if (!r->skipped)
			ret = add_value(is_b ? &cell->b : &cell->a, r->summary.median);
		else if (is_b)
			cell->skipped = r->skipped;
	}
	return ret;
}

static void summarise(struct compare_value *v, enum unit unit)
{
	if (!v->nruns)
		return;
	stats_sort(v->run, v->nruns);
	v->median = stats_median(v->run, v->nruns);
	if (unit == UNIT_INSN) {
		v->bounded = true;
		v->low = v->run[0];
		v->high = v->run[v->nruns - 1];
	} else {
		v->bounded = stats_median_interval(v->run, v->nruns, CONFIDENCE, &v->low, &v->high);
	}
}

/* Instructions are exact: equality is what nothing has changed means. */
static void judge_counted(struct compare_cell *c, const struct compare_params *p)
{
	double more = c->b.median - c->a.median;

	c->ratio = c->b.median / c->a.median;
	if (more == 0)
		c->verdict = VERDICT_EQUAL;
	else if (fabs(more) <= fmax(p->least, p->gate * c->a.median))
		c->verdict = VERDICT_CHANGE;
	else
		c->verdict = more > 0 ? VERDICT_REGRESSION : VERDICT_IMPROVEMENT;
}

static bool is_slower(const struct compare_cell *c)
{
	return c->record->unit == UNIT_BYTES_PER_S ? c->ratio < 1 : c->ratio > 1;
}

/* After the correction. */
static void judge_timed(struct compare_cell *c, const struct compare_params *p)
{
	if (c->p > p->alpha || fabs(c->ratio - 1) < p->floor)
		c->verdict = isinf(c->detectable) ? VERDICT_TOO_FEW : VERDICT_NO_CHANGE;
	else
		c->verdict = is_slower(c) ? VERDICT_REGRESSION : VERDICT_IMPROVEMENT;
}

/* The same for all cells with as many runs, and expensive. */
struct detectable {
	size_t m, n;
	double shift;
};

static int find_detectable(struct compare_cell *c, const struct comparison *all,
			   struct detectable *d, struct stats_null *t)
{
	double spread = stats_spread(c->a.run, c->a.nruns, c->b.run, c->b.nruns);

	if (d->m != c->a.nruns || d->n != c->b.nruns) {
		d->m = c->a.nruns;
		d->n = c->b.nruns;
		d->shift = stats_detectable(
			d->m, d->n, 2 * all->params.alpha * all->params.slower / (double)all->timed,
			all->params.power, t);
		if (d->shift < 0)
			return -ENOMEM;
	}
	if (isinf(d->shift))
		c->detectable = INFINITY;
	else
		c->detectable = fmax(all->params.floor, expm1(d->shift * spread));
	return 0;
}

static bool is_timed(const struct compare_cell *c)
{
	return compare_both(c) && c->record->unit != UNIT_INSN;
}

/*
 * Two families of one-sided tests share alpha, as much more depends on what got
 * slower than on what got faster. p is scaled to be held against all of alpha.
 */
static int correct(struct comparison *c, bool slower, double part)
{
	double *p = calloc(c->timed ? c->timed : 1, sizeof(*p));
	size_t i, n = 0;
	int ret;

	if (!p)
		return -ENOMEM;
	for (i = 0; i < c->ncells; i++)
		if (is_timed(&c->cell[i]))
			p[n++] = is_slower(&c->cell[i]) == slower ? c->cell[i].p / 2 : 1;
	ret = stats_holm(p, n);
	for (i = n = 0; i < c->ncells && !ret; i++) {
		if (!is_timed(&c->cell[i]))
			continue;
		if (is_slower(&c->cell[i]) == slower)
			c->cell[i].p = fmin(1, p[n] / part);
		n++;
	}
	free(p);
	return ret;
}

/* p-values of all timed cells, and how the sides relate. */
static int test_cells(struct comparison *c)
{
	struct detectable d = { 0 };
	struct stats_null t = { 0 };
	int ret = 0;
	size_t i;

	for (i = 0; i < c->ncells; i++)
		c->timed += is_timed(&c->cell[i]);
	for (i = 0; i < c->ncells && !ret; i++) {
		struct compare_cell *cell = &c->cell[i];
		const struct compare_value *a = &cell->a, *b = &cell->b;

		if (!is_timed(cell))
			continue;
		ret = stats_mann_whitney(a->run, a->nruns, b->run, b->nruns, &t, &cell->p);
		if (!ret)
			ret = stats_ratio(a->run, a->nruns, b->run, b->nruns, CONFIDENCE, &t,
					  &cell->ratio, &cell->ratio_low, &cell->ratio_high,
					  &cell->bounded);
		if (!ret && c->params.power > 0)
			ret = find_detectable(cell, c, &d, &t);
	}
	stats_null_free(&t);
	if (!ret)
		ret = correct(c, true, c->params.slower);
	return ret ? ret : correct(c, false, 1 - c->params.slower);
}

static void judge(struct comparison *c)
{
	size_t i;

	for (i = 0; i < c->ncells; i++) {
		struct compare_cell *cell = &c->cell[i];

		if (cell->wrong)
			cell->verdict = VERDICT_WRONG;
		else if (!cell->a.nruns)
			cell->verdict = VERDICT_NEW;
		else if (!cell->b.nruns)
			cell->verdict = VERDICT_LOST;
		else if (is_timed(cell))
			judge_timed(cell, &c->params);
		else
			judge_counted(cell, &c->params);
		c->verdicts[cell->verdict]++;
		c->failures += cell->gated && compare_worse(cell);
	}
}

static struct compare_mean *find_mean(struct comparison *c, const struct record *r)
{
	struct compare_mean *means;
	size_t i;

	for (i = 0; i < c->nmeans; i++)
		if (c->mean[i].unit == r->unit && !strcmp(c->mean[i].measurement, r->measurement))
			return &c->mean[i];
	means = reallocarray(c->mean, c->nmeans + 1, sizeof(*means));
	if (!means)
		return NULL;
	c->mean = means;
	means[c->nmeans] = (struct compare_mean){ .measurement = r->measurement, .unit = r->unit };
	return &means[c->nmeans++];
}

static int average(struct comparison *c)
{
	size_t i;

	/* Sums of logarithms first. */
	for (i = 0; i < c->ncells; i++) {
		struct compare_mean *m;

		if (!compare_both(&c->cell[i]))
			continue;
		m = find_mean(c, c->cell[i].record);
		if (!m)
			return -ENOMEM;
		m->ncells++;
		m->ratio += log(c->cell[i].ratio);
	}
	for (i = 0; i < c->nmeans; i++)
		c->mean[i].ratio = exp(c->mean[i].ratio / (double)c->mean[i].ncells);
	return 0;
}

/* A cell that no run of either side could measure is nobody's. */
static void drop_empty(struct comparison *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->ncells; i++)
		if (c->cell[i].a.nruns || c->cell[i].b.nruns || c->cell[i].wrong)
			c->cell[n++] = c->cell[i];
	c->ncells = n;
}

int compare_sides(const struct compare_side *a, const struct compare_side *b,
		  const struct compare_params *p, struct comparison *out)
{
	int ret = 0;
	size_t i;

	*out = (struct comparison){ .params = *p };
	for (i = 0; i < a->nruns && !ret; i++)
		ret = add_run(out, a->run[i].group, false);
	for (i = 0; i < b->nruns && !ret; i++)
		ret = add_run(out, b->run[i].group, true);
	if (!ret) {
		drop_empty(out);
		for (i = 0; i < out->ncells; i++) {
			summarise(&out->cell[i].a, out->cell[i].record->unit);
			summarise(&out->cell[i].b, out->cell[i].record->unit);
		}
		ret = test_cells(out);
	}
	if (!ret) {
		judge(out);
		ret = average(out);
	}
	if (ret)
		comparison_free(out);
	return ret;
}

void comparison_free(struct comparison *c)
{
	size_t i;

	for (i = 0; i < c->ncells; i++) {
		free(c->cell[i].a.run);
		free(c->cell[i].b.run);
	}
	free(c->cell);
	free(c->mean);
	*c = (struct comparison){ 0 };
}

bool compare_worse(const struct compare_cell *c)
{
	return c->verdict == VERDICT_REGRESSION || c->verdict == VERDICT_LOST ||
	       c->verdict == VERDICT_WRONG;
}

size_t compare_runs_needed(const struct compare_params *p, size_t ncells)
{
	/* Complete separation: 1 of the (2n over n) ways to place n among 2n. */
	double least = 0.5;
	size_t n = 1;

	while (least * (double)ncells > p->alpha * p->slower && n < STATS_EXACT_MAX) {
		n++;
		least *= (double)n / (double)(2 * (2 * n - 1));
	}
	return n;
}
