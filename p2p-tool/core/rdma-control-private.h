/* SPDX-License-Identifier: GPL-2.0-only */
/* How connections for control messages begin. */
#ifndef P2P_RDMA_CONTROL_PRIVATE_H
#define P2P_RDMA_CONTROL_PRIVATE_H

#include "rdma-control.h"

/* An event of the connection manager, which has been told that we have it. */
struct rdma_control_event {
	enum rdma_cm_event_type type;
	struct rdma_cm_id *id;
	int status;
	uint8_t data[256]; /* private data of the other side */
	size_t size;
};

/* ms of a clock that never goes back. */
uint64_t rdma_control_now(void);
/* The next event within ms. 0, -EAGAIN when there is none, or -errno. */
int rdma_control_event(struct rdma_event_channel *channel, int ms, struct rdma_control_event *e);
/* The queue pair for messages, of c->id. 0, or -errno with err filled in; not cleaned up. */
int rdma_control_create(struct rdma_control *c, struct error *err);
/* Turn away who wants to connect: it is malformed or unlike us, or else for that reason. */
void rdma_control_turn_away(struct rdma_control *c, const struct rdma_control_event *e,
			    enum rdma_wire_reason reason);

#endif
