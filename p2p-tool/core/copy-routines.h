/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways for the CPU to move bytes to and from device memory. What reaches the
 * bus depends on the width and kind of each access, so every routine makes
 * its accesses to device memory exactly as its name says; the compiler may
 * not merge, split or repeat them. "libc" is the exception.
 */
#ifndef P2P_COPY_ROUTINES_H
#define P2P_COPY_ROUTINES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Copy n bytes between ordinary memory and device memory, which do not
 * overlap. Both addresses are multiples of 8. Wide routines do the start, up
 * to the first aligned device address, and the rest in smaller accesses.
 */
typedef void copy_fn(void *dst, const void *src, size_t n);

struct copy_routine {
	const char *name;
	const char *what;	 /* one line for people */
	bool (*supported)(void); /* by this CPU */
	copy_fn *write;		 /* to the device; NULL: reads only */
	copy_fn *read;		 /* from the device; NULL: writes only */
};

extern const struct copy_routine copy_routines[]; /* ends with a NULL name */

/* The routine of that name, or NULL. */
const struct copy_routine *copy_routine_find(const char *name);

/* Wait until the CPU has sent off all stores made so far, also weakly ordered ones. */
void copy_drain(void);

#endif
