/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of a command: one table drives the parsing and the help text, so
 * that neither can forget one. Built on getopt_long().
 */
#ifndef P2P_OPTIONS_H
#define P2P_OPTIONS_H

#include <stdio.h>

#include "core/error.h"

struct opt {
	int key; /* what options_next() returns; letters and digits are the short option too */
	const char *name; /* long name; NULL ends the table */
	const char *arg;  /* name of the argument in the help, NULL when it takes none */
	const char *help; /* what it does; lines are broken for you, '\n' breaks one */
};

/* Keys of options that have no letter start here. */
#define OPT_LONG_ONLY 0x100
/* At most this many options in a table. */
#define OPT_MAX 40

/* Every command has this one. */
#define OPT_HELP                                                \
	{                                                       \
		'h', "help", NULL, "display this help and exit" \
	}

/* Start parsing a new argv with options_next(). */
void options_begin(void);

/*
 * The key of the next option with its argument in optarg; -1 after the last
 * one, optind being the first operand then; '?' with err filled in
 * (EXIT_USAGE) when it is wrong. command is the name to put into messages,
 * such as "map" or "bench run".
 */
int options_next(const char *command, int argc, char **argv, const struct opt *opts,
		 struct error *err);

/*
 * The number that is the argument of option --name, from min to max. 0, or -EINVAL
 * with err filled in (EXIT_USAGE).
 */
int options_number(const char *name, const char *arg, unsigned int min, unsigned int max,
		   unsigned int *value, struct error *err);
/* Likewise seconds, such as 0.5: at least a millisecond, less than a month. */
int options_seconds(const char *name, const char *arg, double *value, struct error *err);

/*
 * The help text on stdout, at most 80 columns: "usage" lines (each without
 * the tool's name), what the command does, the options, and notes (may be
 * NULL), all broken for you but where a line starts with a space.
 */
void options_help(const char *usage, const char *about, const struct opt *opts, const char *notes);

#endif
