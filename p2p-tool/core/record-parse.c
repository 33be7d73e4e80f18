// SPDX-License-Identifier: GPL-2.0-only
/* One line of a result file. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record-read-private.h"

#ifdef HAVE_JSON

#define SAMPLES_MAX (1ULL << 53) /* a double is exact up to there */

/* What a line must have, and all that it may have. */
static const char *const members[] = {
	"schema",	"type",	    "measurement", "buffer",  "initiator",  "params",
	"medium",	"unit",	    "count",	   "min",     "median",	    "p99",
	"p99.9",	"max",	    "mean",	   "stdev",   "page_order", "memattr",
	"verification", "baseline", "observed",	   "skipped", "histogram",
};
#define NMEMBERS (sizeof(members) / sizeof(members[0]))

static int out_of_memory(const struct record_place *at)
{
	return error_set(at->err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", at->path);
}

static int check_members(struct json_object *line, const struct record_place *at)
{
	size_t i;

	for (i = 0; i < NMEMBERS; i++)
		if (!json_object_object_get_ex(line, members[i], NULL))
			return record_refuse(at, "the member '%s' is missing", members[i]);
	json_object_object_foreach(line, key, value)
	{
		for (i = 0; i < NMEMBERS && strcmp(key, members[i]); i++)
			;
		if (i == NMEMBERS)
			return record_refuse(at, "unknown member '%.40s'", key);
		(void)value;
	}
	return 0;
}

/* The text of a JSON string, NULL when value is none or holds a NUL. */
static const char *text_of(struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

static int get_text(struct json_object *line, const char *key, const struct record_place *at,
		    const char **out)
{
	*out = text_of(json_object_object_get(line, key));
	return *out ? 0 : record_refuse(at, "'%s' is not a text", key);
}

static int get_choice(struct json_object *line, const char *key, const char *const *names,
		      unsigned int count, const struct record_place *at, unsigned int *out)
{
	const char *text;
	int ret = get_text(line, key, at, &text);

	if (ret)
		return ret;
	for (*out = 0; *out < count; (*out)++)
		if (!strcmp(text, names[*out]))
			return 0;
	return record_refuse(at, "'%s' cannot be '%.40s'", key, text);
}

static int get_number(struct json_object *line, const char *key, const struct record_place *at,
		      double *out)
{
	struct json_object *value = json_object_object_get(line, key);

	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return record_refuse(at, "'%s' is not a number", key);
	*out = json_object_get_double(value);
	if (!isfinite(*out) || *out < 0 || *out > RECORD_NUMBER_MAX)
		return record_refuse(at, "'%s' is no figure that can be measured", key);
	return 0;
}

/* A whole number; larger ones than max are refused. */
static int get_whole(struct json_object *value, const char *key, uint64_t max,
		     const struct record_place *at, uint64_t *out)
{
	int64_t number;

	if (!json_object_is_type(value, json_type_int))
		return record_refuse(at, "'%s' is not a whole number", key);
	/* Beyond its range it is the largest one, or the smallest. */
	number = json_object_get_int64(value);
	*out = number < 0 ? 0 : (uint64_t)number;
	if (number == INT64_MAX)
		*out = json_object_get_uint64(value);
	if (number < 0 || *out > max)
		return record_refuse(at, "'%s' is out of range", key);
	return 0;
}

static int parse_list(struct record *r, struct json_object *line, const char *key,
		      int (*add)(struct record *, const char *, const char *, ...),
		      const struct record_place *at)
{
	struct json_object *list = json_object_object_get(line, key);

	if (!json_object_is_type(list, json_type_object))
		return record_refuse(at, "'%s' is not an object", key);
	json_object_object_foreach(list, name, value)
	{
		const char *text = text_of(value);

		if (!text)
			return record_refuse(at, "'%s' of '%s' is not a text", name, key);
		if (add(r, name, "%s", text))
			return out_of_memory(at);
	}
	return 0;
}

static int parse_summary(struct json_object *line, const struct record_place *at, struct summary *s)
{
	const struct {
		const char *key;
		double *value;
	} figures[] = {
		{ "min", &s->min },	{ "median", &s->median }, { "p99", &s->p99 },
		{ "p99.9", &s->p999 },	{ "max", &s->max },	  { "mean", &s->mean },
		{ "stdev", &s->stdev },
	};
	int ret;
	size_t i;

	ret = get_whole(json_object_object_get(line, "count"), "count", SAMPLES_MAX, at, &s->count);
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]) && !ret; i++) {
		if (s->count)
			ret = get_number(line, figures[i].key, at, figures[i].value);
		else if (json_object_object_get(line, figures[i].key))
			ret = record_refuse(at, "no samples, but '%s'", figures[i].key);
	}
	return ret;
}

/* [lower, upper, count]; rising, and where our buckets are. */
static int parse_bucket(struct json_object *bucket, const struct record_place *at,
			unsigned int first, struct hist *h, unsigned int *index)
{
	uint64_t number[3];
	int ret = 0;
	size_t i;

	if (!json_object_is_type(bucket, json_type_array) || json_object_array_length(bucket) != 3)
		return record_refuse(at, "'histogram' is not a list of [lower, upper, count]");
	for (i = 0; i < 3 && !ret; i++)
		ret = get_whole(json_object_array_get_idx(bucket, i), "histogram", UINT64_MAX, at,
				&number[i]);
	if (ret)
		return ret;
	*index = hist_index(number[0]);
	if (*index < first || number[0] != hist_lower(*index) || number[1] != hist_upper(*index))
		return record_refuse(at, "'histogram' has a bucket that is none");
	if (!number[2] || number[2] > SAMPLES_MAX - h->total)
		return record_refuse(at, "'histogram' has an impossible count");
	h->bucket[*index] = number[2];
	h->total += number[2];
	return 0;
}

static int parse_histogram(struct json_object *line, const struct record_place *at,
			   struct record *r)
{
	struct json_object *list = json_object_object_get(line, "histogram");
	unsigned int index = 0, first = 0;
	int ret = 0;
	size_t i;

	if (!json_object_is_type(list, json_type_array))
		return record_refuse(at, "'histogram' is not a list");
	r->hist = hist_new();
	if (!r->hist)
		return out_of_memory(at);
	for (i = 0; i < json_object_array_length(list) && !ret; i++) {
		ret = parse_bucket(json_object_array_get_idx(list, i), at, first, r->hist, &index);
		first = index + 1;
	}
	return ret;
}

static int parse_baseline(struct json_object *line, const struct record_place *at, struct record *r)
{
	struct json_object *baseline = json_object_object_get(line, "baseline");
	int ret;

	if (!baseline)
		return 0;
	if (!json_object_is_type(baseline, json_type_object) ||
	    json_object_object_length(baseline) != 2)
		return record_refuse(at, "'baseline' does not consist of 'median' and 'ratio'");
	r->has_baseline = true;
	ret = get_number(baseline, "median", at, &r->baseline_median);
	return ret ? ret : get_number(baseline, "ratio", at, &r->baseline_ratio);
}

/* What may be null: the page order, the memory type, the reason for skipping. */
static int parse_optional(struct json_object *line, const struct record_place *at, struct record *r)
{
	struct json_object *order = json_object_object_get(line, "page_order");
	const char *text;
	uint64_t number;
	int ret = 0;

	if (order) {
		ret = get_whole(order, "page_order", 52, at, &number);
		if (!ret)
			r->page_order = (int)number;
	}
	if (!ret && json_object_object_get(line, "memattr")) {
		ret = get_text(line, "memattr", at, &text);
		if (!ret && (!*text || strlen(text) >= sizeof(r->memattr)))
			ret = record_refuse(at, "'memattr' is no memory type");
		if (!ret)
			strcpy(r->memattr, text);
	}
	if (!ret && json_object_object_get(line, "skipped")) {
		ret = get_text(line, "skipped", at, &text);
		r->skipped = ret ? NULL : strdup(text);
		if (!ret && !r->skipped)
			ret = out_of_memory(at);
	}
	return ret;
}

static int parse_rest(struct json_object *line, const struct record_place *at, struct record *r)
{
	const char *const names[] = {
		verification_name(VERIFY_NONE),
		verification_name(VERIFY_OK),
		verification_name(VERIFY_FAILED),
	};
	unsigned int verification;
	int ret;

	ret = get_choice(line, "verification", names, 3, at, &verification);
	if (ret)
		return ret;
	r->verification = (enum verification)verification;
	ret = parse_list(r, line, "params", record_param, at);
	if (!ret)
		ret = parse_list(r, line, "observed", record_observe, at);
	if (!ret)
		ret = parse_summary(line, at, &r->summary);
	if (!ret)
		ret = parse_optional(line, at, r);
	if (!ret)
		ret = parse_baseline(line, at, r);
	if (!ret)
		ret = parse_histogram(line, at, r);
	return ret ? ret : record_check(r, at);
}

int record_parse(struct json_object *line, const struct record_place *at, struct record **out)
{
	const char *const units[] = {
		unit_name(UNIT_NS),
		unit_name(UNIT_INSN),
		unit_name(UNIT_BYTES_PER_S),
	};
	const char *const media[] = {
		medium_name(MEDIUM_HARDWARE),
		medium_name(MEDIUM_EMULATED),
	};
	const char *measurement, *buffer, *initiator;
	unsigned int unit, medium;
	struct record *r;
	int ret;

	ret = check_members(line, at);
	if (!ret)
		ret = get_text(line, "measurement", at, &measurement);
	if (!ret)
		ret = get_text(line, "buffer", at, &buffer);
	if (!ret)
		ret = get_text(line, "initiator", at, &initiator);
	if (!ret)
		ret = get_choice(line, "unit", units, 3, at, &unit);
	if (!ret)
		ret = get_choice(line, "medium", media, 2, at, &medium);
	if (ret)
		return ret;
	if (!*measurement)
		return record_refuse(at, "'measurement' is empty");
	r = record_new(measurement, buffer, initiator, (enum unit)unit, (enum medium)medium);
	if (!r)
		return out_of_memory(at);
	ret = parse_rest(line, at, r);
	if (ret)
		record_free(r);
	else
		*out = r;
	return ret;
}

#endif
