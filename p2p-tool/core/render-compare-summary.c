// SPDX-License-Identifier: GPL-2.0-only
/* What a comparison comes to, in sentences. */
#include <math.h>
#include <stdlib.h>

#include "render-compare.h"

/* " 3 regressions," and the like for each verdict that occurs. */
static void print_verdicts(FILE *out, const struct comparison *c)
{
	static const char *const names[COMPARE_VERDICTS][2] = {
		[VERDICT_EQUAL] = { "equal", "equal" },
		[VERDICT_NO_CHANGE] = { "without a change that can be seen",
					"without a change that can be seen" },
		[VERDICT_TOO_FEW] = { "with too few runs to tell", "with too few runs to tell" },
		[VERDICT_CHANGE] = { "changed within the gate", "changed within the gate" },
		[VERDICT_IMPROVEMENT] = { "improvement", "improvements" },
		[VERDICT_REGRESSION] = { "regression", "regressions" },
		[VERDICT_LOST] = { "not measured in B", "not measured in B" },
		[VERDICT_NEW] = { "not measured in A", "not measured in A" },
		[VERDICT_WRONG] = { "with wrong data in B", "with wrong data in B" },
	};
	const char *separator = ":";
	int i;

	fprintf(out, "%zu cell%s", c->ncells, c->ncells == 1 ? "" : "s");
	for (i = COMPARE_VERDICTS - 1; i >= 0; i--) {
		if (!c->verdicts[i])
			continue;
		fprintf(out, "%s %zu %s", separator, c->verdicts[i], names[i][c->verdicts[i] != 1]);
		separator = ",";
	}
	fputs(".\n", out);
}

/* The detectable changes of all timed cells, sorted; their number. */
static size_t detectable_changes(const struct comparison *c, double *out)
{
	size_t i, n = 0;

	for (i = 0; i < c->ncells; i++)
		if (compare_both(&c->cell[i]) && c->cell[i].record->unit != UNIT_INSN)
			out[n++] = c->cell[i].detectable;
	stats_sort(out, n);
	return n;
}

static void print_power(FILE *out, const struct compare_view *v)
{
	const struct comparison *c = v->comparison;
	double *changes = calloc(c->ncells, sizeof(*changes));
	size_t n = changes ? detectable_changes(c, changes) : 0;

	if (n && isinf(changes[n - 1])) {
		size_t needed = compare_runs_needed(&c->params, c->timed);

		fprintf(out,
			"With %zu + %zu runs no change, however large, can be told from noise in "
			"%zu cells:\n%zu + %zu is the least, 10 + 10 are advised.\n",
			v->a->nruns, v->b->nruns, c->timed, needed, needed);
	} else if (n) {
		fprintf(out,
			"Smallest change that %zu + %zu runs would have shown (4 times in 5): "
			"%.2g %% in the median\ncell, %.2g %% in the noisiest (column SEES).\n",
			v->a->nruns, v->b->nruns, 100 * stats_median(changes, n),
			100 * changes[n - 1]);
	}
	free(changes);
}

void render_compare_summary(FILE *out, const struct compare_view *v)
{
	const struct comparison *c = v->comparison;

	fputc('\n', out);
	print_verdicts(out, c);
	if (c->timed) {
		fprintf(out,
			"Times and rates: a change has p <= %g (Mann-Whitney U, corrected by Holm "
			"for "
			"%zu cell%s)\nand is at least %g %%.\n",
			c->params.alpha, c->timed, c->timed == 1 ? "" : "s", 100 * c->params.floor);
		print_power(out, v);
		if (!compare_interleaved(v->a, v->b))
			fputs("All runs of one side were made before the other's: what changed on "
			      "the "
			      "machine in\nbetween looks like a change. Measure A and B in turn.\n",
			      out);
	}
	if (c->timed < c->ncells)
		fprintf(out,
			"Instructions: every change is shown; a regression is more than %g %% and "
			"more than %g.\n",
			100 * c->params.gate, c->params.least);
}
