// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define SECONDS_MAX 2000000

#define HELP_WIDTH  79
#define HELP_INDENT 27 /* column of the options' descriptions */

void options_begin(void)
{
	optind = 0; /* glibc: forget the state inside a group of short options */
	opterr = 0;
}

static const struct opt *find_key(const struct opt *opts, int key)
{
	while (opts->name && opts->key != key)
		opts++;
	return opts->name ? opts : NULL;
}

static int bad_long_option(const char *arg, const struct opt *opts, struct error *err,
			   const char *remedy)
{
	size_t len = strcspn(arg + 2, "=");
	int matches = 0;

	for (; opts->name; opts++)
		matches += !strncmp(arg + 2, opts->name, len);
	return error_set(err, EXIT_USAGE, EINVAL, remedy, "option '%s': %s", arg,
			 matches > 1 ? "the abbreviation is ambiguous" : "no such option");
}

static void bad_option(int c, const char *command, char **argv, const struct opt *opts,
		       struct error *err)
{
	/* A wrong operand order cannot occur here: argv[optind - 1] is the option itself. */
	const char *arg = argv[optind - 1];
	const struct opt *o = optopt ? find_key(opts, optopt) : NULL;
	char remedy[sizeof(err->remedy)];

	snprintf(remedy, sizeof(remedy), "see 'p2p-tool %s%s--help'", command, *command ? " " : "");
	if (!optopt)
		bad_long_option(arg, opts, err, remedy);
	else if (!o)
		error_set(err, EXIT_USAGE, EINVAL, remedy, "option '-%c': no such option", optopt);
	else if (c == ':')
		error_set(err, EXIT_USAGE, EINVAL, remedy, "option '--%s': %s is missing", o->name,
			  o->arg);
	else
		error_set(err, EXIT_USAGE, EINVAL, remedy, "option '--%s': takes no argument",
			  o->name);
}

int options_next(const char *command, int argc, char **argv, const struct opt *opts,
		 struct error *err)
{
	struct option longopts[OPT_MAX + 1] = { 0 };
	char shortopts[2 * OPT_MAX + 3] = ":"; /* tell a missing argument from a wrong option */
	size_t n, len = 1;
	int c;

	/* The tool itself stops at the first operand: the command's options are not its own. */
	if (!*command)
		shortopts[0] = '+', shortopts[len++] = ':';
	for (n = 0; opts[n].name && n < OPT_MAX; n++) {
		int has_arg = opts[n].arg ? required_argument : no_argument;

		longopts[n] = (struct option){ opts[n].name, has_arg, NULL, opts[n].key };
		if (opts[n].key >= OPT_LONG_ONLY)
			continue;
		shortopts[len++] = (char)opts[n].key;
		if (opts[n].arg)
			shortopts[len++] = ':';
	}
	shortopts[len] = '\0';

	c = getopt_long(argc, argv, shortopts, longopts, NULL);
	if (c == ':' || c == '?') {
		bad_option(c, command, argv, opts, err);
		return '?';
	}
	return c;
}

/* Print text from column on, broken at spaces, further lines indented by indent. */
static void print_wrapped(const char *text, size_t column, size_t indent)
{
	bool verbatim = column == indent && *text == ' ';
	bool line_start = true;

	while (*text) {
		size_t word;

		if (*text == '\n') {
			putchar('\n');
			text++;
			verbatim = *text == ' ';
			if (*text && *text != '\n')
				printf("%*s", (int)indent, "");
			column = indent;
			line_start = true;
			continue;
		}
		if (verbatim) {
			word = strcspn(text, "\n");
			printf("%.*s", (int)word, text);
			text += word;
			continue;
		}
		if (*text == ' ') {
			text++;
			continue;
		}
		word = strcspn(text, " \n");
		if (!line_start && column + 1 + word > HELP_WIDTH) {
			printf("\n%*s", (int)indent, "");
			column = indent;
			line_start = true;
		}
		column += (size_t)printf("%s%.*s", line_start ? "" : " ", (int)word, text);
		line_start = false;
		text += word;
	}
	putchar('\n');
}

static void print_option(const struct opt *o)
{
	int column;

	if (o->key < OPT_LONG_ONLY && isgraph(o->key))
		column = printf(" -%c, --%s", o->key, o->name);
	else
		column = printf("     --%s", o->name);
	if (o->arg)
		column += printf(" %s", o->arg);
	if (column >= HELP_INDENT - 1) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", HELP_INDENT - column, "");
	print_wrapped(o->help, HELP_INDENT, HELP_INDENT);
}

void options_help(const char *usage, const char *about, const struct opt *opts, const char *notes)
{
	puts("Usage:");
	while (*usage) {
		size_t len = strcspn(usage, "\n");

		printf(" p2p-tool %.*s\n", (int)len, usage);
		usage += len + (usage[len] == '\n');
	}
	putchar('\n');
	print_wrapped(about, 0, 0);
	puts("\nOptions:");
	for (; opts->name; opts++)
		print_option(opts);
	if (notes) {
		putchar('\n');
		print_wrapped(notes, 0, 0);
	}
}

int options_number(const char *name, const char *arg, unsigned int min, unsigned int max,
		   unsigned int *value, struct error *err)
{
	char remedy[64], *end;
	unsigned long n;

	errno = 0;
	n = strtoul(arg, &end, 10);
	if (!errno && *arg >= '0' && *arg <= '9' && !*end && n >= min && n <= max) {
		*value = (unsigned int)n;
		return 0;
	}
	snprintf(remedy, sizeof(remedy), "give a number from %u to %u", min, max);
	return error_set(err, EXIT_USAGE, EINVAL, remedy, "option --%s '%s': not such a number",
			 name, arg);
}

int options_seconds(const char *name, const char *arg, double *value, struct error *err)
{
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(arg, &end);
	if (errno || end == arg || *end || !(seconds >= 0.001) || seconds > SECONDS_MAX)
		return error_set(err, EXIT_USAGE, EINVAL, "give seconds, such as 0.5 or 60",
				 "option --%s '%s': not a time", name, arg);
	*value = seconds;
	return 0;
}
