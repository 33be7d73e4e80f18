/* SPDX-License-Identifier: GPL-2.0-only */
/* Other DMABUFs of a buffer, which are there while something is measured. */
#ifndef P2P_CROWD_H
#define P2P_CROWD_H

#include "buffer.h"

struct crowd {
	int *fd;
	unsigned int count;
};

/*
 * Export so many DMABUFs of b; crowd_close() closes them. 0, or -errno with err filled in
 * and nothing left.
 */
int crowd_open(struct crowd *c, struct buffer *b, unsigned int count, struct error *err);
/* Harmless on a zeroed struct. */
void crowd_close(struct crowd *c);

#endif
