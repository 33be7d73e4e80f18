/* SPDX-License-Identifier: GPL-2.0-only */
/* Another program, whose output is kept until somebody wants to know what it said. */
#ifndef P2P_CHILD_H
#define P2P_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "error.h"

struct child {
	pid_t pid; /* 0: none */
	FILE *output;
};

/*
 * Start argv[0] with empty input; it ends when this process does. 0, or -errno with err
 * filled in: EXIT_SKIP and remedy (may be NULL) where there is no such program. To be
 * ended in any case.
 */
int child_start(struct child *c, char *const argv[], const char *remedy, struct error *err);

/* Seconds of a clock that only goes forward, for deadlines. */
double child_now(void);

/*
 * Until ready(ctx) says so, or with ready NULL until it has ended well. 0, -ETIMEDOUT
 * after the deadline, or -EIO when it has ended otherwise or too early, with its last line in
 * err (may be NULL) under this name.
 */
int child_await(struct child *c, const char *name, double deadline, bool (*ready)(void *ctx),
		void *ctx, struct error *err);

/* The last size - 1 bytes at most of what it has said. */
void child_read(const struct child *c, char *text, size_t size);
/* Fill in err with its last line that is no frame. -EIO. */
int child_failed(const struct child *c, const char *name, struct error *err);
/* Kill it if it still runs. c may be all zero, and is so afterwards. */
void child_end(struct child *c);

#endif
