// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bench-run.h"
#include "cmd.h"
#include "core/buffer.h"
#include "core/clock.h"
#include "core/interrupt.h"
#include "measure-options.h"
#include "options.h"

/* Progress on a terminal: what runs now and how long the rest may take. */
struct progress {
	bool on;
	size_t width;
	time_t start;
	size_t total;
};

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void progress_begin(struct progress *p, size_t total)
{
	struct winsize size;

	*p = (struct progress){ .on = isatty(STDERR_FILENO), .width = 80, .total = total };
	p->start = seconds_now();
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		p->width = size.ws_col;
}

static void progress_show(const struct progress *p, size_t done, const char *text)
{
	time_t gone = seconds_now() - p->start;
	char line[256];

	if (!p->on)
		return;
	if (done && gone) {
		/* Lines differ in length: no more than a first idea. */
		time_t left = gone * (time_t)(p->total - done) / (time_t)done;

		snprintf(line, sizeof(line), "[%zu/%zu, about %lld s left] %s", done + 1, p->total,
			 (long long)left, text);
	} else {
		snprintf(line, sizeof(line), "[%zu/%zu] %s", done + 1, p->total, text);
	}
	fprintf(stderr, "\r\033[K%.*s", (int)p->width - 1, line);
}

static void progress_end(const struct progress *p)
{
	if (p->on)
		fputs("\r\033[K", stderr);
}

/* The line could not run here: a record that says so, with the buffer it is about. */
static int add_skipped(const struct suite_line *line, bool counted, const char *text,
		       const struct error *why, struct record_set *set)
{
	char buffer[160] = "";
	struct bufspec spec;
	struct record *r;
	int i;

	for (i = 1; i < line->argc && !*buffer; i++)
		if (!bufspec_parse(line->argv[i], &spec, NULL))
			bufspec_format(&spec, buffer, sizeof(buffer));
	r = record_new(line->argv[0], buffer, "", counted ? UNIT_INSN : UNIT_NS,
		       machine_is_emulated() ? MEDIUM_EMULATED : MEDIUM_HARDWARE);
	if (!r)
		return -ENOMEM;
	if (asprintf(&r->skipped, "%s%s%s", why->what, *why->remedy ? "; " : "", why->remedy) < 0)
		r->skipped = NULL;
	if (!r->skipped || record_param(r, "line", "%s", text)) {
		record_free(r);
		return -ENOMEM;
	}
	return record_set_add(set, r);
}

/* Let the line's command parse and, unless set is NULL, measure. 0 or -errno with err filled in. */
static int collect(const struct suite_line *line, struct record_set *set, struct error *err)
{
	char **argv = calloc((size_t)line->argc + 1, sizeof(*argv));
	int ret;

	if (!argv)
		return -ENOMEM;
	/* A copy: getopt_long() moves the operands to the end. */
	memcpy(argv, line->argv, (size_t)line->argc * sizeof(*argv));
	options_begin();
	ret = measure_collect(command_find(argv[0])->measure, line->argc, argv, set, err);
	free(argv);
	return ret;
}

static bool measured_before(const struct record_set *set, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (record_same_cell(set->record[j], set->record[i]))
			return true;
	return false;
}

/*
 * Several lines may measure one cell, such as what a registration costs. From
 * the second on it has the parameter "again", so that every cell of a run
 * finds its counterpart in another run.
 */
static int tell_apart(struct record_set *set, size_t first)
{
	size_t i;

	for (i = first; i < set->count; i++) {
		struct record *r = set->record[i];
		char *value;
		int n;

		if (!measured_before(set, i))
			continue;
		if (record_param(r, "again", "2"))
			return -ENOMEM;
		for (n = 3; measured_before(set, i); n++) {
			if (asprintf(&value, "%d", n) < 0)
				return -ENOMEM;
			free(r->params[r->nparams - 1].value);
			r->params[r->nparams - 1].value = value;
		}
	}
	return 0;
}

static int mark_not_gated(const struct suite *s, const struct suite_line *line,
			  struct record_set *set, size_t first)
{
	size_t i;

	for (i = first; i < set->count; i++)
		if (!suite_gates(s, line, set->record[i]->measurement) &&
		    !record_get_observed(set->record[i], OBSERVED_GATED) &&
		    record_observe(set->record[i], OBSERVED_GATED, "no"))
			return -ENOMEM;
	return 0;
}

static int run_line(const struct suite *s, const struct suite_line *line, const char *text,
		    bool counted, struct record_set *set, struct error *err)
{
	size_t before = set->count;
	int ret = collect(line, set, err);

	if (ret && err->status == EXIT_SKIP) {
		ret = add_skipped(line, counted, text, err, set);
		error_clear(err);
	}
	/* Also what a line measured before it failed. */
	if (tell_apart(set, before) || mark_not_gated(s, line, set, before))
		return -ENOMEM;
	return ret;
}

/* Say where it happened. */
static int explain(const struct suite_line *line, int ret, const struct error *why,
		   struct error *err)
{
	return error_set(err, why->status ? why->status : EXIT_FAILED, -ret, why->remedy,
			 "%.90s:%u: %.150s", line->path, line->number,
			 why->what[0] ? why->what : strerror(-ret));
}

int bench_check_lines(const struct suite *s, struct error *err)
{
	struct error why = { 0 };
	int ret = 0;
	size_t i;

	for (i = 0; i < s->nlines && !ret; i++) {
		ret = collect(&s->line[i], NULL, &why);
		if (ret)
			explain(&s->line[i], ret, &why, err);
	}
	return ret;
}

int bench_run_lines(const struct suite *s, bool counted, struct record_set *set, struct error *err)
{
	struct progress progress;
	struct error why = { 0 };
	int ret = 0;
	size_t i;

	progress_begin(&progress, s->nlines);
	for (i = 0; i < s->nlines && !ret; i++) {
		char *text = suite_line_text(&s->line[i]);

		ret = text ? interrupt_check(&why) : -ENOMEM;
		if (!ret) {
			progress_show(&progress, i, text);
			ret = run_line(s, &s->line[i], text, counted, set, &why);
		}
		free(text);
		if (ret)
			explain(&s->line[i], ret, &why, err);
	}
	progress_end(&progress);
	return ret;
}
