// SPDX-License-Identifier: GPL-2.0-only
/*
 * One table for each kind of measurement: what stands before the dot of its
 * name. Whatever is the same in all its rows goes into the heading, so that
 * the columns show what differs.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render-private.h"
#include "size.h"

#define MAX_KEYS    24 /* buffer, initiator, parameters, samples */
#define MAX_COLUMNS (MAX_KEYS + 10)
#define VALUE_MAX   128

struct group {
	const struct record **record; /* those measured, in the order of the rows */
	size_t count;
	const char *key[MAX_KEYS]; /* properties shown */
	size_t nkeys;
};

/* Length of the part of a measurement's name that names its kind. */
static size_t kind_length(const char *measurement)
{
	return strcspn(measurement, ".");
}

static bool same_kind(const struct record *a, const struct record *b)
{
	size_t len = kind_length(a->measurement);

	return len == kind_length(b->measurement) && !strncmp(a->measurement, b->measurement, len);
}

/* The value of one property of a record, "" when it has none. */
static const char *property(const struct record *r, const char *key, char buf[VALUE_MAX])
{
	const char *value;

	if (!strcmp(key, "buffer"))
		return r->buffer;
	if (!strcmp(key, "initiator"))
		return r->initiator;
	if (!strcmp(key, "samples")) {
		snprintf(buf, VALUE_MAX, "%llu", (unsigned long long)r->summary.count);
		return buf;
	}
	value = record_get_param(r, key);
	return value ? value : "";
}

static bool is_constant(const struct group *g, const char *key)
{
	char first[VALUE_MAX], other[VALUE_MAX];
	size_t i;

	for (i = 1; i < g->count; i++)
		if (strcmp(property(g->record[0], key, first), property(g->record[i], key, other)))
			return false;
	return true;
}

static bool is_numeric(const struct group *g, const char *key)
{
	char buf[VALUE_MAX];
	size_t i;

	for (i = 0; i < g->count; i++) {
		const char *value = property(g->record[i], key, buf);

		if (*value && !isdigit((unsigned char)*value))
			return false;
	}
	return true;
}

static void add_key(struct group *g, const char *key)
{
	size_t i;

	for (i = 0; i < g->nkeys; i++)
		if (!strcmp(g->key[i], key))
			return;
	if (g->nkeys < MAX_KEYS)
		g->key[g->nkeys++] = key;
}

/* Everything measured of the kind of set->record[first], equal measurements side by side. */
static int make_group(struct group *g, const struct record_set *set, size_t first)
{
	size_t i, j, p;

	*g = (struct group){ 0 };
	g->record = calloc(set->count, sizeof(*g->record));
	if (!g->record)
		return -ENOMEM;
	for (i = first; i < set->count; i++) {
		const struct record *r = set->record[i];

		if (r->skipped || !same_kind(r, set->record[first]))
			continue;
		for (j = g->count; j > 0; j--)
			if (!strcmp(g->record[j - 1]->measurement, r->measurement))
				break;
		if (!j)
			j = g->count;
		memmove(&g->record[j + 1], &g->record[j], (g->count - j) * sizeof(*g->record));
		g->record[j] = r;
		g->count++;
	}
	add_key(g, "buffer");
	add_key(g, "initiator");
	for (i = 0; i < g->count; i++)
		for (p = 0; p < g->record[i]->nparams; p++)
			add_key(g, g->record[i]->params[p].key);
	add_key(g, "samples");
	return 0;
}

static void print_heading(FILE *out, const struct group *g)
{
	const char *name = g->record[0]->measurement, *separator = ": ";
	char buf[VALUE_MAX];
	bool insn = false;
	size_t i;

	fprintf(out, "\n%.*s", (int)kind_length(name), name);
	for (i = 0; i < g->nkeys; i++) {
		const char *value = property(g->record[0], g->key[i], buf);

		if (!is_constant(g, g->key[i]) || !*value)
			continue;
		fprintf(out, "%s%s %s", separator, g->key[i], value);
		separator = ", ";
	}
	for (i = 0; i < g->count; i++)
		insn = insn || g->record[i]->unit == UNIT_INSN;
	fprintf(out, "%s\n", insn ? "; numbers without unit are instructions" : "");
}

/* Columns that are there only when a record has something for them. */
enum extra {
	EXTRA_FAULTS,
	EXTRA_PAGE,
	EXTRA_MEMATTR,
	EXTRA_BASELINE,
	EXTRA_PEER,
	EXTRA_VERIFICATION,
	EXTRAS
};

static const char *extra_text(const struct record *r, enum extra extra, char buf[NUMBER_STRLEN])
{
	const char *faults = record_get_observed(r, "faults");
	const char *peer = record_get_observed(r, "vs_peer");
	const char *orders = record_get_observed(r, "page_orders");

	buf[0] = '\0';
	switch (extra) {
	case EXTRA_FAULTS:
		return faults ? faults : "";
	case EXTRA_PAGE:
		if (orders)
			return "mixed";
		if (r->page_order >= 0)
			size_format((uint64_t)sysconf(_SC_PAGESIZE) << r->page_order, buf,
				    NUMBER_STRLEN);
		break;
	case EXTRA_MEMATTR:
		return r->memattr;
	case EXTRA_BASELINE:
		if (r->has_baseline)
			snprintf(buf, NUMBER_STRLEN, "%.3gx", r->baseline_ratio);
		break;
	case EXTRA_PEER:
		return peer ? peer : "";
	case EXTRA_VERIFICATION:
		if (r->verification != VERIFY_NONE)
			return r->verification == VERIFY_OK ? "ok" : "FAILED";
		break;
	case EXTRAS:
		break;
	}
	return buf;
}

static const struct column extra_columns[EXTRAS] = {
	[EXTRA_FAULTS] = { "faults", COLUMN_NUMBER },
	[EXTRA_PAGE] = { "page", COLUMN_NUMBER },
	[EXTRA_MEMATTR] = { "attr", COLUMN_TEXT },
	[EXTRA_BASELINE] = { "vs host", COLUMN_NUMBER },
	[EXTRA_PEER] = { "vs peer", COLUMN_TEXT },
	[EXTRA_VERIFICATION] = { "data", COLUMN_TEXT },
};

static bool group_has_extra(const struct group *g, enum extra extra)
{
	char buf[NUMBER_STRLEN];
	size_t i;

	for (i = 0; i < g->count; i++)
		if (*extra_text(g->record[i], extra, buf))
			return true;
	return false;
}

static size_t make_columns(const struct group *g, struct column *columns)
{
	static const char *const figures[] = { "min", "median", "p99", "max" };
	size_t n = 0, i;

	columns[n++] = (struct column){ "measurement", COLUMN_TEXT };
	for (i = 0; i < g->nkeys; i++)
		if (!is_constant(g, g->key[i]))
			columns[n++] = (struct column){ g->key[i], is_numeric(g, g->key[i])
									   ? COLUMN_NUMBER
									   : COLUMN_TEXT };
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		columns[n++] = (struct column){ figures[i], COLUMN_NUMBER };
	for (i = 0; i < EXTRAS; i++)
		if (group_has_extra(g, i))
			columns[n++] = extra_columns[i];
	return n;
}

static const char *short_name(const struct record *r)
{
	const char *dot = strchr(r->measurement, '.');

	return dot ? dot + 1 : r->measurement;
}

static int add_record(struct table *t, const struct group *g, size_t index)
{
	const struct record *r = g->record[index];
	const double figures[] = { r->summary.min, r->summary.median, r->summary.p99,
				   r->summary.max };
	bool again = index && !strcmp(r->measurement, g->record[index - 1]->measurement);
	int row = table_add_row(t), column = 0, ret;
	char value[VALUE_MAX], number[NUMBER_STRLEN];
	size_t i;

	if (row < 0)
		return row;
	ret = table_set(t, row, column++, "%s", again ? "" : short_name(r));
	for (i = 0; i < g->nkeys && !ret; i++)
		if (!is_constant(g, g->key[i]))
			ret = table_set(t, row, column++, "%s", property(r, g->key[i], value));
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]) && !ret; i++)
		ret = table_set(t, row, column++, "%s", number_human(figures[i], r->unit, number));
	for (i = 0; i < EXTRAS && !ret; i++)
		if (group_has_extra(g, i))
			ret = table_set(t, row, column++, "%s", extra_text(r, i, number));
	return ret;
}

static int render_group(FILE *out, const struct group *g)
{
	struct column columns[MAX_COLUMNS];
	struct table *t = table_new("records", columns, make_columns(g, columns));
	int ret = 0;
	size_t i;

	if (!t)
		return -ENOMEM;
	for (i = 0; i < g->count && !ret; i++)
		ret = add_record(t, g, i);
	if (!ret) {
		print_heading(out, g);
		ret = table_render(out, FORMAT_TABLE, &t, 1);
	}
	table_free(t);
	return ret;
}

static bool is_first_of_kind(const struct record_set *set, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (!set->record[i]->skipped && same_kind(set->record[i], set->record[index]))
			return false;
	return !set->record[index]->skipped;
}

int render_table_records(FILE *out, const struct record_set *set)
{
	bool emulated = false;
	struct group g;
	int ret = 0;
	size_t i;

	for (i = 0; i < set->count && !ret; i++) {
		if (!set->record[i]->skipped && set->record[i]->medium == MEDIUM_EMULATED)
			emulated = true;
		if (!is_first_of_kind(set, i))
			continue;
		ret = make_group(&g, set, i);
		if (!ret)
			ret = render_group(out, &g);
		free(g.record);
	}
	if (emulated && !ret)
		fputs("\nThis machine is emulated: take the figures as ratios and regression "
		      "signals,\nnot as latencies or bandwidths of hardware.\n",
		      out);
	return ret;
}

void render_table_environment(FILE *out, const struct environment *env)
{
	static const struct {
		const char *before, *key;
	} parts[] = {
		{ "p2p-tool ", "tool_version" },
		{ ", Linux ", "kernel_release" },
		{ ", ", "cpu_model" },
		{ ", hypervisor ", "hypervisor" },
		{ ", CPUs online ", "cpus_online" },
	};
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *value = environment_get(env, parts[i].key);

		if (value)
			fprintf(out, "%s%s", parts[i].before, value);
	}
	fputc('\n', out);
}
