// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool map: what it costs to map a buffer and to touch it. */
#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "cmd.h"
#include "core/measure.h"
#include "core/size.h"
#include "measure-options.h"

enum {
	MAP_VIA = OPT_LONG_ONLY,
	MAP_ALIGN,
	MAP_READ_ONLY,
	MAP_RANGES,
	MAP_DMABUFS,
	MAP_MEMATTR,
};

#define RANGES_MAX  65536
#define DMABUFS_MAX 65536

static const struct opt options[] = {
	OPT_HELP,
	{ MAP_VIA, "via", "WHICH",
	  "map through the fd of the device (or of the memory), the dmabuf, or both; default: "
	  "all that the buffer has" },
	{ MAP_ALIGN, "align", "SIZE",
	  "map at an address that agrees with the bus address modulo SIZE and no more: 2M for "
	  "pages of 2 MiB, 4K for none that are huge; default: where the kernel likes" },
	{ MAP_READ_ONLY, "read-only", NULL, "export the DMABUF read-only and map it so" },
	{ MAP_RANGES, "ranges", "N",
	  "make the DMABUF of N equal parts of the BAR, the last one first" },
	{ MAP_DMABUFS, "dmabufs", "N",
	  "have N DMABUFs of the buffer while one of them is measured" },
	MEMATTR_OPTION(MAP_MEMATTR),
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "map [OPTION]... BUFFER";
static const char about[] =
	"Measure mmap() of a buffer, the first touch of a page with and without a page table "
	"around it, touching every page, and munmap(). Every round makes a new mapping. Touching "
	"reads 32 bits at the start of a page.";
static const char notes[] =
	"BUFFER is one of\n"
	"  vfio:BDF/BAR[+OFFSET][:LENGTH]  (part of) a PCI BAR\n"
	"  host:LENGTH                     ordinary memory\n"
	"  udmabuf:LENGTH                  a memfd as a DMABUF\n"
	"  heap:NAME:LENGTH                memory of a dma-heap\n"
	"  drm:NODE:LENGTH                 a dumb buffer of a DRM device\n"
	"\n"
	"Exit status: 0, 1 when something failed, 2 for wrong usage, 77 when this machine lacks "
	"what it takes.";

struct map_command {
	struct measure_options common;
	struct map_params params;
};

static int parse_align(const char *arg, uint64_t *align, struct error *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (size_parse(arg, align, NULL) || *align < page || *align & (*align - 1) ||
	    *align > SIZE_MAX / 4)
		return error_set(err, EXIT_USAGE, EINVAL,
				 "give a power of two from the page size on, such as 2M",
				 "option --align '%s': not an alignment", arg);
	return 0;
}

static int parse_own(struct map_command *m, int c, const char *arg, struct error *err)
{
	switch (c) {
	case MAP_VIA:
		return parse_via(arg, &m->params.via_device, &m->params.via_dmabuf, err);
	case MAP_ALIGN:
		return parse_align(arg, &m->params.align, err);
	case MAP_READ_ONLY:
		m->common.access.rdonly = true;
		break;
	case MAP_RANGES:
		return options_number("ranges", arg, 1, RANGES_MAX, &m->common.access.ranges, err);
	case MAP_DMABUFS:
		return options_number("dmabufs", arg, 1, DMABUFS_MAX, &m->params.dmabufs, err);
	case MAP_MEMATTR:
		return parse_memattr(arg, &m->params.memattrs, err);
	}
	return 0;
}

/* Do the options make sense together, and for the buffer? */
static int check_params(const struct map_command *m, struct error *err)
{
	unsigned int ranges = m->common.access.ranges;

	if (ranges && m->common.spec.kind != BUFFER_VFIO)
		return error_set(err, EXIT_USAGE, EINVAL, "give the slice of a BAR",
				 "option --ranges: only DMABUFs of VFIO have ranges");
	if (ranges && m->params.via_device)
		return error_set(err, EXIT_USAGE, EINVAL, "leave out --via, or give --via dmabuf",
				 "option --ranges: only the DMABUF has ranges");
	if (ranges > 1 && m->params.align > (uint64_t)sysconf(_SC_PAGESIZE))
		return error_set(err, EXIT_USAGE, EINVAL, "give --align 4K, or leave it out",
				 "options --ranges and --align: no address agrees with all ranges");
	if (m->common.access.rdonly && m->common.spec.kind == BUFFER_HOST)
		return error_set(err, EXIT_USAGE, EINVAL, "choose another buffer",
				 "option --read-only: ordinary memory has no DMABUF");
	if (m->common.access.rdonly && !m->params.via_dmabuf)
		return error_set(err, EXIT_USAGE, EINVAL, "leave it out, or give --via dmabuf",
				 "option --read-only: only the DMABUF is exported");
	if (m->params.dmabufs && m->common.spec.kind == BUFFER_HOST)
		return error_set(err, EXIT_USAGE, EINVAL, "choose another buffer",
				 "option --dmabufs: ordinary memory has none");
	return 0;
}

static int parse(int argc, char **argv, void *params, struct error *err)
{
	struct map_command *m = params;
	int c, ret;

	m->common = (struct measure_options)MEASURE_DEFAULTS;
	while ((c = options_next("map", argc, argv, options, err)) != -1) {
		ret = measure_option(&m->common, c, optarg, err);
		if (m->common.help)
			return 0;
		if (!ret)
			ret = parse_own(m, c, optarg, err);
		if (ret < 0)
			return ret;
	}
	ret = measure_operand(&m->common, "map", argc - optind, argv + optind, err);
	if (!m->params.via_device && !m->params.via_dmabuf) {
		m->params.via_device = m->common.spec.kind != BUFFER_HEAP &&
				       !m->common.access.ranges &&
				       m->params.memattrs != MEMATTRS_WC;
		m->params.via_dmabuf =
			m->common.spec.kind != BUFFER_HOST || m->params.memattrs != MEMATTRS_UC;
	}
	if (!ret)
		ret = check_memattr_via(m->params.memattrs, m->params.via_device,
					m->params.via_dmabuf, err);
	m->params.repeat = m->common.repeat;
	m->params.warmup = m->common.warmup;
	return ret ? ret : check_params(m, err);
}

static int measure(struct buffer *b, const struct clock *c, void *params, struct record_set *out,
		   struct error *err)
{
	return measure_map(b, c, &((struct map_command *)params)->params, out, err);
}

static void help(void)
{
	options_help(usage, about, options, notes);
}

static const struct measure_command command = {
	.name = "map",
	.params_size = sizeof(struct map_command),
	.parse = parse,
	.measure = measure,
	.help = help,
};

const struct command cmd_map = {
	.name = "map",
	.summary = "measure mmap(), page faults and munmap() of a buffer",
	.measure = &command,
};
