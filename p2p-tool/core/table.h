/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows and columns of text, written as an aligned table, JSON or CSV.
 *
 * A table with group columns has one object over several rows: a PCI function
 * with a row for each BAR. Rows whose first cell equals that of the row above
 * belong together, and only their group columns differ. An aligned table
 * leaves the other cells of the second and later rows empty, JSON makes one
 * object of them with an array of its groups, CSV repeats everything.
 */
#ifndef P2P_TABLE_H
#define P2P_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct column {
	const char *name; /* lower case; the heading, and the key in JSON and CSV */
	enum column_type {
		COLUMN_TEXT,
		COLUMN_NUMBER, /* right aligned; a JSON number */
		COLUMN_SIZE,   /* bytes: "64M" in an aligned table, else a number */
		COLUMN_BOOL,   /* "yes"/"no"; a JSON boolean */
	} type;
	enum column_place {
		PLACE_ALL,
		PLACE_TABLE, /* only in the aligned table: the short form of others */
		PLACE_DATA,  /* only in JSON and CSV: too much for a line */
		PLACE_NONE,  /* nowhere, this time */
	} place;
	const char *group; /* JSON array that the column belongs to; one for each table, or NULL */
	const char *key;   /* in JSON and CSV instead of a short name, or NULL */
};

struct table;

/* A table with the given columns (kept by reference); name is the JSON array's key. NULL: out of memory. */
struct table *table_new(const char *name, const struct column *columns, size_t ncolumns);
void table_free(struct table *t);
/* Append an empty row; its index or -ENOMEM. */
int table_add_row(struct table *t);
/* Number of rows. */
size_t table_rows(const struct table *t);
/* Set a cell, printf style; a cell never set is empty (JSON null). 0 or -ENOMEM. */
int table_set(struct table *t, int row, int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * Write n tables to out. FORMAT_TABLE and FORMAT_CSV: one after the other, an
 * empty line between, tables without rows left out. FORMAT_JSON: one object
 * with an array for each table. 0, -ENOTSUP when not built in, -ENOMEM or -EIO.
 */
int table_render(FILE *out, enum format format, struct table *const *tables, size_t n);

/* Write one CSV field, quoted where needed, after a comma unless it is the first of its line. */
void csv_field(FILE *out, const char *text, bool first);

#endif
