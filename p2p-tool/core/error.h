/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong, for the person at the terminal.
 *
 * Library functions return 0 or -errno. Those whose failure a user can act
 * on also take a struct error and fill it in: the object concerned, what
 * happened, what to change, and the class that decides the exit status.
 * Only the command layer prints it.
 */
#ifndef P2P_ERROR_H
#define P2P_ERROR_H

enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1,       /* regression, failed verification, run-time failure */
	EXIT_USAGE = 2,	       /* bad option, argument or file */
	EXIT_INCOMPARABLE = 3, /* environments differ */
	EXIT_SKIP = 77,	       /* a precondition is missing on this machine */
};

struct error {
	enum exit_status status;
	char what[256];	  /* "OBJECT: what happened" */
	char remedy[256]; /* "what to change", may be empty */
};

/*
 * Fill in *err (which may be NULL) and return -errnum. A message already
 * there is kept: the place nearest to the cause knows best.
 * Usage: return error_set(err, EXIT_SKIP, ENODEV, "remedy", "%s: no such device", bdf);
 * remedy may be NULL.
 */
int error_set(struct error *err, enum exit_status status, int errnum, const char *remedy,
	      const char *fmt, ...) __attribute__((format(printf, 5, 6)));

void error_clear(struct error *err);

#endif
