/* SPDX-License-Identifier: GPL-2.0-only */
/* What an RDMA NIC can be asked to do. */
#ifndef P2P_RDMA_OP_H
#define P2P_RDMA_OP_H

#include <stdbool.h>

enum rdma_op {
	RDMA_WRITE,
	RDMA_WRITE_IMM,
	RDMA_READ,
	RDMA_SEND,
	RDMA_ATOMIC, /* fetch and add of 8 bytes */
	RDMA_OPS,
};

/* "write", "write-imm", "read", "send", "atomic" */
const char *rdma_op_name(enum rdma_op op);
/* The op of that name, or -EINVAL. */
int rdma_op_parse(const char *name, enum rdma_op *op);
/* Does it use up a receive of the other end? */
bool rdma_op_receives(enum rdma_op op);
/* Can its data be in the work request? */
bool rdma_op_inlines(enum rdma_op op);

#endif
