/* SPDX-License-Identifier: GPL-2.0-only */
/* Which I/O virtual addresses are free, and which of them to take. */
#ifndef P2P_IOVA_SPACE_H
#define P2P_IOVA_SPACE_H

#include <stddef.h>
#include <stdint.h>

/* As struct iommu_iova_range: both ends belong to it. */
struct iova_range {
	uint64_t first, last;
};

/* The free ranges, in order, with a gap between any two. */
struct iova_space {
	struct iova_range *free;
	size_t nfree;
};

/* Begin with count ranges, which may be in any order but do not overlap. 0 or -ENOMEM. */
int iova_space_init(struct iova_space *s, const struct iova_range *ranges, size_t count);
void iova_space_free(struct iova_space *s);

/* Keep only what is in count ranges as well, as for iova_space_init(). 0 or -ENOMEM. */
int iova_space_restrict(struct iova_space *s, const struct iova_range *ranges, size_t count);

/*
 * Take length bytes that end at last or before it, at the lowest multiple of align
 * (a power of two) that is free, but not at 0, which is what a register holds that
 * nobody has set. 0 with *iova, -ENOSPC, -EINVAL for a length of 0, or -ENOMEM.
 */
int iova_space_take(struct iova_space *s, uint64_t length, uint64_t align, uint64_t last,
		    uint64_t *iova);
/* Give back what was taken, all of it. 0 or -ENOMEM: it stays taken. */
int iova_space_give(struct iova_space *s, uint64_t iova, uint64_t length);

#endif
