/* SPDX-License-Identifier: GPL-2.0-only */
/* Data that is unlikely to be there by chance. */
#ifndef P2P_PATTERN_H
#define P2P_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fill size bytes; another seed makes other data. */
void pattern_fill(void *memory, size_t size, uint64_t seed);

/*
 * Are size bytes the same? If not, text says which one is the first that is not
 * as expected, after where.
 */
bool pattern_compare(const void *expected, const void *found, size_t size, const char *where,
		     char *text, size_t text_size);

#endif
