/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of a table, for the files that render one. */
#ifndef P2P_TABLE_PRIVATE_H
#define P2P_TABLE_PRIVATE_H

#include "table.h"

struct table {
	const char *name;
	const struct column *columns;
	size_t ncolumns, nrows;
	char **cells; /* row by row; NULL when never set */
};

static inline char **table_cell(const struct table *t, size_t row, size_t column)
{
	return &t->cells[row * t->ncolumns + column];
}

/* Is the column part of JSON and CSV? */
static inline bool column_in_data(const struct column *c)
{
	return c->place == PLACE_ALL || c->place == PLACE_DATA;
}

/* The name of the column in JSON and CSV. */
static inline const char *column_key(const struct column *c)
{
	return c->key ? c->key : c->name;
}

bool table_has_groups(const struct table *t);
/* Does this row go on with the object of the row above? */
bool table_row_continues(const struct table *t, size_t row);

int table_render_json(FILE *out, struct table *const *tables, size_t n);

#endif
