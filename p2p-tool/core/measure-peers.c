// SPDX-License-Identifier: GPL-2.0-only
/* This tool beside perftest: two processes each, the same device and parameters, in turn. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bind.h"
#include "child.h"
#include "measure-private.h"
#include "perftest.h"
#include "ratio.h"
#include "rdma-device.h"
#include "size.h"

#define ITERS_THROUGHPUT 500
#define ITERS_LATENCY	 1000
#define SERVER		 "p2p-tool rdma --server"
#define PATIENCE	 10 /* seconds until it says something */
#define READS		 16 /* as rdma-side.c has it */

struct run {
	struct buffer *b;
	const struct clock *c;
	const struct peers_params *p;
	char device[64], address[INET6_ADDRSTRLEN];
	int gid_index;
	unsigned int mtu;
	struct child server;
	uint16_t port; /* of the server */
};

/* What the connection manager, and perftest, shall use. */
static int find_device(struct run *r, struct error *err)
{
	struct rdma_device d;
	int ret = rdma_device_open(r->p->rdma.device, r->p->rdma.gid_index, &d, err);

	if (ret)
		return ret;
	snprintf(r->device, sizeof(r->device), "%s", ibv_get_device_name(d.ctx->device));
	r->gid_index = d.gid_index;
	r->mtu = 128U << d.mtu;
	if (IN6_IS_ADDR_V4MAPPED(d.gid.raw))
		inet_ntop(AF_INET, d.gid.raw + 12, r->address, sizeof(r->address));
	else
		inet_ntop(AF_INET6, d.gid.raw, r->address, sizeof(r->address));
	rdma_device_close(&d);
	return 0;
}

/* What the server has told: its port, as soon as it listens. */
static bool has_port(void *ctx)
{
	struct run *r = ctx;
	char text[256];

	child_read(&r->server, text, sizeof(text));
	return sscanf(text, "p2p-tool: port %hu:", &r->port) == 1;
}

/* And why it has lost a client: the last line then. */
static bool has_given_up(void *ctx)
{
	const struct run *r = ctx;
	char text[256];

	child_read(&r->server, text, sizeof(text));
	return strstr(text, "given up after");
}

/* The server is gone: let what it says of that say more. */
static void explain_loss(struct run *r, struct error *err)
{
	struct error ours = *err, theirs = { 0 };

	if (child_await(&r->server, SERVER, child_now() + PATIENCE, has_given_up, r, NULL))
		return;
	child_failed(&r->server, SERVER, &theirs);
	error_clear(err);
	error_set(err, ours.status, ECONNRESET, ours.remedy, "%.90s; %.150s", ours.what,
		  theirs.what);
}

/* This program once more, as librdmacm does not survive a fork. */
static int start_server(struct run *r, struct error *err)
{
	char buffer[128], timeout[16];
	char *argv[] = { "/proc/self/exe", "rdma",  "--server", "--port", "0",
			 "--timeout",	   timeout, buffer,	NULL };
	int ret;

	bufspec_format(&r->b->spec, buffer, sizeof(buffer));
	snprintf(timeout, sizeof(timeout), "%u", r->p->rdma.timeout);
	ret = child_start(&r->server, argv, "mount /proc", err);
	return ret ? ret
		   : child_await(&r->server, SERVER, child_now() + PATIENCE, has_port, r, err);
}

static unsigned int iterations(const struct run *r, bool latency)
{
	if (r->p->rdma.iters)
		return r->p->rdma.iters;
	return latency ? ITERS_LATENCY : ITERS_THROUGHPUT;
}

static int run_ours(struct run *r, enum rdma_op op, uint64_t size, bool latency, double *value,
		    struct error *err)
{
	struct rdma_params p = r->p->rdma;
	struct record_set set = { 0 };
	int ret;

	memset(p.op, 0, sizeof(p.op));
	p.op[op] = true;
	p.sizes = &size;
	p.nsizes = 1;
	p.figures = latency ? RDMA_LATENCY : RDMA_THROUGHPUT;
	p.iters = iterations(r, latency);
	p.repeat = 1;
	p.warmup = 0;
	p.duration = 0;
	p.device = r->device;
	p.connect = r->address;
	p.port = r->port;
	ret = measure_rdma(r->b, r->c, &p, &set, err);
	if (ret == -ECONNRESET)
		explain_loss(r, err);
	if (!ret && set.record[0]->verification != VERIFY_OK)
		ret = error_set(err, EXIT_FAILED, EBADMSG, "do not trust this path",
				"%s: wrong data: %s", set.record[0]->measurement,
				record_get_observed(set.record[0], "mismatch"));
	if (!ret)
		*value = set.record[0]->summary.median;
	record_set_free(&set);
	return ret;
}

static int run_theirs(const struct run *r, enum rdma_op op, uint64_t size, bool latency,
		      double *value, struct error *err)
{
	const struct rdma_params *p = &r->p->rdma;

	return perftest_run(&(struct perftest){ .op = op,
						.latency = latency,
						.device = r->device,
						.gid_index = r->gid_index,
						.mtu = r->mtu,
						.size = (uint32_t)size,
						.iters = iterations(r, latency),
						.qps = p->qps,
						.depth = p->depth,
						.cq_mod = p->cq_mod,
						.inline_max = p->inline_max,
						.reads = READS,
						.timeout = r->p->peer_timeout },
			    value, err);
}

/* Each begins every other pair. */
static int run_pairs(struct run *r, enum rdma_op op, uint64_t size, bool latency,
		     struct samples *ours, struct samples *theirs, struct error *err)
{
	const struct rdma_params *p = &r->p->rdma;
	unsigned int i;
	int ret = 0, k;

	for (i = 0; i < p->warmup + p->repeat && !ret; i++) {
		double value[2] = { 0, 0 };

		ret = binding_interrupted(err);
		for (k = 0; k < 2 && !ret; k++)
			ret = (i + (unsigned int)k) % 2
				      ? run_ours(r, op, size, latency, &value[0], err)
				      : run_theirs(r, op, size, latency, &value[1], err);
		if (ret || i < p->warmup)
			continue;
		samples_add(ours, (uint64_t)value[0]);
		samples_add(theirs, (uint64_t)value[1]);
	}
	return ret;
}

static int describe(const struct run *r, enum rdma_op op, uint64_t size, bool latency,
		    struct record *record)
{
	const struct rdma_params *p = &r->p->rdma;
	char text[32];
	int ret;

	size_format(size, text, sizeof(text));
	ret = record_param(record, "size", "%s", text);
	if (!ret)
		ret = record_param(record, "peer", "%s", perftest_name(op, latency));
	if (!ret && !latency)
		ret = record_param(record, "qps", "%u", p->qps);
	if (!ret && !latency)
		ret = record_param(record, "depth", "%u", p->depth);
	if (!ret && !latency)
		ret = record_param(record, "cq_mod", "%u", p->cq_mod);
	if (!ret)
		ret = record_param(record, "inline", "%s",
				   rdma_op_inlines(op) && size <= p->inline_max ? "yes" : "no");
	if (!ret)
		ret = record_param(record, "iters", "%u", iterations(r, latency));
	if (!ret)
		ret = record_param(record, "device", "%s", r->device);
	if (!ret)
		ret = record_param(record, "mtu", "%u", r->mtu);
	return ret;
}

static int add_cell(struct run *r, enum rdma_op op, uint64_t size, bool latency,
		    struct samples *ours, struct samples *theirs, struct record_set *out,
		    struct error *err)
{
	char name[64], text[64];
	struct summary summary;
	struct record *record;
	struct ratio ratio;
	int ret;

	snprintf(name, sizeof(name), "peers.%s%s", rdma_op_name(op), latency ? "_latency" : "");
	record = cell_new_by(r->b, "rdma", name, latency ? UNIT_NS : UNIT_BYTES_PER_S);
	ret = record ? describe(r, op, size, latency, record) : -ENOMEM;
	if (!ret)
		ret = ratio_of(ours, theirs, &ratio);
	if (!ret)
		ret = samples_summarise(theirs, &summary);
	if (!ret) {
		ratio_format(&ratio, text, sizeof(text));
		ret = record_observe(record, "vs_peer", "%s", text);
	}
	if (!ret)
		ret = record_observe(record, "peer_median", "%.0f %s", summary.median,
				     unit_name(record->unit));
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, -ret, NULL, "peers: %s", strerror(-ret));
	}
	record->verification = VERIFY_OK;
	return cell_finish(record, r->c, ours, out, err);
}

static int run_cell(struct run *r, enum rdma_op op, uint64_t size, bool latency,
		    struct record_set *out, struct error *err)
{
	struct samples ours = { 0 }, theirs = { 0 };
	int ret = 0;

	if (samples_init(&ours, r->p->rdma.repeat) || samples_init(&theirs, r->p->rdma.repeat))
		ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "samples: out of memory");
	if (!ret)
		ret = run_pairs(r, op, size, latency, &ours, &theirs, err);
	if (!ret)
		ret = add_cell(r, op, size, latency, &ours, &theirs, out, err);
	samples_free(&ours);
	samples_free(&theirs);
	return ret;
}

int measure_peers_check(const struct bufspec *spec, const struct peers_params *p, struct error *err)
{
	struct rdma_params rdma = p->rdma;
	char text[128];

	bufspec_format(spec, text, sizeof(text));
	if (spec->kind != BUFFER_HOST)
		return error_set(err, EXIT_USAGE, EINVAL, "give host:LENGTH",
				 "%s: perftest has ordinary memory only", text);
	rdma.connect = "";
	return measure_rdma_check(spec, &rdma, err);
}

int measure_peers(struct buffer *b, const struct clock *c, const struct peers_params *p,
		  struct record_set *out, struct error *err)
{
	struct run r = { .b = b, .c = c, .p = p };
	int op, ret, latency;
	size_t i;

	ret = measure_peers_check(&b->spec, p, err);
	if (ret)
		return ret;
	if (c->unit != UNIT_NS)
		return error_set(err, EXIT_USAGE, EINVAL, "leave it out",
				 "option --counted: perftest does not count instructions");
	ret = start_server(&r, err);
	if (!ret)
		ret = find_device(&r, err);
	for (op = 0; op < RDMA_OPS && !ret; op++)
		for (latency = 0; latency < 2 && !ret; latency++)
			for (i = 0; p->rdma.op[op] && i < p->rdma.nsizes && !ret; i++)
				if (p->rdma.figures != (latency ? RDMA_THROUGHPUT : RDMA_LATENCY))
					ret = run_cell(&r, (enum rdma_op)op, p->rdma.sizes[i],
						       latency, out, err);
	child_end(&r.server);
	return ret;
}
