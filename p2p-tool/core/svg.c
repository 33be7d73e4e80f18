// SPDX-License-Identifier: GPL-2.0-only
/* Shapes. */
#include <string.h>

#include "html.h"
#include "svg.h"

void svg_begin(FILE *out, unsigned int id, double width, double height, const char *title,
	       const char *desc)
{
	fprintf(out,
		"<svg role=\"img\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
		"aria-labelledby=\"t%u d%u\">\n<title id=\"t%u\">",
		width, height, width, height, id, id, id);
	html_text(out, title);
	fprintf(out, "</title>\n<desc id=\"d%u\">", id);
	html_text(out, desc);
	fputs("</desc>\n", out);
}

void svg_end(FILE *out)
{
	fputs("</svg>\n", out);
}

void svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
		class, x1, y1, x2, y2);
}

void svg_rect(FILE *out, const char *class, double x, double y, double width, double height)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		class, x, y, width, height);
}

void svg_text(FILE *out, const char *class, const char *anchor, double x, double y,
	      const char *text)
{
	fprintf(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, anchor,
		x, y);
	html_text(out, text);
	fputs("</text>\n", out);
}

void svg_name(FILE *out, double x, double y, const char *name)
{
	/* Names are long, and not of the widest letters only. */
	size_t most = (size_t)((SVG_WIDTH - x) / 6), length = strlen(name);

	if (!length)
		return;
	fprintf(out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">", x, y);
	if (length <= most) {
		html_text(out, name);
	} else {
		html_printf(out, "%.*s...", (int)most - 3, name);
		html_element(out, "title", name);
	}
	fputs("</text>\n", out);
}

/* Shapes of markers around 0,0. */
static const char *const markers[SVG_SERIES] = {
	"M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z",	     /* circle */
	"M-3.2-3.2h6.4v6.4h-6.4z",				     /* square */
	"M0-4.4L4.2 3.2H-4.2z",					     /* triangle */
	"M0-4.6L4.6 0L0 4.6L-4.6 0z",				     /* diamond */
	"M0 4.4L4.2-3.2H-4.2z",					     /* triangle, tip down */
	"M-4-1.2h2.8v-2.8h2.4v2.8h2.8v2.4h-2.8v2.8h-2.4v-2.8h-2.8z", /* plus */
	"M-4.2 0L3.2-4.2V4.2z",					     /* triangle, tip left */
	"M-4.4-2h8.8v4h-8.8z",					     /* bar */
};

void svg_marker(FILE *out, unsigned int series, double x, double y, const char *tip)
{
	fprintf(out, "<path class=\"m s%u\" transform=\"translate(%.1f %.1f)\" d=\"%s\"",
		series % SVG_SERIES, x, y, markers[series % SVG_SERIES]);
	if (!tip) {
		fputs("/>\n", out);
		return;
	}
	fputs(">", out);
	html_element(out, "title", tip);
	fputs("</path>\n", out);
}

double svg_text_width(const char *text)
{
	double width = 0;

	/* The wide ones of common fonts have 0.62 of the size, 11 units; bytes of UTF-8 only add room. */
	for (; *text; text++)
		width += 6.6;
	return width;
}
