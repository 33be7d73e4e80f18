/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that maps a DMABUF which it is given, and has nothing else of this
 * one. It tells whether it can still reach the memory after the DMABUF has been
 * revoked, or reads all the time until it cannot.
 */
#ifndef P2P_MAPPER_H
#define P2P_MAPPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In memory that mappers and their owner share. */
struct mapper_shared {
	/* The last round whose revoke has returned: no read that begins then may complete. */
	_Atomic uint64_t returned;
};

struct mapper {
	pid_t pid;
	int sock;
};

/* For all mappers of a process; NULL: out of memory. */
struct mapper_shared *mapper_share(void);
void mapper_unshare(struct mapper_shared *shared);

/* Fork one, which dies with this process at the latest. 0 or -errno. */
int mapper_start(struct mapper *m, struct mapper_shared *shared);
/* End it; m may be all zero, or have been stopped. */
void mapper_stop(struct mapper *m);

/*
 * Have it map length bytes of fd from offset on and read every page. busy: go on reading, from
 * when this returns until a read raises SIGBUS. 0, its -errno, or -EPIPE when it
 * is dead.
 */
int mapper_map(struct mapper *m, int fd, uint64_t offset, size_t length, uint64_t round, bool busy);

struct mapper_report {
	uint64_t reads;	    /* that a busy one completed */
	uint64_t reachable; /* pages that can be read still, or reads that came too late */
};

/* Have it try every page again, and unmap. 0 or -errno as above. */
int mapper_check(struct mapper *m, struct mapper_report *report);

#endif
