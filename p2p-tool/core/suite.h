/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A suite: measuring commands to run one after the other, in a plain text
 * file NAME.suite. Each line is one of
 *
 *   # COMMENT               ignored, as are empty lines
 *   about TEXT              what the suite is for, in one line
 *   buffer NAME SPEC        what @NAME stands for unless the caller says otherwise
 *   gated FIGURE...         measurements, such as map.mmap or map.*, of which a
 *                           comparison fails when they are worse; or none. All are
 *                           when no line says so
 *   include NAME            all of NAME.suite beside this file, which includes none
 *   COMMAND [ARGUMENT]...   what one would type after "p2p-tool"
 *
 * Blanks separate words. Between double quotes blanks are ordinary; there is
 * no other quoting. A word "@NAME" in a command is replaced with a buffer, and
 * "@NAME:LENGTH" with the first LENGTH bytes of it (all of a shorter one).
 */
#ifndef P2P_SUITE_H
#define P2P_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h"

struct suite_buffer {
	char *name;
	char *spec;
};

struct suite_line {
	const char *path;    /* of its file; the suite's, or that of an included one */
	unsigned int number; /* in the file, from 1 */
	int argc;
	char **argv; /* argv[argc] is NULL */
};

struct suite_gate {
	const char *path;    /* for the lines of this file */
	unsigned int number; /* of the line */
	char *figure;
};

struct suite {
	char *path;
	char *about; /* NULL when the file does not say */
	struct suite_buffer *buffer;
	size_t nbuffers;
	struct suite_gate *gate;
	size_t ngates;
	struct suite_line *line; /* the commands */
	size_t nlines;
	char **included; /* the paths of other files */
	size_t nincluded;
};

/* Where suites are looked up by name: $P2P_TOOL_SUITES, else the installed ones. */
const char *suite_directory(void);

/*
 * The names of the suites there, sorted, ended by NULL; give the array back
 * with suite_names_free(). NULL when out of memory.
 */
char **suite_names(void);
void suite_names_free(char **names);

/*
 * Read a suite by its name, or from a file when name has a '/'. On success
 * the caller frees *s with suite_free(). 0 or -errno with err filled in
 * (EXIT_USAGE, naming file and line).
 */
int suite_load(const char *name, struct suite *s, struct error *err);
/* The same from a stream, which includes no others; path is its name in messages. */
int suite_read(struct suite *s, FILE *f, const char *path, struct error *err);
void suite_free(struct suite *s);

/*
 * Take "NAME=SPEC", which goes before the file's own default. 0 or -errno with
 * err filled in (EXIT_USAGE) when it is malformed or the suite has no @NAME.
 */
int suite_set_buffer(struct suite *s, const char *assignment, struct error *err);

/*
 * Replace every @NAME that has a buffer, and leave the others. 0 or -errno with
 * err filled in (EXIT_USAGE for a wrong LENGTH).
 */
int suite_substitute(struct suite *s, struct error *err);
/* After that: 0, or -EINVAL with err filled in (EXIT_USAGE) when an @NAME is left. */
int suite_check_buffers(const struct suite *s, struct error *err);

/* Add a word to the end of every line. 0 or -ENOMEM. */
int suite_add_word(struct suite *s, const char *word);

/* Does a comparison fail when this measurement of the line is worse? */
bool suite_gates(const struct suite *s, const struct suite_line *line, const char *measurement);

/* The line as one would type it. To be freed; NULL when out of memory. */
char *suite_line_text(const struct suite_line *line);

#endif
