// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer-vfio.h"
#include "size.h"
#include "suite-private.h"

#define BLANKS	   " \t\r\n"
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_-"

static int out_of_memory(const char *path, struct error *err)
{
	return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", path);
}

static int add_word(struct suite_line *line, const char *text, size_t len)
{
	char **argv = reallocarray(line->argv, (size_t)line->argc + 2, sizeof(*argv));

	if (!argv)
		return -ENOMEM;
	line->argv = argv;
	argv[line->argc] = strndup(text, len);
	if (!argv[line->argc])
		return -ENOMEM;
	argv[++line->argc] = NULL;
	return 0;
}

static void free_line(struct suite_line *line)
{
	int i;

	for (i = 0; i < line->argc; i++)
		free(line->argv[i]);
	free(line->argv);
	*line = (struct suite_line){ 0 };
}

/* 0, -ENOMEM, or -EINVAL when a quote is not closed. */
static int split_words(const char *text, struct suite_line *line)
{
	char *word = malloc(strlen(text) + 1);
	int ret = word ? 0 : -ENOMEM;

	while (!ret && *(text += strspn(text, BLANKS))) {
		bool quoted = false;
		size_t len = 0;

		for (; *text && (quoted || !strchr(BLANKS, *text)); text++) {
			if (*text == '"')
				quoted = !quoted;
			else
				word[len++] = *text;
		}
		ret = quoted ? -EINVAL : add_word(line, word, len);
	}
	free(word);
	return ret;
}

static struct suite_buffer *find_buffer(const struct suite *s, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < s->nbuffers; i++)
		if (strlen(s->buffer[i].name) == len && !strncmp(s->buffer[i].name, name, len))
			return &s->buffer[i];
	return NULL;
}

/* Set the buffer of a name, in place of an earlier one. 0 or -ENOMEM. */
static int set_buffer(struct suite *s, const char *name, size_t len, const char *spec)
{
	struct suite_buffer *b = find_buffer(s, name, len), *buffers;
	char *copy = strdup(spec);

	if (b && copy) {
		free(b->spec);
		b->spec = copy;
		return 0;
	}
	buffers = copy ? reallocarray(s->buffer, s->nbuffers + 1, sizeof(*b)) : NULL;
	if (!buffers) {
		free(copy);
		return -ENOMEM;
	}
	s->buffer = buffers;
	b = &buffers[s->nbuffers];
	b->spec = copy;
	b->name = strndup(name, len);
	if (!b->name) {
		free(copy);
		return -ENOMEM;
	}
	s->nbuffers++;
	return 0;
}

static int parse_buffer(struct suite *s, const struct suite_line *line, struct error *err)
{
	struct error why = { 0 };
	struct bufspec spec;

	if (line->argc != 3 || !*line->argv[1] || line->argv[1][strspn(line->argv[1], NAME_CHARS)])
		return error_set(err, EXIT_USAGE, EINVAL, "write 'buffer NAME SPEC'",
				 "%s:%u: not the default of a buffer", s->path, line->number);
	if (bufspec_parse(line->argv[2], &spec, &why))
		return error_set(err, EXIT_USAGE, EINVAL, why.remedy, "%s:%u: %.160s", s->path,
				 line->number, why.what);
	if (set_buffer(s, line->argv[1], strlen(line->argv[1]), line->argv[2]))
		return out_of_memory(s->path, err);
	return 0;
}

static int parse_about(struct suite *s, const char *text, unsigned int number, struct error *err)
{
	text += strspn(text, BLANKS) + strlen("about");
	text += strspn(text, BLANKS);
	if (s->about)
		return error_set(err, EXIT_USAGE, EINVAL, "keep one of them",
				 "%s:%u: 'about' is there twice", s->path, number);
	s->about = strndup(text, strcspn(text, "\r\n"));
	return s->about ? 0 : out_of_memory(s->path, err);
}

static int parse_line(struct suite *s, const char *text, unsigned int number, bool may_include,
		      struct error *err)
{
	struct suite_line line = { .path = s->path, .number = number }, *lines;
	int ret;

	if (text[strspn(text, BLANKS)] == '#')
		return 0;
	ret = split_words(text, &line);
	if (ret == -EINVAL)
		error_set(err, EXIT_USAGE, EINVAL, "write two in each line",
			  "%s:%u: a double quote is not closed", s->path, number);
	if (ret || !line.argc)
		goto out;
	if (!strcmp(line.argv[0], "about")) {
		ret = parse_about(s, text, number, err);
	} else if (!strcmp(line.argv[0], "buffer")) {
		ret = parse_buffer(s, &line, err);
	} else if (!strcmp(line.argv[0], "gated")) {
		ret = suite_parse_gated(s, &line, err);
	} else if (!strcmp(line.argv[0], "include")) {
		ret = may_include ? suite_include(s, &line, err)
				  : error_set(err, EXIT_USAGE, EINVAL, "include what that has",
					      "%s:%u: an included suite includes another", s->path,
					      number);
	} else {
		lines = reallocarray(s->line, s->nlines + 1, sizeof(*lines));
		if (!lines) {
			ret = -ENOMEM;
			goto out;
		}
		s->line = lines;
		lines[s->nlines++] = line;
		return 0;
	}
out:
	free_line(&line);
	return ret == -ENOMEM ? out_of_memory(s->path, err) : ret;
}

static int parse_file(struct suite *s, FILE *f, bool may_include, struct error *err)
{
	unsigned int number = 0;
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = 0;

	errno = 0;
	while (!ret && (len = getline(&text, &size, f)) >= 0) {
		number++;
		if (strlen(text) != (size_t)len)
			ret = error_set(err, EXIT_USAGE, EINVAL, "give the file of a suite",
					"%s:%u: not a text file", s->path, number);
		else
			ret = parse_line(s, text, number, may_include, err);
	}
	if (!ret && ferror(f))
		ret = error_set(err, EXIT_USAGE, errno ? errno : EIO, "give the file of a suite",
				"%s: %s", s->path, strerror(errno ? errno : EIO));
	if (!ret && !s->nlines)
		ret = error_set(err, EXIT_USAGE, EINVAL, "add a line such as 'map host:4M'",
				"%s: has no line to run", s->path);
	free(text);
	return ret ? ret : suite_check_gates(s, err);
}

static int read_stream(struct suite *s, FILE *f, const char *path, bool may_include,
		       struct error *err)
{
	int ret;

	*s = (struct suite){ .path = strdup(path) };
	if (!s->path)
		return out_of_memory(path, err);
	ret = parse_file(s, f, may_include, err);
	if (ret)
		suite_free(s);
	return ret;
}

int suite_read(struct suite *s, FILE *f, const char *path, struct error *err)
{
	return read_stream(s, f, path, false, err);
}

int suite_open(struct suite *s, const char *path, bool may_include, struct error *err)
{
	FILE *f = fopen(path, "re");
	int ret;

	*s = (struct suite){ 0 };
	if (!f)
		return -errno;
	ret = read_stream(s, f, path, may_include, err);
	fclose(f);
	return ret;
}

int suite_load(const char *name, struct suite *s, struct error *err)
{
	char *path;
	int ret;

	*s = (struct suite){ 0 };
	if (strchr(name, '/'))
		path = strdup(name);
	else if (asprintf(&path, "%s/%s" SUITE_SUFFIX, suite_directory(), name) < 0)
		path = NULL;
	if (!path)
		return out_of_memory(name, err);
	ret = suite_open(s, path, true, err);
	if (ret) /* keeps what has been said */
		suite_not_found(name, path, -ret, err);
	free(path);
	return ret;
}

void suite_free(struct suite *s)
{
	size_t i;

	for (i = 0; i < s->nbuffers; i++) {
		free(s->buffer[i].name);
		free(s->buffer[i].spec);
	}
	for (i = 0; i < s->nlines; i++)
		free_line(&s->line[i]);
	for (i = 0; i < s->ngates; i++)
		free(s->gate[i].figure);
	free(s->gate);
	for (i = 0; i < s->nincluded; i++)
		free(s->included[i]);
	free(s->included);
	free(s->buffer);
	free(s->line);
	free(s->about);
	free(s->path);
	*s = (struct suite){ 0 };
}

/* Length of NAME in a word "@NAME" or "@NAME:LENGTH". */
static size_t name_length(const char *word)
{
	return strcspn(word + 1, ":");
}

/* Is @name, len characters long, in a line? */
static bool uses_buffer(const struct suite *s, const char *name, size_t len)
{
	size_t i;
	int j;

	for (i = 0; i < s->nlines; i++)
		for (j = 0; j < s->line[i].argc; j++) {
			const char *word = s->line[i].argv[j];

			if (*word == '@' && name_length(word) == len &&
			    !strncmp(word + 1, name, len))
				return true;
		}
	return false;
}

int suite_set_buffer(struct suite *s, const char *assignment, struct error *err)
{
	const char *equals = strchr(assignment, '=');
	size_t len = equals ? (size_t)(equals - assignment) : 0;
	struct bufspec spec;
	int ret;

	if (!len)
		return error_set(err, EXIT_USAGE, EINVAL,
				 "write NAME=SPEC, such as bar=vfio:0000:01:00.0/2",
				 "--buffer '%s': not a name and a buffer", assignment);
	ret = bufspec_parse(equals + 1, &spec, err);
	if (ret)
		return ret;
	if (!uses_buffer(s, assignment, len))
		return error_set(err, EXIT_USAGE, EINVAL, "the suite's own names start with '@'",
				 "--buffer '%s': %s has no @%.*s", assignment, s->path, (int)len,
				 assignment);
	return set_buffer(s, assignment, len, equals + 1) ? out_of_memory(s->path, err) : 0;
}

/* The buffer text, no longer than the word's LENGTH says. 0, -ENOMEM or that of size_parse(). */
static int buffer_text(const char *text, const char *word, char **out)
{
	size_t len = name_length(word);
	struct bufspec spec, known;
	char buf[160];
	uint64_t limit;
	int ret;

	if (!word[1 + len]) {
		*out = strdup(text);
		return *out ? 0 : -ENOMEM;
	}
	ret = size_parse(word + 1 + len + 1, &limit, NULL);
	if (!ret && !limit)
		ret = -EINVAL;
	if (!ret)
		ret = bufspec_parse(text, &spec, NULL);
	if (ret)
		return ret;
	if (spec.length > limit)
		spec.length = limit;
	/* The rest of a BAR may be shorter; what is wrong with it is said when it is checked. */
	known = spec;
	if (!spec.length && !buffer_vfio_check(&known, limit, "/", NULL))
		spec = known;
	if (!spec.length)
		spec.length = limit;
	bufspec_format(&spec, buf, sizeof(buf));
	*out = strdup(buf);
	return *out ? 0 : -ENOMEM;
}

static int substitute(const struct suite *s, const struct suite_line *line, char **word,
		      struct error *err)
{
	const struct suite_buffer *b;
	char *text;
	int ret;

	if (**word != '@')
		return 0;
	b = find_buffer(s, *word + 1, name_length(*word));
	if (!b)
		return 0;
	ret = buffer_text(b->spec, *word, &text);
	if (ret == -ENOMEM)
		return out_of_memory(s->path, err);
	if (ret)
		return error_set(err, EXIT_USAGE, -ret, "write @NAME:LENGTH, such as @bar:16M",
				 "%s:%u: %s has a wrong length", line->path, line->number, *word);
	free(*word);
	*word = text;
	return 0;
}

int suite_substitute(struct suite *s, struct error *err)
{
	int ret = 0, j;
	size_t i;

	for (i = 0; i < s->nlines; i++)
		for (j = 0; j < s->line[i].argc && !ret; j++)
			ret = substitute(s, &s->line[i], &s->line[i].argv[j], err);
	return ret;
}

int suite_check_buffers(const struct suite *s, struct error *err)
{
	char remedy[sizeof(err->remedy)];
	size_t i;
	int j;

	for (i = 0; i < s->nlines; i++)
		for (j = 0; j < s->line[i].argc; j++) {
			const char *word = s->line[i].argv[j];

			if (*word != '@')
				continue;
			snprintf(remedy, sizeof(remedy),
				 "add --buffer %.*s=SPEC, such as vfio:0000:01:00.0/2; "
				 "'p2p-tool list' shows what there is",
				 (int)name_length(word), word + 1);
			return error_set(err, EXIT_USAGE, EINVAL, remedy, "%s:%u: %s has no buffer",
					 s->line[i].path, s->line[i].number, word);
		}
	return 0;
}

int suite_add_word(struct suite *s, const char *word)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < s->nlines && !ret; i++)
		ret = add_word(&s->line[i], word, strlen(word));
	return ret;
}

char *suite_line_text(const struct suite_line *line)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int i;

	if (!f)
		return NULL;
	for (i = 0; i < line->argc; i++) {
		const char *word = line->argv[i];
		const char *quote = !*word || word[strcspn(word, BLANKS)] ? "\"" : "";

		fprintf(f, "%s%s%s%s", i ? " " : "", quote, word, quote);
	}
	fclose(f);
	return text;
}
