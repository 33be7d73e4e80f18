// SPDX-License-Identifier: GPL-2.0-only
/* Which cells belong together, and what tells them apart. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report-private.h"
#include "size.h"

static bool same_family(const struct record *a, const struct record *b, bool kind)
{
	size_t n = strcspn(a->measurement, ".");

	if (a->medium != b->medium)
		return false;
	if (kind)
		return n == strcspn(b->measurement, ".") &&
		       !strncmp(a->measurement, b->measurement, n);
	return a->unit == b->unit && !strcmp(a->measurement, b->measurement);
}

static struct family *find_family(struct families *f, const struct record *r, bool kind)
{
	struct family *families;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (same_family(f->family[i].cell[0]->last, r, kind))
			return &f->family[i];
	families = reallocarray(f->family, f->n + 1, sizeof(*families));
	if (!families)
		return NULL;
	f->family = families;
	families[f->n] = (struct family){ 0 };
	return &families[f->n++];
}

int families_of(const struct report *r, bool kind, struct families *out)
{
	size_t i;

	*out = (struct families){ 0 };
	for (i = 0; i < r->ncells; i++) {
		struct family *f;
		const struct report_cell **cells;

		if (r->cell[i].last->skipped)
			continue;
		f = find_family(out, r->cell[i].last, kind);
		cells = f ? reallocarray(f->cell, f->n + 1, sizeof(*cells)) : NULL;
		if (!cells) {
			out->n -= f && !f->n;
			families_free(out);
			return -ENOMEM;
		}
		f->cell = cells;
		cells[f->n++] = &r->cell[i];
	}
	return 0;
}

void families_free(struct families *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->family[i].cell);
	free(f->family);
	*f = (struct families){ 0 };
}

size_t buffer_stem(const char *buffer)
{
	const char *colon = strrchr(buffer, ':');
	uint64_t length;

	return colon && !size_parse(colon + 1, &length, NULL) ? (size_t)(colon - buffer)
							      : strlen(buffer);
}

static bool same_buffer(const struct record *a, const struct record *b, bool but_length)
{
	size_t n = buffer_stem(a->buffer);

	if (!but_length)
		return !strcmp(a->buffer, b->buffer);
	return n == buffer_stem(b->buffer) && !strncmp(a->buffer, b->buffer, n);
}

/* "iters" is how long a round is: by default as many messages as the size suggests. */
static bool may_differ(const char *key, const char *except)
{
	return !strcmp(key, except) || (!strcmp(key, "iters") && !strcmp(except, "size"));
}

bool same_but(const struct record *a, const struct record *b, const char *except)
{
	size_t i;

	if (a->nparams != b->nparams || strcmp(a->measurement, b->measurement) ||
	    strcmp(a->initiator, b->initiator) || !same_buffer(a, b, !strcmp(except, KEY_LENGTH)))
		return false;
	for (i = 0; i < a->nparams; i++) {
		const char *value = record_get_param(b, a->params[i].key);

		if (!value ||
		    (!may_differ(a->params[i].key, except) && strcmp(value, a->params[i].value)))
			return false;
	}
	return true;
}

static bool is_common(const struct family *f, const char *key)
{
	const char *first = record_get_param(f->cell[0]->last, key);
	size_t i;

	for (i = 0; i < f->n; i++) {
		const char *value = record_get_param(f->cell[i]->last, key);

		if (!first || !value || strcmp(first, value))
			return false;
	}
	return true;
}

static void add_text(FILE *out, const char *key, const char *value, size_t length)
{
	fprintf(out, "%s%s%s%.*s", ftell(out) ? ", " : "", key, *key ? " " : "", (int)length,
		value);
}

char *family_text(const struct family *f, const struct report_cell *cell, bool common,
		  const char *except)
{
	const struct record *r = cell->last;
	bool but_length = except && !strcmp(except, KEY_LENGTH), buffer = true, initiator = true;
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (i = 0; i < f->n; i++) {
		buffer = buffer && same_buffer(f->cell[i]->last, r, but_length);
		initiator = initiator && !strcmp(f->cell[i]->last->initiator, r->initiator);
	}
	if (buffer == common)
		add_text(out, "", r->buffer,
			 but_length ? buffer_stem(r->buffer) : strlen(r->buffer));
	if (initiator == common)
		add_text(out, "by", r->initiator, strlen(r->initiator));
	for (i = 0; i < r->nparams; i++) {
		const struct param *p = &r->params[i];

		if (is_common(f, p->key) == common && (!except || !may_differ(p->key, except)))
			add_text(out, p->key, p->value, strlen(p->value));
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

char *cell_text(const struct record *r)
{
	struct report_cell cell = { .last = r };
	const struct report_cell *cells[] = { &cell };
	struct family alone = { cells, 1 };
	char *rest = family_text(&alone, &cell, true, NULL), *text;

	if (!rest || asprintf(&text, "%s: %s", r->measurement, rest) < 0)
		text = NULL;
	free(rest);
	return text;
}
