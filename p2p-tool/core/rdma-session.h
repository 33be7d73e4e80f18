/* SPDX-License-Identifier: GPL-2.0-only */
/* What both ends of 'rdma --server' and 'rdma --connect' do: one of them is the client. */
#ifndef P2P_RDMA_SESSION_H
#define P2P_RDMA_SESSION_H

#include "clock.h"
#include "rdma-control.h"
#include "rdma-flow.h"
#include "rdma-memory.h"

struct rdma_session {
	struct rdma_control control;
	struct rdma_device dev;
	struct rdma_wire_setup setup;
	struct rdma_memory buffer, baseline; /* baseline: not open when both buffers are ordinary */
	struct rdma_side side;
	struct rdma_flow flow;
	struct {
		uint64_t addr;
		uint32_t rkey;
	} remote, remote_baseline; /* memory of the other end */
	bool serves;
	char what[128]; /* this end's buffer, for messages */
};

/* Use the device of s->control, which is connected. 0, or -errno with err filled in. */
int rdma_session_device(struct rdma_session *s, int gid_index, struct error *err);
/* The memory and the queue pairs that s->setup wants, not connected yet. Likewise. */
int rdma_session_memory(struct rdma_session *s, struct buffer *b, bool baseline, struct error *err);
int rdma_session_queues(struct rdma_session *s, struct error *err);
/* Give the other end the addresses of all queue pairs, take its own, and connect them. Likewise. */
int rdma_session_send_addresses(struct rdma_session *s, struct error *err);
int rdma_session_take_addresses(struct rdma_session *s, struct error *err);
/* s->control is closed last, and can be used again. */
void rdma_session_close(struct rdma_session *s);

/* What this end sends and receives in a round. */
struct rdma_traffic rdma_session_traffic(struct rdma_session *s, const struct rdma_wire_round *r);
/* Put the data of a round in place, and post receives. 0, or -errno with err filled in. */
int rdma_session_prepare(struct rdma_session *s, const struct rdma_wire_round *r,
			 struct error *err);
/* Do this end's part of it; samples may be NULL. Likewise. */
int rdma_session_run(struct rdma_session *s, const struct rdma_wire_round *r, const struct clock *c,
		     struct samples *samples, const struct rdma_watch *watch, struct error *err);
/*
 * Compare what this end has received. text stays as it is when that is right, else says what
 * is wrong. Likewise.
 */
int rdma_session_check(struct rdma_session *s, const struct rdma_wire_round *r, char *text,
		       size_t size, struct error *err);

#endif
