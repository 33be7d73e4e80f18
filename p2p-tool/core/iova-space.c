// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "iova-space.h"

static int compare(const void *a, const void *b)
{
	const struct iova_range *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

/* A sorted copy of ranges with room for one more; NULL: out of memory. */
static struct iova_range *sorted(const struct iova_range *ranges, size_t count)
{
	struct iova_range *copy = calloc(count + 1, sizeof(*copy));

	if (copy && count) {
		memcpy(copy, ranges, count * sizeof(*copy));
		qsort(copy, count, sizeof(*copy), compare);
	}
	return copy;
}

int iova_space_init(struct iova_space *s, const struct iova_range *ranges, size_t count)
{
	*s = (struct iova_space){ .free = sorted(ranges, count), .nfree = count };
	return s->free ? 0 : -ENOMEM;
}

void iova_space_free(struct iova_space *s)
{
	free(s->free);
	*s = (struct iova_space){ 0 };
}

int iova_space_restrict(struct iova_space *s, const struct iova_range *ranges, size_t count)
{
	struct iova_range *with = sorted(ranges, count);
	struct iova_range *both = calloc(s->nfree + count + 1, sizeof(*both));
	size_t i = 0, j = 0, n = 0;

	if (!with || !both) {
		free(with);
		free(both);
		return -ENOMEM;
	}
	while (i < s->nfree && j < count) {
		const struct iova_range *a = &s->free[i], *b = &with[j];
		uint64_t first = a->first > b->first ? a->first : b->first;
		uint64_t last = a->last < b->last ? a->last : b->last;

		if (first <= last)
			both[n++] = (struct iova_range){ first, last };
		if (a->last < b->last)
			i++;
		else
			j++;
	}
	free(with);
	free(s->free);
	s->free = both;
	s->nfree = n;
	return 0;
}

/* Replace the free range at index with up to two. 0 or -ENOMEM. */
static int cut(struct iova_space *s, size_t at, uint64_t first, uint64_t last)
{
	struct iova_range old = s->free[at], rest[2];
	struct iova_range *free_ranges;
	size_t n = 0;

	if (old.first < first)
		rest[n++] = (struct iova_range){ old.first, first - 1 };
	if (last < old.last)
		rest[n++] = (struct iova_range){ last + 1, old.last };
	free_ranges = calloc(s->nfree + 2, sizeof(*free_ranges));
	if (!free_ranges)
		return -ENOMEM;
	memcpy(free_ranges, s->free, at * sizeof(old));
	memcpy(free_ranges + at, rest, n * sizeof(old));
	memcpy(free_ranges + at + n, s->free + at + 1, (s->nfree - at - 1) * sizeof(old));
	free(s->free);
	s->free = free_ranges;
	s->nfree = s->nfree - 1 + n;
	return 0;
}

int iova_space_take(struct iova_space *s, uint64_t length, uint64_t align, uint64_t last,
		    uint64_t *iova)
{
	size_t i;

	if (!length)
		return -EINVAL;
	for (i = 0; i < s->nfree; i++) {
		const struct iova_range *r = &s->free[i];
		uint64_t first = r->first ? r->first : 1;
		uint64_t end = r->last < last ? r->last : last;

		if (first > UINT64_MAX - (align - 1))
			break;
		first = (first + align - 1) & -align;
		if (first > end || end - first < length - 1)
			continue;
		*iova = first;
		return cut(s, i, first, first + length - 1);
	}
	return -ENOSPC;
}

int iova_space_give(struct iova_space *s, uint64_t iova, uint64_t length)
{
	struct iova_range *free_ranges;
	size_t i, n = 0;

	free_ranges = calloc(s->nfree + 2, sizeof(*free_ranges));
	if (!free_ranges)
		return -ENOMEM;
	memcpy(free_ranges, s->free, s->nfree * sizeof(*free_ranges));
	free_ranges[s->nfree] = (struct iova_range){ iova, iova + length - 1 };
	qsort(free_ranges, s->nfree + 1, sizeof(*free_ranges), compare);
	/* Join what touches. */
	for (i = 1; i <= s->nfree; i++) {
		if (free_ranges[n].last + 1 == free_ranges[i].first)
			free_ranges[n].last = free_ranges[i].last;
		else
			free_ranges[++n] = free_ranges[i];
	}
	free(s->free);
	s->free = free_ranges;
	s->nfree = n + 1;
	return 0;
}
