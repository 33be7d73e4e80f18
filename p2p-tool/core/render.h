/* SPDX-License-Identifier: GPL-2.0-only */
/* Records as text for people, JSON Lines, or CSV; one file for each format. */
#ifndef P2P_RENDER_H
#define P2P_RENDER_H

#include <stdio.h>

#include "environment.h"
#include "record.h"
#include "table.h"

/*
 * Write env and all records to out. JSON: one environment line, then a line
 * a record. CSV: a header line, then a line a record (no histogram). Table:
 * a line a record for people; env may be NULL there. Returns 0 or -errno
 * (-ENOTSUP when the format was not built in, -EIO on a write error).
 */
int render_records(FILE *out, enum format format, const struct environment *env,
		   const struct record_set *set);

#endif
