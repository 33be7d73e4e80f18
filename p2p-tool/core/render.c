// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render-private.h"

const char *number_text(double value, char buf[NUMBER_STRLEN])
{
	int precision;

	if (!isfinite(value))
		return NULL;
	if (value == floor(value) && fabs(value) < 1e20) {
		snprintf(buf, NUMBER_STRLEN, "%.0f", value);
		return buf;
	}
	for (precision = 15; precision <= 17; precision++) {
		snprintf(buf, NUMBER_STRLEN, "%.*g", precision, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	return buf;
}

/* Three significant digits, the integral part always whole. */
static void scaled_text(double value, const char *const *units, size_t nunits, char *buf)
{
	int decimals;
	size_t i = 0;

	/* What would be rounded to 1000 is 1 of the next unit. */
	while (i + 1 < nunits && fabs(value) >= 999.5) {
		value /= 1000;
		i++;
	}
	decimals = fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
	if (i == 0 && value == floor(value))
		decimals = 0;
	snprintf(buf, NUMBER_STRLEN, "%.*f %s", decimals, value, units[i]);
}

static void grouped_text(double value, char *buf)
{
	char digits[NUMBER_STRLEN];
	size_t len, i, n = 0;

	/* A median lies halfway between two integers; a mean needs no more. */
	snprintf(digits, sizeof(digits), value == floor(value) ? "%.0f" : "%.1f", value);
	len = strcspn(digits, ".");
	for (i = 0; digits[i] && n < NUMBER_STRLEN - 2; i++) {
		if (i && i < len && (len - i) % 3 == 0)
			buf[n++] = ',';
		buf[n++] = digits[i];
	}
	buf[n] = '\0';
}

const char *number_human(double value, enum unit unit, char buf[NUMBER_STRLEN])
{
	static const char *const times[] = { "ns", "us", "ms", "s" };
	static const char *const rates[] = { "B/s", "kB/s", "MB/s", "GB/s", "TB/s" };

	if (!isfinite(value))
		return strcpy(buf, "?");
	switch (unit) {
	case UNIT_NS:
		scaled_text(value, times, sizeof(times) / sizeof(times[0]), buf);
		break;
	case UNIT_BYTES_PER_S:
		scaled_text(value, rates, sizeof(rates) / sizeof(rates[0]), buf);
		break;
	case UNIT_INSN:
		grouped_text(value, buf);
		break;
	}
	return buf;
}

bool render_supported(enum format format)
{
#ifdef HAVE_JSON
	return true;
#else
	return format != FORMAT_JSON;
#endif
}

bool render_can_append(enum format format, const char *first_line)
{
	static const char json_start[] = "{\"schema\":\"" RECORD_SCHEMA "\",";

	switch (format) {
	case FORMAT_JSON:
		return !strncmp(first_line, json_start, strlen(json_start));
	case FORMAT_CSV:
		return !strcmp(first_line, render_csv_header);
	case FORMAT_TABLE:
		break;
	}
	return false;
}

int render_begin(FILE *out, enum format format, const struct environment *env)
{
	int ret = 0;

	switch (format) {
	case FORMAT_JSON:
		ret = render_json_environment(out, env);
		break;
	case FORMAT_CSV:
		fputs(render_csv_header, out);
		break;
	case FORMAT_TABLE:
		render_table_environment(out, env);
		break;
	}
	return ret ? ret : ferror(out) ? -EIO : 0;
}

int render_records(FILE *out, enum format format, const struct record_set *set)
{
	int ret = 0;
	size_t i;

	if (format == FORMAT_TABLE) {
		ret = render_table_records(out, set);
		render_table_skipped(out, set);
		render_table_notes(out, set);
		return ret ? ret : ferror(out) ? -EIO : 0;
	}
	for (i = 0; i < set->count && !ret; i++) {
		if (format == FORMAT_JSON)
			ret = render_json_record(out, set->record[i]);
		else
			render_csv_record(out, set->record[i]);
	}
	return ret ? ret : ferror(out) ? -EIO : 0;
}
