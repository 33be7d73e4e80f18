// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rdma-server.h"
#include "rdma-session.h"

struct server {
	const struct rdma_server_params *p;
	struct buffer *b;
	struct rdma_listener listener;
	struct rdma_session session;
	struct clock clock;
	uint64_t rounds;
};

static void tell(struct server *s, struct rdma_server_event e)
{
	if (s->p->event)
		s->p->event(s->p->ctx, &e);
}

static void turned_away(void *ctx, const char *peer, enum rdma_wire_reason reason)
{
	static const char *const texts[] = {
		[RDMA_WIRE_WELCOME] = "",
		[RDMA_WIRE_BUSY] = "another client is being served",
		[RDMA_WIRE_UNLIKE] = "it speaks another version of the protocol",
		[RDMA_WIRE_MALFORMED] = "it is no p2p-tool",
		[RDMA_WIRE_DEVICE] = "it came to another device",
	};

	tell(ctx, (struct rdma_server_event){
			  .what = RDMA_SERVER_TURNED_AWAY, .peer = peer, .text = texts[reason] });
}

static int make_offer(struct server *s, struct error *err)
{
	struct rdma_session *x = &s->session;
	struct rdma_wire m = { .type = RDMA_WIRE_OFFER };

	m.offer = (struct rdma_wire_offer){ .addr = x->buffer.mr.addr,
					    .rkey = x->buffer.mr.rkey,
					    .baseline_addr = x->baseline.mr.addr,
					    .baseline_rkey = x->baseline.mr.rkey,
					    .inline_max = x->side.max_inline,
					    .baseline = x->baseline.map,
					    .emulated = s->b->emulated };
	snprintf(m.offer.buffer, sizeof(m.offer.buffer), "%s", x->what);
	snprintf(m.offer.device, sizeof(m.offer.device), "%s",
		 ibv_get_device_name(x->dev.ctx->device));
	return rdma_control_send(&x->control, &m, err);
}

/* Until the queue pairs are connected. */
static int agree(struct server *s, struct error *err)
{
	struct rdma_session *x = &s->session;
	struct rdma_wire m;
	char text[128];
	int ret = rdma_control_receive(&x->control, RDMA_WIRE_SETUP, RDMA_WIRE_SETUP, &m, err);

	if (ret)
		return ret;
	x->setup = m.setup;
	bufspec_format(&s->b->spec, text, sizeof(text));
	ret = rdma_wire_check_setup(&x->setup, text, s->b->spec.length, err);
	if (!ret)
		ret = rdma_session_device(x, s->p->gid_index, err);
	if (!ret)
		ret = rdma_session_memory(x, s->b, m.setup.baseline, err);
	if (!ret)
		ret = rdma_session_queues(x, err);
	if (!ret)
		ret = make_offer(s, err);
	if (!ret)
		ret = rdma_session_take_addresses(x, err);
	if (!ret)
		ret = rdma_session_send_addresses(x, err);
	return ret;
}

static int look(void *ctx, struct error *err)
{
	return rdma_control_look(ctx, err);
}

static int serve_round(struct server *s, const struct rdma_wire_round *r, struct error *err)
{
	struct rdma_session *x = &s->session;
	struct rdma_watch watch = { .patience = (int)s->p->timeout,
				    .look = look,
				    .ctx = &x->control };
	struct rdma_wire m = { .type = RDMA_WIRE_GO };
	uint64_t start;
	int ret = rdma_wire_check_round(r, &x->setup, x->baseline.map, err);

	x->remote.addr = x->remote_baseline.addr = r->addr;
	x->remote.rkey = x->remote_baseline.rkey = r->rkey;
	if (!ret)
		ret = rdma_session_prepare(x, r, err);
	if (!ret)
		ret = rdma_control_send(&x->control, &m, err);
	start = clock_now(&s->clock);
	if (!ret)
		ret = rdma_session_run(x, r, &s->clock, NULL, &watch, err);
	m = (struct rdma_wire){ .type = RDMA_WIRE_RESULT,
				.result.ns = clock_now(&s->clock) - start };
	while (!ret) {
		struct rdma_wire next;

		ret = rdma_control_receive(&x->control, RDMA_WIRE_CHECK, RDMA_WIRE_ALIVE, &next,
					   err);
		if (!ret && next.type == RDMA_WIRE_CHECK)
			break;
	}
	if (!ret)
		ret = rdma_session_check(x, r, m.result.mismatch, sizeof(m.result.mismatch), err);
	if (!ret)
		ret = rdma_control_send(&x->control, &m, err);
	s->rounds += !ret;
	return ret;
}

static int serve(struct server *s, struct error *err)
{
	struct rdma_wire m;
	int ret = agree(s, err);

	while (!ret) {
		ret = rdma_control_receive(&s->session.control, RDMA_WIRE_ROUND, RDMA_WIRE_BYE, &m,
					   err);
		if (!ret && m.type == RDMA_WIRE_BYE)
			return 0;
		if (!ret)
			ret = serve_round(s, &m.round, err);
	}
	return ret;
}

/* One client from its hello to its end. 1 when it has been served, 0 when not. */
static int serve_next(struct server *s, struct error *err)
{
	struct rdma_session *x = &s->session;
	struct error why = { 0 };
	char peer[sizeof(x->control.peer)];
	bool fatal;
	int ret;

	*x = (struct rdma_session){
		.serves = true,
		.control = { .timeout = (int)s->p->timeout, .turned_away = turned_away, .ctx = s }
	};
	s->rounds = 0;
	ret = rdma_control_accept(&s->listener, s->p->device, &x->control, &why);
	snprintf(peer, sizeof(peer), "%s", ret ? "a client" : x->control.peer);
	fatal = ret == -EIO;
	if (!ret) {
		tell(s, (struct rdma_server_event){ .what = RDMA_SERVER_CONNECTED, .peer = peer });
		ret = serve(s, &why);
		if (ret && ret != -EINTR)
			rdma_control_refuse(&x->control, &why);
	}
	rdma_session_close(x);
	if (fatal || ret == -EINTR) {
		*err = why;
		return ret;
	}
	tell(s, (struct rdma_server_event){ .what = ret ? RDMA_SERVER_LOST : RDMA_SERVER_SERVED,
					    .peer = peer,
					    .rounds = s->rounds,
					    .why = &why });
	return !ret;
}

/* What would keep every client from being served. */
static int check_device(const struct rdma_server_params *p, struct error *err)
{
	struct rdma_device d;
	int ret = rdma_device_open(p->device, p->gid_index, &d, err);

	if (!ret)
		rdma_device_close(&d);
	return ret;
}

int rdma_server(struct buffer *b, const struct rdma_server_params *p, struct error *err)
{
	struct server s = { .p = p, .b = b };
	unsigned int served = 0;
	int ret = check_device(p, err);

	if (!ret)
		ret = clock_init(&s.clock, false, err);
	if (!ret)
		ret = rdma_listen_at(p->listen, p->port, &s.listener, err);
	if (ret)
		return ret;
	tell(&s,
	     (struct rdma_server_event){ .what = RDMA_SERVER_LISTENING, .port = s.listener.port });
	while (ret >= 0 && (!p->clients || served < p->clients)) {
		ret = serve_next(&s, err);
		served += ret > 0;
	}
	rdma_listener_close(&s.listener);
	return ret < 0 ? ret : 0;
}
