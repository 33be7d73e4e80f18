/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a result was measured: the first line of every record file. */
#ifndef P2P_ENVIRONMENT_H
#define P2P_ENVIRONMENT_H

#include <stdio.h>

#include "error.h"
#include "record.h"

/*
 * Ordered key/value texts: time (ISO 8601, UTC), tool_version, tool_build_id,
 * kernel_release, kernel_version, kernel_build_id, kernel_command_line, machine,
 * cpu_model, cpus_online, hypervisor, page_size, transparent_hugepage, and every KEY=VALUE
 * line of the file that $P2P_TOOL_ENVIRONMENT names (the lab puts the hashes
 * of kernel and initramfs, the QEMU version and "base=pinned|unpinned" there).
 */
struct environment {
	struct param *field;
	size_t count;
};

/* Fields that a result file adds: how many records follow, and why there are not more. */
#define ENVIRONMENT_RECORDS "records"
#define ENVIRONMENT_PARTIAL "partial"

/*
 * Read the machine whose /proc and /sys are below root ("" for this one).
 * What cannot be read there is left out. 0, -ENOMEM, or -errno with err
 * filled in (EXIT_USAGE) when the file that $P2P_TOOL_ENVIRONMENT names cannot
 * be read or is malformed; it cannot change what was read from the machine.
 */
int environment_read(struct environment *env, const char *root, struct error *err);
/* Add a field, printf-style value, whether or not the key is there. 0 or -ENOMEM. */
int environment_add(struct environment *env, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Add the KEY=VALUE lines of a stream; path is its name in messages. As environment_read(). */
int environment_add_lines(struct environment *env, FILE *f, const char *path, struct error *err);
void environment_free(struct environment *env);
/* The value of a field, or NULL. */
const char *environment_get(const struct environment *env, const char *key);

#endif
