/* SPDX-License-Identifier: GPL-2.0-only */
/* What the IOMMU's driver has told the kernel log about devices since a moment. */
#ifndef P2P_KMSG_H
#define P2P_KMSG_H

#include <stdbool.h>
#include <stddef.h>

#include "bdf.h"

struct kmsg {
	int fd;		     /* -1: not readable */
	unsigned int faults; /* lines so far */
	char last[160];	     /* the text of the last one, or empty */
};

/* Begin at the end of /dev/kmsg; where that cannot be read, there is never anything. */
void kmsg_open(struct kmsg *k);
void kmsg_close(struct kmsg *k);

/* Take in what has come, counting the faults of count functions. */
void kmsg_read(struct kmsg *k, const struct bdf *bdf, size_t count);

/*
 * Is text, a message without its prefix, an IOMMU driver's word about a DMA of bdf that
 * it refused? Known are those of Intel ("DMAR:"), AMD ("AMD-Vi:") and Arm ("arm-smmu").
 */
bool kmsg_is_fault(const char *text, const struct bdf *bdf);

#endif
