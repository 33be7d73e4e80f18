// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool revoke: how long it takes to take a slice back, and whether it is gone then. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "cmd.h"
#include "core/measure.h"
#include "measure-options.h"

#define MAPPERS_MAX 1024

enum {
	REVOKE_MAPPERS = OPT_LONG_ONLY,
	REVOKE_BUSY,
	REVOKE_READ_ONLY,
};

static const struct opt options[] = {
	OPT_HELP,
	{ REVOKE_MAPPERS, "mappers", "N",
	  "so many processes have the DMABUF mapped and every page of it touched (default 1)" },
	{ REVOKE_BUSY, "busy", NULL, "and read from it when it is revoked" },
	{ REVOKE_READ_ONLY, "read-only", NULL, "export the DMABUF read-only" },
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "revoke [OPTION]... vfio:BDF/BAR[+OFFSET][:LENGTH]";
static const char about[] =
	"Measure the time from asking VFIO to revoke a DMABUF until that returns. Every round "
	"makes a new DMABUF of the slice and hands it to other processes. When the revoke has "
	"returned, no access of theirs may complete: they try every page.";
static const char notes[] =
	"Exit status: 0, 1 when something failed or an access completed after the revoke, 2 for "
	"wrong usage, 77 when this machine lacks what it takes.";

struct revoke_command {
	struct measure_options common;
	struct revoke_params params;
};

static int parse_own(struct revoke_command *r, int c, const char *arg, struct error *err)
{
	switch (c) {
	case REVOKE_MAPPERS:
		return options_number("mappers", arg, 0, MAPPERS_MAX, &r->params.mappers, err);
	case REVOKE_BUSY:
		r->params.busy = true;
		break;
	case REVOKE_READ_ONLY:
		r->common.access.rdonly = true;
		break;
	}
	return 0;
}

static int parse(int argc, char **argv, void *params, struct error *err)
{
	struct revoke_command *r = params;
	int c, ret;

	r->common = (struct measure_options)MEASURE_DEFAULTS;
	r->params.mappers = 1;
	while ((c = options_next("revoke", argc, argv, options, err)) != -1) {
		ret = measure_option(&r->common, c, optarg, err);
		if (r->common.help)
			return 0;
		if (!ret)
			ret = parse_own(r, c, optarg, err);
		if (ret < 0)
			return ret;
	}
	ret = measure_operand(&r->common, "revoke", argc - optind, argv + optind, err);
	if (!ret)
		ret = measure_revoke_check(&r->common.spec, err);
	if (!ret && r->params.busy && !r->params.mappers)
		ret = error_set(err, EXIT_USAGE, EINVAL, "give at least one of --mappers",
				"option --busy: nobody is there to be busy");
	r->params.repeat = r->common.repeat;
	r->params.warmup = r->common.warmup;
	return ret;
}

static int measure(struct buffer *b, const struct clock *c, void *params, struct record_set *out,
		   struct error *err)
{
	return measure_revoke(b, c, &((struct revoke_command *)params)->params, out, err);
}

static void help(void)
{
	options_help(usage, about, options, notes);
}

static const struct measure_command command = {
	.name = "revoke",
	.params_size = sizeof(struct revoke_command),
	.parse = parse,
	.measure = measure,
	.help = help,
};

static int revoke_main(int argc, char **argv)
{
	return measure_main(&command, argc, argv);
}

static int revoke_collect(int argc, char **argv, struct record_set *out, struct error *err)
{
	return measure_collect(&command, argc, argv, out, err);
}

const struct command cmd_revoke = {
	.name = "revoke",
	.summary = "measure how long it takes to take a slice back for good",
	.main = revoke_main,
	.collect = revoke_collect,
};
