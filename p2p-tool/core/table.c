// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_TABLES
#include <libsmartcols/libsmartcols.h>
#endif

#include "size.h"
#include "table-private.h"

struct table *table_new(const char *name, const struct column *columns, size_t ncolumns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->name = name;
	t->columns = columns;
	t->ncolumns = ncolumns;
	return t;
}

void table_free(struct table *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->nrows * t->ncolumns; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

int table_add_row(struct table *t)
{
	char **cells = reallocarray(t->cells, (t->nrows + 1) * t->ncolumns, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	t->cells = cells;
	memset(table_cell(t, t->nrows, 0), 0, t->ncolumns * sizeof(*cells));
	return (int)t->nrows++;
}

size_t table_rows(const struct table *t)
{
	return t->nrows;
}

int table_set(struct table *t, int row, int column, const char *fmt, ...)
{
	char **cell = table_cell(t, (size_t)row, (size_t)column);
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	free(*cell);
	*cell = text;
	return 0;
}

bool table_has_groups(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->ncolumns; i++)
		if (t->columns[i].group)
			return true;
	return false;
}

bool table_row_continues(const struct table *t, size_t row)
{
	const char *first, *above;

	if (!row || !table_has_groups(t))
		return false;
	first = *table_cell(t, row, 0);
	above = *table_cell(t, row - 1, 0);
	return first && above && !strcmp(first, above);
}

static bool in_table(const struct column *c)
{
	return c->place == PLACE_ALL || c->place == PLACE_TABLE;
}

/* What the aligned table shows for a cell, in buf when it must be made; never NULL. */
static const char *table_text(const struct table *t, size_t row, size_t column, char *buf,
			      size_t size)
{
	const struct column *c = &t->columns[column];
	const char *text = *table_cell(t, row, column);
	uint64_t bytes;

	if (!text || (!c->group && table_row_continues(t, row)))
		return "";
	if (c->type != COLUMN_SIZE || size_parse(text, &bytes, NULL))
		return text;
	size_format(bytes, buf, size);
	return buf;
}

static void upper_case(const char *text, char *buf, size_t size)
{
	size_t i;

	for (i = 0; text[i] && i + 1 < size; i++)
		buf[i] = (char)toupper((unsigned char)text[i]);
	buf[i] = '\0';
}

#ifdef HAVE_TABLES
static int render_aligned(FILE *out, const struct table *t)
{
	struct libscols_table *scols = scols_new_table();
	char buf[64];
	int ret = -ENOMEM;
	size_t i, row;

	if (!scols)
		return -ENOMEM;
	scols_table_set_stream(scols, out);
	for (i = 0; i < t->ncolumns; i++) {
		const struct column *c = &t->columns[i];
		int right = c->type == COLUMN_NUMBER || c->type == COLUMN_SIZE;

		if (!in_table(c))
			continue;
		upper_case(c->name, buf, sizeof(buf));
		if (!scols_table_new_column(scols, buf, 0, right ? SCOLS_FL_RIGHT : 0))
			goto out;
	}
	for (row = 0; row < t->nrows; row++) {
		struct libscols_line *line = scols_table_new_line(scols, NULL);
		size_t n = 0;

		if (!line)
			goto out;
		for (i = 0; i < t->ncolumns; i++) {
			const char *text = table_text(t, row, i, buf, sizeof(buf));

			if (in_table(&t->columns[i]) && scols_line_set_data(line, n++, text))
				goto out;
		}
	}
	ret = scols_print_table(scols) ? -EIO : 0;
out:
	scols_unref_table(scols);
	return ret;
}
#else
/* Without libsmartcols: the same text, a tab between columns. */
static int render_aligned(FILE *out, const struct table *t)
{
	const char *separator = "";
	char buf[64];
	size_t i, row;

	for (i = 0; i < t->ncolumns; i++) {
		if (!in_table(&t->columns[i]))
			continue;
		upper_case(t->columns[i].name, buf, sizeof(buf));
		fprintf(out, "%s%s", separator, buf);
		separator = "\t";
	}
	for (row = 0; row < t->nrows; row++) {
		separator = "\n";
		for (i = 0; i < t->ncolumns; i++) {
			if (!in_table(&t->columns[i]))
				continue;
			fprintf(out, "%s%s", separator, table_text(t, row, i, buf, sizeof(buf)));
			separator = "\t";
		}
	}
	fputc('\n', out);
	return 0;
}
#endif

/* RFC 4180, with the line ends of this system. */
void csv_field(FILE *out, const char *text, bool first)
{
	if (!first)
		fputc(',', out);
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void render_csv(FILE *out, const struct table *t)
{
	bool first = true;
	size_t i, row;

	for (i = 0; i < t->ncolumns; i++) {
		if (!column_in_data(&t->columns[i]))
			continue;
		csv_field(out, column_key(&t->columns[i]), first);
		first = false;
	}
	fputc('\n', out);
	for (row = 0; row < t->nrows; row++) {
		first = true;
		for (i = 0; i < t->ncolumns; i++) {
			const char *text = *table_cell(t, row, i);

			if (!column_in_data(&t->columns[i]))
				continue;
			csv_field(out, text ? text : "", first);
			first = false;
		}
		fputc('\n', out);
	}
}

int table_render(FILE *out, enum format format, struct table *const *tables, size_t n)
{
	bool first = true;
	int ret = 0;
	size_t i;

	if (format == FORMAT_JSON) {
		ret = table_render_json(out, tables, n);
		n = 0;
	}
	for (i = 0; i < n && !ret; i++) {
		if (!tables[i]->nrows)
			continue;
		if (!first)
			fputc('\n', out);
		first = false;
		if (format == FORMAT_CSV)
			render_csv(out, tables[i]);
		else
			ret = render_aligned(out, tables[i]);
	}
	if (!ret && ferror(out))
		ret = -EIO;
	return ret;
}
