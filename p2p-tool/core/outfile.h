/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that appears complete or not at all: temporary name, fsync, rename. */
#ifndef P2P_OUTFILE_H
#define P2P_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct outfile {
	FILE *stream;	/* write here */
	char *path;	/* the final name */
	char *tmp;	/* the temporary name beside it */
};

/*
 * Open path for writing; append keeps the old content and adds to it (an old
 * file that does not end in a newline is refused with -EINVAL). 0 or -errno.
 */
int outfile_open(struct outfile *f, const char *path, bool append, struct error *err);
/* Flush, fsync, rename. On failure the temporary file is removed and the old file is as it was. */
int outfile_commit(struct outfile *f, struct error *err);
/* Forget what was written. Harmless after a commit. */
void outfile_abort(struct outfile *f);

#endif
