/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of measurements between two machines: it has memory, and does as it is told. */
#ifndef P2P_RDMA_SERVER_H
#define P2P_RDMA_SERVER_H

#include "buffer.h"
#include "error.h"

struct rdma_server_event {
	enum rdma_server_happening {
		RDMA_SERVER_LISTENING,
		RDMA_SERVER_CONNECTED,
		RDMA_SERVER_SERVED,
		RDMA_SERVER_LOST,	 /* because of why */
		RDMA_SERVER_TURNED_AWAY, /* because of text */
	} what;
	const char *peer;
	unsigned int port;
	uint64_t rounds; /* done for it */
	const char *text;
	const struct error *why;
};

struct rdma_server_params {
	const char *device; /* NULL: whichever a client reaches */
	int gid_index;	    /* -1: the address that it was reached by */
	const char *listen; /* NULL: all addresses */
	uint16_t port;
	unsigned int timeout; /* seconds for whatever a client has to do */
	unsigned int clients; /* end when so many have been served; 0: never */
	void (*event)(void *ctx, const struct rdma_server_event *e);
	void *ctx;
};

/*
 * Serve clients, one at a time, with the memory of b, which they overwrite. A client that
 * does not keep to the protocol, or is gone, is an event and no error. 0, or -errno with err
 * filled in: -EINTR as binding_interrupted().
 */
int rdma_server(struct buffer *b, const struct rdma_server_params *p, struct error *err);

#endif
