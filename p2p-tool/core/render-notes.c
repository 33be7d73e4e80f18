// SPDX-License-Identifier: GPL-2.0-only
/* What records have to tell in words: what importers saw, and what to be wary of. */
#include <stdbool.h>
#include <string.h>

#include "render-private.h"

/* Every text once for each buffer. */
static bool was_printed(const struct record_set *set, size_t index, const char *key,
			const char *text)
{
	const char *other;
	size_t i;

	for (i = 0; i < index; i++) {
		other = record_get_observed(set->record[i], key);
		if (other && !strcmp(other, text) &&
		    !strcmp(set->record[i]->buffer, set->record[index]->buffer))
			return true;
	}
	return false;
}

/* All observations whose key begins with prefix; the rest of the key says who, if anybody. */
static void print_observed(FILE *out, const struct record_set *set, const char *prefix,
			   const char *heading)
{
	size_t len = strlen(prefix), i, n;
	bool first = true;

	for (i = 0; i < set->count; i++) {
		const struct record *r = set->record[i];

		for (n = 0; n < r->nobserved; n++) {
			const char *key = r->observed[n].key, *text = r->observed[n].value;

			if (strncmp(key, prefix, len) || was_printed(set, i, key, text))
				continue;
			fprintf(out, "%s  %s%s%s: %s\n", first ? heading : "", r->buffer,
				key[len] ? " by " : "", key + len, text);
			first = false;
		}
	}
}

void render_table_notes(FILE *out, const struct record_set *set)
{
	print_observed(out, set, "seen_by_", "\nSeen after the revoke:\n");
	print_observed(out, set, "warning", "\nWarnings:\n");
}
