/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows and columns of text, written as an aligned table, JSON or CSV. */
#ifndef P2P_TABLE_H
#define P2P_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct column {
	const char *name;	/* heading; lower case, it is the JSON key too */
	enum column_type {
		COLUMN_TEXT,
		COLUMN_NUMBER,	/* right aligned; a JSON number */
		COLUMN_BOOL,	/* "yes"/"no"; a JSON boolean */
	} type;
};

struct table;

/* A table with the given columns (kept by reference); name is the JSON array's key. NULL: out of memory. */
struct table *table_new(const char *name, const struct column *columns, size_t ncolumns);
void table_free(struct table *t);
/* Append an empty row; its index or -ENOMEM. */
int table_add_row(struct table *t);
/* Set a cell, printf style; a cell never set is empty (JSON null). 0 or -ENOMEM. */
int table_set(struct table *t, int row, int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * Write n tables to out. FORMAT_TABLE: one after the other, empty ones left
 * out. FORMAT_JSON: one object with an array for each table. FORMAT_CSV: as
 * FORMAT_TABLE, each with its header line. 0, -ENOTSUP when not built in, or -EIO.
 */
int table_render(FILE *out, enum format format, struct table *const *tables, size_t n);

#endif
