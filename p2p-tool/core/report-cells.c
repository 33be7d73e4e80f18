// SPDX-License-Identifier: GPL-2.0-only
/* All figures as tables, what could not be measured, what records warn of. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "html.h"
#include "render-private.h"
#include "report-private.h"
#include "size.h"

/* Columns that are there only when a cell has something for them. */
enum extra { EXTRA_HOST, EXTRA_FAULTS, EXTRA_PAGE, EXTRA_MEMATTR, EXTRA_DATA, EXTRA_RUN, EXTRAS };

static const char *extra_text(const struct report *r, const struct report_cell *c, enum extra extra,
			      char buf[NUMBER_STRLEN])
{
	const struct record *record = c->last;
	const char *text;

	buf[0] = '\0';
	switch (extra) {
	case EXTRA_HOST:
		if (record->has_baseline)
			snprintf(buf, NUMBER_STRLEN, "%.3gx", record->baseline_ratio);
		break;
	case EXTRA_FAULTS:
		text = record_get_observed(record, "faults");
		return text ? text : "";
	case EXTRA_PAGE:
		if (record_get_observed(record, "page_orders"))
			return "mixed";
		text = environment_get(&r->run[c->last_run].group->env, "page_size");
		if (record->page_order >= 0 && record->page_order < 40)
			size_format((text ? strtoull(text, NULL, 10) : 4096) << record->page_order,
				    buf, NUMBER_STRLEN);
		break;
	case EXTRA_MEMATTR:
		return record->memattr;
	case EXTRA_DATA:
		if (record->verification != VERIFY_NONE)
			return record->verification == VERIFY_OK ? "ok" : "WRONG";
		break;
	case EXTRA_RUN:
		if (r->nruns > 1)
			snprintf(buf, NUMBER_STRLEN, "%zu", c->last_run + 1);
		break;
	case EXTRAS:
		break;
	}
	return buf;
}

static const char *const extra_columns[EXTRAS] = {
	[EXTRA_HOST] = ">vs host",  [EXTRA_FAULTS] = ">faults", [EXTRA_PAGE] = ">page",
	[EXTRA_MEMATTR] = "memory", [EXTRA_DATA] = "data",	[EXTRA_RUN] = ">run",
};

#define FIGURES 8
#define COLUMNS (FIGURES + EXTRAS + 1)

static void choose_columns(const struct report *r, const struct family *f, const char **columns,
			   enum extra *extras)
{
	static const char *const figures[FIGURES] = { "measurement", "cell", ">samples", ">min",
						      ">median",     ">p99", ">p99.9",	 ">max" };
	char buf[NUMBER_STRLEN];
	size_t n = 0, i;
	int extra;

	for (; n < FIGURES; n++)
		columns[n] = figures[n];
	for (extra = 0; extra < EXTRAS; extra++) {
		for (i = 0; i < f->n; i++)
			if (*extra_text(r, f->cell[i], (enum extra)extra, buf))
				break;
		if (i < f->n) {
			extras[n - FIGURES] = (enum extra)extra;
			columns[n++] = extra_columns[extra];
		}
	}
	extras[n - FIGURES] = EXTRAS;
	columns[n] = NULL;
}

static int write_row(const struct page *p, const struct family *f, const struct report_cell *c,
		     const char *const *columns, const enum extra *extras)
{
	const struct summary *s = &c->last->summary;
	const double figures[] = { s->min, s->median, s->p99, s->p999, s->max };
	char *name = family_text(f, c, false, NULL), buf[NUMBER_STRLEN];
	struct html_row row;
	size_t i;

	if (!name)
		return -ENOMEM;
	html_row_begin(&row, p->out, columns);
	html_cell(&row, c->last->measurement);
	html_cell(&row, name);
	html_cellf(&row, "%llu", (unsigned long long)s->count);
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		html_cell(&row, number_human(figures[i], c->last->unit, buf));
	for (; *extras != EXTRAS; extras++)
		html_cell(&row, extra_text(p->report, c, *extras, buf));
	html_row_end(&row);
	free(name);
	return 0;
}

static bool is_counted(const struct family *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->cell[i]->last->unit == UNIT_INSN)
			return true;
	return false;
}

/* Cells in the order of their measurements' first appearance. */
static int write_rows(const struct page *p, const struct family *f, const char *const *columns,
		      const enum extra *extras)
{
	int ret = 0;
	size_t i, j;

	for (i = 0; i < f->n; i++) {
		const char *name = f->cell[i]->last->measurement;

		for (j = 0; j < i && strcmp(f->cell[j]->last->measurement, name); j++)
			;
		if (j < i)
			continue;
		for (; j < f->n && !ret; j++)
			if (!strcmp(f->cell[j]->last->measurement, name))
				ret = write_row(p, f, f->cell[j], columns, extras);
	}
	return ret;
}

static int write_family(const struct page *p, const struct family *f)
{
	const struct record *r = f->cell[0]->last;
	const char *columns[COLUMNS];
	enum extra extras[EXTRAS + 1];
	char *about = family_text(f, f->cell[0], true, NULL), *caption;
	int n = (int)strcspn(r->measurement, "."), ret;

	if (!about ||
	    asprintf(&caption, "%.*s%s%s%s%s", n, r->measurement, *about ? ": " : "", about,
		     is_counted(f) ? "; numbers without unit are instructions" : "",
		     r->medium == MEDIUM_EMULATED ? " (emulated: rates are no bandwidths)" : "") <
		    0) {
		free(about);
		return -ENOMEM;
	}
	choose_columns(p->report, f, columns, extras);
	fprintf(p->out, "<h3>");
	html_printf(p->out, "%.*s", n, r->measurement);
	fputs("</h3>\n", p->out);
	html_table_begin(p->out, caption, columns);
	ret = write_rows(p, f, columns, extras);
	html_table_end(p->out);
	free(caption);
	free(about);
	return ret;
}

static bool has_skipped(const struct report *r)
{
	size_t i;

	for (i = 0; i < r->ncells; i++)
		if (r->cell[i].last->skipped)
			return true;
	return false;
}

static int write_skipped(const struct page *p)
{
	static const char *const columns[] = { "cell", "why not", NULL };
	const struct report *r = p->report;
	size_t i;

	if (!has_skipped(r))
		return 0;
	fputs("<h3>Not measured</h3>\n", p->out);
	html_table_begin(p->out, "What could not be measured, and what to change", columns);
	for (i = 0; i < r->ncells; i++) {
		char *name;

		if (!r->cell[i].last->skipped)
			continue;
		name = cell_text(r->cell[i].last);
		if (!name)
			return -ENOMEM;
		fputs("<tr>", p->out);
		html_element(p->out, "th scope=\"row\" class=\"w\"", name);
		html_element(p->out, "td class=\"w\"", r->cell[i].last->skipped);
		fputs("</tr>\n", p->out);
		free(name);
	}
	html_table_end(p->out);
	return 0;
}

static bool was_written(const struct report *r, size_t index, const char *key, const char *text)
{
	size_t i;

	for (i = 0; i < index; i++) {
		const char *other = record_get_observed(r->cell[i].last, key);

		if (other && !strcmp(other, text) &&
		    !strcmp(r->cell[i].last->buffer, r->cell[index].last->buffer))
			return true;
	}
	return false;
}

/* All observations whose key begins with prefix; the rest of the key says who, if anybody. */
static void write_observed(const struct page *p, const char *prefix, const char *heading)
{
	const struct report *r = p->report;
	size_t len = strlen(prefix), i, n;
	bool first = true;

	for (i = 0; i < r->ncells; i++) {
		const struct record *record = r->cell[i].last;

		for (n = 0; n < record->nobserved; n++) {
			const char *key = record->observed[n].key,
				   *text = record->observed[n].value;

			if (strncmp(key, prefix, len) || was_written(r, i, key, text))
				continue;
			if (first)
				fprintf(p->out, "<h3>%s</h3>\n<ul>\n", heading);
			first = false;
			fputs("<li>", p->out);
			html_text(p->out, record->buffer);
			html_text(p->out, key[len] ? " by " : "");
			html_text(p->out, key + len);
			fputs(": ", p->out);
			html_text(p->out, text);
			fputs("</li>\n", p->out);
		}
	}
	if (!first)
		fputs("</ul>\n", p->out);
}

int section_cells(struct page *p)
{
	struct families f;
	int ret = families_of(p->report, true, &f);
	size_t i;

	if (ret)
		return ret;
	if (p->report->nruns > 1)
		fputs("<p>Of each cell the newest run that measured it.</p>\n", p->out);
	for (i = 0; i < f.n && !ret; i++)
		ret = write_family(p, &f.family[i]);
	if (!ret)
		ret = write_skipped(p);
	if (!ret) {
		write_observed(p, "seen_by_", "Seen after the revoke");
		write_observed(p, "warning", "Warnings");
	}
	families_free(&f);
	return ret;
}
