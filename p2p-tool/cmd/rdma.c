// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool rdma: how fast a NIC moves bytes to and from a buffer. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "core/measure.h"
#include "core/rdma-server.h"
#include "core/rdma-wire.h"
#include "measure-options.h"
#include "rdma-ops.h"
#include "sizes.h"

#define PORT	    18520
#define TIMEOUT	    10
#define TIMEOUT_MAX 3600

enum {
	OPT_OP = OPT_LONG_ONLY,
	OPT_SIZES,
	OPT_QPS,
	OPT_DEPTH,
	OPT_CQ_MOD,
	OPT_INLINE,
	OPT_BIDIR,
	OPT_ITERS,
	OPT_DURATION,
	OPT_GID,
	OPT_DEVICE,
	OPT_CONNECT,
	OPT_SERVER,
	OPT_LISTEN,
	OPT_PORT,
	OPT_CLIENTS,
	OPT_TIMEOUT,
};

static const struct opt options[] = {
	OPT_HELP,
	{ OPT_OP, "op", "OPS",
	  "a list of write, write-imm, read, send and atomic, or all; default write,read,send" },
	{ OPT_SIZES, "sizes", "SIZES",
	  "bytes of a message: a list such as 64,4K, or a range such as 2..8M that doubles; "
	  "default 64K" },
	{ OPT_QPS, "qps", "N", "so many queue pairs (default 1)" },
	{ OPT_DEPTH, "depth", "N", "so many messages of each in flight (default 64)" },
	{ OPT_CQ_MOD, "cq-mod", "N", "a completion for every N messages (default 1)" },
	{ OPT_INLINE, "inline", "N",
	  "put messages of up to N bytes into the work requests "
	  "(default 0); not for read and atomic" },
	{ OPT_BIDIR, "bidir", NULL, "both ends send at the same time" },
	{ OPT_ITERS, "iters", "N",
	  "messages of a queue pair in a round; default: 4 MiB of them, at least 16, at most 256" },
	{ OPT_DURATION, "duration", "S", "run each cell for S seconds instead of N rounds" },
	{ OPT_GID, "gid", "INDEX",
	  "the address to use, see 'ibv_devinfo -v'; default: an IPv4 "
	  "address of RoCE v2, else the first one" },
	{ OPT_DEVICE, "device", "DEV",
	  "the RDMA device; default: the first one that is up, or the one that reaches HOST" },
	{ OPT_CONNECT, "connect", "HOST", "measure between BUFFER and that of the server on HOST" },
	{ OPT_SERVER, "server", NULL, "be the other end, with BUFFER, for who connects" },
	{ OPT_LISTEN, "listen", "ADDRESS",
	  "as the server, listen there only (default: everywhere)" },
	{ OPT_PORT, "port", "N", "the server's port (default 18520); 0: any, which it tells" },
	{ OPT_CLIENTS, "clients", "N",
	  "as the server, end when N clients have been served; default: when interrupted" },
	{ OPT_TIMEOUT, "timeout", "S",
	  "give up when the other machine is silent for S seconds (default 10)" },
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "rdma [OPTION]... BUFFER\n"
			    "rdma --server [OPTION]... BUFFER\n"
			    "rdma --connect HOST [OPTION]... BUFFER";
static const char about[] =
	"Register a buffer with an RDMA NIC and measure how fast the NIC moves messages to it and "
	"from it: throughput, latency of a message, and of the registration. The NIC is connected "
	"with itself; the other end is ordinary memory. Each round is verified outside of the time "
	"that is measured, and made on ordinary memory in turn, for comparison.\n"
	"Between two machines, each has a BUFFER: the client's options say what is done, and the "
	"server answers. Whoever reaches the server's port can overwrite its buffer.";
static const char notes[] =
	"BUFFER is one of\n"
	"  vfio:BDF/BAR[+OFFSET][:LENGTH]  (part of) a PCI BAR, which is overwritten\n"
	"  host:LENGTH                     ordinary memory\n"
	"  udmabuf:LENGTH                  a memfd as a DMABUF\n"
	"  heap:NAME:LENGTH                memory of a dma-heap\n"
	"  drm:NODE:LENGTH                 a dumb buffer of a DRM device\n"
	"\n"
	"With --connect BUFFER must hold the largest message twice, on both machines.\n"
	"\n"
	"Exit status: 0, 1 when something failed or data was wrong, 2 for wrong usage, 77 when "
	"this machine lacks what it takes: a registration that fails says what is missing.";

struct rdma_command {
	struct measure_options common;
	struct rdma_params params;
	struct sizes sizes;
	bool op_given;
	bool server;
	struct rdma_server_params serve;
	const char *servers_own, *clients_own; /* the last option that is for one side only */
	const char *remote;		       /* the last one for two machines */
};

static int parse_own(struct rdma_command *r, int c, const char *arg, struct error *err)
{
	struct rdma_params *p = &r->params;
	unsigned int number;
	int ret;

	switch (c) {
	case OPT_OP:
		r->op_given = true;
		return rdma_ops_parse(arg, p->op, err);
	case OPT_SIZES:
		return sizes_parse(arg, &r->sizes, err);
	case OPT_QPS:
		return options_number("qps", arg, 1, RDMA_QPS_MAX, &p->qps, err);
	case OPT_DEPTH:
		return options_number("depth", arg, 1, RDMA_DEPTH_MAX, &p->depth, err);
	case OPT_CQ_MOD:
		return options_number("cq-mod", arg, 1, RDMA_DEPTH_MAX, &p->cq_mod, err);
	case OPT_INLINE:
		return options_number("inline", arg, 0, RDMA_INLINE_MAX, &p->inline_max, err);
	case OPT_BIDIR:
		p->bidir = true;
		break;
	case OPT_ITERS:
		return options_number("iters", arg, 1, RDMA_ITERS_MAX, &p->iters, err);
	case OPT_DURATION:
		return options_seconds("duration", arg, &p->duration, err);
	case OPT_GID:
		ret = options_number("gid", arg, 0, 255, &number, err);
		p->gid_index = (int)number;
		return ret;
	case OPT_DEVICE:
		p->device = arg;
		break;
	case OPT_CONNECT:
		p->connect = arg;
		break;
	case OPT_SERVER:
		r->server = r->common.no_records = true;
		break;
	case OPT_LISTEN:
		r->serve.listen = arg;
		break;
	case OPT_PORT:
		ret = options_number("port", arg, 0, UINT16_MAX, &number, err);
		p->port = (uint16_t)number;
		return ret;
	case OPT_CLIENTS:
		return options_number("clients", arg, 1, UINT_MAX, &r->serve.clients, err);
	case OPT_TIMEOUT:
		return options_number("timeout", arg, 1, TIMEOUT_MAX, &p->timeout, err);
	}
	return 0;
}

/* Of which side an option is that not all have. */
static void note_side(struct rdma_command *r, int key)
{
	const struct opt *o = options;

	while (o->name && o->key != key)
		o++;
	switch (key) {
	case OPT_LISTEN:
	case OPT_CLIENTS:
		r->servers_own = o->name;
		break;
	case OPT_PORT:
	case OPT_TIMEOUT:
		r->remote = o->name;
		break;
	case OPT_GID:
	case OPT_DEVICE:
	case OPT_CONNECT:
	case OPT_SERVER:
	case 'h':
	case MEASURE_BIND:
	case MEASURE_PATH:
		break;
	default:
		r->clients_own = o->name;
	}
}

static int check_side(const struct rdma_command *r, struct error *err)
{
	if (r->server && r->params.connect)
		return error_set(err, EXIT_USAGE, EINVAL, "choose one",
				 "options --server and --connect");
	if (r->server && r->clients_own)
		return error_set(err, EXIT_USAGE, EINVAL, "give it to the client",
				 "option --%s: is not for the server", r->clients_own);
	if (!r->server && r->servers_own)
		return error_set(err, EXIT_USAGE, EINVAL, "leave it out, or add --server",
				 "option --%s: is for the server", r->servers_own);
	if (!r->server && !r->params.connect && r->remote)
		return error_set(err, EXIT_USAGE, EINVAL, "add --connect HOST, or --server",
				 "option --%s: is for two machines", r->remote);
	if (r->params.connect && !r->params.port)
		return error_set(err, EXIT_USAGE, EINVAL, "give the one that the server tells",
				 "option --port: 0 is for the server");
	if (r->params.connect && r->common.counted)
		return error_set(err, EXIT_USAGE, EINVAL, "leave out one of them",
				 "options --connect and --counted: nobody counts the "
				 "instructions of the other machine");
	return 0;
}

static int parse(int argc, char **argv, void *params, struct error *err)
{
	struct rdma_command *r = params;
	struct rdma_params *p = &r->params;
	int c, ret;

	r->common = (struct measure_options)MEASURE_DEFAULTS;
	*p = (struct rdma_params){ .gid_index = -1,
				   .qps = 1,
				   .depth = 64,
				   .cq_mod = 1,
				   .port = PORT,
				   .timeout = TIMEOUT };
	while ((c = options_next("rdma", argc, argv, options, err)) != -1) {
		ret = measure_option(&r->common, c, optarg, err);
		if (r->common.help)
			return 0;
		note_side(r, c);
		if (!ret)
			ret = parse_own(r, c, optarg, err);
		if (ret < 0)
			return ret;
	}
	ret = check_side(r, err);
	if (ret)
		return ret;
	if (!r->op_given)
		p->op[RDMA_WRITE] = p->op[RDMA_READ] = p->op[RDMA_SEND] = true;
	if (!r->sizes.count)
		sizes_add_range(&r->sizes, 64 << 10, 64 << 10);
	p->sizes = r->sizes.value;
	p->nsizes = r->sizes.count;
	p->repeat = r->common.repeat;
	p->warmup = r->common.warmup;
	return measure_operand(&r->common, "rdma", argc - optind, argv + optind, err);
}

static int check(void *params, struct error *err)
{
	struct rdma_command *r = params;

	if (r->server)
		return error_set(err, EXIT_USAGE, EINVAL, "start it by itself",
				 "option --server: does not measure");
	return measure_rdma_check(&r->common.spec, &r->params, err);
}

/* What happens, as it happens, for the person who watches the server. */
static void tell(void *ctx, const struct rdma_server_event *e)
{
	const char *buffer = ctx;

	switch (e->what) {
	case RDMA_SERVER_LISTENING:
		fprintf(stderr, "p2p-tool: port %u: serving %s\n", e->port, buffer);
		break;
	case RDMA_SERVER_CONNECTED:
		fprintf(stderr, "p2p-tool: %s: connected\n", e->peer);
		break;
	case RDMA_SERVER_SERVED:
		fprintf(stderr, "p2p-tool: %s: served, %llu rounds\n", e->peer,
			(unsigned long long)e->rounds);
		break;
	case RDMA_SERVER_LOST:
		fprintf(stderr, "p2p-tool: %s: given up after %llu rounds: %s\n", e->peer,
			(unsigned long long)e->rounds, e->why->what);
		break;
	case RDMA_SERVER_TURNED_AWAY:
		fprintf(stderr, "p2p-tool: %s: turned away: %s\n", e->peer, e->text);
		break;
	}
}

static int serve(struct rdma_command *r, struct buffer *b, struct error *err)
{
	char text[128];

	bufspec_format(&b->spec, text, sizeof(text));
	r->serve.device = r->params.device;
	r->serve.gid_index = r->params.gid_index;
	r->serve.port = r->params.port;
	r->serve.timeout = r->params.timeout;
	r->serve.event = tell;
	r->serve.ctx = text;
	return rdma_server(b, &r->serve, err);
}

static int measure(struct buffer *b, const struct clock *c, void *params, struct record_set *out,
		   struct error *err)
{
	struct rdma_command *r = params;

	return r->server ? serve(r, b, err) : measure_rdma(b, c, &r->params, out, err);
}

static void help(void)
{
	options_help(usage, about, options, notes);
}

static const struct measure_command command = {
	.name = "rdma",
	.params_size = sizeof(struct rdma_command),
	.parse = parse,
	.check = check,
	.measure = measure,
	.help = help,
};

const struct command cmd_rdma = {
	.name = "rdma",
	.summary = "measure how fast an RDMA NIC moves bytes to and from a buffer",
	.measure = &command,
};
