// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "table-private.h"

#ifdef HAVE_JSON
#include <json-c/json.h>

static struct json_object *json_number(const char *text)
{
	char *end;

	if (!*text)
		return NULL;
	errno = 0;
	if (!strpbrk(text, ".eEn")) { /* neither a fraction nor "inf" nor "nan" */
		long long value = strtoll(text, &end, 10);

		if (!errno && !*end)
			return json_object_new_int64(value);
		errno = 0;
		return json_object_new_uint64(strtoull(text, &end, 10));
	}
	if (strchr(text, 'n'))
		return NULL; /* JSON has none of these: null */
	return json_object_new_double_s(strtod(text, &end), text);
}

/* A NULL cell and a number that JSON cannot express give NULL, which is json-c's null. */
static int json_add_cell(struct json_object *object, const struct column *c, const char *text)
{
	struct json_object *value = NULL;

	if (text) {
		switch (c->type) {
		case COLUMN_TEXT:
			value = json_object_new_string(text);
			break;
		case COLUMN_NUMBER:
		case COLUMN_SIZE:
			value = json_number(text);
			break;
		case COLUMN_BOOL:
			value = json_object_new_boolean(!strcmp(text, "yes"));
			break;
		}
	}
	return json_object_object_add(object, column_key(c), value) ? -ENOMEM : 0;
}

/* Add the group columns of a row, when one of them is set, to their array in object. */
static int json_add_group(struct json_object *object, const struct table *t, size_t row)
{
	struct json_object *member, *array = NULL;
	bool any = false;
	size_t i;

	member = json_object_new_object();
	if (!member)
		return -ENOMEM;
	for (i = 0; i < t->ncolumns; i++) {
		const struct column *c = &t->columns[i];

		if (!c->group || !column_in_data(c))
			continue;
		if (!json_object_object_get_ex(object, c->group, &array)) {
			array = json_object_new_array();
			json_object_object_add(object, c->group, array);
		}
		any = any || *table_cell(t, row, i);
		json_add_cell(member, c, *table_cell(t, row, i));
	}
	if (any && array)
		return json_object_array_add(array, member) ? -ENOMEM : 0;
	json_object_put(member);
	return 0;
}

static int json_add_table(struct json_object *root, const struct table *t)
{
	struct json_object *array = json_object_new_array(), *object = NULL;
	size_t i, row;
	int ret = 0;

	if (!array || json_object_object_add(root, t->name, array))
		return -ENOMEM;
	for (row = 0; row < t->nrows && !ret; row++) {
		if (!table_row_continues(t, row)) {
			object = json_object_new_object();
			if (!object || json_object_array_add(array, object))
				return -ENOMEM;
			for (i = 0; i < t->ncolumns && !ret; i++) {
				const struct column *c = &t->columns[i];

				if (!c->group && column_in_data(c))
					ret = json_add_cell(object, c, *table_cell(t, row, i));
			}
		}
		if (!ret && table_has_groups(t))
			ret = json_add_group(object, t, row);
	}
	return ret;
}

int table_render_json(FILE *out, struct table *const *tables, size_t n)
{
	struct json_object *root = json_object_new_object();
	const char *text;
	int ret = root ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < n && !ret; i++)
		ret = json_add_table(root, tables[i]);
	if (!ret) {
		text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
								    JSON_C_TO_STRING_SPACED |
								    JSON_C_TO_STRING_NOSLASHESCAPE);
		if (text)
			fprintf(out, "%s\n", text);
		else
			ret = -ENOMEM;
	}
	json_object_put(root);
	return ret;
}
#else
int table_render_json(FILE *out, struct table *const *tables, size_t n)
{
	return -ENOTSUP;
}
#endif
