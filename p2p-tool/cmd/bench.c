// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool bench: run a suite of measurements. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench-private.h"
#include "bench-run.h"
#include "cmd.h"
#include "core/interrupt.h"
#include "core/suite.h"
#include "core/table.h"
#include "options.h"
#include "output.h"

enum {
	RUN_COUNTED = OPT_LONG_ONLY,
	RUN_LIST,
	RUN_REPEAT,
	RUN_BIND,
	RUN_PATH,
};

static const struct opt options[] = {
	OPT_HELP,
	{ 'b', "buffer", "NAME=SPEC", "what @NAME in the suite stands for; once for each name" },
	{ RUN_LIST, "list", NULL,
	  "print the known suites, or the lines of SUITE as they would run" },
	{ RUN_COUNTED, "counted", NULL, "count instructions instead of time, in every line" },
	{ RUN_REPEAT, "repeat", "N", "measure N rounds, whatever the lines say" },
	{ RUN_BIND, "bind", NULL,
	  "bind devices to vfio-pci for the time of a line, then give them back" },
	{ RUN_PATH, "path", "PATH", "reach VFIO devices through cdev, group or noiommu" },
	OUTPUT_OPTIONS,
	{ 0 },
};

static const struct opt help_options[] = { OPT_HELP, { 0 } };

static const char usage[] = "bench run [OPTION]... SUITE\nbench run --list [SUITE]";
static const char about[] =
	"Run the measuring commands of a suite one after the other and collect their records. "
	"SUITE is a name that --list prints, or the path of a file.";
static const char notes[] =
	"A line that this machine cannot run becomes a record that says why, and the run goes on. "
	"After any other failure, or when interrupted, it stops: FILE stays as it was, and what "
	"was "
	"measured goes to FILE.partial, marked so.\n"
	"\n"
	"Exit status: 0, 1 when something failed or data was wrong, 2 for wrong usage, 77 when "
	"nothing could be measured. Suites are looked up in $P2P_TOOL_SUITES, or else where "
	"p2p-tool was installed.";

struct run_params {
	const char *suite;
	const char **buffer; /* NAME=SPEC, as given */
	size_t nbuffers;
	const char *repeat, *path;
	bool list, counted, bind, help;
	struct output output;
};

static int check_repeat(const char *text, struct error *err)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < 1 || value > 1000000)
		return error_set(err, EXIT_USAGE, EINVAL, "give a number from 1 to 1000000",
				 "option --repeat '%s': not a number of rounds", text);
	return 0;
}

static int parse_operands(int argc, char **argv, struct run_params *p, struct error *err)
{
	if (argc > 1)
		return error_set(err, EXIT_USAGE, EINVAL, "run one suite at a time",
				 "'%s': one suite too many", argv[1]);
	if (!argc && !p->list)
		return error_set(err, EXIT_USAGE, EINVAL,
				 "'p2p-tool bench run --list' prints those there are",
				 "bench run: no suite given");
	p->suite = argc ? argv[0] : NULL;
	return 0;
}

static int parse_options(int argc, char **argv, struct run_params *p, struct error *err)
{
	int c, ret = 0;

	options_begin();
	while (!ret && (c = options_next("bench run", argc, argv, options, err)) != -1) {
		if (output_option(&p->output, c, optarg))
			continue;
		switch (c) {
		case 'h':
			p->help = true;
			return 0;
		case 'b':
			p->buffer[p->nbuffers++] = optarg;
			break;
		case RUN_LIST:
			p->list = true;
			break;
		case RUN_COUNTED:
			p->counted = true;
			break;
		case RUN_BIND:
			p->bind = true;
			break;
		case RUN_PATH:
			p->path = optarg;
			break;
		case RUN_REPEAT:
			p->repeat = optarg;
			ret = check_repeat(optarg, err);
			break;
		default:
			return -EINVAL;
		}
	}
	return ret ? ret : parse_operands(argc - optind, argv + optind, p, err);
}

static int out_of_memory(struct error *err)
{
	return error_set(err, EXIT_FAILED, ENOMEM, NULL, "bench: out of memory");
}

/* What the options of this command add to every line. */
static int add_options(struct suite *s, const struct run_params *p, struct error *err)
{
	int ret = 0;

	if (p->counted)
		ret = suite_add_word(s, "--counted");
	if (!ret && p->repeat)
		ret = suite_add_word(s, "--repeat");
	if (!ret && p->repeat)
		ret = suite_add_word(s, p->repeat);
	if (!ret && p->bind)
		ret = suite_add_word(s, "--bind");
	if (!ret && p->path)
		ret = suite_add_word(s, "--path");
	if (!ret && p->path)
		ret = suite_add_word(s, p->path);
	return ret ? out_of_memory(err) : 0;
}

static int check_commands(const struct suite *s, struct error *err)
{
	size_t i;

	for (i = 0; i < s->nlines; i++) {
		const char *name = s->line[i].argv[0];
		const struct command *c = command_find(name);

		if (!c)
			return error_set(err, EXIT_USAGE, EINVAL,
					 "'p2p-tool --help' lists the commands",
					 "%s:%u: '%s' is no command", s->line[i].path,
					 s->line[i].number, name);
		if (!c->measure)
			return error_set(err, EXIT_USAGE, EINVAL, "a suite has commands that do",
					 "%s:%u: '%s' does not measure", s->line[i].path,
					 s->line[i].number, name);
	}
	return 0;
}

/* Read the suite and check all that can be checked before anything runs. */
static int load(const struct run_params *p, struct suite *s, struct error *err)
{
	int ret = suite_load(p->suite, s, err);
	size_t i;

	if (ret)
		return ret;
	ret = check_commands(s, err);
	for (i = 0; i < p->nbuffers && !ret; i++)
		ret = suite_set_buffer(s, p->buffer[i], err);
	if (!ret)
		ret = suite_substitute(s, err);
	if (!ret && !p->list)
		ret = suite_check_buffers(s, err);
	if (!ret)
		ret = add_options(s, p, err);
	if (!ret && !p->list)
		ret = bench_check_lines(s, err);
	if (ret)
		suite_free(s);
	return ret;
}

static int list_lines(const struct run_params *p, struct error *err)
{
	struct suite s;
	int ret = load(p, &s, err);
	size_t i;

	if (ret)
		return ret;
	if (s.about)
		printf("%s\n", s.about);
	for (i = 0; i < s.nlines && !ret; i++) {
		char *text = suite_line_text(&s.line[i]);

		if (text)
			printf("  %s\n", text);
		else
			ret = out_of_memory(err);
		free(text);
	}
	suite_free(&s);
	return ret;
}

static int add_suite(struct table *t, const char *name)
{
	int row = table_add_row(t), ret;
	struct error why = { 0 };
	struct suite s;

	if (row < 0)
		return row;
	ret = table_set(t, row, 0, "%s", name);
	if (ret)
		return ret;
	if (suite_load(name, &s, &why))
		return table_set(t, row, 1, "cannot be run: %s", why.what);
	ret = table_set(t, row, 1, "%s", s.about ? s.about : "");
	suite_free(&s);
	return ret;
}

static int list_suites(struct error *err)
{
	static const struct column columns[] = { { "suite", COLUMN_TEXT },
						 { "about", COLUMN_TEXT } };
	struct table *t = table_new("suites", columns, 2);
	char **names = suite_names();
	int ret = t && names ? 0 : -ENOMEM;
	size_t i;

	if (!ret && !names[0])
		ret = error_set(err, EXIT_USAGE, ENOENT, "set P2P_TOOL_SUITES to their directory",
				"%s: no suites there", suite_directory());
	for (i = 0; !ret && names[i]; i++)
		ret = add_suite(t, names[i]);
	if (!ret)
		ret = table_render(stdout, FORMAT_TABLE, &t, 1);
	if (ret == -ENOMEM)
		out_of_memory(err);
	table_free(t);
	suite_names_free(names);
	return ret;
}

/* The run ended early: keep what was measured, and say in err where it is. */
static void keep_partial(struct run_params *p, const struct record_set *set, struct error *err)
{
	char remedy[sizeof(err->remedy)], *name = NULL;
	struct error failed = { 0 };
	int len;

	if (set->count)
		output_commit_partial(&p->output, set, err->what, &name, &failed);
	len = snprintf(remedy, sizeof(remedy), "%.120s%s", err->remedy, *err->remedy ? "; " : "");
	if (name)
		snprintf(remedy + len, sizeof(remedy) - (size_t)len,
			 "what was measured is in %.100s", name);
	else
		snprintf(remedy + len, sizeof(remedy) - (size_t)len, "nothing was written%s%.100s",
			 failed.what[0] ? ": " : "", failed.what);
	strcpy(err->remedy, remedy);
	free(name);
}

static int run(struct run_params *p, struct error *err)
{
	struct record_set set = { 0 };
	struct suite s = { 0 };
	int ret = load(p, &s, err);

	if (!ret)
		ret = output_open(&p->output, err);
	if (!ret) {
		ret = bench_run_lines(&s, p->counted, &set, err);
		if (ret)
			keep_partial(p, &set, err);
		else
			ret = output_commit(&p->output, &set, err);
	}
	output_abort(&p->output);
	record_set_free(&set);
	suite_free(&s);
	return ret;
}

static int run_main(int argc, char **argv)
{
	struct run_params p = { .buffer = calloc((size_t)argc, sizeof(*p.buffer)) };
	struct error err = { 0 };
	sigset_t mask;
	int ret;

	ret = p.buffer ? parse_options(argc, argv, &p, &err) : out_of_memory(&err);
	interrupt_hold(&mask);
	if (!ret && p.help)
		options_help(usage, about, options, notes);
	else if (!ret && p.list)
		ret = p.suite ? list_lines(&p, &err) : list_suites(&err);
	else if (!ret)
		ret = run(&p, &err);
	free(p.buffer);
	ret = ret ? report_error(&err) : EXIT_OK;
	interrupt_release(&mask);
	return ret;
}

static const struct {
	const char *name, *summary;
	int (*main)(int argc, char **argv);
} subcommands[] = {
	{ "run", "run a suite and keep its records", run_main },
	{ "compare", "tell whether other runs were slower", bench_compare_main },
	{ "report", "make a page to look at of result files", bench_report_main },
};
#define NSUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static void help(void)
{
	size_t i;

	options_help("bench SUBCOMMAND [OPTION]... [ARGUMENT]...",
		     "Run suites of measurements, and tell what became of the figures.",
		     help_options, NULL);
	puts("\nSub-commands:");
	for (i = 0; i < NSUBCOMMANDS; i++)
		printf("  %-10s %s\n", subcommands[i].name, subcommands[i].summary);
	puts("\n'p2p-tool bench SUBCOMMAND --help' tells more, exit status included.");
}

static int bench_main(int argc, char **argv)
{
	static const char remedy[] = "'p2p-tool bench --help' lists the sub-commands";
	struct error err = { 0 };
	size_t i;

	for (i = 0; argc > 1 && i < NSUBCOMMANDS; i++)
		if (!strcmp(argv[1], subcommands[i].name))
			return subcommands[i].main(argc - 1, argv + 1);
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		help();
		return EXIT_OK;
	}
	if (argc > 1)
		error_set(&err, EXIT_USAGE, EINVAL, remedy, "bench %s: no such sub-command",
			  argv[1]);
	else
		error_set(&err, EXIT_USAGE, EINVAL, remedy, "bench: the sub-command is missing");
	return report_error(&err);
}

const struct command cmd_bench = {
	.name = "bench",
	.summary = "run suites of measurements, compare the results",
	.main = bench_main,
};
