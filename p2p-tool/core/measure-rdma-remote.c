// SPDX-License-Identifier: GPL-2.0-only
/* How fast an RDMA NIC moves bytes between a buffer here and one on another machine. */
#include <errno.h>
#include <string.h>

#include "bind.h"
#include "measure-rdma-private.h"
#include "rdma-session.h"

#define MESSAGES_LATENCY 100 /* of a round, each a sample */

struct run {
	const struct rdma_params *p;
	struct rdma_session session;
	struct rdma_subject subject;
	char peer_buffer[128];
	struct samples samples, other; /* of the buffers, and of the baseline */
	char mismatch[128];
	uint64_t seed;
	bool server_waits; /* and nothing else, in the round that runs */
	uint64_t alive;	   /* when it last heard of us, in ms */
};

/* A server that just waits hears every second that we are still there. */
static int look(void *ctx, struct error *err)
{
	const struct rdma_wire m = { .type = RDMA_WIRE_ALIVE };
	struct run *r = ctx;
	uint64_t now = clock_now(r->subject.c) / 1000000;

	if (!r->server_waits || now - r->alive < 1000)
		return rdma_control_look(&r->session.control, err);
	r->alive = now;
	return rdma_control_send(&r->session.control, &m, err);
}

static int set_up_memory(struct run *r, struct buffer *b, struct error *err)
{
	struct rdma_session *s = &r->session;
	int ret = rdma_session_device(s, r->p->gid_index, err);

	if (!ret)
		ret = rdma_session_memory(s, b, true, err);
	if (!ret)
		ret = rdma_session_queues(s, err);
	return ret;
}

/* What the server has for us. */
static int take_offer(struct run *r, struct error *err)
{
	struct rdma_session *s = &r->session;
	struct rdma_wire m;
	int ret = rdma_control_receive(&s->control, RDMA_WIRE_OFFER, RDMA_WIRE_OFFER, &m, err);

	if (ret)
		return ret;
	s->remote.addr = m.offer.addr;
	s->remote.rkey = m.offer.rkey;
	s->remote_baseline.addr = m.offer.baseline_addr;
	s->remote_baseline.rkey = m.offer.baseline_rkey;
	snprintf(r->peer_buffer, sizeof(r->peer_buffer), "%s", m.offer.buffer);
	if (m.offer.emulated)
		r->subject.b->emulated = true;
	if (m.offer.baseline)
		r->subject.baseline = &s->baseline;
	return 0;
}

static int set_up(struct run *r, struct buffer *b, struct error *err)
{
	struct rdma_session *s = &r->session;
	struct rdma_wire m = { .type = RDMA_WIRE_SETUP };
	size_t half, length = rdma_room(r->p, true, &half);
	int ret;

	s->control.timeout = (int)r->p->timeout;
	ret = rdma_control_connect(r->p->connect, r->p->port, r->p->device, &s->control, err);
	if (ret)
		return ret;
	s->setup = (struct rdma_wire_setup){ .qps = r->p->qps,
					     .depth = r->p->depth,
					     .inline_max = r->p->inline_max,
					     .length = length,
					     .half = half,
					     .baseline = b->spec.kind != BUFFER_HOST };
	ret = set_up_memory(r, b, err);
	m.setup = s->setup;
	if (!ret)
		ret = rdma_control_send(&s->control, &m, err);
	if (!ret)
		ret = take_offer(r, err);
	if (!ret)
		ret = rdma_session_send_addresses(s, err);
	if (!ret)
		ret = rdma_session_take_addresses(s, err);
	return ret;
}

/* The server checks what has come to it. */
static int conclude(struct run *r, const struct rdma_wire_round *round, uint64_t *ns,
		    struct error *err)
{
	struct rdma_session *s = &r->session;
	struct rdma_wire m = { .type = RDMA_WIRE_CHECK };
	int ret = rdma_control_send(&s->control, &m, err);

	if (!ret)
		ret = rdma_control_receive(&s->control, RDMA_WIRE_RESULT, RDMA_WIRE_RESULT, &m,
					   err);
	/* Only now all that the server sends is here. */
	if (!ret)
		ret = rdma_session_check(s, round, r->mismatch, sizeof(r->mismatch), err);
	if (ret)
		return ret;
	*ns = m.result.ns;
	if (m.result.mismatch[0] && !r->mismatch[0])
		memcpy(r->mismatch, m.result.mismatch, sizeof(r->mismatch));
	return 0;
}

static int run_round(struct run *r, struct rdma_wire_round *round, bool baseline,
		     struct samples *samples, struct error *err)
{
	const struct rdma_watch watch = { .patience = (int)r->p->timeout, .look = look, .ctx = r };
	struct rdma_session *s = &r->session;
	const struct rdma_mr *mr = baseline ? &s->baseline.mr : &s->buffer.mr;
	struct rdma_wire m = { .type = RDMA_WIRE_ROUND };
	bool throughput = !round->pingpong && !round->latency;
	uint64_t cost, others = 0, messages = (uint64_t)round->messages * round->qps;
	int ret;

	round->baseline = baseline;
	round->seed = ++r->seed;
	round->addr = mr->addr;
	round->rkey = mr->rkey;
	m.round = *round;
	ret = rdma_session_prepare(s, round, err);
	if (!ret)
		ret = rdma_control_send(&s->control, &m, err);
	if (!ret)
		ret = rdma_control_receive(&s->control, RDMA_WIRE_GO, RDMA_WIRE_GO, &m, err);
	if (ret)
		return ret;
	r->server_waits = !round->bidir && !round->pingpong && !rdma_op_receives(round->op);
	r->alive = clock_now(r->subject.c) / 1000000;
	cost = clock_now(r->subject.c);
	ret = rdma_session_run(s, round, r->subject.c, throughput ? NULL : samples, &watch, err);
	cost = clock_now(r->subject.c) - cost;
	if (!ret)
		ret = conclude(r, round, &others, err);
	if (ret || !throughput || !samples)
		return ret;
	/* Both ways it takes until the slower end has done its part. */
	if (round->bidir && others > cost)
		cost = others;
	samples_add(samples, rdma_throughput(r->subject.c, round->bidir ? 2 * messages : messages,
					     round->size, cost));
	return 0;
}

/* Buffers and baseline in turn. */
static int run_rounds(struct run *r, struct rdma_wire_round *round, struct error *err)
{
	uint64_t since = 0;
	unsigned int i;
	int ret = 0;

	r->mismatch[0] = '\0';
	for (i = 0; !ret && !rdma_cell_done(r->p, r->subject.c, &r->samples, i, &since); i++) {
		bool warm = i >= r->p->warmup;

		ret = binding_interrupted(err);
		if (!ret)
			ret = run_round(r, round, false, warm ? &r->samples : NULL, err);
		if (!ret && r->subject.baseline)
			ret = run_round(r, round, true, warm ? &r->other : NULL, err);
	}
	return ret;
}

static struct rdma_wire_round round_of(const struct run *r, enum rdma_op op, uint64_t size,
				       bool latency)
{
	bool inlines = rdma_op_inlines(op) && r->session.buffer.mr.memory;

	size = op == RDMA_ATOMIC ? RDMA_ATOMIC_SIZE : size;
	return (struct rdma_wire_round){
		.op = op,
		.size = (uint32_t)size,
		.messages = !latency	  ? rdma_messages_per_round(r->p, size)
			    : r->p->iters ? r->p->iters
					  : MESSAGES_LATENCY,
		.qps = latency ? 1 : r->p->qps,
		.cq_mod = latency ? 1 : r->p->cq_mod,
		.bidir = !latency && r->p->bidir,
		.pingpong = latency && rdma_op_inlines(op),
		.latency = latency && !rdma_op_inlines(op),
		.inline_data = inlines && size <= r->session.side.max_inline,
	};
}

static int init_samples(struct run *r, const struct rdma_wire_round *round, bool latency,
			struct error *err)
{
	size_t n = r->p->duration > 0 ? RDMA_SAMPLES_MAX : r->p->repeat;

	if (latency && !(r->p->duration > 0))
		n *= round->messages;
	samples_free(&r->samples);
	samples_free(&r->other);
	if (samples_init(&r->samples, n) || samples_init(&r->other, n))
		return error_set(err, EXIT_FAILED, ENOMEM, "give fewer --iters",
				 "samples: out of memory");
	return 0;
}

static int run_cell(struct run *r, enum rdma_op op, uint64_t size, bool latency,
		    struct record_set *out, struct error *err)
{
	struct rdma_wire_round round = round_of(r, op, size, latency);
	int ret = init_samples(r, &round, latency, err);

	if (!ret)
		ret = run_rounds(r, &round, err);
	if (ret)
		return ret;
	return rdma_cell_add(&r->subject,
			     &(struct rdma_cell){ .op = op,
						  .suffix = round.pingpong  ? "_pingpong"
							    : round.latency ? "_latency"
									    : "",
						  .throughput = !latency,
						  .size = round.size,
						  .qps = round.qps,
						  .depth = r->p->depth,
						  .cq_mod = round.cq_mod,
						  .messages = round.messages,
						  .inline_data = round.inline_data,
						  .bidir = round.bidir,
						  .samples = &r->samples,
						  .baseline = &r->other,
						  .mismatch = r->mismatch },
			     out, err);
}

static int run_cells(struct run *r, struct record_set *out, struct error *err)
{
	const struct rdma_params *p = r->p;
	int op, ret = 0;
	size_t i;

	for (op = 0; op < RDMA_OPS && !ret; op++) {
		for (i = 0; p->op[op] && i < p->nsizes && !ret; i++) {
			if (op == RDMA_ATOMIC && i)
				break;
			if (p->figures != RDMA_LATENCY)
				ret = run_cell(r, (enum rdma_op)op, p->sizes[i], false, out, err);
			if (!ret && p->figures != RDMA_THROUGHPUT)
				ret = run_cell(r, (enum rdma_op)op, p->sizes[i], true, out, err);
		}
	}
	return ret;
}

int measure_rdma_remote(struct buffer *b, const struct clock *c, const struct rdma_params *p,
			struct record_set *out, struct error *err)
{
	const struct rdma_wire bye = { .type = RDMA_WIRE_BYE };
	struct run r = { .p = p };
	int ret;

	if (c->unit != UNIT_NS)
		return error_set(
			err, EXIT_USAGE, EINVAL, "leave out one of them",
			"options --connect and --counted: the other machine's instructions "
			"are not counted");
	r.subject = (struct rdma_subject){ .b = b,
					   .c = c,
					   .dev = &r.session.dev,
					   .memory = &r.session.buffer,
					   .peer = p->connect,
					   .peer_buffer = r.peer_buffer };
	ret = set_up(&r, b, err);
	if (!ret)
		ret = run_cells(&r, out, err);
	/* A server may be gone before we know that it has heard us. */
	if (!ret)
		rdma_control_send(&r.session.control, &bye, NULL);
	/* Only now: nobody waits for it. */
	if (!ret)
		ret = rdma_measure_registration(&r.subject, p, out, err);
	samples_free(&r.samples);
	samples_free(&r.other);
	rdma_session_close(&r.session);
	return ret;
}
