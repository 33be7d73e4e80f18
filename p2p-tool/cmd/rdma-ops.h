/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of RDMA operations, as an option takes it. */
#ifndef P2P_RDMA_OPS_H
#define P2P_RDMA_OPS_H

#include <stdbool.h>

#include "core/error.h"
#include "core/rdma-op.h"

/* Those named in arg, such as "write,read", or all. 0, or -EINVAL with err filled in. */
int rdma_ops_parse(const char *arg, bool op[RDMA_OPS], struct error *err);

#endif
