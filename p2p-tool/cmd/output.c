// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/render.h"
#include "output.h"

bool output_option(struct output *o, int key, const char *arg)
{
	switch (key) {
	case OUTPUT_JSON:
		o->json = true;
		return true;
	case OUTPUT_CSV:
		o->csv = true;
		return true;
	case OUTPUT_FILE:
		o->path = arg;
		return true;
	case OUTPUT_APPEND:
		o->append = true;
		return true;
	default:
		return false;
	}
}

/* Of the records, as opposed to the table for people. */
static enum format record_format(const struct output *o)
{
	return o->csv ? FORMAT_CSV : FORMAT_JSON;
}

/* Do the records, or nothing but the table, go to standard output? */
static bool records_to_stdout(const struct output *o)
{
	return o->path ? o->file.fd == STDOUT_FILENO : o->json || o->csv;
}

/* Appending must leave a file that is still one of our records, all in one format. */
static int check_old_records(struct output *o, struct error *err)
{
	char *line = NULL;
	size_t size = 0;
	int ret = 0;
	FILE *f;

	f = o->file.target ? fopen(o->file.target, "re") : NULL;
	if (!f)
		return 0; /* it is new, or written straight through */
	o->resume = getline(&line, &size, f) > 0;
	if (o->resume && !render_can_append(record_format(o), line))
		ret = error_set(err, EXIT_USAGE, EINVAL, "choose another file",
				"%s: does not hold %s records of schema %s, so nothing is appended",
				o->path, o->csv ? "CSV" : "JSON Lines", RECORD_SCHEMA);
	free(line);
	fclose(f);
	return ret;
}

int output_open(struct output *o, struct error *err)
{
	int ret;

	if (o->json && o->csv)
		return error_set(err, EXIT_USAGE, EINVAL, "choose one", "options --json and --csv");
	if (o->append && !o->path)
		return error_set(err, EXIT_USAGE, EINVAL, "add --output FILE",
				 "option --append: there is no file to append to");
	if ((o->json || o->path) && !render_supported(record_format(o)))
		return error_set(err, EXIT_SKIP, ENOTSUP, "use --csv, or build with json-c",
				 "%s: JSON is not built in", o->json ? "--json" : "--output");
	ret = environment_read(&o->env, "", err);
	if (!ret && o->path)
		ret = outfile_open(&o->file, o->path, o->append, err);
	if (!ret && o->append)
		ret = check_old_records(o, err);
	if (ret)
		output_abort(o);
	return ret;
}

static int print(FILE *out, enum format format, bool begin, const struct environment *env,
		 const struct record_set *set, struct error *err)
{
	int ret = begin ? render_begin(out, format, env) : 0;

	if (!ret)
		ret = render_records(out, format, set);
	if (ret == -EIO)
		return 0; /* whoever closes the stream reports it, with the reason */
	if (ret)
		error_set(err, EXIT_FAILED, -ret, NULL, "records: %s", strerror(-ret));
	return ret;
}

static int write_records(struct output *o, const struct record_set *set, struct error *err)
{
	enum format format = record_format(o);
	int ret;

	if (!o->file.target)
		fflush(stdout); /* keep the order: FILE may be the same terminal or pipe */
	ret = print(o->file.stream, format, format == FORMAT_JSON || !o->resume, &o->env, set, err);
	return ret ? ret : outfile_commit(&o->file, err);
}

static int verdict(const struct record_set *set, struct error *err)
{
	const struct record *skipped = NULL;
	size_t i, measured = 0;

	for (i = 0; i < set->count; i++) {
		const struct record *r = set->record[i];

		if (r->verification == VERIFY_FAILED) {
			const char *mismatch = record_get_observed(r, "mismatch");
			const char *violation = record_get_observed(r, "violation");

			if (violation)
				return error_set(err, EXIT_FAILED, EBADMSG,
						 "do not trust this kernel", "%s on %s: %s",
						 r->measurement, r->buffer, violation);
			return error_set(err, EXIT_FAILED, EBADMSG, "do not trust this path",
					 "%s on %s: wrong data%s%s", r->measurement, r->buffer,
					 mismatch ? " at " : "", mismatch ? mismatch : "");
		}
		if (r->skipped)
			skipped = skipped ? skipped : r;
		else
			measured++;
	}
	if (skipped && !measured)
		return error_set(err, EXIT_SKIP, ENODATA, NULL, "nothing could be measured: %s",
				 skipped->skipped);
	return 0;
}

/* The table or the records on standard output, as the options say, and FILE. */
static int print_and_write(struct output *o, const struct record_set *set, struct error *err)
{
	int ret;

	ret = environment_add(&o->env, ENVIRONMENT_RECORDS, "%zu", set->count);
	if (ret)
		error_set(err, EXIT_FAILED, ENOMEM, NULL, "records: out of memory");
	/* People get their table even when the file then fails. */
	if (!ret && !records_to_stdout(o))
		ret = print(stdout, FORMAT_TABLE, true, &o->env, set, err);
	else if (!ret && !o->path)
		ret = print(stdout, record_format(o), true, &o->env, set, err);
	if (!ret && o->path)
		ret = write_records(o, set, err);
	return ret;
}

int output_commit(struct output *o, const struct record_set *set, struct error *err)
{
	int ret = print_and_write(o, set, err);

	if (!ret)
		ret = verdict(set, err);
	output_abort(o);
	return ret;
}

int output_commit_partial(struct output *o, const struct record_set *set, const char *why,
			  char **out, struct error *err)
{
	int ret = 0;

	*out = NULL;
	/* What is no regular file cannot get another name, and CSV has no environment. */
	if (o->csv && !o->file.target)
		goto out;
	if (asprintf(out, "%s%s", o->path ? o->path : "", o->file.target ? ".partial" : "") < 0)
		*out = NULL;
	if (!*out || environment_add(&o->env, ENVIRONMENT_PARTIAL, "%s", why)) {
		ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "records: out of memory");
		goto out;
	}
	if (o->file.target) {
		outfile_abort(&o->file);
		o->path = *out;
		o->resume = false;
		ret = outfile_open(&o->file, *out, false, err);
	}
	if (!ret)
		ret = print_and_write(o, set, err);
out:
	if (ret || !o->path) {
		free(*out);
		*out = NULL;
	}
	output_abort(o);
	return ret;
}

void output_abort(struct output *o)
{
	environment_free(&o->env);
	if (o->file.path)
		outfile_abort(&o->file);
}
