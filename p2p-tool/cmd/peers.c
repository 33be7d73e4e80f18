// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool peers: this tool's figures of RDMA beside those of perftest. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd.h"
#include "core/measure.h"
#include "core/rdma-wire.h"
#include "measure-options.h"
#include "rdma-ops.h"
#include "sizes.h"

#define PAIRS	    12
#define WARMUP	    1
#define TIMEOUT	    60
#define TIMEOUT_MAX 3600

enum {
	OPT_OP = OPT_LONG_ONLY,
	OPT_FIGURE,
	OPT_SIZES,
	OPT_QPS,
	OPT_DEPTH,
	OPT_CQ_MOD,
	OPT_INLINE,
	OPT_ITERS,
	OPT_GID,
	OPT_DEVICE,
	OPT_TIMEOUT,
	OPT_REPEAT,
	OPT_WARMUP,
};

static const struct opt options[] = {
	OPT_HELP,
	{ OPT_OP, "op", "OPS", "a list of write, read and send; default write" },
	{ OPT_FIGURE, "figure", "FIGURE", "throughput, latency or both (the default)" },
	{ OPT_SIZES, "sizes", "SIZES", "bytes of a message, as for rdma; default 64K" },
	{ OPT_QPS, "qps", "N", "so many queue pairs for throughput (default 1)" },
	{ OPT_DEPTH, "depth", "N", "so many messages of each in flight (default 128)" },
	{ OPT_CQ_MOD, "cq-mod", "N", "a completion for every N messages (default 1)" },
	{ OPT_INLINE, "inline", "N",
	  "put messages of up to N bytes into the work requests (default 0)" },
	{ OPT_ITERS, "iters", "N",
	  "messages of a run (default 500 for throughput, 1000 for latency)" },
	{ OPT_GID, "gid", "INDEX", "the address to use, as for rdma" },
	{ OPT_DEVICE, "device", "DEV", "the RDMA device; default: the first one that is up" },
	{ OPT_TIMEOUT, "timeout", "S", "give a run S seconds (default 60)" },
	{ OPT_REPEAT, "repeat", "N", "measure N pairs of runs (default 12)" },
	{ OPT_WARMUP, "warmup", "N", "run N pairs before them (default 1)" },
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "peers [OPTION]... host:LENGTH";
static const char about[] =
	"Run ib_write_bw, ib_write_lat and the like of perftest, and this tool with the same "
	"parameters, in turn: each with two processes on this machine that are connected by the "
	"same RDMA device, and with ordinary memory of LENGTH bytes. The median of the pairs' "
	"ratios, ours to theirs, is printed with its 95 % confidence interval.";
static const char notes[] =
	"LENGTH must hold the largest message twice. Above 1 is better for throughput, below 1 for "
	"latency.\n"
	"\n"
	"Exit status: 0, 1 when something failed or data was wrong, 2 for wrong usage, 77 when "
	"this machine lacks what it takes: an RDMA device, perftest.";

struct peers_command {
	struct measure_options common;
	struct peers_params params;
	struct sizes sizes;
};

static int parse_figure(const char *arg, enum rdma_figures *figures, struct error *err)
{
	static const char *const names[] = {
		[RDMA_BOTH] = "both", [RDMA_THROUGHPUT] = "throughput", [RDMA_LATENCY] = "latency"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(arg, names[i])) {
			*figures = (enum rdma_figures)i;
			return 0;
		}
	}
	return error_set(err, EXIT_USAGE, EINVAL, "give throughput, latency or both",
			 "option --figure '%s': there is no such one", arg);
}

static int parse_op(const char *arg, struct rdma_params *p, struct error *err)
{
	int ret = rdma_ops_parse(arg, p->op, err);

	if (ret || (!p->op[RDMA_WRITE_IMM] && !p->op[RDMA_ATOMIC]))
		return ret;
	return error_set(err, EXIT_USAGE, EINVAL, "give write, read or send",
			 "option --op '%s': perftest has not all of them", arg);
}

static int parse_own(struct peers_command *c, int key, const char *arg, struct error *err)
{
	struct rdma_params *p = &c->params.rdma;
	unsigned int gid;
	int ret;

	switch (key) {
	case OPT_OP:
		return parse_op(arg, p, err);
	case OPT_FIGURE:
		return parse_figure(arg, &p->figures, err);
	case OPT_SIZES:
		return sizes_parse(arg, &c->sizes, err);
	case OPT_QPS:
		return options_number("qps", arg, 1, RDMA_QPS_MAX, &p->qps, err);
	case OPT_DEPTH:
		return options_number("depth", arg, 1, RDMA_DEPTH_MAX, &p->depth, err);
	case OPT_CQ_MOD:
		return options_number("cq-mod", arg, 1, RDMA_DEPTH_MAX, &p->cq_mod, err);
	case OPT_INLINE:
		return options_number("inline", arg, 0, RDMA_INLINE_MAX, &p->inline_max, err);
	case OPT_ITERS:
		return options_number("iters", arg, 5, RDMA_ITERS_MAX, &p->iters, err);
	case OPT_GID:
		ret = options_number("gid", arg, 0, 255, &gid, err);
		p->gid_index = (int)gid;
		return ret;
	case OPT_DEVICE:
		p->device = arg;
		return 0;
	case OPT_TIMEOUT:
		return options_number("timeout", arg, 1, TIMEOUT_MAX, &c->params.peer_timeout, err);
	case OPT_REPEAT:
		return options_number("repeat", arg, 1, 10000, &p->repeat, err);
	case OPT_WARMUP:
		return options_number("warmup", arg, 0, 10000, &p->warmup, err);
	}
	return 0;
}

static int parse(int argc, char **argv, void *params, struct error *err)
{
	struct peers_command *c = params;
	struct rdma_params *p = &c->params.rdma;
	int key, ret;

	*p = (struct rdma_params){ .gid_index = -1,
				   .op[RDMA_WRITE] = true,
				   .qps = 1,
				   .depth = 128,
				   .cq_mod = 1,
				   .repeat = PAIRS,
				   .warmup = WARMUP };
	c->params.peer_timeout = TIMEOUT;
	while ((key = options_next("peers", argc, argv, options, err)) != -1) {
		ret = measure_option(&c->common, key, optarg, err);
		if (c->common.help)
			return 0;
		if (!ret)
			ret = parse_own(c, key, optarg, err);
		if (ret < 0)
			return ret;
	}
	if (!c->sizes.count)
		sizes_add_range(&c->sizes, 64 << 10, 64 << 10);
	p->sizes = c->sizes.value;
	p->nsizes = c->sizes.count;
	p->timeout = c->params.peer_timeout;
	return measure_operand(&c->common, "peers", argc - optind, argv + optind, err);
}

static int check(void *params, struct error *err)
{
	struct peers_command *c = params;

	return measure_peers_check(&c->common.spec, &c->params, err);
}

static int measure(struct buffer *b, const struct clock *clock, void *params,
		   struct record_set *out, struct error *err)
{
	return measure_peers(b, clock, &((struct peers_command *)params)->params, out, err);
}

static void help(void)
{
	options_help(usage, about, options, notes);
}

static const struct measure_command command = {
	.name = "peers",
	.params_size = sizeof(struct peers_command),
	.parse = parse,
	.check = check,
	.measure = measure,
	.help = help,
};

const struct command cmd_peers = {
	.name = "peers",
	.summary = "measure RDMA beside the programs of perftest",
	.measure = &command,
};
