// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "html.h"

/* Bytes of the UTF-8 sequence at s, 0 when it is none: RFC 3629, section 4. */
static size_t sequence_length(const unsigned char *s)
{
	uint32_t code;
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	code = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((n == 3 && code < 0x800) || (n == 4 && code < 0x10000) || code > 0x10ffff ||
	    (code >= 0xd800 && code < 0xe000))
		return 0;
	return n;
}

/* C0, DEL and C1, which HTML does not allow or takes for something else. */
static bool is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

void html_text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t n = sequence_length(s);

		if (!n || (is_control(s) && *s != '\n'))
			fputs("\xef\xbf\xbd", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else if (*s == '\'')
			fputs("&#39;", out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
}

void html_printf(FILE *out, const char *fmt, ...)
{
	char text[HTML_PRINTF_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	html_text(out, text);
	if (n >= HTML_PRINTF_MAX)
		fputs("...", out);
}

void html_element(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<%s>", name);
	html_text(out, text);
	fprintf(out, "</%.*s>", (int)strcspn(name, " "), name);
}

/* A column's heading begins with '>' when numbers follow. */
static bool is_number(const char *column)
{
	return column[0] == '>';
}

void html_table_begin(FILE *out, const char *caption, const char *const *columns)
{
	fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", out);
	html_text(out, caption);
	fputs("\"><table>\n", out);
	html_element(out, "caption", caption);
	fputs("\n<thead><tr>", out);
	for (; *columns; columns++) {
		fputs(is_number(*columns) ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">",
		      out);
		html_text(out, *columns + is_number(*columns));
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
}

void html_table_end(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

void html_row_begin(struct html_row *row, FILE *out, const char *const *columns)
{
	*row = (struct html_row){ out, columns, 0 };
	fputs("<tr>", out);
}

void html_cell(struct html_row *row, const char *text)
{
	const char *column = row->columns[row->column];
	bool number = column && is_number(column);
	const char *name = row->column
				   ? (number ? "td class=\"n\"" : "td")
				   : (number ? "th scope=\"row\" class=\"n\"" : "th scope=\"row\"");

	html_element(row->out, name, text ? text : "");
	row->column += column != NULL;
}

void html_cellf(struct html_row *row, const char *fmt, ...)
{
	char text[HTML_PRINTF_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	html_cell(row, text);
}

void html_row_end(struct html_row *row)
{
	fputs("</tr>\n", row->out);
}
