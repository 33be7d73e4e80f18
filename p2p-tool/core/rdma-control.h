/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection between two machines for the messages of rdma-wire.h, by librdmacm: it finds
 * the devices that reach each other, and tells when the other side is gone.
 */
#ifndef P2P_RDMA_CONTROL_H
#define P2P_RDMA_CONTROL_H

#include <rdma/rdma_cma.h>

#include "rdma-wire.h"

#define RDMA_CONTROL_RECEIVES 16

struct rdma_control {
	struct rdma_event_channel *channel; /* of a server: the listener's */
	struct rdma_cm_id *id;
	bool client, accepted;
	bool gone;     /* the other side, or the device */
	char peer[80]; /* its name, or address */
	int timeout;   /* seconds for whatever the other side has to do */
	struct ibv_pd *pd;
	struct ibv_comp_channel *wakeup;
	struct ibv_cq *cq;
	struct ibv_mr *mr;
	char *memory; /* of the receives, and of what is sent */
	bool sending;
	struct {
		unsigned int slot, size;
	} arrived[RDMA_CONTROL_RECEIVES]; /* in this order, not looked at yet */
	unsigned int narrived;
	/* Called for each client that has to be turned away. */
	void (*turned_away)(void *ctx, const char *peer, enum rdma_wire_reason reason);
	void *ctx;
};

struct rdma_listener {
	struct rdma_event_channel *channel;
	struct rdma_cm_id *id;
	uint16_t port;
};

/* Listen at an address (NULL: all), port 0: any. 0, or -errno with err filled in. */
int rdma_listen_at(const char *host, uint16_t port, struct rdma_listener *l, struct error *err);
/* l may be all zero. */
void rdma_listener_close(struct rdma_listener *l);

/*
 * Wait for a client of our kind, on the device of that name unless it is NULL, and let it
 * connect; others are turned away. c's timeout, turned_away and ctx are the caller's. 0,
 * -EINTR when a signal came in, or -errno with err filled in, which is about the client
 * unless it is -EINTR or -EIO: the next one may do better.
 */
int rdma_control_accept(struct rdma_listener *l, const char *device, struct rdma_control *c,
			struct error *err);
/* Connect with a server. Likewise. */
int rdma_control_connect(const char *host, uint16_t port, const char *device,
			 struct rdma_control *c, struct error *err);
/* Disconnect. c may be all zero. */
void rdma_control_close(struct rdma_control *c);

/*
 * Send a message, and wait until it is there. Receive the next one, which is of one of two
 * types (the same one twice is fine); what the other side refuses is an error. 0, or -errno
 * with err filled in: -ETIMEDOUT, -ECONNRESET when the other side is gone, -EPROTO when it
 * says something else.
 */
int rdma_control_send(struct rdma_control *c, const struct rdma_wire *m, struct error *err);
int rdma_control_receive(struct rdma_control *c, enum rdma_wire_type one, enum rdma_wire_type other,
			 struct rdma_wire *m, struct error *err);
/* Is the other side still there? 0, or -ECONNRESET with err filled in; does not wait. */
int rdma_control_look(struct rdma_control *c, struct error *err);
/* Tell the other side why not, if it can still be told. */
void rdma_control_refuse(struct rdma_control *c, const struct error *why);

#endif
