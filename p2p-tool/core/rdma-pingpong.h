/* SPDX-License-Identifier: GPL-2.0-only */
/* One message at a time between two machines. */
#ifndef P2P_RDMA_PINGPONG_H
#define P2P_RDMA_PINGPONG_H

#include "clock.h"
#include "rdma-flow.h"
#include "rdma-memory.h"

/*
 * t->messages messages go and as many come back, each sent when the one before it has
 * arrived: writes are seen in the last byte of the memory, which holds their number then;
 * sends by their receive. serves: the other side begins. A sample (samples may be NULL, and
 * take what fits) is half the time from one message of this side to the next. t as for
 * rdma_flow_prepare(), which has been called, for one QP. 0, or as rdma_flow_wait().
 */
int rdma_pingpong(struct rdma_flow *f, struct rdma_memory *m, bool serves, const struct clock *c,
		  struct samples *samples, const char *what, const struct rdma_watch *watch,
		  struct error *err);

/* t->messages messages, each posted when the one before it has completed; samples that time. */
int rdma_one_by_one(struct rdma_flow *f, const struct clock *c, struct samples *samples,
		    const char *what, const struct rdma_watch *watch, struct error *err);

#endif
