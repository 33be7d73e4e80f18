/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that messages come from and go to: registered, and mapped to look at the data. */
#ifndef P2P_RDMA_MEMORY_H
#define P2P_RDMA_MEMORY_H

#include "rdma-mr.h"

struct rdma_memory {
	struct buffer *b; /* NULL: ordinary memory of no buffer's */
	char *map;	  /* NULL: not open */
	size_t length;
	char *work; /* room for as much again, to make and to compare data */
	struct rdma_mr mr;
};

/*
 * Map and register the first length bytes of b, or as much ordinary memory when that is
 * NULL; memory of kind host is registered by its address, all other as a DMABUF. 0, or
 * -errno with err filled in and nothing left.
 */
int rdma_memory_open(const struct rdma_device *d, struct buffer *b, size_t length,
		     struct rdma_memory *m, struct error *err);
/* m may be all zero. The QPs go before it: nothing may be under way to it. */
void rdma_memory_close(struct rdma_memory *m);
/* Is it registered by its address? */
bool rdma_memory_is_own(const struct rdma_memory *m);
/* Register it once more. 0, or -errno with err filled in. */
int rdma_memory_register(const struct rdma_device *d, const struct rdma_memory *m,
			 struct rdma_mr *mr, struct error *err);

/*
 * With size bytes at an offset: write the pattern of a seed, or something that differs
 * from it in every byte, or other data; read; compare with the pattern (text stays as it
 * is when all is well, see pattern_compare()). 0, or -errno with err filled in, -EFAULT
 * when the memory has gone away.
 */
int rdma_memory_fill(struct rdma_memory *m, uint64_t at, size_t size, uint64_t seed,
		     struct error *err);
int rdma_memory_spoil(struct rdma_memory *m, uint64_t at, size_t size, uint64_t seed,
		      struct error *err);
int rdma_memory_write(struct rdma_memory *m, uint64_t at, const void *data, size_t size,
		      struct error *err);
int rdma_memory_read(struct rdma_memory *m, uint64_t at, void *data, size_t size,
		     struct error *err);
int rdma_memory_compare(struct rdma_memory *m, uint64_t at, size_t size, uint64_t seed,
			const char *where, char *text, size_t text_size, struct error *err);

#endif
