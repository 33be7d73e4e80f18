// SPDX-License-Identifier: GPL-2.0-only
/* The lines of a result file, put into groups. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "record-read-private.h"

/* Times that are the same to the last digit were measured once. Instructions may well be. */
static bool is_timed(const struct record_group *g)
{
	size_t i;

	for (i = 0; i < g->records.count; i++)
		if (g->records.record[i]->unit != UNIT_INSN && !g->records.record[i]->skipped)
			return true;
	return false;
}

bool record_group_is_copy(const struct record_group *a, const struct record_group *b)
{
	return a->digest == b->digest && is_timed(a);
}

const char *record_group_partial(const struct record_group *g)
{
	return environment_get(&g->env, ENVIRONMENT_PARTIAL);
}

static void free_group(struct record_group *g)
{
	environment_free(&g->env);
	record_set_free(&g->records);
	free(g->record_line);
}

void record_file_free(struct record_file *f)
{
	size_t i;

	for (i = 0; i < f->ngroups; i++)
		free_group(&f->group[i]);
	free(f->group);
	free(f->path);
	*f = (struct record_file){ 0 };
}

#ifdef HAVE_JSON

#define LINE_MAX_BYTES (4u << 20) /* a full histogram has 200 KB */
#define DEPTH_MAX      6
#define REMEDY	       "give a file as p2p-tool wrote it, whole and unchanged"

int record_refuse(const struct record_place *at, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return error_set(at->err, EXIT_USAGE, EINVAL, REMEDY, "%.90s:%u: %s", at->path, at->line,
			 text);
}

static int out_of_memory(const struct record_place *at)
{
	return error_set(at->err, EXIT_FAILED, ENOMEM, NULL, "%.90s: out of memory", at->path);
}

/* Members of all objects of a parsed value. */
static size_t count_members(struct json_object *value)
{
	size_t n = 0, i;

	if (json_object_is_type(value, json_type_array))
		for (i = 0; i < json_object_array_length(value); i++)
			n += count_members(json_object_array_get_idx(value, i));
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			n += 1 + count_members(member);
		}
	}
	return n;
}

/* The same in its text: colons that are not in strings. */
static size_t count_colons(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; *text; text++) {
		if (quoted && *text == '\\' && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (*text == ':' && !quoted)
			n++;
	}
	return n;
}

/* One JSON object and nothing else, nothing in it twice. */
static int parse_line(const char *text, size_t len, const struct record_place *at,
		      struct json_object **out)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	enum json_tokener_error error;
	struct json_object *line;
	int ret = 0;

	if (!tokener)
		return out_of_memory(at);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	line = json_tokener_parse_ex(tokener, text, (int)len);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue)
		ret = record_refuse(at, "the line is cut off");
	else if (error != json_tokener_success)
		ret = record_refuse(at, "not JSON: %s at column %zu",
				    json_tokener_error_desc(error),
				    json_tokener_get_parse_end(tokener) + 1);
	else if (json_tokener_get_parse_end(tokener) != len ||
		 !json_object_is_type(line, json_type_object))
		ret = record_refuse(at, "not one JSON object");
	else if (count_members(line) != count_colons(text))
		ret = record_refuse(at, "a member is there twice");
	json_tokener_free(tokener);
	if (ret)
		json_object_put(line);
	else
		*out = line;
	return ret;
}

static int check_schema(struct json_object *line, const struct record_place *at)
{
	const char *schema = json_object_get_string(json_object_object_get(line, "schema"));

	if (!schema)
		return record_refuse(at, "the member 'schema' is missing");
	if (!strcmp(schema, RECORD_SCHEMA))
		return 0;
	return error_set(at->err, EXIT_USAGE, EINVAL,
			 "use the p2p-tool that wrote it, or measure again",
			 "%.90s:%u: schema '%.40s', this p2p-tool reads %s", at->path, at->line,
			 schema, RECORD_SCHEMA);
}

static int parse_environment(struct json_object *line, const struct record_place *at,
			     struct environment *env)
{
	json_object_object_foreach(line, key, value)
	{
		const char *text = json_object_get_string(value);

		if (!json_object_is_type(value, json_type_string) ||
		    strlen(text) != (size_t)json_object_get_string_len(value))
			return record_refuse(at, "'%.40s' of the environment is not a text", key);
		if (strcmp(key, "schema") && strcmp(key, "type") &&
		    environment_add(env, key, "%s", text))
			return out_of_memory(at);
	}
	return 0;
}

/* Did the group end where it should have? */
static int check_end(const struct record_group *g, const struct record_place *at)
{
	struct record_place start = { at->path, g->line, at->err };
	const char *records = environment_get(&g->env, ENVIRONMENT_RECORDS);
	char count[24];

	snprintf(count, sizeof(count), "%zu", g->records.count);
	if (!records)
		return record_refuse(&start,
				     "the environment does not say how many records follow");
	if (strcmp(records, count))
		return record_refuse(&start, "%.20s records should follow, there are %s", records,
				     count);
	return 0;
}

static int begin_group(struct record_file *f, struct json_object *line,
		       const struct record_place *at)
{
	struct record_group *groups;
	int ret;

	ret = f->ngroups ? check_end(&f->group[f->ngroups - 1], at) : 0;
	if (ret)
		return ret;
	groups = reallocarray(f->group, f->ngroups + 1, sizeof(*groups));
	if (!groups)
		return out_of_memory(at);
	f->group = groups;
	groups[f->ngroups] = (struct record_group){ .line = at->line };
	return parse_environment(line, at, &groups[f->ngroups++].env);
}

/* The record's ownership passes to the group, also on failure. */
static int add_record(struct record_group *g, struct record *r, const struct record_place *at)
{
	unsigned int *lines;
	size_t i;

	for (i = 0; i < g->records.count; i++)
		if (record_same_cell(g->records.record[i], r)) {
			record_free(r);
			return record_refuse(at, "the cell of line %u again", g->record_line[i]);
		}
	lines = reallocarray(g->record_line, g->records.count + 1, sizeof(*lines));
	if (!lines) {
		record_free(r);
		return out_of_memory(at);
	}
	g->record_line = lines;
	lines[g->records.count] = at->line;
	return record_set_add(&g->records, r) ? out_of_memory(at) : 0;
}

static int read_record(struct record_file *f, struct json_object *line, bool histograms,
		       const struct record_place *at)
{
	struct record *r;
	int ret;

	if (!f->ngroups)
		return record_refuse(at, "a record without an environment before it");
	ret = record_parse(line, at, &r);
	if (ret)
		return ret;
	if (!histograms || !r->summary.count) {
		hist_free(r->hist);
		r->hist = NULL;
	}
	return add_record(&f->group[f->ngroups - 1], r, at);
}

/* FNV-1a */
static uint64_t digest(uint64_t sum, const char *text, size_t len)
{
	size_t i;

	if (!sum)
		sum = 0xcbf29ce484222325;
	for (i = 0; i < len; i++)
		sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3;
	return sum;
}

static int read_line(struct record_file *f, const char *text, size_t len, bool histograms,
		     const struct record_place *at)
{
	struct json_object *line = NULL;
	struct record_group *g;
	const char *type;
	int ret;

	if (strlen(text) != len || len > LINE_MAX_BYTES)
		return record_refuse(at, "not a line of JSON");
	ret = parse_line(text, len, at, &line);
	if (ret)
		return ret;
	type = json_object_get_string(json_object_object_get(line, "type"));
	ret = check_schema(line, at);
	if (!ret && type && !strcmp(type, "environment"))
		ret = begin_group(f, line, at);
	else if (!ret && type && !strcmp(type, "record"))
		ret = read_record(f, line, histograms, at);
	else if (!ret)
		ret = record_refuse(at, "'type' is neither environment nor record");
	json_object_put(line);
	if (ret)
		return ret;
	g = &f->group[f->ngroups - 1];
	g->digest = digest(g->digest, text, len);
	return 0;
}

static int read_lines(struct record_file *f, FILE *in, bool histograms, struct record_place *at)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	errno = 0;
	while (!ret && (len = getline(&text, &size, in)) >= 0) {
		at->line++;
		if (text[len - 1] != '\n') {
			ret = record_refuse(at, "the line is cut off");
			break;
		}
		text[--len] = '\0';
		ret = read_line(f, text, (size_t)len, histograms, at);
	}
	if (!ret && !feof(in))
		ret = error_set(at->err, EXIT_USAGE, errno ? errno : EIO, "give a result file",
				"%.90s: %s", at->path, strerror(errno ? errno : EIO));
	free(text);
	return ret;
}

int record_file_read_stream(struct record_file *f, FILE *in, const char *path, bool histograms,
			    struct error *err)
{
	struct record_place at = { .path = path, .err = err };
	int ret;

	*f = (struct record_file){ .path = strdup(path) };
	if (!f->path)
		return out_of_memory(&at);
	ret = read_lines(f, in, histograms, &at);
	if (!ret && !f->ngroups)
		ret = error_set(err, EXIT_USAGE, EINVAL, "give a file that --output wrote",
				"%.90s: is empty", path);
	if (!ret)
		ret = check_end(&f->group[f->ngroups - 1], &at);
	if (ret)
		record_file_free(f);
	return ret;
}

int record_file_read(struct record_file *f, const char *path, bool histograms, struct error *err)
{
	FILE *in = fopen(path, "re");
	int ret;

	*f = (struct record_file){ 0 };
	if (!in)
		return error_set(err, EXIT_USAGE, errno, "give a file that --output wrote",
				 "%.90s: %s", path, strerror(errno));
	ret = record_file_read_stream(f, in, path, histograms, err);
	fclose(in);
	return ret;
}

#else

int record_file_read_stream(struct record_file *f, FILE *in, const char *path, bool histograms,
			    struct error *err)
{
	*f = (struct record_file){ 0 };
	return error_set(err, EXIT_SKIP, ENOTSUP, "build with json-c",
			 "%.90s: reading JSON is not built in", path);
}

int record_file_read(struct record_file *f, const char *path, bool histograms, struct error *err)
{
	return record_file_read_stream(f, NULL, path, histograms, err);
}

#endif
