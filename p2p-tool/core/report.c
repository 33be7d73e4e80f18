// SPDX-License-Identifier: GPL-2.0-only
/* Runs and cells of a report, from files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static int out_of_memory(struct error *err)
{
	return error_set(err, EXIT_FAILED, ENOMEM, NULL, "report: out of memory");
}

static bool is_counted(const struct record_group *g)
{
	size_t i;

	for (i = 0; i < g->records.count; i++)
		if (g->records.record[i]->unit == UNIT_INSN)
			return true;
	return false;
}

static int add_run(struct report *r, const struct record_file *f, const struct record_group *g,
		   bool second, struct error *err)
{
	struct report_run *runs;
	size_t i;

	for (i = 0; i < r->nruns; i++) {
		const struct report_run *other = &r->run[i];

		if (record_group_is_copy(other->group, g))
			return error_set(err, EXIT_USAGE, EINVAL, "give each run once",
					 "%.90s:%u: the same run as %.90s:%u", f->path, g->line,
					 other->path, other->group->line);
	}
	runs = reallocarray(r->run, r->nruns + 1, sizeof(*runs));
	if (!runs)
		return out_of_memory(err);
	r->run = runs;
	runs[r->nruns++] = (struct report_run){ f->path, g, second, true };
	r->nsecond += second;
	return 0;
}

static int add_runs(struct report *r, size_t second, struct error *err)
{
	int ret = 0;
	size_t i, j;

	for (i = 0; i < r->nfiles && !ret; i++)
		for (j = 0; j < r->file[i].ngroups && !ret; j++)
			ret = add_run(r, &r->file[i], &r->file[i].group[j], i >= second, err);
	return ret;
}

static const char *time_of(const struct report_run *run)
{
	const char *time = environment_get(&run->group->env, "time");

	return time ? time : "";
}

/* By insertion: runs mostly are in order, and equal ones stay in that of the files. */
static void sort_runs(struct report *r)
{
	size_t i, j;

	r->in_time = true;
	for (i = 0; i < r->nruns; i++)
		if (is_counted(r->run[i].group) || !*time_of(&r->run[i]))
			r->in_time = false;
	for (i = 1; i < r->nruns && r->in_time; i++) {
		struct report_run run = r->run[i];

		for (j = i; j && strcmp(time_of(&r->run[j - 1]), time_of(&run)) > 0; j--)
			r->run[j] = r->run[j - 1];
		r->run[j] = run;
	}
}

/* What was interrupted is not mixed up with what is whole. */
static void choose_runs(struct report *r)
{
	size_t whole = 0, i;

	for (i = 0; i < r->nruns; i++)
		whole += !record_group_partial(r->run[i].group);
	for (i = 0; i < r->nruns; i++)
		r->run[i].used = !whole || !record_group_partial(r->run[i].group);
	r->nused = whole ? whole : r->nruns;
}

static bool is_cell_of(const struct report_cell *c, const struct record *record)
{
	return c->last->medium == record->medium && record_same_cell(c->last, record);
}

/* The cell of a record, a new one if need be; NULL when out of memory. hint: where to look first. */
static struct report_cell *find_cell(struct report *r, const struct record *record, size_t *hint)
{
	struct report_cell *cells;
	size_t n;

	for (n = 0; n < r->ncells; n++) {
		size_t i = (*hint + n) % r->ncells;

		if (is_cell_of(&r->cell[i], record)) {
			*hint = i + 1;
			return &r->cell[i];
		}
	}
	cells = reallocarray(r->cell, r->ncells + 1, sizeof(*cells));
	if (!cells)
		return NULL;
	r->cell = cells;
	cells[r->ncells] = (struct report_cell){
		.by_run = calloc(r->nruns, sizeof(*cells->by_run)),
		.last = record,
	};
	if (!cells[r->ncells].by_run)
		return NULL;
	*hint = r->ncells + 1;
	return &r->cell[r->ncells++];
}

static int add_cells(struct report *r, size_t run, struct error *err)
{
	const struct record_set *set = &r->run[run].group->records;
	size_t i, hint = 0;

	for (i = 0; i < set->count; i++) {
		const struct record *record = set->record[i];
		struct report_cell *c = find_cell(r, record, &hint);

		if (!c)
			return out_of_memory(err);
		if (!record->skipped || c->last->skipped) {
			c->last = record;
			c->last_run = run;
		}
		if (record->skipped)
			continue;
		c->by_run[run] = record;
		c->measured += record->verification != VERIFY_FAILED;
		r->emulated = r->emulated || record->medium == MEDIUM_EMULATED;
		r->hardware = r->hardware || record->medium == MEDIUM_HARDWARE;
	}
	return 0;
}

static int read_files(struct report *r, char *const *path, size_t n, struct error *err)
{
	int ret = 0;

	r->file = calloc(n, sizeof(*r->file));
	if (!r->file)
		return out_of_memory(err);
	while (r->nfiles < n && !ret) {
		ret = record_file_read(&r->file[r->nfiles], path[r->nfiles], true, err);
		r->nfiles += !ret;
	}
	return ret;
}

int report_read(struct report *r, char *const *path, size_t n, size_t second, struct error *err)
{
	size_t i;
	int ret;

	*r = (struct report){ 0 };
	ret = read_files(r, path, n, err);
	if (!ret)
		ret = add_runs(r, second, err);
	if (!ret) {
		sort_runs(r);
		choose_runs(r);
	}
	for (i = 0; i < r->nruns && !ret; i++)
		if (r->run[i].used)
			ret = add_cells(r, i, err);
	if (ret)
		report_free(r);
	return ret;
}

void report_free(struct report *r)
{
	size_t i;

	for (i = 0; i < r->ncells; i++)
		free(r->cell[i].by_run);
	free(r->cell);
	free(r->run);
	for (i = 0; i < r->nfiles; i++)
		record_file_free(&r->file[i]);
	free(r->file);
	*r = (struct report){ 0 };
}
