// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: what people and the kernel write in one line: buffers, addresses,
 * sizes, the lab's environment, page tables, the kernel's log. What was taken and
 * is written again must be taken again, and be the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bdf.h"
#include "core/buffer.h"
#include "core/environment.h"
#include "core/kmsg.h"
#include "core/pagetable.h"
#include "core/size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_buffer(const char *text)
{
	char first[256], second[256];
	struct bufspec spec, again;

	if (bufspec_parse(text, &spec, NULL))
		return;
	bufspec_format(&spec, first, sizeof(first));
	if (bufspec_parse(first, &again, NULL))
		abort();
	bufspec_format(&again, second, sizeof(second));
	if (strcmp(first, second))
		abort();
}

static void check_size(const char *text)
{
	uint64_t bytes, again;
	char buf[32];

	if (size_parse(text, &bytes, NULL))
		return;
	size_format(bytes, buf, sizeof(buf));
	if (size_parse(buf, &again, NULL) || again != bytes)
		abort();
}

static void check_bdf(const char *text)
{
	struct bdf bdf, again;
	char buf[BDF_STRLEN];

	if (bdf_parse(text, &bdf, NULL))
		return;
	kmsg_is_fault(text, &bdf);
	if (bdf_parse(bdf_format(&bdf, buf), &again, NULL) || bdf_compare(&bdf, &again))
		abort();
}

static void check_lines(const uint8_t *data, size_t size)
{
	FILE *in = fmemopen((void *)data, size, "r");
	struct environment env = { 0 };
	struct pagetable_entry entry;
	struct error err = { 0 };

	if (!in)
		abort();
	if (environment_add_lines(&env, in, "fuzz", &err) && !err.what[0])
		abort();
	environment_free(&env);
	rewind(in);
	pagetable_find(in, 0x7f0000001000, 1 << 21, &entry);
	fclose(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	check_buffer(text);
	check_size(text);
	check_bdf(text);
	if (size)
		check_lines(data, size);
	free(text);
	return 0;
}
