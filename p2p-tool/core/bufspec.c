// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "size.h"

/* DMABUFs and mappings are made of pages; 4 KiB is the smallest there is. */
#define PAGE 4096

#define VFIO_SYNTAX    "write vfio:BDF/BAR[+OFFSET][:LENGTH], such as vfio:0000:01:00.0/2+1M:64K"
#define HOST_SYNTAX    "write host:LENGTH, such as host:64M"
#define UDMABUF_SYNTAX "write udmabuf:LENGTH, such as udmabuf:64M"
#define HEAP_SYNTAX    "write heap:NAME:LENGTH, such as heap:system:64M; names are in /dev/dma_heap"
#define DRM_SYNTAX     "write drm:NODE:LENGTH, such as drm:card0:64M; nodes are in /dev/dri"

/* One argument on its way through the parser. */
struct parser {
	const char *text; /* all of it, for messages */
	const char *syntax;
	struct error *err;
};

__attribute__((format(printf, 2, 3))) static int wrong(const struct parser *p, const char *fmt, ...)
{
	char detail[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	return error_set(p->err, EXIT_USAGE, EINVAL, p->syntax, "buffer '%s': %s", p->text, detail);
}

/* Read a byte count called name that ends at one of the characters in stop or with the text. */
static int parse_bytes(const struct parser *p, const char *name, const char **text,
		       const char *stop, uint64_t *bytes)
{
	int len = (int)strcspn(*text, stop);
	const char *end;
	int ret;

	if (!len)
		return wrong(p, "%s is missing", name);
	ret = size_parse(*text, bytes, &end);
	if (ret == -ERANGE)
		return wrong(p, "%s '%.*s' does not fit 64 bits", name, len, *text);
	if (ret || end != *text + len)
		return wrong(p, "%s '%.*s' is not a size like 4096, 0x1000, 64K, 1M", name, len,
			     *text);
	*text = end;
	return 0;
}

/* The last part of every kind: a length above 0, in pages when the kind needs it. */
static int parse_length(const struct parser *p, const char *text, uint64_t unit, uint64_t *length)
{
	int ret = parse_bytes(p, "the length", &text, "", length);

	if (ret)
		return ret;
	if (!*length)
		return wrong(p, "the length is 0");
	if (*length % unit)
		return wrong(p, "the length %" PRIu64 " is not a multiple of the page size %d",
			     *length, PAGE);
	return 0;
}

static int parse_vfio(const struct parser *p, const char *text, struct bufspec *spec)
{
	int len = (int)strcspn(text, "/"), ret;
	const char *end;

	if (bdf_parse(text, &spec->bdf, &end) || end != text + len)
		return wrong(p, "'%.*s' is not a PCI address", len, text);
	if (!*end)
		return wrong(p, "the BAR is missing");
	text = end + 1;
	len = (int)strcspn(text, "+:");
	if (len != 1 || *text < '0' || *text > '5')
		return wrong(p, "'%.*s' is not a BAR, which is 0 to 5", len, text);
	spec->bar = (unsigned int)(*text++ - '0');
	if (*text == '+') {
		text++;
		ret = parse_bytes(p, "the offset", &text, ":", &spec->offset);
		if (ret)
			return ret;
		if (spec->offset % PAGE)
			return wrong(p,
				     "the offset %" PRIu64 " is not a multiple of the page size %d",
				     spec->offset, PAGE);
	}
	if (!*text)
		return 0;
	ret = parse_length(p, text + 1, PAGE, &spec->length);
	if (!ret && spec->offset + spec->length < spec->offset)
		return wrong(p, "the offset and the length together do not fit 64 bits");
	return ret;
}

static int parse_host(const struct parser *p, const char *text, struct bufspec *spec)
{
	return parse_length(p, text, 1, &spec->length);
}

static int parse_udmabuf(const struct parser *p, const char *text, struct bufspec *spec)
{
	return parse_length(p, text, PAGE, &spec->length);
}

/* What becomes a file name in a directory and must stay there, and a length. */
static int parse_named(const struct parser *p, const char *text, const char *what, char *name,
		       size_t size, uint64_t *length)
{
	int len = (int)strcspn(text, ":");

	if (!len)
		return wrong(p, "the %s's name is missing", what);
	if ((size_t)len >= size || *text == '.' || memchr(text, '/', (size_t)len))
		return wrong(p, "'%.*s' is not the name of a %s", len, text, what);
	memcpy(name, text, (size_t)len);
	if (!text[len])
		return wrong(p, "the length is missing");
	return parse_length(p, text + len + 1, 1, length);
}

static int parse_heap(const struct parser *p, const char *text, struct bufspec *spec)
{
	return parse_named(p, text, "heap", spec->heap, sizeof(spec->heap), &spec->length);
}

static int parse_drm(const struct parser *p, const char *text, struct bufspec *spec)
{
	static const char dir[] = "/dev/dri/";

	if (!strncmp(text, dir, strlen(dir)))
		text += strlen(dir);
	return parse_named(p, text, "node", spec->node, sizeof(spec->node), &spec->length);
}

static const struct {
	const char *name;
	enum buffer_kind kind;
	const char *syntax;
	int (*parse)(const struct parser *p, const char *text, struct bufspec *spec);
} kinds[] = {
	{ "vfio", BUFFER_VFIO, VFIO_SYNTAX, parse_vfio },
	{ "host", BUFFER_HOST, HOST_SYNTAX, parse_host },
	{ "udmabuf", BUFFER_UDMABUF, UDMABUF_SYNTAX, parse_udmabuf },
	{ "heap", BUFFER_HEAP, HEAP_SYNTAX, parse_heap },
	{ "drm", BUFFER_DRM, DRM_SYNTAX, parse_drm },
};

int bufspec_parse(const char *text, struct bufspec *spec, struct error *err)
{
	struct parser p = { text, "write vfio:..., host:..., udmabuf:..., heap:... or drm:...",
			    err };
	struct bufspec parsed = { 0 };
	size_t len = strcspn(text, ":"), i;
	int ret;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, text, len))
			continue;
		p.syntax = kinds[i].syntax;
		if (!text[len])
			return wrong(&p, "nothing follows the kind");
		parsed.kind = kinds[i].kind;
		ret = kinds[i].parse(&p, text + len + 1, &parsed);
		if (!ret)
			*spec = parsed;
		return ret;
	}
	return wrong(&p, "'%.*s' is not a kind of buffer", (int)len, text);
}

static int format_vfio(const struct bufspec *spec, char *buf, size_t size)
{
	char bdf[BDF_STRLEN], offset[32] = "", length[32] = "";

	if (spec->offset) {
		offset[0] = '+';
		size_format(spec->offset, offset + 1, sizeof(offset) - 1);
	}
	if (spec->length) {
		length[0] = ':';
		size_format(spec->length, length + 1, sizeof(length) - 1);
	}
	return snprintf(buf, size, "vfio:%s/%u%s%s", bdf_format(&spec->bdf, bdf), spec->bar, offset,
			length);
}

int bufspec_format(const struct bufspec *spec, char *buf, size_t size)
{
	char length[32];

	size_format(spec->length, length, sizeof(length));
	switch (spec->kind) {
	case BUFFER_VFIO:
		return format_vfio(spec, buf, size);
	case BUFFER_HOST:
		return snprintf(buf, size, "host:%s", length);
	case BUFFER_UDMABUF:
		return snprintf(buf, size, "udmabuf:%s", length);
	case BUFFER_HEAP:
		return snprintf(buf, size, "heap:%s:%s", spec->heap, length);
	case BUFFER_DRM:
		return snprintf(buf, size, "drm:%s:%s", spec->node, length);
	}
	return -EINVAL;
}
