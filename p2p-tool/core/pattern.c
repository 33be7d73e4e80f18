// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "pattern.h"

/* The next number of the splitmix64 generator. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void pattern_fill(void *memory, size_t size, uint64_t seed)
{
	uint64_t state = seed, value;
	size_t i, n;

	for (i = 0; i < size; i += n) {
		n = size - i < sizeof(value) ? size - i : sizeof(value);
		value = next_random(&state);
		memcpy((char *)memory + i, &value, n);
	}
}

bool pattern_compare(const void *expected, const void *found, size_t size, const char *where,
		     char *text, size_t text_size)
{
	const unsigned char *a = expected, *b = found;
	size_t i;

	if (!memcmp(a, b, size))
		return true;
	for (i = 0; a[i] == b[i]; i++)
		;
	snprintf(text, text_size, "%soffset 0x%zx: expected 0x%02x, found 0x%02x", where, i, a[i],
		 b[i]);
	return false;
}
