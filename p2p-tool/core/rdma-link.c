// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rdma-link.h"

#define PATIENCE    10	/* seconds without a completion */
#define POLLS_AHEAD 256 /* between looks at the time */
#define BATCH	    16

/* Marks the id of a receive; the rest is the QP, and how many were sent before. */
#define ID_RECEIVE   (1ULL << 63)
#define ID(qp, sent) ((uint64_t)(qp) << 32 | (sent))

/* What one side sends, and receives of the other. */
struct rdma_flow {
	struct rdma_side *side;
	const struct rdma_mr *local, *remote;
	uint64_t offset, in_offset; /* of what it sends, and of what it receives */
	bool sends;
	unsigned int *posted, *done; /* of each QP */
	unsigned int *receives;	     /* of each QP, posted */
	unsigned int received;
	unsigned int finished; /* messages of all QPs */
};

struct progress {
	const struct rdma_load *load;
	const char *what;
	struct error *err;
	bool alone; /* on its CPU, that of the software device perhaps */
};

static int allocate(struct rdma_flow *f, struct rdma_side *side)
{
	f->side = side;
	f->posted = calloc(side->nqps, sizeof(*f->posted));
	f->done = calloc(side->nqps, sizeof(*f->done));
	f->receives = calloc(side->nqps, sizeof(*f->receives));
	return f->posted && f->done && f->receives ? 0 : -ENOMEM;
}

static int connect_all(struct rdma_link *l, struct error *err)
{
	struct rdma_address a, z;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < l->a.nqps && !ret; i++) {
		rdma_side_address(&l->a, i, &a);
		rdma_side_address(&l->z, i, &z);
		ret = rdma_side_connect(&l->a, i, &z, err);
		if (!ret)
			ret = rdma_side_connect(&l->z, i, &a, err);
	}
	return ret;
}

int rdma_link_open(const struct rdma_device *d, unsigned int qps, unsigned int depth,
		   unsigned int max_inline, struct rdma_link *l, struct error *err)
{
	int ret;

	*l = (struct rdma_link){ 0 };
	ret = rdma_side_open(d, qps, depth, max_inline, &l->a, err);
	if (!ret)
		ret = rdma_side_open(d, qps, depth, max_inline, &l->z, err);
	if (!ret)
		ret = connect_all(l, err);
	if (!ret) {
		l->flow = calloc(2, sizeof(*l->flow));
		if (!l->flow || allocate(&l->flow[0], &l->a) || allocate(&l->flow[1], &l->z))
			ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "rdma: out of memory");
	}
	if (ret)
		rdma_link_close(l);
	return ret;
}

void rdma_link_close(struct rdma_link *l)
{
	int i;

	rdma_side_close(&l->a);
	rdma_side_close(&l->z);
	for (i = 0; l->flow && i < 2; i++) {
		free(l->flow[i].posted);
		free(l->flow[i].done);
		free(l->flow[i].receives);
	}
	free(l->flow);
	l->flow = NULL;
}

static int posting_failed(const struct progress *p, int ret)
{
	return error_set(p->err, EXIT_FAILED, -ret, "give a smaller --depth",
			 "%s: posting a work request: %s", p->what, strerror(-ret));
}

/* What comes from the peer needs a place in the memory of this side. */
static int post_receive(struct rdma_flow *f, unsigned int qp, const struct progress *p)
{
	int ret;

	if (f->receives[qp] == p->load->messages)
		return 0;
	ret = rdma_side_receive(f->side, qp, f->local, f->in_offset, p->load->length,
				ID_RECEIVE | ID(qp, 0));
	if (ret)
		return posting_failed(p, ret);
	f->receives[qp]++;
	return 0;
}

static int post_sends(struct rdma_flow *f, unsigned int qp, const struct progress *p)
{
	const struct rdma_load *load = p->load;
	struct rdma_work work = { .op = load->op,
				  .local = f->local,
				  .remote_addr = f->remote->addr,
				  .rkey = f->remote->rkey,
				  .offset = f->offset,
				  .length = load->length,
				  .inline_data = load->inline_data };
	int ret;

	while (f->posted[qp] < load->messages && f->posted[qp] - f->done[qp] < f->side->depth) {
		unsigned int n = ++f->posted[qp];
		/* The last one that there is room for must tell of those before it. */
		bool signaled = n % load->cq_mod == 0 || n == load->messages ||
				n - f->done[qp] == f->side->depth;

		ret = rdma_side_post(f->side, qp, &work, ID(qp, n), signaled);
		if (ret)
			return posting_failed(p, ret);
	}
	return 0;
}

static int completed(struct rdma_flow *f, const struct ibv_wc *wc, const struct progress *p)
{
	unsigned int qp = (unsigned int)(wc->wr_id >> 32 & 0x7fffffff);
	unsigned int n = (unsigned int)wc->wr_id;

	if (wc->status != IBV_WC_SUCCESS)
		return error_set(
			p->err, EXIT_FAILED, EIO,
			wc->status == IBV_WC_REM_ACCESS_ERR || wc->status == IBV_WC_LOC_PROT_ERR ||
					wc->status == IBV_WC_REM_OP_ERR
				? "it was revoked, its memory disabled, or the device reset: "
				  "register it again"
				: NULL,
			"%s: RDMA %s of %u bytes: %s", p->what, rdma_op_name(p->load->op),
			p->load->length, ibv_wc_status_str(wc->status));
	if (wc->wr_id & ID_RECEIVE) {
		f->received++;
		return post_receive(f, qp, p);
	}
	f->finished += n - f->done[qp];
	f->done[qp] = n;
	return post_sends(f, qp, p);
}

/* How many completions there were, or -errno. */
static int poll_side(struct rdma_flow *f, const struct progress *p)
{
	struct ibv_wc wc[BATCH];
	int i, n = ibv_poll_cq(f->side->cq, BATCH, wc), ret = 0;

	if (n < 0)
		return error_set(p->err, EXIT_FAILED, EIO, NULL, "%s: polling for completions",
				 p->what);
	for (i = 0; i < n && !ret; i++)
		ret = completed(f, &wc[i], p);
	return ret ? ret : n;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool all_done(const struct rdma_flow *f, const struct rdma_load *load)
{
	unsigned int all = load->messages * load->qps, i;

	for (i = 0; i < 2; i++) {
		if (f[i].sends && f[i].finished < all)
			return false;
		if (f[!i].sends && rdma_op_receives(load->op) && f[i].received < all)
			return false;
	}
	return true;
}

static int wait_for_all(struct rdma_flow *f, const struct progress *p)
{
	double deadline = seconds_now() + PATIENCE;
	unsigned int idle = 0;
	int n, m;

	while (!all_done(f, p->load)) {
		n = poll_side(&f[0], p);
		m = n < 0 ? n : poll_side(&f[1], p);
		if (m < 0)
			return m;
		if (n + m) {
			idle = 0;
			continue;
		}
		if (p->alone)
			sched_yield();
		if (++idle % POLLS_AHEAD)
			continue;
		if (idle == POLLS_AHEAD)
			deadline = seconds_now() + PATIENCE;
		else if (seconds_now() > deadline)
			return error_set(p->err, EXIT_FAILED, ETIMEDOUT, NULL,
					 "%s: RDMA %s of %u bytes: no completion within %d s",
					 p->what, rdma_op_name(p->load->op), p->load->length,
					 PATIENCE);
	}
	return 0;
}

static int start(struct rdma_flow *f, const struct progress *p)
{
	unsigned int i, q;
	int ret = 0;

	for (i = 0; i < 2; i++) {
		f[i].finished = f[i].received = 0;
		for (q = 0; q < f[i].side->nqps; q++)
			f[i].posted[q] = f[i].done[q] = f[i].receives[q] = 0;
	}
	for (i = 0; i < 2 && rdma_op_receives(p->load->op); i++)
		for (q = 0; q < p->load->qps && f[!i].sends && !ret; q++)
			while (f[i].receives[q] < p->load->messages &&
			       f[i].receives[q] < f[i].side->depth && !ret)
				ret = post_receive(&f[i], q, p);
	for (i = 0; i < 2; i++)
		for (q = 0; q < p->load->qps && f[i].sends && !ret; q++)
			ret = post_sends(&f[i], q, p);
	return ret;
}

int rdma_link_run(struct rdma_link *l, const struct rdma_load *load, const char *what,
		  struct error *err)
{
	struct progress p = {
		.load = load, .what = what, .err = err, .alone = sysconf(_SC_NPROCESSORS_ONLN) == 1
	};
	struct rdma_flow *f = l->flow;
	int ret;

	f[0].local = f[1].remote = load->a;
	f[1].local = f[0].remote = load->z;
	f[0].offset = f[1].in_offset = 0;
	f[1].offset = f[0].in_offset = load->back;
	f[0].sends = true;
	f[1].sends = load->bidir;
	ret = start(f, &p);
	return ret ? ret : wait_for_all(f, &p);
}
