/* SPDX-License-Identifier: GPL-2.0-only */
/* Byte counts as people write them: 4096, 0x1000, 4K, 64M, 1G (powers of 1024). */
#ifndef P2P_SIZE_H
#define P2P_SIZE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Parse a size at text. Returns 0 and stores the first unused character in
 * *end (NULL: the text must end there); -EINVAL when it is not a size,
 * -ERANGE when it does not fit 64 bits.
 */
int size_parse(const char *text, uint64_t *size, const char **end);

/* Write size with the largest unit that divides it ("64M"); returns as snprintf(). */
int size_format(uint64_t size, char *buf, size_t bufsize);

#endif
