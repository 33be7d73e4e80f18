// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool dma: another device's DMA engine writes to a buffer and reads from it. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "core/measure.h"
#include "measure-options.h"
#include "sizes.h"

enum {
	OPT_ENGINE = OPT_LONG_ONLY,
	OPT_OP,
	OPT_SIZES,
	OPT_DEPTH,
	OPT_ITERS,
	OPT_DURATION,
	OPT_LBA,
	OPT_OVERWRITE,
	OPT_EXPECT,
	OPT_REVOKE,
};

static const struct opt options[] = {
	OPT_HELP,
	{ OPT_ENGINE, "engine", "DEV",
	  "the address of the engine's PCI function; or nvme, igb, edu: the first one of that kind "
	  "that vfio-pci has already; more than one shares an address space" },
	{ OPT_OP, "op", "OP",
	  "write: the engine writes to the buffer; read: it reads from it; or both; default: what "
	  "the engine may" },
	{ OPT_SIZES, "sizes", "SIZES",
	  "bytes of a transfer: a list such as 4K,1M, or a range such as 4K..1M that doubles; "
	  "default 64K, or what the engine moves at once" },
	{ OPT_DEPTH, "depth", "N", "so many transfers in flight (default 8)" },
	{ OPT_ITERS, "iters", "N",
	  "transfers of a round, each to a place of its own; default: 8 MiB of them, at most 256" },
	{ OPT_DURATION, "duration", "S", "run each cell for S seconds instead of N rounds" },
	{ OPT_LBA, "lba", "RANGE",
	  "the blocks of an SSD to use, [NSID:]FIRST+COUNT; there is no default" },
	{ OPT_OVERWRITE, "yes-overwrite", NULL,
	  "what these blocks hold may be lost: without it they are only read" },
	{ OPT_EXPECT, "expect", "FILE",
	  "the blocks hold what FILE does: verify against that, not against a first reading" },
	{ OPT_REVOKE, "revoke", "HOW",
	  "instead, take the buffer away while engines write to it, and see that nothing arrives "
	  "later: by revoke, memory-off or reset" },
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "dma [OPTION]... --engine DEV BUFFER";
static const char about[] =
	"Let the DMA engine of another device, driven from user space through VFIO, write to a "
	"buffer and read from it, and measure how fast that is, how long one transfer takes and "
	"what it costs the CPU: directly, and bounced through ordinary memory, with ordinary "
	"memory in the place of the buffer in turn, for comparison. Every transfer is verified "
	"outside of the time that is measured.";
static const char notes[] =
	"BUFFER is one of\n"
	"  vfio:BDF/BAR[+OFFSET][:LENGTH]  (part of) a PCI BAR, which is overwritten\n"
	"  host:LENGTH                     ordinary memory\n"
	"Engines are NVMe controllers, the 82576 (igb) and QEMU's edu.\n"
	"\n"
	"Exit status: 0, 1 when something failed or data was wrong, 2 for wrong usage, 77 when "
	"this machine lacks what it takes.";

struct dma_command {
	struct measure_options common;
	struct dma_params params;
	struct sizes sizes;
	struct engine_params engine; /* what all of them get */
	bool op_given;
};

static int parse_op(const char *arg, struct dma_params *p, struct error *err)
{
	bool both = !strcmp(arg, "both");

	p->write = both || !strcmp(arg, "write");
	p->read = both || !strcmp(arg, "read");
	if (p->write || p->read)
		return 0;
	return error_set(err, EXIT_USAGE, EINVAL, "give write, read or both",
			 "option --op '%s': there is no such one", arg);
}

static int add_engine(struct dma_params *p, const char *arg, struct error *err)
{
	if (p->nengines == DMA_ENGINES_MAX)
		return error_set(err, EXIT_USAGE, EINVAL, "give fewer",
				 "option --engine '%s': one more than %d", arg, DMA_ENGINES_MAX);
	p->engine[p->nengines++].name = arg;
	return engine_check_name(arg, err);
}

static int parse_own(struct dma_command *d, int c, const char *arg, struct error *err)
{
	struct dma_params *p = &d->params;

	switch (c) {
	case OPT_ENGINE:
		return add_engine(p, arg, err);
	case OPT_OP:
		d->op_given = true;
		return parse_op(arg, p, err);
	case OPT_SIZES:
		return sizes_parse(arg, &d->sizes, err);
	case OPT_DEPTH:
		return options_number("depth", arg, 1, ENGINE_DEPTH_MAX, &p->depth, err);
	case OPT_ITERS:
		return options_number("iters", arg, 1, 1000000, &p->iters, err);
	case OPT_DURATION:
		return options_seconds("duration", arg, &p->duration, err);
	case OPT_LBA:
		return lba_parse(arg, &d->engine.lba, err);
	case OPT_OVERWRITE:
		d->engine.overwrite = true;
		break;
	case OPT_EXPECT:
		p->expect = arg;
		break;
	case OPT_REVOKE:
		return dma_take_parse(arg, &p->take, err);
	}
	return 0;
}

/* What is left to say when all options are there. */
static int complete(struct dma_command *d, struct error *err)
{
	struct dma_params *p = &d->params;
	unsigned int i;

	if (!p->nengines)
		return error_set(err, EXIT_USAGE, EINVAL,
				 "give --engine, see 'p2p-tool dma --help'",
				 "dma: no engine given");
	if (p->expect && (!d->engine.lba.count || d->engine.overwrite))
		return error_set(err, EXIT_USAGE, EINVAL, "give --lba, and not --yes-overwrite",
				 "option --expect '%s': goes with blocks that are only read",
				 p->expect);
	for (i = 0; i < p->nengines; i++) {
		const char *name = p->engine[i].name;

		p->engine[i] = d->engine;
		p->engine[i].name = name;
		p->engine[i].bind = d->common.access.bind;
		p->engine[i].depth = p->depth;
	}
	p->any_op = !d->op_given;
	if (p->any_op)
		p->write = p->read = true;
	p->sizes = d->sizes.value;
	p->nsizes = d->sizes.count;
	p->repeat = d->common.repeat;
	p->warmup = d->common.warmup;
	return 0;
}

static int parse(int argc, char **argv, void *params, struct error *err)
{
	struct dma_command *d = params;
	int c, ret;

	d->common = (struct measure_options)MEASURE_DEFAULTS;
	d->params = (struct dma_params){ .depth = 8 };
	while ((c = options_next("dma", argc, argv, options, err)) != -1) {
		ret = measure_option(&d->common, c, optarg, err);
		if (d->common.help)
			return 0;
		if (!ret)
			ret = parse_own(d, c, optarg, err);
		if (ret < 0)
			return ret;
	}
	ret = measure_operand(&d->common, "dma", argc - optind, argv + optind, err);
	return ret ? ret : complete(d, err);
}

static int check(void *params, struct error *err)
{
	struct dma_command *d = params;

	return measure_dma_check(&d->common.spec, &d->params, err);
}

static int measure(struct buffer *b, const struct clock *c, void *params, struct record_set *out,
		   struct error *err)
{
	return measure_dma(b, c, &((struct dma_command *)params)->params, out, err);
}

static void help(void)
{
	options_help(usage, about, options, notes);
}

static const struct measure_command command = {
	.name = "dma",
	.params_size = sizeof(struct dma_command),
	.parse = parse,
	.check = check,
	.measure = measure,
	.help = help,
};

const struct command cmd_dma = {
	.name = "dma",
	.summary = "measure how fast another device's DMA engine reaches a buffer",
	.measure = &command,
};
