// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool copy: how fast the CPU writes to a buffer and reads from it. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "core/copy-routines.h"
#include "core/measure.h"
#include "measure-options.h"
#include "sizes.h"

enum {
	COPY_SIZES = OPT_LONG_ONLY,
	COPY_ROUTINE,
	COPY_WRITE,
	COPY_READ,
	COPY_VIA,
	COPY_MEMATTR,
};

static const struct opt options[] = {
	OPT_HELP,
	{ COPY_SIZES, "sizes", "SIZES",
	  "bytes of a transfer: a list such as 64,4K, or a range such as 4K..1M that doubles; "
	  "default 4K..1M, as far as it fits" },
	{ COPY_ROUTINE, "routine", "NAME",
	  "one of the routines below; all; or best (default): the fastest on this buffer" },
	{ COPY_WRITE, "write", NULL, "measure writes only" },
	{ COPY_READ, "read", NULL, "measure reads only" },
	{ COPY_VIA, "via", "WHICH",
	  "map through the fd of the device (or of the memory) or through the dmabuf; default: "
	  "device where there is one" },
	MEMATTR_OPTION(COPY_MEMATTR),
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "copy [OPTION]... BUFFER";
static const char about[] =
	"Measure how fast the CPU writes to a buffer and reads from it, in transfers of several "
	"sizes. Each transfer is verified outside of the time that is measured, and made on "
	"ordinary memory in turn, for comparison.";
static const char notes[] =
	"BUFFER is one of\n"
	"  vfio:BDF/BAR[+OFFSET][:LENGTH]  (part of) a PCI BAR, which is overwritten\n"
	"  host:LENGTH                     ordinary memory\n"
	"  udmabuf:LENGTH                  a memfd as a DMABUF\n"
	"  heap:NAME:LENGTH                memory of a dma-heap\n"
	"  drm:NODE:LENGTH                 a dumb buffer of a DRM device\n"
	"\n"
	"Exit status: 0, 1 when something failed or data was wrong, 2 for wrong usage, 77 when "
	"this machine lacks what it takes.";

struct copy_command {
	struct measure_options common;
	struct copy_params params;
	bool sizes_given, via_given;
	struct sizes sizes;
};

static void use_sizes(struct copy_command *m)
{
	m->params.sizes = m->sizes.value;
	m->params.nsizes = m->sizes.count;
}

static int parse_own(struct copy_command *m, int c, const char *arg, struct error *err)
{
	bool device, dmabuf;
	int ret;

	switch (c) {
	case COPY_SIZES:
		m->sizes_given = true;
		return sizes_parse(arg, &m->sizes, err);
	case COPY_ROUTINE:
		m->params.routine = arg;
		break;
	case COPY_WRITE:
		m->params.write = true;
		break;
	case COPY_READ:
		m->params.read = true;
		break;
	case COPY_VIA:
		ret = parse_via(arg, &device, &dmabuf, err);
		if (ret)
			return ret;
		if (device && dmabuf)
			return error_set(err, EXIT_USAGE, EINVAL, "give device or dmabuf",
					 "option --via '%s': one at a time", arg);
		m->via_given = true;
		m->params.via = dmabuf ? VIA_DMABUF : VIA_DEVICE;
		break;
	case COPY_MEMATTR:
		return parse_memattr(arg, &m->params.memattrs, err);
	}
	return 0;
}

static int parse(int argc, char **argv, void *params, struct error *err)
{
	struct copy_command *m = params;
	int c, ret;

	m->common = (struct measure_options)MEASURE_DEFAULTS;
	m->params.routine = "best";
	while ((c = options_next("copy", argc, argv, options, err)) != -1) {
		ret = measure_option(&m->common, c, optarg, err);
		if (m->common.help)
			return 0;
		if (!ret)
			ret = parse_own(m, c, optarg, err);
		if (ret < 0)
			return ret;
	}
	use_sizes(m);
	if (!m->params.write && !m->params.read)
		m->params.write = m->params.read = true;
	m->params.repeat = m->common.repeat;
	m->params.warmup = m->common.warmup;
	ret = measure_operand(&m->common, "copy", argc - optind, argv + optind, err);
	if (!m->via_given &&
	    (m->common.spec.kind == BUFFER_HEAP || m->params.memattrs != MEMATTRS_UC))
		m->params.via = VIA_DMABUF;
	if (!ret)
		ret = check_memattr_via(m->params.memattrs, m->params.via == VIA_DEVICE,
					m->params.via == VIA_DMABUF, err);
	return ret;
}

static int measure(struct buffer *b, const struct clock *c, void *params, struct record_set *out,
		   struct error *err)
{
	struct copy_command *m = params;

	if (!m->sizes_given) {
		uint64_t length = b->spec.length;

		sizes_add_range(&m->sizes, length < 4096 ? length : 4096,
				length < 1 << 20 ? length : 1 << 20);
		use_sizes(m);
	}
	return measure_copy(b, c, &m->params, out, err);
}

static int check(void *params, struct error *err)
{
	struct copy_command *m = params;

	return measure_copy_check(&m->common.spec, &m->params, err);
}

static void help(void)
{
	const struct copy_routine *r;

	options_help(usage, about, options, notes);
	puts("\nRoutines:");
	for (r = copy_routines; r->name; r++)
		printf("  %-10s %s%s%s\n", r->name, r->what,
		       !r->read	   ? "; writes only"
		       : !r->write ? "; reads only"
				   : "",
		       r->supported() ? "" : " (not on this CPU)");
}

static const struct measure_command command = {
	.name = "copy",
	.params_size = sizeof(struct copy_command),
	.parse = parse,
	.check = check,
	.measure = measure,
	.help = help,
};

const struct command cmd_copy = {
	.name = "copy",
	.summary = "measure how fast the CPU writes to a buffer and reads from it",
	.measure = &command,
};
