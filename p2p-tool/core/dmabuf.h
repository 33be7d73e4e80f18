/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be done with the fd of any DMABUF. */
#ifndef P2P_DMABUF_H
#define P2P_DMABUF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Begin or end CPU access through a mapping of the DMABUF; write: not only
 * reads. 0 or -errno. Exporters that need no such call count as success.
 */
int dmabuf_begin_access(int fd, bool write);
int dmabuf_end_access(int fd, bool write);

/* Can length bytes of it be mmap()ed with prot? 0, or -errno as mmap(). */
int dmabuf_probe_mmap(int fd, size_t length, int prot);

#endif
