/* SPDX-License-Identifier: GPL-2.0-only */
/* Running the lines of a suite. */
#ifndef P2P_BENCH_RUN_H
#define P2P_BENCH_RUN_H

#include <stdbool.h>

#include "core/error.h"
#include "core/record.h"
#include "core/suite.h"

/* Are the arguments of every line right? 0 or -errno, err naming the line (EXIT_USAGE). */
int bench_check_lines(const struct suite *s, struct error *err);

/*
 * Run every line of s, whose commands measure, and append the records to set;
 * progress goes to standard error when that is a terminal. A line that fails
 * with EXIT_SKIP becomes a skipped record (in instructions when counted), any
 * other failure, and a signal held back (interrupt.h), ends the run: -errno with
 * err naming the line, and set holds the cells measured so far.
 */
int bench_run_lines(const struct suite *s, bool counted, struct record_set *set, struct error *err);

#endif
