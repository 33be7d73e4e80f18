/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses that may raise SIGBUS or SIGSEGV, from many threads: unlike sigbus_guard(),
 * which sets the handler for each access, this sets it once.
 */
#ifndef TOUCH_H
#define TOUCH_H

#include <stdbool.h>

/* Set the handler for the rest of the process. A fault anywhere else ends it with 99. */
void touch_begin(void);
/* Read or write the byte at p: did it work? */
bool touch_read(volatile char *p);
bool touch_write(volatile char *p);

#endif
