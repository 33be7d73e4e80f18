// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bind.h"
#include "rdma-control-private.h"

#define ID_SEND RDMA_CONTROL_RECEIVES
#define SLICE	500 /* ms between looks at signals */

uint64_t rdma_control_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static char *slot_memory(const struct rdma_control *c, unsigned int slot)
{
	return c->memory + (size_t)slot * RDMA_WIRE_MAX;
}

static int post_receive(struct rdma_control *c, unsigned int slot)
{
	struct ibv_sge sge = { .addr = (uintptr_t)slot_memory(c, slot),
			       .length = RDMA_WIRE_MAX,
			       .lkey = c->mr->lkey };
	struct ibv_recv_wr wr = { .wr_id = slot, .sg_list = &sge, .num_sge = 1 }, *bad;

	return -ibv_post_recv(c->id->qp, &wr, &bad);
}

int rdma_control_create(struct rdma_control *c, struct error *err)
{
	size_t size = (RDMA_CONTROL_RECEIVES + 1) * RDMA_WIRE_MAX;
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 1,
			 .max_recv_wr = RDMA_CONTROL_RECEIVES,
			 .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	unsigned int i;
	int ret = 0;

	c->memory = calloc(1, size);
	c->pd = ibv_alloc_pd(c->id->verbs);
	c->wakeup = ibv_create_comp_channel(c->id->verbs);
	if (c->wakeup)
		c->cq = ibv_create_cq(c->id->verbs, RDMA_CONTROL_RECEIVES + 1, NULL, c->wakeup, 0);
	if (c->memory && c->pd)
		c->mr = ibv_reg_mr(c->pd, c->memory, size, IBV_ACCESS_LOCAL_WRITE);
	if (!c->cq || !c->mr)
		ret = -errno;
	init.send_cq = init.recv_cq = c->cq;
	if (!ret && rdma_create_qp(c->id, c->pd, &init))
		ret = -errno;
	for (i = 0; i < RDMA_CONTROL_RECEIVES && !ret; i++)
		ret = post_receive(c, i);
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "%s: control connection: %s", c->peer,
			       strerror(-ret))
		   : 0;
}

void rdma_control_close(struct rdma_control *c)
{
	if (c->id && c->accepted)
		rdma_disconnect(c->id);
	if (c->id && c->id->qp)
		rdma_destroy_qp(c->id);
	if (c->mr)
		ibv_dereg_mr(c->mr);
	if (c->cq)
		ibv_destroy_cq(c->cq);
	if (c->wakeup)
		ibv_destroy_comp_channel(c->wakeup);
	if (c->pd)
		ibv_dealloc_pd(c->pd);
	if (c->id)
		rdma_destroy_id(c->id);
	if (c->client && c->channel)
		rdma_destroy_event_channel(c->channel);
	free(c->memory);
	*c = (struct rdma_control){ .timeout = c->timeout,
				    .turned_away = c->turned_away,
				    .ctx = c->ctx };
}

/* Take in what has completed. Was there anything? */
static bool progress(struct rdma_control *c)
{
	bool any = false;
	struct ibv_wc wc;

	while (ibv_poll_cq(c->cq, 1, &wc) > 0) {
		any = true;
		if (wc.status != IBV_WC_SUCCESS) {
			c->gone = true;
		} else if (wc.wr_id == ID_SEND) {
			c->sending = false;
		} else {
			c->arrived[c->narrived].slot = (unsigned int)wc.wr_id;
			c->arrived[c->narrived++].size = wc.byte_len;
		}
	}
	return any;
}

/* What the connection manager has to say while a client is served, or a server asked. */
static void handle(struct rdma_control *c, const struct rdma_control_event *e)
{
	if (e->type == RDMA_CM_EVENT_CONNECT_REQUEST) {
		rdma_control_turn_away(c, e, RDMA_WIRE_BUSY);
	} else if (e->id == c->id && (e->type == RDMA_CM_EVENT_DISCONNECTED ||
				      e->type == RDMA_CM_EVENT_DEVICE_REMOVAL)) {
		c->gone = true;
	}
}

/* All events that are there. */
static void handle_all(struct rdma_control *c)
{
	struct rdma_control_event e;

	while (!rdma_control_event(c->channel, 0, &e))
		handle(c, &e);
}

/* Sleep until something happens, or for a moment. */
static void snooze(struct rdma_control *c, int ms)
{
	struct pollfd fds[] = { { .fd = c->channel->fd, .events = POLLIN },
				{ .fd = c->wakeup->fd, .events = POLLIN } };
	struct ibv_cq *cq;
	void *ctx;

	if (ibv_req_notify_cq(c->cq, 0)) {
		c->gone = true;
		return;
	}
	/* What came before that does not wake us up. */
	if (progress(c) || poll(fds, 2, ms) <= 0)
		return;
	if (fds[1].revents && !ibv_get_cq_event(c->wakeup, &cq, &ctx))
		ibv_ack_cq_events(cq, 1);
	/* A client that says goodbye makes room for one that comes at the same time. */
	if (!progress(c) && fds[0].revents)
		handle_all(c);
}

/* Why the other side is gone, if it has said so. */
static int gone(struct rdma_control *c, struct error *err)
{
	struct rdma_wire m;
	unsigned int i;

	for (i = 0; i < c->narrived; i++)
		if (!rdma_wire_decode(slot_memory(c, c->arrived[i].slot), c->arrived[i].size, &m) &&
		    m.type == RDMA_WIRE_REFUSED)
			return error_set(err, m.refused.status, ECONNRESET, m.refused.remedy,
					 "%s: %s", c->peer, m.refused.what);
	return error_set(err, EXIT_FAILED, ECONNRESET, NULL, "%s: the other side is gone", c->peer);
}

static bool sent(const struct rdma_control *c)
{
	return !c->sending;
}

static bool arrived(const struct rdma_control *c)
{
	return c->narrived > 0;
}

static int wait_until(struct rdma_control *c, bool (*done)(const struct rdma_control *c),
		      struct error *err)
{
	uint64_t deadline = rdma_control_now() + (uint64_t)c->timeout * 1000, now;
	int ret;

	for (;;) {
		progress(c);
		if (done(c))
			return 0;
		if (c->gone)
			return gone(c, err);
		ret = binding_interrupted(err);
		if (ret)
			return ret;
		now = rdma_control_now();
		if (now >= deadline)
			return error_set(err, EXIT_FAILED, ETIMEDOUT,
					 "is it stopped, or too slow? --timeout gives it longer",
					 "%s: no answer within %d s", c->peer, c->timeout);
		snooze(c, deadline - now < SLICE ? (int)(deadline - now) : SLICE);
	}
}

int rdma_control_send(struct rdma_control *c, const struct rdma_wire *m, struct error *err)
{
	struct ibv_sge sge = { .addr = (uintptr_t)slot_memory(c, ID_SEND), .lkey = c->mr->lkey };
	struct ibv_send_wr wr = { .wr_id = ID_SEND,
				  .sg_list = &sge,
				  .num_sge = 1,
				  .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_SIGNALED },
			   *bad;
	int ret = wait_until(c, sent, err);

	if (ret)
		return ret;
	sge.length = (uint32_t)rdma_wire_encode(m, slot_memory(c, ID_SEND));
	ret = ibv_post_send(c->id->qp, &wr, &bad);
	if (ret) {
		c->gone = true;
		return gone(c, err);
	}
	c->sending = true;
	return wait_until(c, sent, err);
}

int rdma_control_receive(struct rdma_control *c, enum rdma_wire_type one, enum rdma_wire_type other,
			 struct rdma_wire *m, struct error *err)
{
	unsigned int slot, size;
	int ret = wait_until(c, arrived, err);

	if (ret)
		return ret;
	slot = c->arrived[0].slot;
	size = c->arrived[0].size;
	memmove(&c->arrived[0], &c->arrived[1], --c->narrived * sizeof(c->arrived[0]));
	ret = rdma_wire_decode(slot_memory(c, slot), size, m);
	/* When it cannot be posted again the connection is gone, which shows. */
	if (post_receive(c, slot))
		c->gone = true;
	if (!ret && m->type == RDMA_WIRE_REFUSED)
		return error_set(err, m->refused.status, EREMOTEIO, m->refused.remedy, "%s: %s",
				 c->peer, m->refused.what);
	if (ret || (m->type != one && m->type != other))
		return error_set(err, EXIT_FAILED, EPROTO, "is it p2p-tool?",
				 "%s: sent %u bytes that are no message that can follow here",
				 c->peer, size);
	return 0;
}

int rdma_control_look(struct rdma_control *c, struct error *err)
{
	handle_all(c);
	if (!c->gone)
		return 0;
	progress(c);
	return gone(c, err);
}

void rdma_control_refuse(struct rdma_control *c, const struct error *why)
{
	struct rdma_wire m = { .type = RDMA_WIRE_REFUSED, .refused = *why };

	if (c->gone || !c->accepted)
		return;
	rdma_control_send(c, &m, NULL);
}
