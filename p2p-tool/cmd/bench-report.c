// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool bench report: result files as a page to look at. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "bench-private.h"
#include "cmd.h"
#include "core/outfile.h"
#include "core/report.h"
#include "options.h"

static const struct opt options[] = {
	OPT_HELP,
	{ 'o', "output", "FILE", "write the page to FILE; needed" },
	{ 0 },
};

static const char usage[] = "bench report -o FILE RECORDS...\n"
			    "bench report -o FILE A... vs B...";
static const char about[] =
	"Make one HTML page of record files: environment, tables, distributions, curves over sizes "
	"and other parameters. Of several runs it also has the history of each cell, with changes "
	"of level marked; with 'vs' the differences between A and B, as 'bench compare' finds "
	"them.";
static const char notes[] =
	"The page needs nothing else: no network, no fonts, no scripts. The same records give the "
	"same page. FILE is written completely or not at all. Runs that were interrupted are "
	"named, "
	"and used only when there are no whole ones.\n"
	"\n"
	"Exit status: 0, 1 when FILE could not be written, 2 for wrong usage or record files, 77 "
	"when JSON was not built in.";

struct report_options {
	const char *output;
	char **path;   /* of the records */
	size_t n;      /* without "vs" */
	size_t second; /* the first one of B; n when there is no B */
	bool help;
};

/* Take out "vs". */
static int parse_operands(int argc, char **argv, struct report_options *o, struct error *err)
{
	int i;

	o->path = argv;
	o->second = (size_t)argc;
	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "vs") && o->second == (size_t)argc)
			o->second = (size_t)i;
		else
			o->path[o->n++] = argv[i];
	}
	if (o->second == (size_t)argc)
		o->second = o->n;
	else if (!o->second || o->second == o->n)
		return error_set(err, EXIT_USAGE, EINVAL,
				 "give record files before and after 'vs', or leave it out",
				 "bench report: the files of %s are missing",
				 o->second ? "B" : "A");
	if (!o->n)
		return error_set(err, EXIT_USAGE, EINVAL, "give files that --output wrote",
				 "bench report: no record files given");
	if (!o->output)
		return error_set(err, EXIT_USAGE, EINVAL, "add -o FILE, such as -o report.html",
				 "bench report: where should the page go?");
	return 0;
}

static int parse_options(int argc, char **argv, struct report_options *o, struct error *err)
{
	int c;

	options_begin();
	while ((c = options_next("bench report", argc, argv, options, err)) != -1) {
		switch (c) {
		case 'h':
			o->help = true;
			return 0;
		case 'o':
			o->output = optarg;
			break;
		default:
			return -EINVAL;
		}
	}
	return parse_operands(argc - optind, argv + optind, o, err);
}

static int make_report(const struct report_options *o, struct error *err)
{
	struct outfile file = { 0 };
	struct report report;
	int ret = outfile_open(&file, o->output, false, err);

	if (ret)
		return ret;
	ret = report_read(&report, o->path, o->n, o->second, err);
	if (!ret) {
		ret = report_write(file.stream, &report);
		if (ret)
			error_set(err, EXIT_FAILED, -ret, NULL, "bench report: %s", strerror(-ret));
		else
			ret = outfile_commit(&file, err);
		report_free(&report);
	}
	outfile_abort(&file);
	return ret;
}

int bench_report_main(int argc, char **argv)
{
	struct report_options o = { 0 };
	struct error err = { 0 };
	int ret = parse_options(argc, argv, &o, &err);

	if (!ret && o.help) {
		options_help(usage, about, options, notes);
		return EXIT_OK;
	}
	if (!ret)
		ret = make_report(&o, &err);
	return ret ? report_error(&err) : EXIT_OK;
}
