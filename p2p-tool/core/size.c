// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"

static const char units[] = "KMGTPE";

int size_parse(const char *text, uint64_t *size, const char **end)
{
	unsigned long long value;
	const char *unit;
	char *rest;
	int base = 10;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	/* strtoull() takes spaces and signs, a size has none; nor is 010 eight. */
	if (base == 16 ? !isxdigit((unsigned char)*text) : !isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &rest, base);
	if (errno)
		return -ERANGE;

	unit = *rest ? strchr(units, toupper((unsigned char)*rest)) : NULL;
	if (unit) {
		int shift = 10 * (int)(unit - units + 1);

		if (value << shift >> shift != value)
			return -ERANGE;
		value <<= shift;
		rest++;
	}
	if (end)
		*end = rest;
	else if (*rest)
		return -EINVAL;
	*size = value;
	return 0;
}

int size_format(uint64_t size, char *buf, size_t bufsize)
{
	int n = 0;

	while (size && !(size & 1023) && units[n]) {
		size >>= 10;
		n++;
	}
	if (!n)
		return snprintf(buf, bufsize, "%" PRIu64, size);
	return snprintf(buf, bufsize, "%" PRIu64 "%c", size, units[n - 1]);
}
