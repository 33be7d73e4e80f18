// SPDX-License-Identifier: GPL-2.0-only
/* The figures of a suite that a comparison fails on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "suite-private.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_-"

static bool is_none(const char *figure)
{
	return !strcmp(figure, "none");
}

/* COMMAND.NAME or COMMAND.*, or none. */
static bool is_figure(const char *text)
{
	size_t command = strspn(text, NAME_CHARS);
	const char *name = text + command + 1;

	if (is_none(text))
		return true;
	return command && text[command] == '.' && *name &&
	       (!strcmp(name, "*") || !name[strspn(name, NAME_CHARS)]);
}

static int add_gate(struct suite *s, const char *figure, const struct suite_line *line)
{
	struct suite_gate *gates = reallocarray(s->gate, s->ngates + 1, sizeof(*gates));

	if (!gates)
		return -ENOMEM;
	s->gate = gates;
	gates[s->ngates] = (struct suite_gate){ line->path, line->number, strdup(figure) };
	return gates[s->ngates++].figure ? 0 : -ENOMEM;
}

int suite_parse_gated(struct suite *s, const struct suite_line *line, struct error *err)
{
	int i;

	if (line->argc == 1)
		return error_set(err, EXIT_USAGE, EINVAL, "write 'gated FIGURE...' or 'gated none'",
				 "%s:%u: no figure is named", line->path, line->number);
	for (i = 1; i < line->argc; i++) {
		const char *figure = line->argv[i];

		if (!is_figure(figure))
			return error_set(err, EXIT_USAGE, EINVAL,
					 "write a measurement such as map.mmap, or map.*, or none",
					 "%s:%u: '%.40s' is no figure", line->path, line->number,
					 figure);
		if (s->ngates && (is_none(figure) || is_none(s->gate[0].figure)))
			return error_set(err, EXIT_USAGE, EINVAL, "name figures, or none",
					 "%s:%u: 'none' beside others", line->path, line->number);
		if (add_gate(s, figure, line))
			return -ENOMEM;
	}
	return 0;
}

/* Length of the command's name in a figure. */
static size_t command_length(const char *figure)
{
	return strcspn(figure, ".");
}

int suite_check_gates(const struct suite *s, struct error *err)
{
	size_t i, j;

	for (i = 0; i < s->ngates; i++) {
		const struct suite_gate *g = &s->gate[i];
		size_t len = command_length(g->figure);

		for (j = 0; j < s->nlines; j++)
			if (!strncmp(s->line[j].argv[0], g->figure, len) &&
			    !s->line[j].argv[0][len])
				break;
		if (j == s->nlines && !is_none(g->figure))
			return error_set(err, EXIT_USAGE, EINVAL, "gate what the suite measures",
					 "%s:%u: gated %.40s, but no line with %.*s", g->path,
					 g->number, g->figure, (int)len, g->figure);
	}
	return 0;
}

bool suite_gates(const struct suite *s, const struct suite_line *line, const char *measurement)
{
	bool any = false;
	size_t i;

	for (i = 0; i < s->ngates; i++) {
		const char *figure = s->gate[i].figure;
		size_t len = command_length(figure);

		if (strcmp(s->gate[i].path, line->path))
			continue;
		if (!strcmp(figure, measurement) ||
		    (!strcmp(figure + len, ".*") && !strncmp(figure, measurement, len + 1)))
			return true;
		any = true;
	}
	return !any;
}
