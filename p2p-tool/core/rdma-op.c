// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "rdma-op.h"

static const char *const names[RDMA_OPS] = {
	[RDMA_WRITE] = "write", [RDMA_WRITE_IMM] = "write-imm", [RDMA_READ] = "read",
	[RDMA_SEND] = "send",	[RDMA_ATOMIC] = "atomic",
};

const char *rdma_op_name(enum rdma_op op)
{
	return names[op];
}

int rdma_op_parse(const char *name, enum rdma_op *op)
{
	int i;

	for (i = 0; i < RDMA_OPS; i++) {
		if (!strcmp(names[i], name)) {
			*op = (enum rdma_op)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool rdma_op_receives(enum rdma_op op)
{
	return op == RDMA_SEND || op == RDMA_WRITE_IMM;
}

bool rdma_op_inlines(enum rdma_op op)
{
	return op != RDMA_READ && op != RDMA_ATOMIC;
}
