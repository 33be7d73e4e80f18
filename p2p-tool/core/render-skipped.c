// SPDX-License-Identifier: GPL-2.0-only
/* What could not be measured, each reason once, with the cells it concerns. */
#include <string.h>

#include "render-private.h"

#define LINE_WIDTH 100

static bool same_reason(const struct record *a, const struct record *b)
{
	return a->skipped && b->skipped && !strcmp(a->skipped, b->skipped) &&
	       !strcmp(a->buffer, b->buffer);
}

/* Is there an earlier record with the reason (and, when wanted, the measurement) of this one? */
static bool was_printed(const struct record_set *set, size_t index, bool measurement)
{
	const struct record *r = set->record[index];
	size_t i;

	for (i = 0; i < index; i++)
		if (same_reason(set->record[i], r) &&
		    (!measurement || !strcmp(set->record[i]->measurement, r->measurement)))
			return true;
	return false;
}

/* "    map.mmap, map.munmap (vfio:0000:03:00.0/2)", broken where lines get too long. */
static void print_cells(FILE *out, const struct record_set *set, size_t first)
{
	const struct record *r = set->record[first];
	size_t column = 0, i;

	for (i = first; i < set->count; i++) {
		const char *name = set->record[i]->measurement;

		if (!same_reason(set->record[i], r) || was_printed(set, i, true))
			continue;
		if (!column)
			column = (size_t)fprintf(out, "    %s", name);
		else if (column + 2 + strlen(name) > LINE_WIDTH)
			column = (size_t)fprintf(out, ",\n    %s", name) - 2;
		else
			column += (size_t)fprintf(out, ", %s", name);
	}
	if (*r->buffer)
		fprintf(out, " (%s)", r->buffer);
	fputc('\n', out);
}

void render_table_skipped(FILE *out, const struct record_set *set)
{
	bool first = true;
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (!set->record[i]->skipped || was_printed(set, i, false))
			continue;
		fprintf(out, "%s  %s\n", first ? "\nNot measured:\n" : "", set->record[i]->skipped);
		print_cells(out, set, i);
		first = false;
	}
}
