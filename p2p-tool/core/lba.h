/* SPDX-License-Identifier: GPL-2.0-only */
/* A range of blocks of an NVMe namespace, written [NSID:]FIRST+COUNT. */
#ifndef P2P_LBA_H
#define P2P_LBA_H

#include <stdint.h>

#include "error.h"

struct lba_range {
	uint32_t nsid;	       /* 1 when not given */
	uint64_t first, count; /* in blocks; count 0: no range */
};

/* Parse text. 0, or -EINVAL with err saying what the syntax is (EXIT_USAGE). */
int lba_parse(const char *text, struct lba_range *range, struct error *err);

#endif
