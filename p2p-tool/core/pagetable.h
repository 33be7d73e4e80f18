/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How mapped addresses are really mapped: size of the pages and memory type,
 * read from the page tables of this process as the kernel prints them
 * (CONFIG_PTDUMP_DEBUGFS on x86, root, debugfs mounted).
 */
#ifndef P2P_PAGETABLE_H
#define P2P_PAGETABLE_H

#include <stdint.h>
#include <stdio.h>

struct pagetable_entry {
	int order;	     /* 0, 9, 18: 4 KiB, 2 MiB, 1 GiB; -1 when not known, or of several */
	uint32_t orders;     /* bit N: there are pages of order N; 0 when not known */
	const char *memattr; /* "WB", "WC", "UC-", "UC", "WP", "WT", "mixed"; "" when not known */
	int error;	     /* why it is not known; 0: it is, or nobody has looked */
};

/* Of nothing. */
#define PAGETABLE_UNKNOWN ((struct pagetable_entry){ -1, 0, "", 0 })

/*
 * What the entries that map length bytes (at least 1) from va on have in common, in a page
 * table dump. 0, -ENOENT when something of that is not mapped, -EINVAL when f is not such
 * a dump.
 */
int pagetable_find(FILE *f, uint64_t va, uint64_t length, struct pagetable_entry *entry);

/*
 * The same of this process, and the entry that maps addr in it. 0 or -errno; *entry says
 * "not known" on failure, and why.
 */
int pagetable_lookup_range(const void *addr, uint64_t length, struct pagetable_entry *entry);
int pagetable_lookup(const void *addr, struct pagetable_entry *entry);

/*
 * Page order of a range of which every page was touched, from the number of page faults
 * this took; -1 when they do not fit one of the orders above. One fault alone may have
 * mapped any number of small pages.
 */
int pagetable_order_from_faults(uint64_t bytes, uint64_t faults);

#endif
