/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI function addresses, written DDDD:BB:DD.F as in sysfs. */
#ifndef P2P_BDF_H
#define P2P_BDF_H

#include <stdint.h>

struct bdf {
	uint32_t domain; /* VMD domains exceed 16 bits */
	uint8_t bus;
	uint8_t device;	  /* 0 to 31 */
	uint8_t function; /* 0 to 7 */
};

#define BDF_STRLEN 24 /* room for the text and its NUL */

/*
 * Parse "[DDDD:]BB:DD.F" at text, domain 0 when not given. Returns 0 and
 * stores the first character after the address in *end (NULL: the text must
 * end there), or -EINVAL.
 */
int bdf_parse(const char *text, struct bdf *bdf, const char **end);

/* Write the canonical text, at least BDF_STRLEN bytes; returns buf. */
char *bdf_format(const struct bdf *bdf, char *buf);

/* Order by domain, bus, device, function: <0, 0, >0. */
int bdf_compare(const struct bdf *a, const struct bdf *b);

#endif
