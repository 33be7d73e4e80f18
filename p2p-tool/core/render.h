/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records as text for people, JSON Lines, or CSV; one file for each format.
 *
 * JSON: one environment line, then a line a record. CSV: a header line, then
 * a line a record (neither environment nor histogram). Table: a line on the
 * environment, then a table for each kind of measurement, then what could not
 * be measured.
 */
#ifndef P2P_RENDER_H
#define P2P_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include "environment.h"
#include "record.h"
#include "table.h"

/* Was the format built in? */
bool render_supported(enum format format);

/* What comes before the first record. 0, -ENOTSUP when not built in, -ENOMEM or -EIO. */
int render_begin(FILE *out, enum format format, const struct environment *env);

/* All records of set. Errors as render_begin(). */
int render_records(FILE *out, enum format format, const struct record_set *set);

/*
 * Can records be appended to a file that begins with this line? Schema and
 * CSV columns must be the same. JSON goes on with render_begin(), CSV without.
 */
bool render_can_append(enum format format, const char *first_line);

#endif
