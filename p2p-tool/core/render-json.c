// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "render-private.h"

#ifdef HAVE_JSON
#include <json-c/json.h>

/* Bytes of the UTF-8 character at s, 0 when it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies above U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/*
 * The functions below return false when out of memory. Texts come from a
 * kernel command line or from a file: '?' for each byte that JSON cannot hold.
 */
static bool put_text(struct json_object *object, const char *key, const char *text)
{
	char *copy = strdup(text);
	struct json_object *value;
	size_t i, len;

	if (!copy)
		return false;
	for (i = 0; copy[i]; i += len) {
		len = utf8_length((unsigned char *)copy + i);
		if (!len) {
			copy[i] = '?';
			len = 1;
		}
	}
	value = json_object_new_string(copy);
	free(copy);
	return value && !json_object_object_add(object, key, value);
}

static bool put_null(struct json_object *object, const char *key)
{
	return !json_object_object_add(object, key, NULL);
}

static bool put_number(struct json_object *object, const char *key, double number)
{
	char buf[NUMBER_STRLEN];
	const char *text = number_text(number, buf);
	struct json_object *value;

	if (!text)
		return put_null(object, key);
	value = json_object_new_double_s(number, text);
	return value && !json_object_object_add(object, key, value);
}

static bool put_list(struct json_object *object, const char *key, const struct param *list,
		     size_t count)
{
	struct json_object *member = json_object_new_object();
	bool ok = member && !json_object_object_add(object, key, member);
	size_t i;

	for (i = 0; i < count && ok; i++)
		ok = put_text(member, list[i].key, list[i].value);
	return ok;
}

static bool put_summary(struct json_object *object, const struct summary *s)
{
	const struct {
		const char *key;
		double value;
	} members[] = {
		{ "min", s->min },     { "median", s->median }, { "p99", s->p99 },
		{ "p99.9", s->p999 },  { "max", s->max },	{ "mean", s->mean },
		{ "stdev", s->stdev },
	};
	bool ok = put_number(object, "count", (double)s->count);
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]) && ok; i++)
		ok = s->count ? put_number(object, members[i].key, members[i].value)
			      : put_null(object, members[i].key);
	return ok;
}

static bool put_baseline(struct json_object *object, const struct record *r)
{
	struct json_object *baseline;

	if (!r->has_baseline)
		return put_null(object, "baseline");
	baseline = json_object_new_object();
	return baseline && !json_object_object_add(object, "baseline", baseline) &&
	       put_number(baseline, "median", r->baseline_median) &&
	       put_number(baseline, "ratio", r->baseline_ratio);
}

/* [lower, upper, count] of every bucket that is not empty. */
static bool put_histogram(struct json_object *object, const struct hist *h)
{
	struct json_object *list = json_object_new_array();
	bool ok = list && !json_object_object_add(object, "histogram", list);
	unsigned int i, j;

	for (i = 0; h && i < HIST_BUCKETS && ok; i++) {
		const uint64_t values[] = { hist_lower(i), hist_upper(i), h->bucket[i] };
		struct json_object *bucket;

		if (!h->bucket[i])
			continue;
		bucket = json_object_new_array();
		ok = bucket && !json_object_array_add(list, bucket);
		for (j = 0; j < 3 && ok; j++)
			ok = !json_object_array_add(bucket, json_object_new_uint64(values[j]));
	}
	return ok;
}

static bool put_record(struct json_object *object, const struct record *r)
{
	return put_text(object, "schema", RECORD_SCHEMA) && put_text(object, "type", "record") &&
	       put_text(object, "measurement", r->measurement) &&
	       put_text(object, "buffer", r->buffer) &&
	       put_text(object, "initiator", r->initiator) &&
	       put_list(object, "params", r->params, r->nparams) &&
	       put_text(object, "medium", medium_name(r->medium)) &&
	       put_text(object, "unit", unit_name(r->unit)) && put_summary(object, &r->summary) &&
	       (r->page_order < 0 ? put_null(object, "page_order")
				  : put_number(object, "page_order", r->page_order)) &&
	       (*r->memattr ? put_text(object, "memattr", r->memattr)
			    : put_null(object, "memattr")) &&
	       put_text(object, "verification", verification_name(r->verification)) &&
	       put_baseline(object, r) && put_list(object, "observed", r->observed, r->nobserved) &&
	       (r->skipped ? put_text(object, "skipped", r->skipped)
			   : put_null(object, "skipped")) &&
	       put_histogram(object, r->hist);
}

static bool put_environment(struct json_object *object, const struct environment *env)
{
	bool ok = put_text(object, "schema", RECORD_SCHEMA) &&
		  put_text(object, "type", "environment");
	size_t i;

	for (i = 0; i < env->count && ok; i++)
		ok = put_text(object, env->field[i].key, env->field[i].value);
	return ok;
}

static int print_line(FILE *out, struct json_object *object, bool complete)
{
	const char *text = NULL;

	if (complete)
		text = json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		fprintf(out, "%s\n", text);
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}

int render_json_environment(FILE *out, const struct environment *env)
{
	struct json_object *object = json_object_new_object();

	return print_line(out, object, object && put_environment(object, env));
}

int render_json_record(FILE *out, const struct record *r)
{
	struct json_object *object = json_object_new_object();

	return print_line(out, object, object && put_record(object, r));
}

#else

int render_json_environment(FILE *out, const struct environment *env)
{
	return -ENOTSUP;
}

int render_json_record(FILE *out, const struct record *r)
{
	return -ENOTSUP;
}

#endif
