/* SPDX-License-Identifier: GPL-2.0-only */
/* One sub-command a file; the table is in main.c. */
#ifndef P2P_CMD_H
#define P2P_CMD_H

#include "core/error.h"

struct measure_command;

struct command {
	const char *name;
	const char *summary; /* one line for --help */
	/* Parse, run, print. Returns the exit status. */
	int (*main)(int argc, char **argv);
	/* Instead, for one that measures a buffer: its part of measure_main(), and of suites. */
	const struct measure_command *measure;
};

extern const struct command *const commands[]; /* ends with NULL */
const struct command *command_find(const char *name);

extern const struct command cmd_list, cmd_map, cmd_copy, cmd_rdma, cmd_peers, cmd_drm, cmd_dma,
	cmd_revoke, cmd_vend, cmd_bench;

/* Print "p2p-tool: WHAT; REMEDY" on stderr; returns err->status (EXIT_FAILED when unset). */
int report_error(const struct error *err);

#endif
