// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "render-private.h"

const char render_csv_header[] =
	"schema,measurement,buffer,initiator,params,medium,unit,count,min,median,p99,p99.9,max,"
	"mean,stdev,page_order,memattr,verification,baseline_median,baseline_ratio,observed,"
	"skipped\n";

static void csv_number(FILE *out, double value)
{
	char buf[NUMBER_STRLEN];
	const char *text = number_text(value, buf);

	csv_field(out, text ? text : "", false);
}

/* "key=value;key=value" */
static void csv_list(FILE *out, const struct param *list, size_t count)
{
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	if (f) {
		for (i = 0; i < count; i++)
			fprintf(f, "%s%s=%s", i ? ";" : "", list[i].key, list[i].value);
		fclose(f);
	}
	csv_field(out, text ? text : "", false);
	free(text);
}

static void csv_summary(FILE *out, const struct summary *s)
{
	const double values[] = { s->min, s->median, s->p99, s->p999, s->max, s->mean, s->stdev };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (s->count)
			csv_number(out, values[i]);
		else
			csv_field(out, "", false);
}

void render_csv_record(FILE *out, const struct record *r)
{
	csv_field(out, RECORD_SCHEMA, true);
	csv_field(out, r->measurement, false);
	csv_field(out, r->buffer, false);
	csv_field(out, r->initiator, false);
	csv_list(out, r->params, r->nparams);
	csv_field(out, medium_name(r->medium), false);
	csv_field(out, unit_name(r->unit), false);
	csv_number(out, (double)r->summary.count);
	csv_summary(out, &r->summary);
	if (r->page_order >= 0)
		csv_number(out, r->page_order);
	else
		csv_field(out, "", false);
	csv_field(out, r->memattr, false);
	csv_field(out, verification_name(r->verification), false);
	if (r->has_baseline) {
		csv_number(out, r->baseline_median);
		csv_number(out, r->baseline_ratio);
	} else {
		csv_field(out, "", false);
		csv_field(out, "", false);
	}
	csv_list(out, r->observed, r->nobserved);
	csv_field(out, r->skipped ? r->skipped : "", false);
	fputc('\n', out);
}
