/* SPDX-License-Identifier: GPL-2.0-only */
/* How much one figure is of another one, measured in pairs. */
#ifndef P2P_RATIO_H
#define P2P_RATIO_H

#include <stdbool.h>
#include <stddef.h>

#include "samples.h"

struct ratio {
	double median;	     /* of the pairs' ratios */
	bool has_interval;   /* there are at least 6 pairs */
	double lower, upper; /* 95 % confidence interval of the median, of any distribution */
};

/*
 * The ratios a/b of samples in the order in which they were added. 0, -EINVAL without
 * pairs or with a 0 in b, or -ENOMEM.
 */
int ratio_of(const struct samples *a, const struct samples *b, struct ratio *out);

/* "0.98x (0.95x to 1.02x)"; returns as snprintf(). */
int ratio_format(const struct ratio *r, char *buf, size_t size);

#endif
