// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lba.h"

/* A number at *text that ends with the character end, which is passed over. */
static bool take_number(const char **text, char end, uint64_t max, uint64_t *value)
{
	uint64_t number;
	char *after;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	number = strtoull(*text, &after, 0);
	if (errno || *after != end || number > max)
		return false;
	*value = number;
	*text = after + (end != '\0');
	return true;
}

int lba_parse(const char *text, struct lba_range *range, struct error *err)
{
	const char *p = text;
	uint64_t nsid = 1;

	*range = (struct lba_range){ 0 };
	take_number(&p, ':', UINT32_MAX - 1, &nsid);
	if (nsid && take_number(&p, '+', UINT64_MAX, &range->first) &&
	    take_number(&p, '\0', UINT64_MAX, &range->count) && range->count &&
	    range->count - 1 <= UINT64_MAX - range->first) {
		range->nsid = (uint32_t)nsid;
		return 0;
	}
	*range = (struct lba_range){ 0 };
	return error_set(err, EXIT_USAGE, EINVAL,
			 "give [NSID:]FIRST+COUNT in blocks, such as 2048+8192",
			 "option --lba '%s': not a range of blocks", text);
}
