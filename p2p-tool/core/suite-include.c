// SPDX-License-Identifier: GPL-2.0-only
/* A suite made of others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "suite-private.h"

/* NAME.suite in the directory of path; to be freed. */
static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	char *out;

	if (asprintf(&out, "%.*s%s" SUITE_SUFFIX, slash ? (int)(slash - path) + 1 : 0, path, name) <
	    0)
		return NULL;
	return out;
}

/* Make room for more elements of an array. 0 or -ENOMEM. */
static int grow(void *array, size_t count, size_t more, size_t size)
{
	void *grown, *old;

	memcpy(&old, array, sizeof(old));
	grown = reallocarray(old, count + more + 1, size);
	if (!grown)
		return -ENOMEM;
	memcpy(array, &grown, sizeof(grown));
	return 0;
}

/* Move all of other to s. On failure (-ENOMEM) both are still whole. */
static int take_over(struct suite *s, struct suite *other)
{
	size_t i;

	if (grow(&s->line, s->nlines, other->nlines, sizeof(*s->line)) ||
	    grow(&s->gate, s->ngates, other->ngates, sizeof(*s->gate)) ||
	    grow(&s->buffer, s->nbuffers, other->nbuffers, sizeof(*s->buffer)) ||
	    grow(&s->included, s->nincluded, 1, sizeof(*s->included)))
		return -ENOMEM;
	for (i = 0; i < other->nlines; i++)
		s->line[s->nlines++] = other->line[i];
	for (i = 0; i < other->ngates; i++)
		s->gate[s->ngates++] = other->gate[i];
	/* Of several defaults the first one counts. */
	for (i = 0; i < other->nbuffers; i++)
		s->buffer[s->nbuffers++] = other->buffer[i];
	s->included[s->nincluded++] = other->path;
	other->path = NULL;
	other->nlines = other->ngates = other->nbuffers = 0;
	return 0;
}

int suite_include(struct suite *s, const struct suite_line *line, struct error *err)
{
	struct suite other;
	char *path;
	int ret;

	if (line->argc != 2 || !*line->argv[1] || strchr(line->argv[1], '/'))
		return error_set(err, EXIT_USAGE, EINVAL,
				 "write 'include NAME' for NAME.suite beside this one",
				 "%s:%u: no name of a suite", s->path, line->number);
	path = beside(s->path, line->argv[1]);
	if (!path)
		return -ENOMEM;
	ret = suite_open(&other, path, false, err);
	if (ret == -ENOENT)
		ret = error_set(err, EXIT_USAGE, ENOENT, "include one that is there",
				"%s:%u: %s is not there", s->path, line->number, path);
	free(path);
	if (ret)
		return ret;
	ret = take_over(s, &other);
	suite_free(&other);
	return ret;
}
