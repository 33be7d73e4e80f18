// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "measure-private.h"
#include "rdma-pingpong.h"
#include "sigbus.h"

#define POLLS_AHEAD 256 /* between looks at the time */

struct game {
	struct rdma_flow *f;
	struct rdma_work work;
	volatile unsigned char *out, *in; /* the last byte of what is sent, and of what comes */
	bool serves, alone;
	const struct clock *c;
	struct samples *samples;
	const char *what;
	const struct rdma_watch *watch;
	struct error *err;
	unsigned int sent, completed, received;
	unsigned int polls;
	uint64_t since; /* when something last happened, in ns; 0: just now */
	int ret;
};

static inline void relax(const struct game *g)
{
	if (g->alone) {
		/* The other side, or the software device, may want this CPU. */
		sched_yield();
		return;
	}
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Nothing has happened: is that to go on? */
static int idle(struct game *g)
{
	int patience = g->watch ? g->watch->patience : RDMA_PATIENCE;

	relax(g);
	if (++g->polls % POLLS_AHEAD)
		return 0;
	if (!g->since)
		g->since = now_ns();
	if (now_ns() - g->since > (uint64_t)patience * 1000000000)
		return error_set(g->err, EXIT_FAILED, ETIMEDOUT, NULL,
				 "%s: RDMA %s of %u bytes: nothing came within %d s", g->what,
				 rdma_op_name(g->f->t.op), g->f->t.length, patience);
	return g->watch && g->watch->look ? g->watch->look(g->watch->ctx, g->err) : 0;
}

static int post_receive(struct game *g)
{
	const struct rdma_traffic *t = &g->f->t;

	if (g->f->receives[0] == t->messages)
		return 0;
	g->f->receives[0]++;
	return rdma_side_receive(g->f->side, 0, t->local, t->in_offset, t->length, 1);
}

/* Take in completions. 0 or -errno. */
static int reap(struct game *g)
{
	struct ibv_wc wc;
	int ret = ibv_poll_cq(g->f->side->cq, 1, &wc);

	if (ret <= 0)
		return ret < 0 ? error_set(g->err, EXIT_FAILED, EIO, NULL,
					   "%s: polling for completions", g->what)
			       : 0;
	g->since = 0;
	if (wc.status != IBV_WC_SUCCESS)
		return rdma_completion_failed(&g->f->t, &wc, g->what, g->err);
	if (!(wc.opcode & IBV_WC_RECV)) {
		g->completed++;
		return 0;
	}
	g->received++;
	ret = post_receive(g);
	return ret ? error_set(g->err, EXIT_FAILED, -ret, NULL, "%s: posting a receive: %s",
			       g->what, strerror(-ret))
		   : 0;
}

static int send_one(struct game *g)
{
	int ret = 0;

	/* Room for it. */
	while (!ret && g->sent - g->completed >= g->f->side->depth) {
		ret = reap(g);
		if (!ret)
			ret = idle(g);
	}
	if (ret)
		return ret;
	g->sent++;
	if (g->out)
		*g->out = (unsigned char)g->sent;
	ret = rdma_side_post(g->f->side, 0, &g->work, 0, true);
	return ret ? error_set(g->err, EXIT_FAILED, -ret, NULL, "%s: posting a work request: %s",
			       g->what, strerror(-ret))
		   : 0;
}

/* Until message number n is here. */
static int await(struct game *g, unsigned int n)
{
	int ret;

	for (;;) {
		if (g->in ? *g->in == (unsigned char)n : g->received >= n)
			return 0;
		ret = reap(g);
		if (!ret && (g->in || g->received < n))
			ret = idle(g);
		if (ret)
			return ret;
	}
}

static void play(void *arg)
{
	struct game *g = arg;
	unsigned int n, all = g->f->t.messages;
	uint64_t start = clock_now(g->c), end;

	for (n = 1; n <= all && !g->ret; n++) {
		if (!g->serves)
			g->ret = send_one(g);
		if (!g->ret)
			g->ret = await(g, n);
		g->since = 0;
		if (!g->ret && g->serves)
			g->ret = send_one(g);
		end = clock_now(g->c);
		if (g->samples)
			samples_add(g->samples, (end - start) / 2);
		start = end;
	}
	while (!g->ret && g->completed < g->sent) {
		g->ret = reap(g);
		if (!g->ret && g->completed < g->sent)
			g->ret = idle(g);
	}
}

static struct game game_of(struct rdma_flow *f, const struct clock *c, struct samples *samples,
			   const char *what, const struct rdma_watch *watch, struct error *err)
{
	return (struct game){
		.f = f,
		.work = { .op = f->t.op,
			  .local = f->t.local,
			  .remote_addr = f->t.remote_addr,
			  .rkey = f->t.rkey,
			  .offset = f->t.offset,
			  .length = f->t.length,
			  .inline_data = f->t.inline_data },
		.alone = sysconf(_SC_NPROCESSORS_ONLN) == 1,
		.c = c,
		.samples = samples,
		.what = what,
		.watch = watch,
		.err = err,
	};
}

int rdma_pingpong(struct rdma_flow *f, struct rdma_memory *m, bool serves, const struct clock *c,
		  struct samples *samples, const char *what, const struct rdma_watch *watch,
		  struct error *err)
{
	struct game g = game_of(f, c, samples, what, watch, err);
	uintptr_t fault;

	g.serves = serves;
	if (f->t.op == RDMA_WRITE) {
		g.out = (unsigned char *)m->map + f->t.offset + f->t.length - 1;
		g.in = (unsigned char *)m->map + f->t.in_offset + f->t.length - 1;
	}
	if (sigbus_guard(play, &g, &fault))
		return m->b ? explain_sigbus(m->b, VIA_DEVICE, fault - (uintptr_t)m->map, err)
			    : error_set(err, EXIT_FAILED, EFAULT, NULL, "rdma: lost memory");
	return g.ret;
}

int rdma_one_by_one(struct rdma_flow *f, const struct clock *c, struct samples *samples,
		    const char *what, const struct rdma_watch *watch, struct error *err)
{
	struct game g = game_of(f, c, samples, what, watch, err);
	unsigned int n;
	uint64_t start;
	int ret = 0;

	for (n = 0; n < f->t.messages && !ret; n++) {
		start = clock_now(c);
		ret = send_one(&g);
		while (!ret && g.completed < g.sent) {
			ret = reap(&g);
			if (!ret && g.completed < g.sent)
				ret = idle(&g);
		}
		if (samples)
			samples_add(samples, clock_now(c) - start);
		g.since = 0;
	}
	return ret;
}
