/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be done with the fd of any DMABUF. */
#ifndef P2P_DMABUF_H
#define P2P_DMABUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Begin or end CPU access through a mapping of the DMABUF; write: not only
 * reads. 0 or -errno. Exporters that need no such call count as success.
 */
int dmabuf_begin_access(int fd, bool write);
int dmabuf_end_access(int fd, bool write);

/* Can length bytes of it be mmap()ed with prot? 0, or -errno as mmap(). */
int dmabuf_probe_mmap(int fd, size_t length, int prot);

/*
 * The devices attached to the DMABUF fd, by name, ", " between them: from bufinfo in
 * debugfs (root, CONFIG_DEBUG_FS). How many there are, or -errno; names is "" then.
 */
int dmabuf_attached(int fd, char *names, size_t size);
/* The same of the DMABUF with this inode, in such a list. -ENOENT: it is not there. */
int dmabuf_find_attached(FILE *f, unsigned long inode, char *names, size_t size);

#endif
