// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/size.h"
#include "sizes.h"

static int bad_sizes(const char *arg, const char *what, struct error *err)
{
	return error_set(err, EXIT_USAGE, EINVAL, "give such as 4K..1M or 64,4K,256K",
			 "option --sizes '%s': %s", arg, what);
}

static bool has_size(const struct sizes *s, uint64_t size)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->value[i] == size)
			return true;
	return false;
}

int sizes_add_range(struct sizes *s, uint64_t first, uint64_t last)
{
	for (; first <= last; first *= 2) {
		if (has_size(s, first))
			return -EEXIST;
		if (s->count == SIZES_MAX)
			return -E2BIG;
		s->value[s->count++] = first;
		if (first > UINT64_MAX / 2)
			break;
	}
	return 0;
}

int sizes_parse(const char *arg, struct sizes *s, struct error *err)
{
	const char *text = arg;
	uint64_t first, last;
	int ret;

	s->count = 0;
	for (;; text++) {
		if (size_parse(text, &first, &text) || !first)
			return bad_sizes(arg, "not a size", err);
		last = first;
		if (!strncmp(text, "..", 2) && (size_parse(text + 2, &last, &text) || last < first))
			return bad_sizes(arg, "not a range", err);
		ret = sizes_add_range(s, first, last);
		if (ret == -EEXIST)
			return bad_sizes(arg, "a size is there twice", err);
		if (ret)
			return bad_sizes(arg, "too many sizes", err);
		if (!*text)
			return 0;
		if (*text != ',')
			return bad_sizes(arg, "not a size", err);
	}
}
