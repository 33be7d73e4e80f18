/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two machines of 'rdma --server' and 'rdma --connect' say to each other. All
 * numbers are big-endian. Nothing that was received is used before rdma_wire_decode() has
 * said that it is well-formed, and the limits of rdma_wire_check_*() have been kept.
 *
 *   connecting    client: hello               server: hello, or a refusal with a reason
 *   then          client: SETUP               server: OFFER, or REFUSED
 *                 client: ADDRESSES...        server: as many
 *   each round    client: ROUND               server: GO, ready for it
 *                 client: CHECK, all is sent  server: RESULT
 *                 client: ALIVE, every second of a long round in which the server just waits
 *   in the end    client: BYE
 *
 * Instead of any answer the server may say REFUSED, and disconnect.
 */
#ifndef P2P_RDMA_WIRE_H
#define P2P_RDMA_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "rdma-op.h"

#define RDMA_WIRE_VERSION   1
#define RDMA_WIRE_HELLO	    16	 /* bytes, in what the connection manager delivers */
#define RDMA_WIRE_MAX	    1024 /* bytes of a message */
#define RDMA_WIRE_ADDRESSES 16	 /* of one message */

#define RDMA_QPS_MAX	4096
#define RDMA_DEPTH_MAX	16384
#define RDMA_INLINE_MAX 4096
#define RDMA_ITERS_MAX	1000000

enum rdma_wire_reason {
	RDMA_WIRE_WELCOME,
	RDMA_WIRE_BUSY,	     /* with another client */
	RDMA_WIRE_UNLIKE,    /* another version */
	RDMA_WIRE_MALFORMED, /* not one of us */
	RDMA_WIRE_DEVICE,    /* not on the device that the server was told to use */
};

enum rdma_wire_type {
	RDMA_WIRE_SETUP = 1,
	RDMA_WIRE_OFFER,
	RDMA_WIRE_ADDRESS,
	RDMA_WIRE_ROUND,
	RDMA_WIRE_GO,
	RDMA_WIRE_CHECK,
	RDMA_WIRE_RESULT,
	RDMA_WIRE_ALIVE,
	RDMA_WIRE_BYE,
	RDMA_WIRE_REFUSED,
};

/* What the client wants of the session. */
struct rdma_wire_setup {
	uint32_t qps, depth, inline_max;
	uint64_t length, half; /* bytes of memory on both sides; where the other way begins */
	bool baseline;	       /* its own buffer is not ordinary memory */
};

/* Memory of the server; baseline_* only when its buffer or the client's is not ordinary. */
struct rdma_wire_offer {
	uint64_t addr, baseline_addr;
	uint32_t rkey, baseline_rkey;
	uint32_t inline_max;
	bool baseline, emulated;
	char buffer[128], device[64];
};

/* struct rdma_address, without libibverbs */
struct rdma_wire_address {
	uint8_t gid[16];
	uint32_t qpn, psn;
	uint16_t lid;
	uint8_t mtu; /* 1 to 5: 256 to 4096 bytes */
};

struct rdma_wire_addresses {
	uint32_t first, count;
	struct rdma_wire_address address[RDMA_WIRE_ADDRESSES];
};

struct rdma_wire_round {
	enum rdma_op op;
	uint32_t size, messages, qps, cq_mod;
	uint64_t seed;
	uint64_t addr; /* of byte 0 of the client's memory, and its rkey */
	uint32_t rkey;
	bool bidir, pingpong, latency, baseline, inline_data;
};

struct rdma_wire_result {
	uint64_t ns; /* that the server was busy, both ways */
	char mismatch[128];
};

struct rdma_wire {
	enum rdma_wire_type type;
	union {
		struct rdma_wire_setup setup;
		struct rdma_wire_offer offer;
		struct rdma_wire_addresses addresses;
		struct rdma_wire_round round;
		struct rdma_wire_result result;
		struct error refused;
	};
};

/* buf has room for RDMA_WIRE_HELLO bytes. */
void rdma_wire_hello(enum rdma_wire_reason reason, void *buf);
/*
 * The reason in a hello of size bytes, which may be more than were sent; *version is that
 * of the other side. -EPROTO when it is not one of us. Another version than ours is the
 * reason RDMA_WIRE_UNLIKE, whatever else it says.
 */
int rdma_wire_read_hello(const void *buf, size_t size, unsigned int *version);

/* Into buf, which has room for RDMA_WIRE_MAX bytes; how many there are. */
size_t rdma_wire_encode(const struct rdma_wire *m, void *buf);
/* 0, or -EPROTO for what no message is. Texts are ended, and printable. */
int rdma_wire_decode(const void *buf, size_t size, struct rdma_wire *m);

/*
 * Is that something a server can do with so many bytes of memory (a round: after that
 * setup)? 0, or -EINVAL with err filled in: what the client is told.
 */
int rdma_wire_check_setup(const struct rdma_wire_setup *s, const char *buffer, uint64_t length,
			  struct error *err);
int rdma_wire_check_round(const struct rdma_wire_round *r, const struct rdma_wire_setup *s,
			  bool baseline, struct error *err);

#endif
