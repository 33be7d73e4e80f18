/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device that has imported a DMABUF and uses it, and tells what it sees when the
 * DMABUF is revoked. One ops struct and one file (importer-*.c) for each kind.
 */
#ifndef P2P_IMPORTER_H
#define P2P_IMPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "mapper.h"

enum importer_kind { IMPORTER_DRM, IMPORTER_RDMA, IMPORTERS };

/* What an importer may write to: the first so many bytes at most. */
#define IMPORTER_BYTES (64 << 10)

struct importer {
	/* Set by whoever opens it. */
	enum importer_kind kind;
	const char *device; /* NULL: the first one that can be used */
	const struct bufspec *spec;
	size_t length; /* bytes of the DMABUFs, whole pages */
	bool busy;     /* use it all the time, from the import until that fails */
	struct mapper_shared *shared;

	/* What it has seen in all rounds. */
	char saw[256];	    /* in words, what differs between rounds one after the other */
	uint64_t completed; /* busy: accesses before it failed */
	uint64_t reachable; /* accesses that began after the revoke had returned, and completed */

	const struct importer_ops *ops;
	void *priv; /* of the kind */
};

struct importer_ops {
	int (*open)(struct importer *i, struct error *err);
	/* Import fd, and use it: when this returns, some of that has been done. */
	int (*import)(struct importer *i, int fd, uint64_t round, struct error *err);
	/*
	 * shared->returned says that fd is revoked: use it again in every way there is, try
	 * to import it again, and give up the import.
	 */
	int (*check)(struct importer *i, int fd, struct error *err);
	/* priv may be NULL, and an import be under way. */
	void (*close)(struct importer *i);
};

/* "drm", "rdma" */
const char *importer_name(enum importer_kind kind);
/* The kind of that name, or -EINVAL. */
int importer_parse(const char *name, enum importer_kind *kind);

/* 0, or -errno with err filled in (EXIT_SKIP: no such device) and nothing left. */
int importer_open(struct importer *i, struct error *err);
/* i may be all zero. */
void importer_close(struct importer *i);

/* Add to what it saw, unless the same is there: "WHAT: RESULT". */
void importer_note(struct importer *i, const char *what, const char *result);

extern const struct importer_ops importer_drm_ops;
extern const struct importer_ops importer_rdma_ops;

#endif
