// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

struct record *record_new(const char *measurement, const char *buffer, const char *initiator,
			  enum unit unit, enum medium medium)
{
	struct record *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->unit = unit;
	r->medium = medium;
	r->page_order = -1;
	r->measurement = strdup(measurement);
	r->buffer = strdup(buffer);
	r->initiator = strdup(initiator);
	if (!r->measurement || !r->buffer || !r->initiator) {
		record_free(r);
		return NULL;
	}
	return r;
}

static void free_list(struct param *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		free(list[i].key);
		free(list[i].value);
	}
	free(list);
}

void record_free(struct record *r)
{
	if (!r)
		return;
	free_list(r->params, r->nparams);
	free_list(r->observed, r->nobserved);
	free(r->measurement);
	free(r->buffer);
	free(r->initiator);
	free(r->skipped);
	hist_free(r->hist);
	free(r);
}

static int add_to_list(struct param **list, size_t *count, const char *key, const char *fmt,
		       va_list ap)
{
	struct param *grown, new = { 0 };

	if (vasprintf(&new.value, fmt, ap) < 0)
		return -ENOMEM;
	new.key = strdup(key);
	grown = new.key ? reallocarray(*list, *count + 1, sizeof(*grown)) : NULL;
	if (!grown) {
		free(new.key);
		free(new.value);
		return -ENOMEM;
	}
	grown[(*count)++] = new;
	*list = grown;
	return 0;
}

int record_param(struct record *r, const char *key, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = add_to_list(&r->params, &r->nparams, key, fmt, ap);
	va_end(ap);
	return ret;
}

int record_observe(struct record *r, const char *key, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = add_to_list(&r->observed, &r->nobserved, key, fmt, ap);
	va_end(ap);
	return ret;
}

static const char *find_in_list(const struct param *list, size_t count, const char *key)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i].key, key))
			return list[i].value;
	return NULL;
}

const char *record_get_param(const struct record *r, const char *key)
{
	return find_in_list(r->params, r->nparams, key);
}

const char *record_get_observed(const struct record *r, const char *key)
{
	return find_in_list(r->observed, r->nobserved, key);
}

bool record_same_cell(const struct record *a, const struct record *b)
{
	size_t i;

	if (a->unit != b->unit || a->nparams != b->nparams ||
	    strcmp(a->measurement, b->measurement) || strcmp(a->buffer, b->buffer) ||
	    strcmp(a->initiator, b->initiator))
		return false;
	for (i = 0; i < a->nparams; i++) {
		const char *other = record_get_param(b, a->params[i].key);

		if (!other || strcmp(other, a->params[i].value))
			return false;
	}
	return true;
}

int record_set_samples(struct record *r, struct samples *s)
{
	struct hist *hist = hist_new();
	size_t i;
	int ret;

	if (!hist)
		return -ENOMEM;
	ret = samples_summarise(s, &r->summary);
	if (ret) {
		hist_free(hist);
		return ret;
	}
	for (i = 0; i < s->count; i++)
		hist_add(hist, s->value[i]);
	hist_free(r->hist);
	r->hist = hist;
	return 0;
}

int record_set_add(struct record_set *set, struct record *r)
{
	struct record **records;

	records = reallocarray(set->record, set->count + 1, sizeof(*records));
	if (!records) {
		record_free(r);
		return -ENOMEM;
	}
	set->record = records;
	records[set->count++] = r;
	return 0;
}

void record_set_free(struct record_set *set)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		record_free(set->record[i]);
	free(set->record);
	*set = (struct record_set){ 0 };
}

const char *unit_name(enum unit u)
{
	static const char *const names[] = {
		[UNIT_NS] = "ns",
		[UNIT_INSN] = "insn",
		[UNIT_BYTES_PER_S] = "B/s",
	};

	return names[u];
}

const char *verification_name(enum verification v)
{
	static const char *const names[] = {
		[VERIFY_NONE] = "none",
		[VERIFY_OK] = "ok",
		[VERIFY_FAILED] = "failed",
	};

	return names[v];
}

const char *medium_name(enum medium m)
{
	static const char *const names[] = {
		[MEDIUM_HARDWARE] = "hardware",
		[MEDIUM_EMULATED] = "emulated",
	};

	return names[m];
}
