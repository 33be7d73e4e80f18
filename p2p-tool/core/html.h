/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTML, a little at a time. Nothing that comes from a file or a machine gets
 * into a page but through these functions. Errors stay in the stream.
 */
#ifndef P2P_HTML_H
#define P2P_HTML_H

#include <stdio.h>

/*
 * Text as text, in an element or between the double quotes of an attribute:
 * what HTML gives a meaning to is escaped; control characters, and bytes
 * that are not UTF-8, become U+FFFD.
 */
void html_text(FILE *out, const char *text);
/* The same of a printf-style text; what is longer is cut and ends in "...". */
#define HTML_PRINTF_MAX 512
void html_printf(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* <name>TEXT</name>; name may have attributes. */
void html_element(FILE *out, const char *name, const char *text);

/*
 * A table that scrolls sideways by itself, also by keyboard, where it is wider than
 * the page. columns end with NULL; those that begin with '>' hold numbers, which
 * are aligned to the right.
 */
void html_table_begin(FILE *out, const char *caption, const char *const *columns);
void html_table_end(FILE *out);
/* Where to go on in a table. */
struct html_row {
	FILE *out;
	const char *const *columns;
	size_t column;
};
void html_row_begin(struct html_row *row, FILE *out, const char *const *columns);
/* The next cell of the row, NULL or "" for an empty one; the first one is the row's heading. */
void html_cell(struct html_row *row, const char *text);
/* Likewise printf-style, for short texts. */
void html_cellf(struct html_row *row, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void html_row_end(struct html_row *row);

#endif
