/* SPDX-License-Identifier: GPL-2.0-only */
/* What the measurements of an RDMA NIC share, whether its other end is here or elsewhere. */
#ifndef P2P_MEASURE_RDMA_PRIVATE_H
#define P2P_MEASURE_RDMA_PRIVATE_H

#include "measure-private.h"
#include "rdma-memory.h"

#define RDMA_ATOMIC_SIZE 8
#define RDMA_SAMPLES_MAX 100000 /* of a cell that is limited by its duration */

/* Whose memory and NIC a record is about. */
struct rdma_subject {
	struct buffer *b;
	const struct clock *c;
	const struct rdma_device *dev;
	struct rdma_memory *memory, *baseline; /* baseline NULL: b is that itself */
	const char *peer, *peer_buffer;	       /* NULL: the NIC is connected with itself */
};

struct rdma_cell {
	enum rdma_op op;
	const char *suffix; /* of its name: "", "_latency" or "_pingpong" */
	bool throughput;
	uint64_t size;
	unsigned int qps, depth, cq_mod, messages; /* of a throughput */
	bool inline_data, bidir;
	struct samples *samples, *baseline;
	const char *mismatch; /* "" when the data was right */
};

/* Bytes that the largest message needs, or both ways two of them; half begins the other way. */
size_t rdma_room(const struct rdma_params *p, bool both_ways, size_t *half);
/* How many messages of a QP a round has. */
unsigned int rdma_messages_per_round(const struct rdma_params *p, uint64_t size);
/* The throughput that a sample is: so many messages in a time, or the cost of one in instructions. */
uint64_t rdma_throughput(const struct clock *c, uint64_t messages, uint64_t size, uint64_t cost);

/*
 * Is a cell done after so many rounds, warm-up included? To be asked before each
 * round, from 0 on: its duration, if that limits it, begins after the warm-up, at
 * *since.
 */
bool rdma_cell_done(const struct rdma_params *p, const struct clock *c, const struct samples *s,
		    unsigned int rounds, uint64_t *since);
/* Add the record. 0, or -errno with err filled in. */
int rdma_cell_add(const struct rdma_subject *s, const struct rdma_cell *cell,
		  struct record_set *out, struct error *err);
/* rdma.register and rdma.deregister. 0, or -errno with err filled in. */
int rdma_measure_registration(const struct rdma_subject *s, const struct rdma_params *p,
			      struct record_set *out, struct error *err);

/* measure_rdma() with p->connect. */
int measure_rdma_remote(struct buffer *b, const struct clock *c, const struct rdma_params *p,
			struct record_set *out, struct error *err);

#endif
