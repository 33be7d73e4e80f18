// SPDX-License-Identifier: GPL-2.0-only
/* What was run, and where. */
#include <string.h>

#include "html.h"
#include "report-private.h"

#define SHOWN_RUNS 10 /* more are folded */

/* Fields that differ in every run, and are in the table of runs. */
static bool is_of_run(const char *key)
{
	return !strcmp(key, "time") || !strcmp(key, ENVIRONMENT_RECORDS) ||
	       !strcmp(key, ENVIRONMENT_PARTIAL);
}

static void write_state(FILE *out, const struct report *r, const struct report_run *run)
{
	const char *base = environment_get(&run->group->env, "base");

	fputs("<td>", out);
	if (r->nsecond)
		html_text(out, run->second ? "B; " : "A; ");
	html_text(out, record_group_partial(run->group) ? "partial" : "whole");
	if (base) {
		fputs(", base ", out);
		html_text(out, base);
	}
	fputs("</td>", out);
}

static void write_runs(FILE *out, const struct report *r)
{
	static const char *const columns[] = { ">run",	  "file", ">line",  "time (UTC)", "kernel",
					       "machine", "tool", ">cells", "state",	  NULL };
	static const char *const fields[] = { "kernel_release", "cpu_model", "tool_version" };
	const char *text;
	size_t i, j;

	html_table_begin(out,
			 r->in_time ? "Runs, in the order of their time"
				    : "Runs, in the order of the files: the clock of counted runs "
				      "starts anew in each boot",
			 columns);
	for (i = 0; i < r->nruns; i++) {
		const struct report_run *run = &r->run[i];
		struct html_row row;

		html_row_begin(&row, out, columns);
		html_cellf(&row, "%zu", i + 1);
		html_cell(&row, run->path);
		html_cellf(&row, "%u", run->group->line);
		text = environment_get(&run->group->env, "time");
		html_cell(&row, text ? text : "not known");
		for (j = 0; j < sizeof(fields) / sizeof(fields[0]); j++) {
			text = environment_get(&run->group->env, fields[j]);
			html_cell(&row, text ? text : "not known");
		}
		html_cellf(&row, "%zu", run->group->records.count);
		write_state(out, r, run);
		html_row_end(&row);
	}
	html_table_end(out);
}

static const char *value_of(const struct report *r, size_t run, const char *key)
{
	return environment_get(&r->run[run].group->env, key);
}

static bool same_value(const struct report *r, size_t a, size_t b, const char *key)
{
	const char *x = value_of(r, a, key), *y = value_of(r, b, key);

	return x && y ? !strcmp(x, y) : x == y;
}

/* Runs with the value that this one has, as "1-3, 5"; "all" when all have it. */
static void write_who(FILE *out, const struct report *r, size_t run, const char *key)
{
	size_t i, from = 0, count = 0;
	bool in = false;

	for (i = 0; i < r->nruns; i++)
		count += same_value(r, run, i, key);
	if (count == r->nruns) {
		fputs("all", out);
		return;
	}
	for (count = 0, i = 0; i <= r->nruns; i++) {
		bool same = i < r->nruns && same_value(r, run, i, key);

		if (same && !in)
			from = i;
		if (!same && in)
			fprintf(out, from + 1 == i ? "%s%zu" : "%s%zu-%zu", count++ ? ", " : "",
				from + 1, i);
		in = same;
	}
}

/* Was this value of the field seen in an earlier run? */
static bool was_written(const struct report *r, size_t run, const char *key)
{
	size_t i;

	for (i = 0; i < run; i++)
		if (same_value(r, i, run, key))
			return true;
	return false;
}

static bool key_was_written(const struct report *r, size_t run, const char *key)
{
	size_t i;

	for (i = 0; i < run; i++)
		if (value_of(r, i, key))
			return true;
	return false;
}

/* All values of a field that run has. */
static void write_field(FILE *out, const struct report *r, const char *key)
{
	size_t i;

	for (i = 0; i < r->nruns; i++) {
		const char *value = value_of(r, i, key);

		if (was_written(r, i, key))
			continue;
		fputs("<tr>", out);
		html_element(out, "th scope=\"row\"", key);
		html_element(out, "td class=\"w\"", value ? value : "not known");
		fputs("<td>", out);
		write_who(out, r, i, key);
		fputs("</td></tr>\n", out);
	}
}

static void write_fields(FILE *out, const struct report *r)
{
	static const char *const columns[] = { "field", "value", "runs", NULL };
	size_t i, j;

	fputs("<details><summary>All fields</summary>\n", out);
	html_table_begin(out, "Environment of the runs", columns);
	for (i = 0; i < r->nruns; i++) {
		const struct environment *env = &r->run[i].group->env;

		for (j = 0; j < env->count; j++) {
			const char *key = env->field[j].key;

			if (!is_of_run(key) && !key_was_written(r, i, key))
				write_field(out, r, key);
		}
	}
	html_table_end(out);
	fputs("</details>\n", out);
}

int section_environment(struct page *p)
{
	fprintf(p->out, "<details%s><summary>Runs</summary>\n",
		p->report->nruns <= SHOWN_RUNS ? " open" : "");
	write_runs(p->out, p->report);
	fputs("</details>\n", p->out);
	write_fields(p->out, p->report);
	return 0;
}
