// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>

#include "hist.h"

#define SUB_BUCKETS (1u << HIST_SUB_BITS)

struct hist *hist_new(void)
{
	return calloc(1, sizeof(struct hist));
}

void hist_free(struct hist *h)
{
	free(h);
}

/*
 * Row 0 holds 0 to 127 one by one. Row n > 0 holds the values whose highest
 * bit is HIST_SUB_BITS + n - 1; the bits below it choose the sub-bucket.
 */
unsigned int hist_index(uint64_t value)
{
	unsigned int high, shift;

	if (value < SUB_BUCKETS)
		return (unsigned int)value;
	high = 63 - (unsigned int)__builtin_clzll(value);
	shift = high - HIST_SUB_BITS;
	return ((shift + 1) << HIST_SUB_BITS) |
	       (unsigned int)((value >> shift) & (SUB_BUCKETS - 1));
}

static uint64_t bucket_width(unsigned int i)
{
	unsigned int row = i >> HIST_SUB_BITS;

	return row ? 1ULL << (row - 1) : 1;
}

uint64_t hist_lower(unsigned int i)
{
	unsigned int row = i >> HIST_SUB_BITS;
	uint64_t sub = i & (SUB_BUCKETS - 1);

	return row ? (SUB_BUCKETS + sub) << (row - 1) : sub;
}

uint64_t hist_upper(unsigned int i)
{
	uint64_t lower = hist_lower(i), width = bucket_width(i);

	return lower > UINT64_MAX - width ? UINT64_MAX : lower + width;
}

void hist_add(struct hist *h, uint64_t value)
{
	h->bucket[hist_index(value)]++;
	h->total++;
}

uint64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t rank, seen = 0;
	unsigned int i;

	if (!h->total)
		return 0;
	/* Nearest rank; the small term keeps 0.99 * 100 from becoming rank 100. */
	rank = (uint64_t)ceil(q * (double)h->total * (1 - 1e-12));
	if (rank < 1)
		rank = 1;
	if (rank > h->total)
		rank = h->total;
	for (i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			break;
	}
	return hist_lower(i) + bucket_width(i) / 2;
}
