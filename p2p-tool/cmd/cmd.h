/* SPDX-License-Identifier: GPL-2.0-only */
/* One sub-command a file; the table is in main.c. */
#ifndef P2P_CMD_H
#define P2P_CMD_H

#include "core/error.h"
#include "core/record.h"

struct command {
	const char *name;
	const char *summary; /* one line for --help */
	/* Parse, run, print. Returns the exit status. */
	int (*main)(int argc, char **argv);
	/*
	 * Parse and measure only, records appended to *out: what a line of a
	 * suite runs; with out NULL only parse, so that a suite can be checked
	 * before it runs. NULL for commands that do not measure. Returns 0 or
	 * -errno with err filled in.
	 */
	int (*collect)(int argc, char **argv, struct record_set *out, struct error *err);
};

extern const struct command *const commands[]; /* ends with NULL */
const struct command *command_find(const char *name);

extern const struct command cmd_list, cmd_map, cmd_copy, cmd_rdma, cmd_peers, cmd_drm, cmd_dma,
	cmd_revoke, cmd_vend, cmd_bench;

/* Print "p2p-tool: WHAT; REMEDY" on stderr; returns err->status (EXIT_FAILED when unset). */
int report_error(const struct error *err);

#endif
