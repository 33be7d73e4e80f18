/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a mapped address is really mapped: size of the page and memory type,
 * read from the page tables of this process as the kernel prints them
 * (CONFIG_PTDUMP_DEBUGFS on x86, root, debugfs mounted).
 */
#ifndef P2P_PAGETABLE_H
#define P2P_PAGETABLE_H

#include <stdint.h>
#include <stdio.h>

struct pagetable_entry {
	int order;	     /* 0, 9, 18: 4 KiB, 2 MiB, 1 GiB; -1 when not known */
	const char *memattr; /* "WB", "WC", "UC-", "UC", "WP", "WT"; "" when not known */
};

/*
 * The entry that maps va in a page table dump. 0, -ENOENT when nothing is
 * mapped there, -EINVAL when f is not such a dump.
 */
int pagetable_find(FILE *f, uint64_t va, struct pagetable_entry *entry);

/*
 * The entry that maps addr in this process. 0 or -errno; *entry says "not
 * known" on failure.
 */
int pagetable_lookup(const void *addr, struct pagetable_entry *entry);

/*
 * Page order of a range of which every page was touched, from the number of
 * page faults this took; -1 when they do not fit one of the orders above.
 */
int pagetable_order_from_faults(uint64_t bytes, uint64_t faults);

#endif
