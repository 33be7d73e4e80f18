// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool drm: what a DRM device can do with a buffer. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "cmd.h"
#include "core/measure.h"
#include "measure-options.h"
#include "sizes.h"

enum {
	DRM_NODE = OPT_LONG_ONLY,
	DRM_SIZES,
};

static const struct opt options[] = {
	OPT_HELP,
	{ DRM_NODE, "node", "NODE",
	  "the DRM node, such as card0 or /dev/dri/card0; default: the first one that imports "
	  "DMABUFs" },
	{ DRM_SIZES, "sizes", "SIZES",
	  "bytes of a transfer: a list such as 64,4K, or a range such as 4K..1M that doubles; "
	  "default 64K, as far as it fits" },
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "drm [OPTION]... BUFFER";
static const char about[] =
	"Import a buffer into a DRM device (PRIME), and measure how long that takes, to export it "
	"again and to give it up. Then map it and copy, through the fd that the device gives back "
	"and through the device itself, where its driver can do that.";
static const char notes[] =
	"BUFFER is one of\n"
	"  vfio:BDF/BAR[+OFFSET][:LENGTH]  (part of) a PCI BAR, which is overwritten\n"
	"  udmabuf:LENGTH                  a memfd as a DMABUF\n"
	"  heap:NAME:LENGTH                memory of a dma-heap\n"
	"  drm:NODE:LENGTH                 a dumb buffer of a DRM device\n"
	"\n"
	"Exit status: 0, 1 when something failed or data was wrong, 2 for wrong usage, 77 when "
	"this machine lacks what it takes: an import that fails says what is missing.";

struct drm_command {
	struct measure_options common;
	struct drm_params params;
	struct sizes sizes;
};

static int parse_own(struct drm_command *d, int c, const char *arg, struct error *err)
{
	switch (c) {
	case DRM_NODE:
		if (!*arg)
			return error_set(err, EXIT_USAGE, EINVAL,
					 "'p2p-tool list --drm' shows the nodes there are",
					 "option --node: is empty");
		d->params.node = arg;
		break;
	case DRM_SIZES:
		return sizes_parse(arg, &d->sizes, err);
	}
	return 0;
}

static int parse(int argc, char **argv, void *params, struct error *err)
{
	struct drm_command *d = params;
	int c, ret;

	d->common = (struct measure_options)MEASURE_DEFAULTS;
	while ((c = options_next("drm", argc, argv, options, err)) != -1) {
		ret = measure_option(&d->common, c, optarg, err);
		if (d->common.help)
			return 0;
		if (!ret)
			ret = parse_own(d, c, optarg, err);
		if (ret < 0)
			return ret;
	}
	d->params.sizes = d->sizes.value;
	d->params.nsizes = d->sizes.count;
	d->params.repeat = d->common.repeat;
	d->params.warmup = d->common.warmup;
	return measure_operand(&d->common, "drm", argc - optind, argv + optind, err);
}

static int check(void *params, struct error *err)
{
	struct drm_command *d = params;

	return measure_drm_check(&d->common.spec, &d->params, err);
}

static int measure(struct buffer *b, const struct clock *c, void *params, struct record_set *out,
		   struct error *err)
{
	struct drm_command *d = params;

	if (!d->sizes.count) {
		uint64_t size = b->spec.length < 64 << 10 ? b->spec.length : 64 << 10;

		sizes_add_range(&d->sizes, size, size);
		d->params.nsizes = d->sizes.count;
	}
	return measure_drm(b, c, &d->params, out, err);
}

static void help(void)
{
	options_help(usage, about, options, notes);
}

static const struct measure_command command = {
	.name = "drm",
	.params_size = sizeof(struct drm_command),
	.parse = parse,
	.check = check,
	.measure = measure,
	.help = help,
};

const struct command cmd_drm = {
	.name = "drm",
	.summary = "measure what a DRM device can do with a buffer",
	.measure = &command,
};
