// SPDX-License-Identifier: GPL-2.0-only
/* Where suites are, and which there are. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite-private.h"

const char *suite_directory(void)
{
	const char *dir = getenv("P2P_TOOL_SUITES");

	return dir && *dir ? dir : SUITE_DIR;
}

void suite_names_free(char **names)
{
	size_t i;

	for (i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

char **suite_names(void)
{
	char *pattern, **names = NULL;
	glob_t found = { 0 };
	size_t i;

	if (asprintf(&pattern, "%s/*" SUITE_SUFFIX, suite_directory()) < 0)
		return NULL;
	/* No match and no directory both mean that there are none. */
	if (glob(pattern, 0, NULL, &found) != GLOB_NOSPACE)
		names = calloc(found.gl_pathc + 1, sizeof(*names));
	for (i = 0; names && i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		names[i] = strndup(name, strlen(name) - strlen(SUITE_SUFFIX));
		if (!names[i]) {
			suite_names_free(names);
			names = NULL;
		}
	}
	globfree(&found);
	free(pattern);
	return names;
}

/* "demo, map", or "none", as far as it fits. */
static void join_names(char *buf, size_t size)
{
	char **names = suite_names();
	size_t i, len = 0;

	snprintf(buf, size, "none");
	for (i = 0; names && names[i] && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "", names[i]);
	suite_names_free(names);
}

int suite_not_found(const char *name, const char *path, int errnum, struct error *err)
{
	char remedy[sizeof(err->remedy)], names[128];

	if (strchr(name, '/'))
		return error_set(err, EXIT_USAGE, errnum, "give the file of a suite", "%s: %s",
				 name, strerror(errnum));
	if (errnum != ENOENT)
		return error_set(err, EXIT_USAGE, errnum, "make it readable", "%s: %s", path,
				 strerror(errnum));
	join_names(names, sizeof(names));
	snprintf(remedy, sizeof(remedy),
		 "known there: %s; or give a path, such as ./%.64s" SUITE_SUFFIX, names, name);
	return error_set(err, EXIT_USAGE, ENOENT, remedy, "%s: no such suite in %s", name,
			 suite_directory());
}
