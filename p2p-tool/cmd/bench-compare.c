// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool bench compare: did it get slower? */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench-private.h"
#include "cmd.h"
#include "core/render-compare.h"
#include "core/render.h"
#include "options.h"

enum {
	COMPARE_SUBJECT = OPT_LONG_ONLY,
	COMPARE_FORCE,
	COMPARE_PARTIAL,
	COMPARE_FLOOR,
	COMPARE_GATE,
	COMPARE_CHANGED,
	COMPARE_JSON,
	COMPARE_CSV,
};

static const struct opt options[] = {
	OPT_HELP,
	{ COMPARE_SUBJECT, "subject", "WHAT",
	  "what A and B may differ in: kernel, tool, config or none (default)" },
	{ COMPARE_FORCE, "force", NULL, "compare whatever differs" },
	{ COMPARE_PARTIAL, "partial", NULL, "use runs that were interrupted as well" },
	{ COMPARE_FLOOR, "floor", "PERCENT",
	  "call no smaller change of a time or rate one (default 2)" },
	{ COMPARE_GATE, "gate", "PERCENT",
	  "call no smaller increase of instructions a regression (default 1)" },
	{ COMPARE_CHANGED, "changed", NULL, "show only cells with a change" },
	{ COMPARE_JSON, "json", NULL, "print JSON" },
	{ COMPARE_CSV, "csv", NULL, "print the cells as CSV" },
	{ 0 },
};

static const char usage[] = "bench compare [OPTION]... A B\n"
			    "bench compare [OPTION]... A... vs B...";
static const char about[] =
	"Compare the runs in the record files A with those in B, cell by cell: medians with "
	"intervals, the change and its interval, and whether it is one. A run is one value of a "
	"cell; a file may hold several (--append). Measure A and B in turn, ten times each.";
static const char notes[] =
	"Exit status: 0, 1 when anything is slower in B, was not measured there or had wrong data, "
	"2 for wrong usage or files, 3 when the environments differ in more than the subject, 77 "
	"when JSON was not built in.\n"
	"\n"
	"Times and rates: Mann-Whitney U test, family-wise error of 5 % over all cells (Holm). "
	"Instructions: every change is shown; a regression is more than the gate and more than 20.";

/* The files of a side, and their runs. */
struct side_files {
	const char *name;
	struct record_file *file;
	size_t nfiles;
	struct compare_side side;
};

struct compare_options {
	enum compare_subject subject;
	bool force, partial, changed, json, csv, help;
	struct compare_params params;
	char **a, **b; /* paths, within argv */
	int na, nb;
};

static int parse_subject(const char *arg, enum compare_subject *out, struct error *err)
{
	unsigned int i;

	for (i = SUBJECT_NONE; i <= SUBJECT_CONFIG; i++)
		if (!strcmp(arg, compare_subject_name((enum compare_subject)i))) {
			*out = (enum compare_subject)i;
			return 0;
		}
	return error_set(err, EXIT_USAGE, EINVAL, "give kernel, tool, config or none",
			 "option --subject '%s': not a subject", arg);
}

static int parse_percent(const char *name, const char *arg, double *out, struct error *err)
{
	char *end;
	double value = strtod(arg, &end);

	if (end == arg || *end || !isfinite(value) || value < 0 || value > 1000)
		return error_set(err, EXIT_USAGE, EINVAL, "give a number from 0 to 1000",
				 "option --%s '%s': not a percentage", name, arg);
	*out = value / 100;
	return 0;
}

/* "A B", or "A... vs B...". */
static int parse_operands(int argc, char **argv, struct compare_options *o, struct error *err)
{
	int vs;

	for (vs = 0; vs < argc && strcmp(argv[vs], "vs"); vs++)
		;
	o->a = argv;
	if (vs < argc) {
		o->na = vs;
		o->b = argv + vs + 1;
		o->nb = argc - vs - 1;
	} else if (argc == 2) {
		o->na = o->nb = 1;
		o->b = argv + 1;
	} else if (argc > 2) {
		return error_set(err, EXIT_USAGE, EINVAL, "write 'vs' between those of A and of B",
				 "bench compare: %d files, and which are of A?", argc);
	}
	if (!o->na || !o->nb)
		return error_set(err, EXIT_USAGE, EINVAL,
				 "give the record files of A and of B, see 'p2p-tool bench compare "
				 "--help'",
				 "bench compare: %s missing",
				 !argc ? "the files are" : "the files of a side are");
	return 0;
}

static int parse_options(int argc, char **argv, struct compare_options *o, struct error *err)
{
	int c, ret = 0;

	options_begin();
	while (!ret && (c = options_next("bench compare", argc, argv, options, err)) != -1) {
		switch (c) {
		case 'h':
			o->help = true;
			return 0;
		case COMPARE_SUBJECT:
			ret = parse_subject(optarg, &o->subject, err);
			break;
		case COMPARE_FORCE:
			o->force = true;
			break;
		case COMPARE_PARTIAL:
			o->partial = true;
			break;
		case COMPARE_FLOOR:
			ret = parse_percent("floor", optarg, &o->params.floor, err);
			break;
		case COMPARE_GATE:
			ret = parse_percent("gate", optarg, &o->params.gate, err);
			break;
		case COMPARE_CHANGED:
			o->changed = true;
			break;
		case COMPARE_JSON:
			o->json = true;
			break;
		case COMPARE_CSV:
			o->csv = true;
			break;
		default:
			return -EINVAL;
		}
	}
	if (!ret && o->json && o->csv)
		ret = error_set(err, EXIT_USAGE, EINVAL, "choose one", "options --json and --csv");
	return ret ? ret : parse_operands(argc - optind, argv + optind, o, err);
}

static int out_of_memory(struct error *err)
{
	return error_set(err, EXIT_FAILED, ENOMEM, NULL, "bench compare: out of memory");
}

static void free_side(struct side_files *s)
{
	size_t i;

	for (i = 0; i < s->nfiles; i++)
		record_file_free(&s->file[i]);
	free(s->file);
	free(s->side.run);
}

static int add_run(struct side_files *s, const struct record_file *f, const struct record_group *g,
		   struct error *err)
{
	struct compare_run *runs;
	size_t i;

	for (i = 0; i < s->side.nruns; i++) {
		const struct compare_run *other = &s->side.run[i];

		if (record_group_is_copy(other->group, g))
			return error_set(err, EXIT_USAGE, EINVAL, "give each run once",
					 "%.90s:%u: the same run as %.90s:%u", f->path, g->line,
					 other->path, other->group->line);
	}
	runs = reallocarray(s->side.run, s->side.nruns + 1, sizeof(*runs));
	if (!runs)
		return out_of_memory(err);
	s->side.run = runs;
	runs[s->side.nruns++] = (struct compare_run){ f->path, g };
	return 0;
}

/* All runs of a side's files but, unless wanted, partial ones. */
static int read_side(struct side_files *s, char **paths, int n, bool partial, struct error *err)
{
	size_t i, j;
	int ret = 0;

	s->file = calloc((size_t)n, sizeof(*s->file));
	if (!s->file)
		return out_of_memory(err);
	for (; s->nfiles < (size_t)n && !ret; s->nfiles += !ret)
		ret = record_file_read(&s->file[s->nfiles], paths[s->nfiles], false, err);
	for (i = 0; i < s->nfiles && !ret; i++)
		for (j = 0; j < s->file[i].ngroups && !ret; j++) {
			const struct record_group *g = &s->file[i].group[j];
			const char *why = record_group_partial(g);

			if (!why || partial)
				ret = add_run(s, &s->file[i], g, err);
			else
				fprintf(stderr, "p2p-tool: %s:%u: left out, a partial run (%s)\n",
					s->file[i].path, g->line, why);
		}
	if (!ret && !s->side.nruns)
		ret = error_set(err, EXIT_INCOMPARABLE, EINVAL,
				"measure again, or give --partial to use what there is",
				"%s: all its runs are partial", s->name);
	return ret;
}

static int show(const struct compare_options *o, const struct compare_view *v, struct error *err)
{
	enum format format = o->json ? FORMAT_JSON : o->csv ? FORMAT_CSV : FORMAT_TABLE;
	int ret = render_comparison(stdout, format, v);

	if (ret == -EIO)
		return 0; /* main() reports it */
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "bench compare: %s", strerror(-ret))
		   : 0;
}

static int verdict(const struct comparison *c, struct error *err)
{
	if (!c->failures)
		return 0;
	return error_set(err, EXIT_FAILED, EINVAL, "the table has them",
			 "B is not as good as A: %zu cell%s slower, lost or wrong", c->failures,
			 c->failures == 1 ? " is" : "s are");
}

static int compare(const struct compare_options *o, const struct compare_side *a,
		   const struct compare_side *b, struct error *err)
{
	struct compare_differences differences = { 0 };
	struct comparison c = { 0 };
	struct compare_view view = {
		.a = a,
		.b = b,
		.subject = o->subject,
		.differences = &differences,
		.changed_only = o->changed,
	};
	struct error refused = { 0 };
	int ret;

	if (compare_environments(a, b, o->subject, &differences))
		return out_of_memory(err);
	if (!o->force && compare_check(&differences, o->subject, &refused)) {
		ret = show(o, &view, err);
		if (!ret)
			ret = error_set(err, refused.status, EINVAL, refused.remedy, "%s",
					refused.what);
		goto out;
	}
	ret = compare_sides(a, b, &o->params, &c);
	if (ret) {
		ret = out_of_memory(err);
		goto out;
	}
	view.comparison = &c;
	ret = show(o, &view, err);
	if (!ret && !c.ncells)
		ret = error_set(err, EXIT_USAGE, ENODATA, "give files with measured cells",
				"bench compare: neither side has a figure");
	if (!ret)
		ret = verdict(&c, err);
out:
	comparison_free(&c);
	compare_differences_free(&differences);
	return ret;
}

int bench_compare_main(int argc, char **argv)
{
	struct compare_options o = { .params = COMPARE_DEFAULTS };
	struct side_files a = { .name = "A" }, b = { .name = "B" };
	struct error err = { 0 };
	int ret;

	ret = parse_options(argc, argv, &o, &err);
	if (!ret && o.help) {
		options_help(usage, about, options, notes);
		return EXIT_OK;
	}
	if (!ret)
		ret = read_side(&a, o.a, o.na, o.partial, &err);
	if (!ret)
		ret = read_side(&b, o.b, o.nb, o.partial, &err);
	if (!ret)
		ret = compare(&o, &a.side, &b.side, &err);
	free_side(&a);
	free_side(&b);
	return ret ? report_error(&err) : EXIT_OK;
}
