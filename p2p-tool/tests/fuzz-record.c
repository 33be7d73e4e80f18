// SPDX-License-Identifier: GPL-2.0-only
/* libFuzzer: the reader of result files. What it takes can be compared and written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/record-read.h"
#include "core/render-compare.h"
#include "core/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const struct record_file *f, FILE *out)
{
	const struct compare_params params = { .alpha = 0.05, .slower = 0.8, .floor = 0.02 };
	struct compare_run run = { f->path, &f->group[0] };
	struct compare_run last = { f->path, &f->group[f->ngroups - 1] };
	const struct compare_side a = { &run, 1 }, b = { &last, 1 };
	struct compare_differences differences;
	struct comparison c;

	if (compare_environments(&a, &b, SUBJECT_KERNEL, &differences) ||
	    compare_sides(&a, &b, &params, &c))
		abort();
	if (render_comparison(out, FORMAT_JSON,
			      &(struct compare_view){ &a, &b, SUBJECT_KERNEL, &differences, &c }))
		abort();
	comparison_free(&c);
	compare_differences_free(&differences);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	struct record_file f;
	FILE *in, *out;
	size_t i;

	if (!size)
		return 0;
	in = fmemopen((void *)data, size, "r");
	out = fopen("/dev/null", "w");
	if (!in || !out)
		abort();
	if (!record_file_read_stream(&f, in, "fuzz", true, &err)) {
		for (i = 0; i < f.ngroups; i++)
			if (render_begin(out, FORMAT_JSON, &f.group[i].env) ||
			    render_records(out, FORMAT_JSON, &f.group[i].records) ||
			    render_records(out, FORMAT_TABLE, &f.group[i].records))
				abort();
		compare(&f, out);
		record_file_free(&f);
	} else if (!err.what[0]) {
		abort(); /* a failure without a message */
	}
	fclose(in);
	fclose(out);
	return 0;
}
