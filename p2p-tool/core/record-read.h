/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Result files, read back: JSON Lines as --output writes them, see "Records"
 * in docs/measuring.md. One file may hold several groups, each an environment
 * and the records measured there.
 *
 * The reader is strict, since what is compared must be what was measured: a
 * file that was cut off, edited by hand, put together from several schemas or
 * holds anything twice is refused, with file and line in the message.
 */
#ifndef P2P_RECORD_READ_H
#define P2P_RECORD_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "environment.h"
#include "error.h"
#include "record.h"

/* What one run of the tool measured. */
struct record_group {
	unsigned int line;	/* of the environment in the file, from 1 */
	struct environment env; /* without schema and type */
	struct record_set records;
	unsigned int *record_line; /* of each record */
	uint64_t digest;	   /* of the group's text: equal texts have equal ones */
};

struct record_file {
	char *path;
	struct record_group *group;
	size_t ngroups; /* at least 1 in a file that was read */
};

/*
 * Read path. The histograms, 58 KiB each in memory, are checked in any case,
 * and kept (record.hist) when wanted. 0, or -errno with err filled in:
 * EXIT_USAGE for a file that cannot be read or is not as it was written,
 * EXIT_SKIP when JSON is not built in. On failure *f is empty.
 */
int record_file_read(struct record_file *f, const char *path, bool histograms, struct error *err);
/* The same from a stream; path is its name in messages. */
int record_file_read_stream(struct record_file *f, FILE *in, const char *path, bool histograms,
			    struct error *err);
void record_file_free(struct record_file *f);

/* Are they one run, read twice? Runs of a counted suite are alike and need not be. */
bool record_group_is_copy(const struct record_group *a, const struct record_group *b);
/* Why the run of this group ended before its suite did; NULL when it is whole. */
const char *record_group_partial(const struct record_group *g);

#endif
