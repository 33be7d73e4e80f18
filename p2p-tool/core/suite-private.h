/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of a suite share. */
#ifndef P2P_SUITE_PRIVATE_H
#define P2P_SUITE_PRIVATE_H

#include "suite.h"

#define SUITE_SUFFIX ".suite"

/* Explain why the file at path, which name led to, could not be opened. Returns -errnum. */
int suite_not_found(const char *name, const char *path, int errnum, struct error *err);

/*
 * Read the suite at path; may it include others? 0 or -errno with err filled in, but
 * for what opening path gives, such as -ENOENT.
 */
int suite_open(struct suite *s, const char *path, bool may_include, struct error *err);
/* Add what a line 'include NAME' names. 0 or -errno; err is filled in but for -ENOMEM. */
int suite_include(struct suite *s, const struct suite_line *line, struct error *err);
/* The figures of a line 'gated FIGURE...'. 0 or -errno; err is filled in but for -ENOMEM. */
int suite_parse_gated(struct suite *s, const struct suite_line *line, struct error *err);
/* With all lines read: does the suite measure what it gates? 0 or -EINVAL with err filled in. */
int suite_check_gates(const struct suite *s, struct error *err);

#endif
