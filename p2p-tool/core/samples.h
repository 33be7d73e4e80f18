/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw samples of one measured cell. Nothing is ever dropped: percentiles are
 * exact, the histogram (hist.h) is made from all of them.
 */
#ifndef P2P_SAMPLES_H
#define P2P_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
	uint64_t *value;
	size_t count;
	size_t capacity;
};

/* Allocate and fault in room for capacity samples, so that adding one costs no page fault. 0 or -ENOMEM. */
int samples_init(struct samples *s, size_t capacity);
void samples_free(struct samples *s);

/* Add one sample; at capacity returns -ENOSPC and keeps what is there. */
int samples_add(struct samples *s, uint64_t value);

struct summary {
	uint64_t count;
	double min, median, p99, p999, max, mean, stdev;
};

/*
 * Exact summary of all samples (sorts them in place). Percentiles by nearest
 * rank, median of an even count is the mean of the middle two, stdev is the
 * sample standard deviation (0 below two samples). -EINVAL when empty.
 */
int samples_summarise(struct samples *s, struct summary *out);

#endif
