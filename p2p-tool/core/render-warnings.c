// SPDX-License-Identifier: GPL-2.0-only
/* What records warn of, each text once for each buffer. */
#include <string.h>

#include "render-private.h"

static bool was_printed(const struct record_set *set, size_t index, const char *warning)
{
	const char *other;
	size_t i;

	for (i = 0; i < index; i++) {
		other = record_get_observed(set->record[i], "warning");
		if (other && !strcmp(other, warning) &&
		    !strcmp(set->record[i]->buffer, set->record[index]->buffer))
			return true;
	}
	return false;
}

void render_table_warnings(FILE *out, const struct record_set *set)
{
	bool first = true;
	size_t i;

	for (i = 0; i < set->count; i++) {
		const char *warning = record_get_observed(set->record[i], "warning");

		if (!warning || was_printed(set, i, warning))
			continue;
		fprintf(out, "%s  %s: %s\n", first ? "\nWarnings:\n" : "", set->record[i]->buffer,
			warning);
		first = false;
	}
}
