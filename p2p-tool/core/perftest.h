/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of perftest (ib_write_bw, ib_read_lat, ...), run for one figure. */
#ifndef P2P_PERFTEST_H
#define P2P_PERFTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "rdma-op.h"

struct perftest {
	enum rdma_op op; /* write, read or send */
	bool latency;
	const char *device;
	int gid_index;
	unsigned int mtu; /* bytes */
	uint32_t size;
	unsigned int iters, qps, depth, cq_mod, inline_max;
	unsigned int reads;   /* in flight of a QP */
	unsigned int timeout; /* seconds for all of it */
};

/* "ib_write_bw" or the like; NULL when there is none for that operation. */
const char *perftest_name(enum rdma_op op, bool latency);

/*
 * Run server and client as two processes on this machine, which connect with each other
 * through 127.0.0.1. *value is the average throughput in bytes/s, or the median latency
 * in ns, as they define it: of reads the time of one, otherwise half of a ping-pong. 0,
 * or -errno with err filled in (EXIT_SKIP where perftest is not installed); no process is
 * left.
 */
int perftest_run(const struct perftest *p, double *value, struct error *err);

/* The same figure in the client's output. 0, or -EPROTO. */
int perftest_parse(const struct perftest *p, const char *output, double *value);

#endif
