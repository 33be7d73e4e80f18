/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a number of connections: reliable queue pairs that share a
 * completion queue. Where the other end is does not matter.
 */
#ifndef P2P_RDMA_SIDE_H
#define P2P_RDMA_SIDE_H

#include <stdbool.h>

#include "rdma-mr.h"
#include "rdma-op.h"

struct rdma_side {
	const struct rdma_device *dev;
	struct ibv_cq *cq;
	struct ibv_qp **qp;
	unsigned int nqps;
	unsigned int depth;	 /* sends in flight of a QP, and receives */
	unsigned int max_inline; /* bytes that a send may carry in itself */
};

/* How the other end finds a QP. */
struct rdma_address {
	union ibv_gid gid;
	uint32_t qpn;
	uint32_t psn; /* 24 bits */
	uint16_t lid;
	uint8_t mtu; /* enum ibv_mtu */
};

/* 0, or -errno with err filled in and nothing left. */
int rdma_side_open(const struct rdma_device *d, unsigned int nqps, unsigned int depth,
		   unsigned int max_inline, struct rdma_side *s, struct error *err);
/* s may be all zero. */
void rdma_side_close(struct rdma_side *s);
/* Of QP number i. */
void rdma_side_address(const struct rdma_side *s, unsigned int i, struct rdma_address *a);
/* Connect QP number i, which can be used from then on. 0, or -errno with err filled in. */
int rdma_side_connect(struct rdma_side *s, unsigned int i, const struct rdma_address *peer,
		      struct error *err);

/* What to move: between offset bytes into local and as many into a remote MR. */
struct rdma_work {
	enum rdma_op op;
	const struct rdma_mr *local;
	uint64_t remote_addr; /* of byte 0, and of its MR the rkey */
	uint32_t rkey;
	uint64_t offset;
	uint32_t length;
	bool inline_data;
};

/* Post one; signaled: it makes a completion with this id. 0 or -errno. */
int rdma_side_post(struct rdma_side *s, unsigned int i, const struct rdma_work *w, uint64_t id,
		   bool signaled);
/* Post one receive. 0 or -errno. */
int rdma_side_receive(struct rdma_side *s, unsigned int i, const struct rdma_mr *mr,
		      uint64_t offset, uint32_t length, uint64_t id);

#endif
