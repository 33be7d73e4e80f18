// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool list: PCI functions with BARs, RDMA devices, DRM nodes. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "core/sysfs.h"
#include "core/table.h"
#include "list-tables.h"
#include "options.h"

enum {
	LIST_JSON = OPT_LONG_ONLY,
	LIST_CSV,
	LIST_SYSROOT,
	LIST_PCI,
	LIST_RDMA,
	LIST_DRM,
	LIST_NO_PROBE,
};

static const struct opt options[] = {
	OPT_HELP,
	{ 'a', "all", NULL, "also bridges, functions without memory BARs, and I/O BARs" },
	{ LIST_PCI, "pci", NULL, "PCI functions; with --rdma or --drm, those as well" },
	{ LIST_RDMA, "rdma", NULL, "RDMA devices; likewise" },
	{ LIST_DRM, "drm", NULL, "DRM nodes; likewise" },
	{ LIST_JSON, "json", NULL, "print JSON: everything known, also what the table leaves out" },
	{ LIST_CSV, "csv", NULL, "print CSV: likewise, a line for each BAR or port" },
	{ LIST_NO_PROBE, "no-probe", NULL,
	  "do not open RDMA and DRM devices to ask about DMABUFs" },
	{ LIST_SYSROOT, "sysroot", "DIR", "read DIR/sys, captured on another machine" },
	{ 0 },
};

static const char usage[] = "list [OPTION]... [BDF]...";
static const char about[] =
	"List the PCI functions that have memory BARs, the RDMA devices and the DRM nodes of this "
	"machine, or those at the addresses BDF (such as 0000:01:00.0) only.";
static const char notes[] =
	"Columns that need a word:\n"
	"  LINK         PCIe generation and lanes; 1/4 is 1 now, of 4 possible\n"
	"  MMAP         vfio-pci can map the BAR: it is memory, and a page or more, or\n"
	"               alone in its page\n"
	"  EXPORT       a DMABUF can be made of it: it is memory, and a page or more\n"
	"  DMABUF_MR    library and driver can register a DMABUF (empty: not known)\n"
	"  IMPORT, EXPORT of a DRM node: PRIME, in other words DMABUFs (likewise)\n"
	"\n"
	"Exit status: 0, 2 for wrong usage, 77 when a BDF is not there.";

struct list_params {
	struct list_filter filter;
	bool pci, rdma, drm, no_probe, help;
	bool json, csv;
	const char *sysroot;
};

static int parse_options(int argc, char **argv, struct list_params *p, struct error *err)
{
	int c;

	while ((c = options_next("list", argc, argv, options, err)) != -1) {
		switch (c) {
		case 'h':
			p->help = true;
			return 0;
		case 'a':
			p->filter.all = true;
			break;
		case LIST_PCI:
			p->pci = true;
			break;
		case LIST_RDMA:
			p->rdma = true;
			break;
		case LIST_DRM:
			p->drm = true;
			break;
		case LIST_JSON:
			p->json = true;
			break;
		case LIST_CSV:
			p->csv = true;
			break;
		case LIST_NO_PROBE:
			p->no_probe = true;
			break;
		case LIST_SYSROOT:
			p->sysroot = optarg;
			break;
		default:
			return -EINVAL;
		}
	}
	if (p->json && p->csv)
		return error_set(err, EXIT_USAGE, EINVAL, "choose one", "options --json and --csv");
	if (!p->pci && !p->rdma && !p->drm)
		p->pci = p->rdma = p->drm = true;
	return 0;
}

static int parse_operands(int argc, char **argv, struct list_filter *filter, struct error *err)
{
	int i;

	filter->bdf = calloc((size_t)argc + 1, sizeof(*filter->bdf));
	if (!filter->bdf)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "list: out of memory");
	for (i = 0; i < argc; i++)
		if (bdf_parse(argv[i], &filter->bdf[filter->count++], NULL))
			return error_set(err, EXIT_USAGE, EINVAL,
					 "write DDDD:BB:DD.F as 'p2p-tool list' does, such as "
					 "0000:01:00.0",
					 "'%s': not a PCI address", argv[i]);
	return 0;
}

static int print_tables(const struct list_params *p, struct table *const *tables, size_t n,
			struct error *err)
{
	enum format format = p->json ? FORMAT_JSON : p->csv ? FORMAT_CSV : FORMAT_TABLE;
	size_t i, rows = 0;
	int ret;

	for (i = 0; i < n; i++)
		rows += table_rows(tables[i]);
	if (!rows && format != FORMAT_JSON)
		fputs("p2p-tool: no such device here; 'p2p-tool list --all' is less choosy\n",
		      stderr);
	ret = table_render(stdout, format, tables, n);
	if (ret == -ENOTSUP)
		return error_set(err, EXIT_SKIP, -ret, "use --csv, or build with json-c",
				 "--json: not built in");
	if (ret == -EIO)
		return 0; /* of standard output, which main() reports */
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "list: %s", strerror(-ret));
	return 0;
}

static int list(const struct list_params *p, struct error *err)
{
	struct table *tables[3] = { NULL };
	struct sysfs s;
	size_t n = 0, i;
	int ret;

	ret = sysfs_open(&s, p->sysroot, err);
	if (ret)
		return ret;
	/* Reads the PCI functions in any case: an operand must name one. */
	if (p->pci || p->filter.count)
		ret = list_pci_table(&s, &p->filter, &tables[n], err);
	if (!ret && p->pci)
		n++;
	if (!ret && p->rdma)
		ret = list_rdma_table(&s, &p->filter, !p->no_probe, &tables[n++], err);
	if (!ret && p->drm)
		ret = list_drm_table(&s, &p->filter, !p->no_probe, &tables[n++], err);
	if (!ret)
		ret = print_tables(p, tables, n, err);
	for (i = 0; i < 3; i++)
		table_free(tables[i]);
	sysfs_close(&s);
	return ret;
}

static int list_main(int argc, char **argv)
{
	struct list_params p = { 0 };
	struct error err = { 0 };
	int ret;

	ret = parse_options(argc, argv, &p, &err);
	if (!ret && p.help) {
		options_help(usage, about, options, notes);
		return EXIT_OK;
	}
	if (!ret)
		ret = parse_operands(argc - optind, argv + optind, &p.filter, &err);
	if (!ret)
		ret = list(&p, &err);
	free(p.filter.bdf);
	return ret ? report_error(&err) : EXIT_OK;
}

const struct command cmd_list = {
	.name = "list",
	.summary = "show PCI functions with their BARs, RDMA devices, DRM nodes",
	.main = list_main,
};
