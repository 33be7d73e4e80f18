/* SPDX-License-Identifier: GPL-2.0-only */
/* How pages of this process are mapped, and how many faults that took. */
#ifndef ENTRIES_H
#define ENTRIES_H

#include <stdbool.h>

/* The order of the page that maps addr; -1 when none does. Touches it. */
int order_at(const void *addr);
/* Is addr mapped by a page of this order, with this memory type? Touches it. */
bool is_entry(const void *addr, int order, const char *memattr);
/* Page faults of this process so far. */
long count_faults(void);

#endif
