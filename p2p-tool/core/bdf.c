// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bdf.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Read 1 to max hex digits at *text and step over them. */
static bool hex_field(const char **text, int max, uint32_t *value)
{
	const char *p = *text;
	int n;

	*value = 0;
	for (n = 0; hex_digit(*p) >= 0; n++, p++) {
		if (n == max)
			return false;
		*value = *value << 4 | (uint32_t)hex_digit(*p);
	}
	*text = p;
	return n > 0;
}

static bool step_over(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

int bdf_parse(const char *text, struct bdf *bdf, const char **end)
{
	uint32_t domain = 0, bus, device, function;

	/* Whether the first field is a domain shows only after the second. */
	if (!hex_field(&text, 8, &bus) || !step_over(&text, ':') || !hex_field(&text, 2, &device))
		return -EINVAL;
	if (step_over(&text, ':')) {
		domain = bus;
		bus = device;
		if (!hex_field(&text, 2, &device))
			return -EINVAL;
	}
	if (!step_over(&text, '.') || !hex_field(&text, 1, &function))
		return -EINVAL;
	if (bus > 0xff || device > 0x1f || function > 7 || (!end && *text))
		return -EINVAL;

	*bdf = (struct bdf){ domain, bus, device, function };
	if (end)
		*end = text;
	return 0;
}

char *bdf_format(const struct bdf *bdf, char *buf)
{
	snprintf(buf, BDF_STRLEN, "%04x:%02x:%02x.%x", bdf->domain, bdf->bus, bdf->device,
		 bdf->function);
	return buf;
}

int bdf_compare(const struct bdf *a, const struct bdf *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus - b->bus;
	if (a->device != b->device)
		return a->device - b->device;
	return a->function - b->function;
}
