/* SPDX-License-Identifier: GPL-2.0-only */
/* What somebody who has nothing but the fd of a DMABUF can reach with it. */
#ifndef P2P_CONFINE_H
#define P2P_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* Pages of a mapping of length bytes that can be read: the others raise SIGBUS. */
size_t confine_reachable(const void *map, size_t length);

struct confinement {
	unsigned int tried; /* ways out of the buffer */
	const char *breach; /* the first one that led out, in words; NULL: none did */
};

/*
 * Try to get out of a DMABUF of length bytes (whole pages): to map more of it
 * than there is, or with an offset beyond it; to let a mapping grow; to map it
 * privately; with rdonly, to get write access. What should be refused and is, is
 * not written to. 0, or -errno when not even the buffer itself can be mapped.
 */
int confine_check(int fd, size_t length, bool rdonly, struct confinement *out);

#endif
