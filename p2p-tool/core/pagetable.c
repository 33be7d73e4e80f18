// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "pagetable.h"

static const int orders[] = { 0, 9, 18 };
#define NORDERS (sizeof(orders) / sizeof(orders[0]))

/* What Linux programs into the PAT: the type for PAT << 2 | PCD << 1 | PWT. */
static const char *const pat[] = { "WB", "WC", "UC-", "UC", "WB", "WP", "UC-", "WT" };

/*
 * The words after the size of a line such as
 *   0x00007f0000000000-0x00007f0000200000           2M USR RW     PCD PSE     x  pmd
 * An absent entry has only the level.
 */
static int parse_entry(char *text, struct pagetable_entry *entry)
{
	static const char *const levels[] = { "pte", "pmd", "pud" };
	bool writable_seen = false;
	unsigned int type = 0;
	char *save, *word;
	size_t i;

	*entry = PAGETABLE_UNKNOWN;
	for (word = strtok_r(text, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		if (!strcmp(word, "PWT"))
			type |= 1;
		else if (!strcmp(word, "PCD"))
			type |= 2;
		else if (!strcmp(word, "PAT"))
			type |= 4;
		else if (!strcmp(word, "RW") || !strcmp(word, "ro"))
			writable_seen = true;
		for (i = 0; i < NORDERS; i++)
			if (!strcmp(word, levels[i]))
				entry->order = orders[i];
	}
	if (!writable_seen || entry->order < 0) {
		*entry = PAGETABLE_UNKNOWN;
		return -ENOENT;
	}
	entry->orders = 1U << entry->order;
	entry->memattr = pat[type];
	return 0;
}

static void add_entry(struct pagetable_entry *sum, const struct pagetable_entry *entry)
{
	if (!sum->orders) {
		*sum = *entry;
		return;
	}
	sum->orders |= entry->orders;
	if (sum->order != entry->order)
		sum->order = -1;
	if (strcmp(sum->memattr, entry->memattr) != 0)
		sum->memattr = "mixed";
}

int pagetable_find(FILE *f, uint64_t va, uint64_t length, struct pagetable_entry *entry)
{
	struct pagetable_entry sum = PAGETABLE_UNKNOWN, part;
	bool any = false;
	char line[256];
	int ret;

	*entry = PAGETABLE_UNKNOWN;
	while (fgets(line, sizeof(line), f)) {
		uint64_t start, end;
		int used = 0;

		/* "%*u%*c" is the size of the range and its unit. */
		if (sscanf(line, "0x%" SCNx64 "-0x%" SCNx64 " %*u%*c%n", &start, &end, &used) < 2 ||
		    !used)
			continue; /* a heading */
		any = true;
		if (end <= va || start > va + (length - 1))
			continue;
		ret = parse_entry(line + used, &part);
		if (ret)
			return ret;
		add_entry(&sum, &part);
		if (end - 1 < va + (length - 1))
			continue;
		*entry = sum;
		return 0;
	}
	return any ? -ENOENT : -EINVAL;
}

int pagetable_lookup_range(const void *addr, uint64_t length, struct pagetable_entry *entry)
{
	/* The second one shows the same entries; the first needs page table isolation built in. */
	static const char *const dumps[] = {
		"/sys/kernel/debug/page_tables/current_user",
		"/sys/kernel/debug/page_tables/current_kernel",
	};
	int ret = -ENOENT;
	size_t i;

	*entry = PAGETABLE_UNKNOWN;
	for (i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++) {
		FILE *f = fopen(dumps[i], "re");

		if (!f) {
			ret = -errno;
			continue;
		}
		ret = pagetable_find(f, (uintptr_t)addr, length, entry);
		fclose(f);
		break;
	}
	entry->error = ret;
	return ret;
}

int pagetable_lookup(const void *addr, struct pagetable_entry *entry)
{
	return pagetable_lookup_range(addr, 1, entry);
}

int pagetable_order_from_faults(uint64_t bytes, uint64_t faults)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	size_t i;

	for (i = 0; i < NORDERS; i++)
		if (faults > !!orders[i] && bytes % faults == 0 &&
		    bytes / faults == page << orders[i])
			return orders[i];
	return -1;
}
