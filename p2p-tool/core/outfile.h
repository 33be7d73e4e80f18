/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that appears complete or not at all: temporary name, fsync, rename.
 *
 * What is written stays in memory until the commit, so a program killed while
 * it measures leaves no trace. Symbolic links are followed and stay links; an
 * existing file keeps its mode. A target that is no regular file (a pipe, a
 * terminal, /dev/full) or that is standard output or standard error is
 * written straight through at the commit, since it cannot be renamed into
 * place. Directories and block devices are refused.
 */
#ifndef P2P_OUTFILE_H
#define P2P_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

struct outfile {
	FILE *stream; /* write here; NULL when not open */
	char *path;   /* as given, for messages */
	char *target; /* the file to replace, links followed; NULL: written straight through */
	int fd;	      /* written straight through: already open, or -1 */
	bool append;  /* keep the old content */
	char *text;   /* what stream holds */
	size_t size;  /* of text, bytes */
};

/*
 * Open path for writing; append keeps the old content and adds to it (an old
 * file that does not end in a newline is refused with -EINVAL). That path can
 * be written is tried here, so that the commit rarely fails. 0 or -errno.
 */
int outfile_open(struct outfile *f, const char *path, bool append, struct error *err);
/*
 * Write, fsync, rename; the file is closed in any case. On failure (-errno)
 * no temporary file is left and the old file is as it was; only when the
 * directory cannot be synced is the new one there already.
 */
int outfile_commit(struct outfile *f, struct error *err);
/* Forget what was written. Harmless after a commit and on a zeroed struct. */
void outfile_abort(struct outfile *f);

#endif
