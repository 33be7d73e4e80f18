/* SPDX-License-Identifier: GPL-2.0-only */
/* The sub-commands of bench; the table is in bench.c. */
#ifndef P2P_BENCH_PRIVATE_H
#define P2P_BENCH_PRIVATE_H

/* As main of struct command; argv[0] is the sub-command. */
int bench_compare_main(int argc, char **argv);
int bench_report_main(int argc, char **argv);

#endif
