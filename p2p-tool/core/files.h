/* SPDX-License-Identifier: GPL-2.0-only */
/* The limit of open files of this process. */
#ifndef P2P_FILES_H
#define P2P_FILES_H

#include "error.h"

/*
 * So many more files are about to be opened, because of the number that is the argument of
 * option --name: raise the soft limit if need be. 0, or -EMFILE with err filled in
 * (EXIT_SKIP) when the hard one does not allow it.
 */
int files_allow(unsigned int more, const char *name, struct error *err);

#endif
