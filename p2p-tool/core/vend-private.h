/* SPDX-License-Identifier: GPL-2.0-only */
/* What owner and client say to each other: messages on a SOCK_SEQPACKET socket. */
#ifndef P2P_VEND_PRIVATE_H
#define P2P_VEND_PRIVATE_H

#include <stdint.h>

#include "vend.h"

#define VEND_MAGIC 0x76703231U

enum vend_type {
	VEND_SLICE = 1, /* owner: here it is, with the fd of the DMABUF */
	VEND_DONE,	/* client: I am done with it */
	VEND_REVOKED,	/* owner: it is revoked */
	VEND_GONE,	/* client: so many pages of it can I reach still */
};

#define VEND_RDONLY 1U /* VEND_SLICE: the DMABUF is */
#define VEND_ENDING 2U /* VEND_REVOKED: nobody gets a slice any more */

struct vend_message {
	uint32_t magic, type;
	uint32_t slice;
	uint32_t flags;
	uint64_t reachable;
	char buffer[128]; /* the slice as a buffer, ended by a NUL */
};

#endif
