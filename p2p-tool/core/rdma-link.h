/* SPDX-License-Identifier: GPL-2.0-only */
/* Two sides that are connected with each other, and messages between them. */
#ifndef P2P_RDMA_LINK_H
#define P2P_RDMA_LINK_H

#include "rdma-flow.h"

struct rdma_link {
	struct rdma_side a, z;
	struct rdma_flow flow[2]; /* of a, and of z */
};

struct rdma_load {
	enum rdma_op op;
	uint32_t length;       /* bytes of a message */
	unsigned int messages; /* of a QP */
	unsigned int qps;      /* that take part */
	unsigned int cq_mod;   /* every so many make a completion */
	bool inline_data;
	bool bidir; /* z sends as well */
	const struct rdma_mr *a, *z;
	uint64_t back; /* what z sends begins here in both, what a sends at 0 */
};

/* Connect a device with itself. 0, or -errno with err filled in and nothing left. */
int rdma_link_open(const struct rdma_device *d, unsigned int qps, unsigned int depth,
		   unsigned int max_inline, struct rdma_link *l, struct error *err);
void rdma_link_close(struct rdma_link *l);

/*
 * Send all messages, and wait until each has arrived. 0, or -errno with err filled in,
 * which calls the memory of z by the name what: -EIO for a completion in error, after
 * which the QPs are of no more use, -ETIMEDOUT after 10 s without any completion.
 */
int rdma_link_run(struct rdma_link *l, const struct rdma_load *load, const char *what,
		  struct error *err);

#endif
