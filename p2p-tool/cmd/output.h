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
 * A command's main() uses it like this; collect() does not accept the options
 * (a suite's output belongs to "bench run"):
 *
 *	struct output out = { 0 };
 *	static const struct option options[] = { ..., OUTPUT_OPTIONS, { 0 } };
 *
 *	while ((opt = getopt_long(...)) != -1)
 *		if (!output_option(&out, opt, optarg))
 *			switch (opt) { ... }
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

#include <getopt.h>
#include <stdbool.h>

#include "core/error.h"
#include "core/outfile.h"
#include "core/record.h"
#include "core/table.h"

/* Values that getopt_long() returns; commands number their own from OPT_COMMAND. */
enum {
	OPT_JSON = 0x100,
	OPT_CSV,
	OPT_OUTPUT,
	OPT_APPEND,
	OPT_COMMAND = 0x200,
};

/* Members of a command's struct option array. */
#define OUTPUT_OPTIONS \
	{ "json", no_argument, NULL, OPT_JSON }, { "csv", no_argument, NULL, OPT_CSV }, \
		{ "output", required_argument, NULL, OPT_OUTPUT }, \
		{ "append", no_argument, NULL, OPT_APPEND }

/* Their lines of a command's --help, 80 columns wide at most. */
#define OUTPUT_HELP \
	"     --json             print records as JSON Lines\n" \
	"     --csv              print records as CSV\n" \
	"     --output FILE      write the records to FILE as well as the table here\n" \
	"     --append           keep what FILE holds and add to it\n"

/* All zero before the first option. */
struct output {
	bool json, csv, append;	/* as given */
	const char *path;	/* as given, or NULL */
	struct outfile file;	/* open between output_open() and output_commit() */
};

/* Take one result of getopt_long(); false when it is not one of these options. */
bool output_option(struct output *o, int opt, const char *arg);

/*
 * Check the options against each other and against what was built in, and
 * open FILE, so that a mistake costs no measuring time. 0 or -errno with err
 * filled in (EXIT_USAGE for a mistake, EXIT_FAILED for the file).
 */
int output_open(struct output *o, struct error *err);

/*
 * Print or write everything. After that, still with everything written:
 * -EBADMSG and EXIT_FAILED when a record's verification failed, -ENODATA and
 * EXIT_SKIP when every record is a skipped one. Otherwise 0 or -errno.
 */
int output_commit(struct output *o, const struct record_set *set, struct error *err);

/* Forget everything: FILE stays as it was. Harmless after output_commit(). */
void output_abort(struct output *o);

#endif
