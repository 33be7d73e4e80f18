/* SPDX-License-Identifier: GPL-2.0-only */
/* What the renderers share. */
#ifndef P2P_RENDER_PRIVATE_H
#define P2P_RENDER_PRIVATE_H

#include <stddef.h>

#include "render.h"

#define NUMBER_STRLEN 32 /* room for any text below, and its NUL */

/*
 * The shortest decimal text that reads back as the same number, integers as
 * integers; returns buf, or NULL when value is not finite.
 */
const char *number_text(double value, char buf[NUMBER_STRLEN]);

/*
 * For people: "1.23 us", "12.3 GB/s", three digits and the unit that suits the
 * value; instructions exactly and without unit, "1,234,567". Returns buf.
 */
const char *number_human(double value, enum unit unit, char buf[NUMBER_STRLEN]);

int render_json_environment(FILE *out, const struct environment *env);
int render_json_record(FILE *out, const struct record *r);

extern const char render_csv_header[]; /* with its newline */
void render_csv_record(FILE *out, const struct record *r);

void render_table_environment(FILE *out, const struct environment *env);
int render_table_records(FILE *out, const struct record_set *set);
void render_table_skipped(FILE *out, const struct record_set *set);
void render_table_notes(FILE *out, const struct record_set *set);

#endif
