// SPDX-License-Identifier: GPL-2.0-only
/* libFuzzer: the reader of suites, and what is done with a suite before it runs. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	struct suite s;
	FILE *in;
	size_t i;

	if (!size)
		return 0;
	in = fmemopen((void *)data, size, "r");
	if (!in)
		abort();
	if (!suite_read(&s, in, "fuzz", &err)) {
		if (!suite_set_buffer(&s, "bar=host:64K", &err) && !suite_substitute(&s, &err))
			suite_check_buffers(&s, &err);
		for (i = 0; i < s.nlines; i++)
			free(suite_line_text(&s.line[i]));
		suite_free(&s);
	} else if (!err.what[0]) {
		abort();
	}
	fclose(in);
	return 0;
}
