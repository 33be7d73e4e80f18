/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses to memory that can go away: a BAR raises SIGBUS when the device's
 * memory is disabled, asleep or revoked. That becomes an error code here.
 */
#ifndef P2P_SIGBUS_H
#define P2P_SIGBUS_H

#include <stdint.h>

/*
 * Run fn(arg). When it raises SIGBUS it is left at once, and -EFAULT is
 * returned with the address concerned in *addr (which may be NULL); otherwise
 * 0. What fn holds at that moment is lost, so it must not own anything. The
 * former handler is back when this returns. Does not nest.
 */
int sigbus_guard(void (*fn)(void *arg), void *arg, uintptr_t *addr);

#endif
