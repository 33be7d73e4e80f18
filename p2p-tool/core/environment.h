/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a result was measured: the first line of every record file. */
#ifndef P2P_ENVIRONMENT_H
#define P2P_ENVIRONMENT_H

#include "record.h"

/*
 * Ordered key/value texts: time, kernel release and version, kernel and tool
 * build-ids, tool version, CPU model, hypervisor, command line, THP setting,
 * page size, number of CPUs, and every KEY=VALUE line of the file that
 * $P2P_TOOL_ENVIRONMENT names (the lab puts the hashes of kernel and
 * initramfs, the QEMU version and "base=pinned|unpinned" there).
 */
struct environment {
	struct param *field;
	size_t count;
};

/* Read the running machine. 0 or -ENOMEM; what cannot be read is left out. */
int environment_read(struct environment *env);
void environment_free(struct environment *env);
const char *environment_get(const struct environment *env, const char *key);

#endif
