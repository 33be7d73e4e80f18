// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>

#include "nvme-prp.h"

size_t nvme_prp_pages(uint64_t length, uint32_t page)
{
	/* The first entry is in the command; an offset into its page can take one more. */
	size_t entries = (size_t)(length / page + 1), fit = page / sizeof(uint64_t);

	return entries <= fit ? 1 : (entries + fit - 3) / (fit - 1) + 1;
}

size_t nvme_prp_build(uint64_t iova, uint64_t length, uint32_t page, uint64_t *list,
		      uint64_t list_iova, uint64_t prp[2])
{
	uint64_t end = iova + length, next = (iova & -(uint64_t)page) + page;
	size_t fit = page / sizeof(*list), n = 0;

	prp[0] = htole64(iova);
	prp[1] = 0;
	if (next >= end)
		return 0;
	if (end - next <= page) {
		prp[1] = htole64(next);
		return 0;
	}
	prp[1] = htole64(list_iova);
	for (; next < end; next += page) {
		/* The last entry of a full page leads to the next page, unless it is the very last. */
		if (n % fit == fit - 1 && end - next > page) {
			list[n] = htole64(list_iova + (n + 1) * sizeof(*list));
			n++;
		}
		list[n++] = htole64(next);
	}
	return n;
}
