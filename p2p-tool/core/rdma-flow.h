/* SPDX-License-Identifier: GPL-2.0-only */
/* What one side of a number of connections sends, and what it receives of the other. */
#ifndef P2P_RDMA_FLOW_H
#define P2P_RDMA_FLOW_H

#include "rdma-side.h"

#define RDMA_PATIENCE 10 /* seconds without a completion, unless a watch says otherwise */

/* Messages of the same kind, one way or both ways. */
struct rdma_traffic {
	enum rdma_op op;
	uint32_t length;       /* bytes of a message */
	unsigned int messages; /* of a QP, each way */
	unsigned int qps;      /* that take part */
	unsigned int cq_mod;   /* every so many make a completion */
	bool inline_data;      /* where the memory is of this process */
	bool sends, receives;  /* receives: the other side sends */
	const struct rdma_mr *local;
	uint64_t remote_addr; /* of byte 0 of the other side's memory, and its rkey */
	uint32_t rkey;
	uint64_t offset, in_offset; /* of what it sends, and of what it receives, on both sides */
};

struct rdma_flow {
	struct rdma_side *side;
	struct rdma_traffic t;
	unsigned int *posted, *done;	 /* of each QP */
	unsigned int *receives;		 /* of each QP, posted */
	unsigned int received, finished; /* messages of all QPs */
};

/* Who waits looks at something else now and then. */
struct rdma_watch {
	int patience; /* seconds without a completion */
	/* Called every few milliseconds or more often; may be NULL. Not 0 ends the waiting. */
	int (*look)(void *ctx, struct error *err);
	void *ctx;
};

/* 0 or -ENOMEM; to be freed in any case. */
int rdma_flow_init(struct rdma_flow *f, struct rdma_side *side);
void rdma_flow_free(struct rdma_flow *f);

/*
 * Take in what is to be done and post the receives that it takes; once the other side
 * has, too, sending can start. what names the memory in messages. 0, or -errno with err
 * filled in.
 */
int rdma_flow_prepare(struct rdma_flow *f, const struct rdma_traffic *t, const char *what,
		      struct error *err);
int rdma_flow_start(struct rdma_flow *f, const char *what, struct error *err);
/*
 * Drive these n flows until all they send and receive is done. 0, or -errno with err
 * filled in: -EIO for a completion in error, after which the QPs are of no more use,
 * -ETIMEDOUT when nothing completes any more. watch may be NULL.
 */
int rdma_flow_wait(struct rdma_flow *f, unsigned int n, const char *what,
		   const struct rdma_watch *watch, struct error *err);

/* The message for a work request on the memory what that has failed; -EIO. */
int rdma_completion_failed(const struct rdma_traffic *t, const struct ibv_wc *wc, const char *what,
			   struct error *err);

#endif
