// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/resource.h>

#include "core/pagetable.h"
#include "entries.h"
#include "guest.h"

int order_at(const void *addr)
{
	struct pagetable_entry entry;

	return faults(addr) || pagetable_lookup(addr, &entry) ? -1 : entry.order;
}

bool is_entry(const void *addr, int order, const char *memattr)
{
	struct pagetable_entry entry;

	return !faults(addr) && !pagetable_lookup(addr, &entry) && entry.order == order &&
	       !strcmp(entry.memattr, memattr);
}

long count_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}
