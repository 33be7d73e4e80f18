// SPDX-License-Identifier: GPL-2.0-only
/* The page around the sections, and what they have in common. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "html.h"
#include "report-private.h"

const char *figure_label(enum unit unit, enum medium medium)
{
	bool emulated = medium == MEDIUM_EMULATED;

	switch (unit) {
	case UNIT_NS:
		return emulated ? "time (emulated)" : "time";
	case UNIT_INSN:
		return "instructions";
	case UNIT_BYTES_PER_S:
		break;
	}
	return emulated ? "rate (emulated: not a bandwidth)" : "rate";
}

void figure_begin(const struct page *p, const char *title, enum medium medium, const char *about)
{
	fputs("<figure>\n<figcaption><strong>", p->out);
	html_text(p->out, title);
	fputs("</strong>", p->out);
	if (medium == MEDIUM_EMULATED)
		fputs(" <span class=\"badge\">emulated</span>", p->out);
	if (*about) {
		fputs("<br>", p->out);
		html_text(p->out, about);
	}
	fputs("</figcaption>\n", p->out);
}

void figure_end(const struct page *p)
{
	fputs("</figure>\n", p->out);
}

const char *change_text(double before, double after, char buf[CHANGE_STRLEN])
{
	double percent = (after / before - 1) * 100;

	if (!isfinite(percent))
		return strcpy(buf, "?");
	snprintf(buf, CHANGE_STRLEN, "%+.*f %%", fabs(percent) < 9.995 ? 2 : 1, percent);
	return buf;
}

bool more_is_worse(enum unit unit)
{
	return unit != UNIT_BYTES_PER_S;
}

static const struct section {
	const char *id, *title;
	int (*write)(struct page *p);
	bool (*wanted)(const struct report *r); /* NULL: always */
} sections[] = {
	{ "environment", "Environment", section_environment, NULL },
	{ "compare", "A and B", section_compare, has_sides },
	{ "history", "History", section_history, has_history },
	{ "sweeps", "Size sweeps", section_sweeps, NULL },
	{ "scale", "Scale curves", section_scale, NULL },
	{ "distributions", "Distributions", section_distributions, NULL },
	{ "cells", "Tables", section_cells, NULL },
};
#define NSECTIONS (sizeof(sections) / sizeof(sections[0]))

static bool is_wanted(const struct section *s, const struct report *r)
{
	return !s->wanted || s->wanted(r);
}

static void write_head(FILE *out)
{
	fputs("<!DOCTYPE html>\n"
	      "<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      /* Even what got in by mistake could neither run nor load anything. */
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<title>p2p-tool report</title>\n<style>\n",
	      out);
	report_style(out);
	fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the "
	      "results</a>\n",
	      out);
}

static void count_cells(const struct report *r, size_t *measured, size_t *skipped, size_t *wrong)
{
	size_t i;

	*measured = *skipped = *wrong = 0;
	for (i = 0; i < r->ncells; i++) {
		const struct record *last = r->cell[i].last;

		*skipped += last->skipped != NULL;
		*measured += !last->skipped;
		*wrong += last->verification == VERIFY_FAILED;
	}
}

static void write_note(FILE *out, const char *class, const char *heading)
{
	fprintf(out, "<p class=\"note %s\"><strong>", class);
	html_text(out, heading);
	fputs("</strong> ", out);
}

static void write_run_notes(FILE *out, const struct report *r)
{
	size_t i;

	for (i = 0; i < r->nruns; i++) {
		const struct report_run *run = &r->run[i];
		const char *partial = record_group_partial(run->group);
		const char *base = environment_get(&run->group->env, "base");

		if (partial) {
			write_note(out, "warn", "Partial.");
			html_printf(out, "Run %zu ended before its suite did (", i + 1);
			html_text(out, partial);
			html_text(out, run->used ? "); there is no whole one."
						 : "): it is used for nothing below.");
			fputs("</p>\n", out);
		}
		if (base && strcmp(base, "pinned")) {
			write_note(out, "warn", "Not pinned.");
			html_printf(out, "Run %zu had a kernel base that is not the pinned one (",
				    i + 1);
			html_text(out, base);
			fputs("): figures may differ for that reason.</p>\n", out);
		}
	}
}

static void write_notes(FILE *out, const struct report *r, size_t wrong)
{
	if (r->emulated) {
		write_note(out, "emulated", "Emulated.");
		html_text(out, "Measured on emulated devices: figures are ratios and regression "
			       "signals, never bandwidths or latencies of hardware.");
		if (r->hardware)
			html_text(out, " What is emulated is marked; the rest is hardware.");
		fputs("</p>\n", out);
	}
	if (wrong) {
		write_note(out, "warn", "Wrong data.");
		html_printf(out,
			    "%zu cells moved data that was not what it should be, or reached "
			    "what they must not.",
			    wrong);
		fputs("</p>\n", out);
	}
	write_run_notes(out, r);
}

static void write_header(const struct page *p)
{
	size_t measured, skipped, wrong, i;

	count_cells(p->report, &measured, &skipped, &wrong);
	fputs("<header>\n<h1>p2p-tool report</h1>\n<p>", p->out);
	html_printf(p->out, "%zu %s in %zu %s, %zu cells measured", p->report->nruns,
		    p->report->nruns == 1 ? "run" : "runs", p->report->nfiles,
		    p->report->nfiles == 1 ? "file" : "files", measured);
	if (skipped)
		html_printf(p->out, ", %zu not", skipped);
	fputs("</p>\n", p->out);
	write_notes(p->out, p->report, wrong);
	fputs("<nav aria-label=\"Sections\"><ul>\n", p->out);
	for (i = 0; i < NSECTIONS; i++)
		if (is_wanted(&sections[i], p->report))
			fprintf(p->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
				sections[i].title);
	fputs("</ul></nav>\n</header>\n", p->out);
}

int report_write(FILE *out, const struct report *r)
{
	struct page p = { .out = out, .report = r };
	int ret = 0;
	size_t i;

	write_head(out);
	write_header(&p);
	fputs("<main id=\"main\">\n", out);
	for (i = 0; i < NSECTIONS && !ret; i++) {
		if (!is_wanted(&sections[i], r))
			continue;
		fprintf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n",
			sections[i].id, sections[i].id, sections[i].title);
		ret = sections[i].write(&p);
		fputs("</section>\n", out);
	}
	fputs("</main>\n</body>\n</html>\n", out);
	return ret;
}
