// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool revoke: how long it takes to take a slice back, and whether it is gone then. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "core/measure.h"
#include "measure-options.h"

#define MAPPERS_MAX 1024

enum {
	REVOKE_MAPPERS = OPT_LONG_ONLY,
	REVOKE_BUSY,
	REVOKE_READ_ONLY,
	REVOKE_IMPORTERS,
	REVOKE_DEVICE,
	REVOKE_NODE,
	REVOKE_DMABUFS,
};

#define DMABUFS_MAX 65536

static const struct opt options[] = {
	OPT_HELP,
	{ REVOKE_MAPPERS, "mappers", "N",
	  "so many processes have the DMABUF mapped and every page of it touched (default 1)" },
	{ REVOKE_BUSY, "busy", NULL, "and use it when it is revoked, as importers do" },
	{ REVOKE_IMPORTERS, "importers", "LIST",
	  "devices have imported the DMABUF as well: a list of rdma, which writes to it, and drm, "
	  "whose object is mapped and read" },
	{ REVOKE_DEVICE, "device", "DEV", "the RDMA device; default: the first one that is up" },
	{ REVOKE_NODE, "node", "NODE",
	  "the DRM node; default: the first one that imports DMABUFs" },
	{ REVOKE_DMABUFS, "dmabufs", "N", "have N DMABUFs of the slice while one is revoked" },
	{ REVOKE_READ_ONLY, "read-only", NULL, "export the DMABUF read-only" },
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "revoke [OPTION]... vfio:BDF/BAR[+OFFSET][:LENGTH]";
static const char about[] =
	"Measure the time from asking VFIO to revoke a DMABUF until that returns. Every round "
	"makes a new DMABUF of the slice and hands it to other processes, and to devices. When the "
	"revoke has returned, no access of theirs may complete: they try every page, and every "
	"kind of access.";
static const char notes[] =
	"Exit status: 0, 1 when something failed or an access completed after the revoke, 2 for "
	"wrong usage, 77 when this machine lacks what it takes.";

struct revoke_command {
	struct measure_options common;
	struct revoke_params params;
};

static int parse_importers(const char *arg, bool importer[IMPORTERS], struct error *err)
{
	char list[64], *word, *rest = list;
	enum importer_kind kind;

	snprintf(list, sizeof(list), "%s", arg);
	while ((word = strsep(&rest, ","))) {
		if (importer_parse(word, &kind))
			return error_set(err, EXIT_USAGE, EINVAL, "give rdma, drm or both",
					 "option --importers '%s': there is no '%s'", arg, word);
		importer[kind] = true;
	}
	return 0;
}

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
	case REVOKE_IMPORTERS:
		return parse_importers(arg, r->params.importer, err);
	case REVOKE_DEVICE:
		r->params.rdma_device = arg;
		break;
	case REVOKE_DMABUFS:
		return options_number("dmabufs", arg, 1, DMABUFS_MAX, &r->params.dmabufs, err);
	case REVOKE_NODE:
		r->params.drm_node = arg;
		break;
	}
	return 0;
}

/* Do the options make sense together? */
static int check_params(const struct revoke_command *r, struct error *err)
{
	const struct revoke_params *p = &r->params;

	if (p->busy && !p->mappers && !p->importer[IMPORTER_RDMA] && !p->importer[IMPORTER_DRM])
		return error_set(err, EXIT_USAGE, EINVAL,
				 "give at least one of --mappers, or --importers",
				 "option --busy: nobody is there to be busy");
	if (r->common.access.rdonly && p->importer[IMPORTER_RDMA])
		return error_set(err, EXIT_USAGE, EINVAL, "leave one of them out",
				 "options --read-only and --importers rdma: it writes");
	if (p->rdma_device && !p->importer[IMPORTER_RDMA])
		return error_set(err, EXIT_USAGE, EINVAL, "give --importers rdma as well",
				 "option --device: nothing is imported there");
	if (p->drm_node && !p->importer[IMPORTER_DRM])
		return error_set(err, EXIT_USAGE, EINVAL, "give --importers drm as well",
				 "option --node: nothing is imported there");
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
	if (!ret)
		ret = check_params(r, err);
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

const struct command cmd_revoke = {
	.name = "revoke",
	.summary = "measure how long it takes to take a slice back for good",
	.measure = &command,
};
