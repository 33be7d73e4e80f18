/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The output options that every command which measures shares:
 *
 *   (none)          a table on standard output
 *   --json, --csv   the records on standard output instead, in that format
 *   --output FILE   the records in FILE (JSON Lines, or CSV with --csv), written
 *                   complete or not at all; the table on standard output as well
 *   --append        with --output: keep what FILE holds and add to it
 *
 * A command's main() uses it like this; collect() has no such options in its
 * table (the output of a suite belongs to "bench run"):
 *
 *	static const struct opt options[] = { OPT_HELP, ..., OUTPUT_OPTIONS, { 0 } };
 *	struct output out = { 0 };
 *
 *	while ((c = options_next("map", argc, argv, options, &err)) != -1)
 *		if (!output_option(&out, c, optarg))
 *			switch (c) { ... }
 *	ret = output_open(&out, &err);		// before measuring: fails early
 *	if (!ret)
 *		ret = measure_...(..., &set, &err);
 *	if (!ret)
 *		ret = output_commit(&out, &set, &err);
 *	output_abort(&out);			// harmless after a commit
 *	return ret ? report_error(&err) : EXIT_OK;
 */
#ifndef P2P_OUTPUT_H
#define P2P_OUTPUT_H

#include <stdbool.h>

#include "core/environment.h"
#include "core/error.h"
#include "core/outfile.h"
#include "core/record.h"
#include "core/table.h"
#include "options.h"

/* Keys of the options below; a command's own keys stay below them. */
enum {
	OUTPUT_JSON = OPT_LONG_ONLY + 0x100,
	OUTPUT_CSV,
	OUTPUT_FILE,
	OUTPUT_APPEND,
};

/* Rows of a command's struct opt table. */
/* clang-format off */
#define OUTPUT_OPTIONS \
	{ OUTPUT_JSON, "json", NULL, "print the records as JSON Lines" }, \
	{ OUTPUT_CSV, "csv", NULL, "print the records as CSV" }, \
	{ OUTPUT_FILE, "output", "FILE", \
	  "write the records to FILE, complete or not at all, and print the table" }, \
	{ OUTPUT_APPEND, "append", NULL, "keep what FILE holds and add to it" }
/* clang-format on */

/* All zero before the first option. */
struct output {
	bool json, csv, append; /* as given */
	const char *path;	/* as given, or NULL */
	bool resume;		/* FILE has records already */
	struct outfile file;	/* open between output_open() and output_commit() */
	struct environment env; /* likewise */
};

/* Take one result of options_next(); false when it is not one of these options. */
bool output_option(struct output *o, int key, const char *arg);

/*
 * Check the options against each other and against what was built in, read
 * the environment and open FILE, so that a mistake costs no measuring time.
 * 0 or -errno with err filled in (EXIT_USAGE for a mistake, EXIT_SKIP for what
 * was not built in, EXIT_FAILED for a file that cannot be written).
 */
int output_open(struct output *o, struct error *err);

/*
 * Print and write everything. After that, still with everything written:
 * -EBADMSG and EXIT_FAILED when a record's verification failed, -ENODATA and
 * EXIT_SKIP when every record is a skipped one. Otherwise 0 or -errno.
 */
int output_commit(struct output *o, const struct record_set *set, struct error *err);

/*
 * The run ended early, and why: what it measured (set) goes to FILE.partial, in
 * place of an older one, or straight through to what is no regular file; the
 * environment says so. FILE stays as it was. Prints the table, or the records when
 * there is no FILE (not as CSV, which cannot say so). *out is the name of what was
 * written, to be freed, or NULL. 0 or -errno.
 */
int output_commit_partial(struct output *o, const struct record_set *set, const char *why,
			  char **out, struct error *err);

/* Forget everything: FILE stays as it was. Harmless after output_commit(). */
void output_abort(struct output *o);

#endif
