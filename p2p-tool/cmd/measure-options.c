// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "measure-options.h"

#define ROUNDS_MAX 1000000

static int parse_path(const char *arg, enum vfio_path *path, struct error *err)
{
	static const char *const names[] = {
		[VFIO_PATH_AUTO] = "auto",
		[VFIO_PATH_CDEV] = "cdev",
		[VFIO_PATH_GROUP] = "group",
		[VFIO_PATH_NOIOMMU] = "noiommu",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(arg, names[i])) {
			*path = (enum vfio_path)i;
			return 0;
		}
	}
	return error_set(err, EXIT_USAGE, EINVAL, "give auto, cdev, group or noiommu",
			 "option --path '%s': no such path", arg);
}

int parse_via(const char *arg, bool *device, bool *dmabuf, struct error *err)
{
	bool both = !strcmp(arg, "both");

	*device = both || !strcmp(arg, "device");
	*dmabuf = both || !strcmp(arg, "dmabuf");
	if (*device || *dmabuf)
		return 0;
	return error_set(err, EXIT_USAGE, EINVAL, "'--help' lists the ways",
			 "option --via '%s': no such way", arg);
}

int parse_memattr(const char *arg, enum memattr_choice *memattrs, struct error *err)
{
	static const char *const names[] = {
		[MEMATTRS_UC] = "uc",
		[MEMATTRS_WC] = "wc",
		[MEMATTRS_BOTH] = "both",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(arg, names[i])) {
			*memattrs = (enum memattr_choice)i;
			return 0;
		}
	}
	return error_set(err, EXIT_USAGE, EINVAL, "give uc, wc or both",
			 "option --memattr '%s': no such attribute", arg);
}

int check_memattr_via(enum memattr_choice memattrs, bool device, bool dmabuf, struct error *err)
{
	if (memattrs == MEMATTRS_UC || (dmabuf && !(device && memattrs == MEMATTRS_WC)))
		return 0;
	return error_set(err, EXIT_USAGE, EINVAL, "use --via dmabuf",
			 "option --memattr: through the fd of the device mappings are uncached");
}

int measure_option(struct measure_options *o, int key, const char *arg, struct error *err)
{
	int ret = 0;

	if (output_option(&o->output, key, arg)) {
		o->output_given = true;
		return 1;
	}
	switch (key) {
	case 'h':
		o->help = true;
		break;
	case MEASURE_REPEAT:
		ret = options_number("repeat", arg, 1, ROUNDS_MAX, &o->repeat, err);
		break;
	case MEASURE_WARMUP:
		ret = options_number("warmup", arg, 0, ROUNDS_MAX, &o->warmup, err);
		break;
	case MEASURE_COUNTED:
		o->counted = true;
		break;
	case MEASURE_BIND:
		o->access.bind = true;
		break;
	case MEASURE_PATH:
		ret = parse_path(arg, &o->access.path, err);
		break;
	case '?':
		return -EINVAL;
	default:
		return 0;
	}
	return ret ? ret : 1;
}

int measure_operand(struct measure_options *o, const char *command, int argc, char **argv,
		    struct error *err)
{
	char remedy[64];

	snprintf(remedy, sizeof(remedy), "see 'p2p-tool %s --help'", command);
	if (argc < 1)
		return error_set(err, EXIT_USAGE, EINVAL, remedy, "%s: no buffer given", command);
	if (argc > 1)
		return error_set(err, EXIT_USAGE, EINVAL, remedy, "'%s': one argument too many",
				 argv[1]);
	return bufspec_parse(argv[0], &o->spec, err);
}

static int measure_parsed(const struct measure_command *command, void *params,
			  struct record_set *out, struct error *err)
{
	struct measure_options *o = params;
	struct error close_err = { 0 };
	struct buffer *b;
	struct clock c;
	int ret, closed;

	ret = clock_init(&c, o->counted, err);
	if (!ret)
		ret = buffer_open(&o->spec, &o->access, &b, err);
	if (ret)
		return ret;
	ret = command->measure(b, &c, params, out, err);
	closed = buffer_close(b, &close_err);
	if (!closed)
		return ret;
	/* A device that is not back with its driver is worse than whatever came before. */
	*err = close_err;
	return closed;
}

/* What is wrong whatever the machine has is an error; the rest shows when it is measured. */
static int check_parsed(const struct measure_command *command, void *params, struct error *err)
{
	struct measure_options *o = params;
	int ret = buffer_check(&o->spec, err);

	if (!ret && command->check)
		ret = command->check(params, err);
	if (!ret || err->status != EXIT_SKIP)
		return ret;
	error_clear(err);
	return 0;
}

int measure_collect(const struct measure_command *command, int argc, char **argv,
		    struct record_set *out, struct error *err)
{
	struct measure_options *o = calloc(1, command->params_size);
	int ret;

	if (!o)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory",
				 command->name);
	ret = command->parse(argc, argv, o, err);
	if (!ret && (o->help || o->output_given))
		ret = error_set(err, EXIT_USAGE, EINVAL, "leave it to 'bench run'",
				"%s: a suite's line has no output of its own", command->name);
	if (!ret)
		ret = out ? measure_parsed(command, o, out, err) : check_parsed(command, o, err);
	free(o);
	return ret;
}

int measure_main(const struct measure_command *command, int argc, char **argv)
{
	struct measure_options *o = calloc(1, command->params_size);
	struct record_set set = { 0 };
	struct error err = { 0 };
	int ret;

	if (!o) {
		error_set(&err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", command->name);
		return report_error(&err);
	}
	ret = command->parse(argc, argv, o, &err);
	if (!ret && o->help) {
		command->help();
		goto out;
	}
	if (!ret)
		ret = output_open(&o->output, &err);
	if (!ret)
		ret = measure_parsed(command, o, &set, &err);
	if (!ret && !o->no_records)
		ret = output_commit(&o->output, &set, &err);
	output_abort(&o->output);
	record_set_free(&set);
out:
	free(o);
	return ret ? report_error(&err) : EXIT_OK;
}
