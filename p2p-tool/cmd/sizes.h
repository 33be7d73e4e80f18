/* SPDX-License-Identifier: GPL-2.0-only */
/* The argument of --sizes. */
#ifndef P2P_SIZES_H
#define P2P_SIZES_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

#define SIZES_MAX 64

struct sizes {
	uint64_t value[SIZES_MAX]; /* bytes, in the order given, each once */
	size_t count;
};

/*
 * Parse a list of sizes and of ranges such as "64,4K..1M", the latter doubling.
 * 0, or -EINVAL with err filled in (EXIT_USAGE).
 */
int sizes_parse(const char *arg, struct sizes *s, struct error *err);
/* From first to at most last, doubling. 0, -E2BIG, or -EEXIST when one is there already. */
int sizes_add_range(struct sizes *s, uint64_t first, uint64_t last);

#endif
