/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear histogram of unsigned 64-bit values: exact below 128, then 128
 * linear sub-buckets for each power of two, so a bucket is never wider than
 * 1/128 (< 0.8 %) of its lower bound.
 */
#ifndef P2P_HIST_H
#define P2P_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 7
#define HIST_BUCKETS  ((64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
	uint64_t total;
	uint64_t bucket[HIST_BUCKETS];
};

struct hist *hist_new(void); /* zeroed, NULL when out of memory */
void hist_free(struct hist *h);
void hist_add(struct hist *h, uint64_t value);
unsigned int hist_index(uint64_t value);
/* First value of bucket i, and the first one after it (saturating). */
uint64_t hist_lower(unsigned int i);
uint64_t hist_upper(unsigned int i);
/* Value at quantile q in [0, 1]: the middle of the bucket of that rank; 0 when empty. */
uint64_t hist_quantile(const struct hist *h, double q);

#endif
