// SPDX-License-Identifier: GPL-2.0-only
/* The table of PCI functions: a row for each BAR, grouped by function. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/pci.h"
#include "list-tables.h"

enum {
	BDF,
	ID,
	VENDOR,
	DEVICE,
	SUBSYSTEM_VENDOR,
	SUBSYSTEM_DEVICE,
	CLASS_NAME,
	CLASS,
	DRIVER,
	GROUP,
	NODE,
	LINK,
	LINK_SPEED,
	LINK_WIDTH,
	MAX_LINK_SPEED,
	MAX_LINK_WIDTH,
	RESET,
	PATH,
	P2PMEM_SIZE,
	P2PMEM_AVAILABLE,
	P2PMEM_PUBLISHED,
	BAR,
	SIZE,
	ADDRESS,
	TYPE,
	PREFETCHABLE,
	MMAPPABLE,
	EXPORTABLE,
	COLUMNS,
};

#define TABLE(name)                            \
	{                                      \
		name, COLUMN_TEXT, PLACE_TABLE \
	}
#define DATA(name, type)               \
	{                              \
		name, type, PLACE_DATA \
	}

static const struct column columns[COLUMNS] = {
	[BDF] = { "bdf", COLUMN_TEXT },
	[ID] = TABLE("id"),
	[VENDOR] = DATA("vendor", COLUMN_TEXT),
	[DEVICE] = DATA("device", COLUMN_TEXT),
	[SUBSYSTEM_VENDOR] = DATA("subsystem_vendor", COLUMN_TEXT),
	[SUBSYSTEM_DEVICE] = DATA("subsystem_device", COLUMN_TEXT),
	[CLASS_NAME] = { "class", COLUMN_TEXT, .key = "class_name" },
	[CLASS] = DATA("class", COLUMN_TEXT),
	[DRIVER] = { "driver", COLUMN_TEXT },
	[GROUP] = { "group", COLUMN_NUMBER, .key = "iommu_group" },
	[NODE] = { "node", COLUMN_NUMBER, .key = "numa_node" },
	[LINK] = TABLE("link"),
	[LINK_SPEED] = DATA("link_speed", COLUMN_TEXT),
	[LINK_WIDTH] = DATA("link_width", COLUMN_NUMBER),
	[MAX_LINK_SPEED] = DATA("max_link_speed", COLUMN_TEXT),
	[MAX_LINK_WIDTH] = DATA("max_link_width", COLUMN_NUMBER),
	[RESET] = { "reset", COLUMN_TEXT, .key = "reset_methods" },
	[PATH] = DATA("path", COLUMN_TEXT),
	[P2PMEM_SIZE] = DATA("p2pmem_size", COLUMN_SIZE),
	[P2PMEM_AVAILABLE] = DATA("p2pmem_available", COLUMN_SIZE),
	[P2PMEM_PUBLISHED] = DATA("p2pmem_published", COLUMN_BOOL),
	[BAR] = { "bar", COLUMN_NUMBER, PLACE_ALL, "bars" },
	[SIZE] = { "size", COLUMN_SIZE, PLACE_ALL, "bars" },
	[ADDRESS] = { "address", COLUMN_TEXT, PLACE_DATA, "bars" },
	[TYPE] = { "type", COLUMN_TEXT, PLACE_ALL, "bars" },
	[PREFETCHABLE] = { "pref", COLUMN_BOOL, PLACE_ALL, "bars", "prefetchable" },
	[MMAPPABLE] = { "mmap", COLUMN_BOOL, PLACE_ALL, "bars", "mmappable" },
	[EXPORTABLE] = { "export", COLUMN_BOOL, PLACE_ALL, "bars", "exportable" },
};

static const char *yes_no(bool value)
{
	return value ? "yes" : "no";
}

/* "Gen4 x16"; "Gen1/4 x8/16" when it runs below what the device can do. */
static int set_link(struct table *t, int row, const struct pci_function *f)
{
	unsigned int gen = pci_link_generation(&f->link);
	unsigned int max_gen = pci_link_generation(&f->max_link);
	char more_gen[16] = "", more_width[16] = "";

	if (!f->link.width)
		return 0;
	if (max_gen > gen)
		snprintf(more_gen, sizeof(more_gen), "/%u", max_gen);
	if (f->max_link.width > f->link.width)
		snprintf(more_width, sizeof(more_width), "/%u", f->max_link.width);
	return table_set(t, row, LINK, "Gen%u%s x%u%s", gen, more_gen, f->link.width, more_width) ||
	       table_set(t, row, LINK_SPEED, "%s", f->link.speed) ||
	       table_set(t, row, LINK_WIDTH, "%u", f->link.width);
}

static int set_function(struct table *t, int row, const struct pci_function *f)
{
	char bdf[BDF_STRLEN], class[8];
	int ret;

	ret = table_set(t, row, BDF, "%s", bdf_format(&f->bdf, bdf)) ||
	      table_set(t, row, ID, "%04x:%04x", f->vendor, f->device) ||
	      table_set(t, row, VENDOR, "%04x", f->vendor) ||
	      table_set(t, row, DEVICE, "%04x", f->device) ||
	      table_set(t, row, SUBSYSTEM_VENDOR, "%04x", f->subsystem_vendor) ||
	      table_set(t, row, SUBSYSTEM_DEVICE, "%04x", f->subsystem_device) ||
	      table_set(t, row, CLASS_NAME, "%s", pci_class_name(f->class, class)) ||
	      table_set(t, row, CLASS, "%06x", f->class) || set_link(t, row, f);
	/* What is not there stays an empty cell, null in JSON. */
	if (!ret && f->driver[0])
		ret = table_set(t, row, DRIVER, "%s", f->driver);
	if (!ret && f->iommu_group >= 0)
		ret = table_set(t, row, GROUP, "%d", f->iommu_group);
	if (!ret && f->numa_node >= 0)
		ret = table_set(t, row, NODE, "%d", f->numa_node);
	if (!ret && f->max_link.width)
		ret = table_set(t, row, MAX_LINK_SPEED, "%s", f->max_link.speed) ||
		      table_set(t, row, MAX_LINK_WIDTH, "%u", f->max_link.width);
	if (!ret && f->reset_methods[0])
		ret = table_set(t, row, RESET, "%s", f->reset_methods);
	if (!ret && f->path)
		ret = table_set(t, row, PATH, "%s", f->path);
	if (!ret && f->p2pmem)
		ret = table_set(t, row, P2PMEM_SIZE, "%" PRIu64, f->p2pmem_size) ||
		      table_set(t, row, P2PMEM_AVAILABLE, "%" PRIu64, f->p2pmem_available) ||
		      table_set(t, row, P2PMEM_PUBLISHED, "%s", yes_no(f->p2pmem_published));
	return ret ? -ENOMEM : 0;
}

static int set_bar(struct table *t, int row, const struct sysfs *s, const struct pci_list *list,
		   const struct pci_function *f, unsigned int bar)
{
	const struct pci_resource *r = &f->resource[bar];
	const char *type = !r->memory ? "io" : r->wide ? "mem64" : "mem32";
	int ret;

	ret = table_set(t, row, BAR, "%u", bar) || table_set(t, row, SIZE, "%" PRIu64, r->size) ||
	      table_set(t, row, TYPE, "%s", type) ||
	      table_set(t, row, PREFETCHABLE, "%s", yes_no(r->prefetchable)) ||
	      table_set(t, row, MMAPPABLE, "%s", yes_no(pci_bar_mmappable(s, list, f, bar))) ||
	      table_set(t, row, EXPORTABLE, "%s", yes_no(pci_bar_exportable(s, f, bar)));
	if (!ret && r->assigned)
		ret = table_set(t, row, ADDRESS, "0x%" PRIx64, r->start);
	return ret ? -ENOMEM : 0;
}

/* The rows of one function: one for each BAR, or one alone when it has none. */
static int add_function(struct table *t, const struct sysfs *s, const struct pci_list *list,
			struct pci_function *f, bool io)
{
	unsigned int bar, rows = 0;
	int ret, row;

	ret = pci_read_details(s, f);
	for (bar = 0; bar <= PCI_BARS && !ret; bar++) {
		/* After the last BAR: is the row without one needed? */
		bool none = bar == PCI_BARS;

		if (none ? rows > 0 : !f->resource[bar].size || !(f->resource[bar].memory || io))
			continue;
		rows++;
		row = table_add_row(t);
		ret = row < 0 ? row : set_function(t, row, f);
		if (!ret && !none)
			ret = set_bar(t, row, s, list, f, bar);
	}
	return ret;
}

static int check_filter(const struct pci_list *list, const struct list_filter *filter,
			struct error *err)
{
	char bdf[BDF_STRLEN];
	size_t i;

	for (i = 0; i < filter->count; i++)
		if (!pci_list_find(list, &filter->bdf[i]))
			return error_set(err, EXIT_SKIP, ENODEV,
					 "'p2p-tool list --all' shows every function",
					 "%s: no such PCI function",
					 bdf_format(&filter->bdf[i], bdf));
	return 0;
}

int list_pci_table(const struct sysfs *s, const struct list_filter *filter, struct table **out,
		   struct error *err)
{
	struct pci_list list;
	size_t i;
	int ret;

	ret = pci_list_read(s, &list, err);
	if (ret)
		return ret;
	ret = check_filter(&list, filter, err);
	if (ret)
		goto out;
	*out = table_new("pci", columns, COLUMNS);
	ret = *out ? 0 : -ENOMEM;
	for (i = 0; i < list.count && !ret; i++) {
		struct pci_function *f = &list.function[i];
		/* Who names a function wants to see it, whatever it is. */
		bool all = filter->all || filter->count;

		if (list_wants(filter, &f->bdf) &&
		    (all || (pci_has_memory(f) && !pci_is_bridge(f))))
			ret = add_function(*out, s, &list, f, all);
	}
	if (ret)
		error_set(err, EXIT_FAILED, -ret, NULL, "PCI functions: %s", strerror(-ret));
out:
	pci_list_free(&list);
	return ret;
}
