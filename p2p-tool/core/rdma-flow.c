// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rdma-flow.h"

#define POLLS_AHEAD 256 /* between looks at the time */
#define BATCH	    16

/* Marks the id of a receive; the rest is the QP, and how many were sent before. */
#define ID_RECEIVE   (1ULL << 63)
#define ID(qp, sent) ((uint64_t)(qp) << 32 | (sent))

int rdma_flow_init(struct rdma_flow *f, struct rdma_side *side)
{
	*f = (struct rdma_flow){ .side = side };
	f->posted = calloc(side->nqps, sizeof(*f->posted));
	f->done = calloc(side->nqps, sizeof(*f->done));
	f->receives = calloc(side->nqps, sizeof(*f->receives));
	return f->posted && f->done && f->receives ? 0 : -ENOMEM;
}

void rdma_flow_free(struct rdma_flow *f)
{
	free(f->posted);
	free(f->done);
	free(f->receives);
	*f = (struct rdma_flow){ 0 };
}

static int posting_failed(const char *what, int ret, struct error *err)
{
	return error_set(err, EXIT_FAILED, -ret, "give a smaller --depth",
			 "%s: posting a work request: %s", what, strerror(-ret));
}

int rdma_completion_failed(const struct rdma_traffic *t, const struct ibv_wc *wc, const char *what,
			   struct error *err)
{
	bool refused = wc->status == IBV_WC_REM_ACCESS_ERR || wc->status == IBV_WC_LOC_PROT_ERR ||
		       wc->status == IBV_WC_REM_OP_ERR;

	return error_set(err, EXIT_FAILED, EIO,
			 refused ? "it was revoked, its memory disabled, or the device reset: "
				   "register it again"
				 : NULL,
			 "%s: RDMA %s of %u bytes: %s", what, rdma_op_name(t->op), t->length,
			 ibv_wc_status_str(wc->status));
}

/* What comes from the peer needs a place in the memory of this side. */
static int post_receive(struct rdma_flow *f, unsigned int qp)
{
	int ret;

	if (f->receives[qp] == f->t.messages)
		return 0;
	ret = rdma_side_receive(f->side, qp, f->t.local, f->t.in_offset, f->t.length,
				ID_RECEIVE | ID(qp, 0));
	if (!ret)
		f->receives[qp]++;
	return ret;
}

static int post_sends(struct rdma_flow *f, unsigned int qp)
{
	const struct rdma_traffic *t = &f->t;
	struct rdma_work work = { .op = t->op,
				  .local = t->local,
				  .remote_addr = t->remote_addr,
				  .rkey = t->rkey,
				  .offset = t->offset,
				  .length = t->length,
				  .inline_data = t->inline_data };
	int ret;

	while (f->posted[qp] < t->messages && f->posted[qp] - f->done[qp] < f->side->depth) {
		unsigned int n = ++f->posted[qp];
		/* The last one that there is room for must tell of those before it. */
		bool signaled =
			n % t->cq_mod == 0 || n == t->messages || n - f->done[qp] == f->side->depth;

		ret = rdma_side_post(f->side, qp, &work, ID(qp, n), signaled);
		if (ret)
			return ret;
	}
	return 0;
}

static int completed(struct rdma_flow *f, const struct ibv_wc *wc, const char *what,
		     struct error *err)
{
	unsigned int qp = (unsigned int)(wc->wr_id >> 32 & 0x7fffffff);
	unsigned int n = (unsigned int)wc->wr_id;
	int ret;

	if (wc->status != IBV_WC_SUCCESS)
		return rdma_completion_failed(&f->t, wc, what, err);
	if (wc->wr_id & ID_RECEIVE) {
		f->received++;
		ret = post_receive(f, qp);
	} else {
		f->finished += n - f->done[qp];
		f->done[qp] = n;
		ret = post_sends(f, qp);
	}
	return ret ? posting_failed(what, ret, err) : 0;
}

/* How many completions there were, or -errno. */
static int poll_side(struct rdma_flow *f, const char *what, struct error *err)
{
	struct ibv_wc wc[BATCH];
	int i, n = ibv_poll_cq(f->side->cq, BATCH, wc), ret = 0;

	if (n < 0)
		return error_set(err, EXIT_FAILED, EIO, NULL, "%s: polling for completions", what);
	for (i = 0; i < n && !ret; i++)
		ret = completed(f, &wc[i], what, err);
	return ret ? ret : n;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool all_done(const struct rdma_flow *f)
{
	unsigned int all = f->t.messages * f->t.qps;

	return (!f->t.sends || f->finished == all) && (!f->t.receives || f->received == all);
}

int rdma_flow_prepare(struct rdma_flow *f, const struct rdma_traffic *t, const char *what,
		      struct error *err)
{
	unsigned int q;
	int ret = 0;

	f->t = *t;
	/* Only what is sent can be in the work request, and the CPU has to get at it. */
	f->t.inline_data = t->inline_data && rdma_op_inlines(t->op) && t->local->memory;
	f->t.receives = t->receives && rdma_op_receives(t->op);
	f->finished = f->received = 0;
	for (q = 0; q < f->side->nqps; q++)
		f->posted[q] = f->done[q] = f->receives[q] = 0;
	for (q = 0; f->t.receives && q < t->qps && !ret; q++)
		while (f->receives[q] < t->messages && f->receives[q] < f->side->depth && !ret)
			ret = post_receive(f, q);
	return ret ? posting_failed(what, ret, err) : 0;
}

int rdma_flow_start(struct rdma_flow *f, const char *what, struct error *err)
{
	unsigned int q;
	int ret = 0;

	for (q = 0; f->t.sends && q < f->t.qps && !ret; q++)
		ret = post_sends(f, q);
	return ret ? posting_failed(what, ret, err) : 0;
}

/* What there is to do besides polling. */
static int look_around(const struct rdma_flow *f, double since, const char *what,
		       const struct rdma_watch *watch, struct error *err)
{
	int patience = watch ? watch->patience : RDMA_PATIENCE;

	if (seconds_now() > since + patience)
		return error_set(err, EXIT_FAILED, ETIMEDOUT, NULL,
				 "%s: RDMA %s of %u bytes: no completion within %d s", what,
				 rdma_op_name(f->t.op), f->t.length, patience);
	return watch && watch->look ? watch->look(watch->ctx, err) : 0;
}

/* Poll each that is not done yet. Was there a completion? Or -errno. */
static int poll_all(struct rdma_flow *f, unsigned int n, bool *done, const char *what,
		    struct error *err)
{
	int ret, progress = 0;
	unsigned int i;

	*done = true;
	for (i = 0; i < n; i++) {
		ret = all_done(&f[i]) ? 0 : poll_side(&f[i], what, err);
		if (ret < 0)
			return ret;
		progress |= ret;
		*done = *done && all_done(&f[i]);
	}
	return progress;
}

int rdma_flow_wait(struct rdma_flow *f, unsigned int n, const char *what,
		   const struct rdma_watch *watch, struct error *err)
{
	/* On its CPU, that of the software device perhaps. */
	bool alone = sysconf(_SC_NPROCESSORS_ONLN) == 1;
	bool done = false, moved = false;
	double since = seconds_now();
	unsigned int polls;
	int ret;

	for (polls = 1;; polls++) {
		ret = poll_all(f, n, &done, what, err);
		if (ret < 0 || done)
			return ret < 0 ? ret : 0;
		moved = moved || ret;
		if (!ret && alone)
			sched_yield();
		if (polls % POLLS_AHEAD)
			continue;
		if (moved)
			since = seconds_now();
		moved = false;
		ret = look_around(f, since, what, watch, err);
		if (ret)
			return ret;
	}
}
