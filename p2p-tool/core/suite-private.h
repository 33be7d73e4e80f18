/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of a suite share. */
#ifndef P2P_SUITE_PRIVATE_H
#define P2P_SUITE_PRIVATE_H

#include "suite.h"

#define SUITE_SUFFIX ".suite"

/* Explain why the file at path, which name led to, could not be opened. Returns -errnum. */
int suite_not_found(const char *name, const char *path, int errnum, struct error *err);

#endif
