// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pci.h"

#define DEVICES "bus/pci/devices"

/* Flags of the kernel's struct resource, which the "resource" attribute prints. */
#define RESOURCE_MEMORY	  0x00000200ULL
#define RESOURCE_PREFETCH 0x00002000ULL
#define RESOURCE_64BIT	  0x00100000ULL
#define RESOURCE_DISABLED 0x10000000ULL
#define RESOURCE_UNSET	  0x20000000ULL

#define CLASS_PCI_BRIDGE	 0x0604
#define CLASS_TRANSPARENT_BRIDGE 0x0609

static int64_t read_number(const struct sysfs *s, const struct pci_function *f, const char *name,
			   int64_t otherwise)
{
	char bdf[BDF_STRLEN];
	int64_t value;

	if (sysfs_number(s, &value, DEVICES "/%s/%s", bdf_format(&f->bdf, bdf), name))
		return otherwise;
	return value;
}

static int read_text(const struct sysfs *s, const struct pci_function *f, const char *name,
		     char *buf, size_t size)
{
	char bdf[BDF_STRLEN];

	return sysfs_text(s, buf, size, DEVICES "/%s/%s", bdf_format(&f->bdf, bdf), name);
}

static int read_link_name(const struct sysfs *s, const struct pci_function *f, const char *name,
			  char *buf, size_t size)
{
	char bdf[BDF_STRLEN];

	return sysfs_link_name(s, buf, size, DEVICES "/%s/%s", bdf_format(&f->bdf, bdf), name);
}

/* One line a resource: first address, last address, flags; all 0 when there is none. */
static void parse_resources(struct pci_function *f, const char *text)
{
	uint64_t start, end, flags;
	size_t i;

	for (i = 0; i < PCI_RESOURCES; i++) {
		struct pci_resource *r = &f->resource[i];

		/* Those of a bridge that follow the ROM are its windows. */
		if (i > PCI_BARS && pci_is_bridge(f))
			break;
		if (sscanf(text, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3)
			break;
		if (flags && end >= start) {
			r->start = start;
			r->size = end - start + 1;
			r->memory = flags & RESOURCE_MEMORY;
			r->prefetchable = flags & RESOURCE_PREFETCH;
			r->wide = flags & RESOURCE_64BIT;
			r->assigned = !(flags & (RESOURCE_UNSET | RESOURCE_DISABLED));
		}
		text = strchr(text, '\n');
		if (!text)
			break;
		text++;
	}
}

static void read_basics(const struct sysfs *s, struct pci_function *f)
{
	char text[4096];

	f->class = (uint32_t)read_number(s, f, "class", 0);
	if (read_text(s, f, "resource", text, sizeof(text)) > 0)
		parse_resources(f, text);
}

static int compare_functions(const void *a, const void *b)
{
	const struct pci_function *fa = a, *fb = b;

	return bdf_compare(&fa->bdf, &fb->bdf);
}

int pci_list_read(const struct sysfs *s, struct pci_list *list, struct error *err)
{
	char **names;
	int count, i;

	*list = (struct pci_list){ 0 };
	count = sysfs_list(s, &names, DEVICES);
	if (count < 0)
		return error_set(err, EXIT_FAILED, -count, NULL, "/sys/" DEVICES ": %s",
				 strerror(-count));
	if (!count)
		return 0;
	list->function = calloc((size_t)count, sizeof(*list->function));
	if (!list->function) {
		sysfs_list_free(names, count);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "PCI functions: out of memory");
	}
	for (i = 0; i < count; i++) {
		struct pci_function *f = &list->function[list->count];

		if (bdf_parse(names[i], &f->bdf, NULL))
			continue;
		read_basics(s, f);
		list->count++;
	}
	sysfs_list_free(names, count);
	qsort(list->function, list->count, sizeof(*list->function), compare_functions);
	return 0;
}

void pci_list_free(struct pci_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->function[i].path);
	free(list->function);
	*list = (struct pci_list){ 0 };
}

struct pci_function *pci_list_find(const struct pci_list *list, const struct bdf *bdf)
{
	struct pci_function key = { .bdf = *bdf };

	if (!list->count)
		return NULL;
	return bsearch(&key, list->function, list->count, sizeof(key), compare_functions);
}

static void read_link(const struct sysfs *s, const struct pci_function *f, const char *which,
		      struct pci_link *link)
{
	char name[32], text[32], *unit;
	int64_t width;

	snprintf(name, sizeof(name), "%s_link_width", which);
	width = read_number(s, f, name, 0);
	/* Functions inside the root complex have no lanes, or say 255 of them. */
	if (width < 1 || width > 32)
		return;
	snprintf(name, sizeof(name), "%s_link_speed", which);
	if (read_text(s, f, name, text, sizeof(text)) <= 0)
		return;
	/* "PCIe" follows since 5.7; "Unknown" has no unit at all. */
	unit = strstr(text, " GT/s");
	if (!unit)
		return;
	unit[strlen(" GT/s")] = '\0';
	if (strlen(text) >= sizeof(link->speed))
		return;
	strcpy(link->speed, text);
	link->width = (unsigned int)width;
}

/* Links in bus/pci/devices lead to ../../../devices/ and the way from the root. */
static int read_path(const struct sysfs *s, struct pci_function *f)
{
	char bdf[BDF_STRLEN], target[PATH_MAX], *way;

	if (sysfs_link(s, target, sizeof(target), DEVICES "/%s", bdf_format(&f->bdf, bdf)))
		return 0;
	way = strstr(target, "/devices/");
	free(f->path);
	f->path = strdup(way ? way + strlen("/devices/") : target);
	return f->path ? 0 : -ENOMEM;
}

int pci_read_details(const struct sysfs *s, struct pci_function *f)
{
	char text[64];

	f->vendor = (uint16_t)read_number(s, f, "vendor", 0);
	f->device = (uint16_t)read_number(s, f, "device", 0);
	f->subsystem_vendor = (uint16_t)read_number(s, f, "subsystem_vendor", 0);
	f->subsystem_device = (uint16_t)read_number(s, f, "subsystem_device", 0);
	f->numa_node = (int)read_number(s, f, "numa_node", -1);
	read_link_name(s, f, "driver", f->driver, sizeof(f->driver));
	f->iommu_group = -1;
	if (!read_link_name(s, f, "iommu_group", text, sizeof(text)))
		f->iommu_group = atoi(text);
	read_link(s, f, "current", &f->link);
	read_link(s, f, "max", &f->max_link);
	read_text(s, f, "reset_method", f->reset_methods, sizeof(f->reset_methods));
	f->p2pmem_size = (uint64_t)read_number(s, f, "p2pmem/size", 0);
	f->p2pmem = f->p2pmem_size;
	if (f->p2pmem) {
		f->p2pmem_available = (uint64_t)read_number(s, f, "p2pmem/available", 0);
		f->p2pmem_published = read_number(s, f, "p2pmem/published", 0);
	}
	return read_path(s, f);
}

bool pci_is_bridge(const struct pci_function *f)
{
	uint32_t class = f->class >> 8;

	return class == CLASS_PCI_BRIDGE || class == CLASS_TRANSPARENT_BRIDGE;
}

static bool usable_memory(const struct pci_resource *r)
{
	return r->size && r->memory && r->assigned;
}

static bool vendor_is_virtual(uint16_t vendor)
{
	return vendor == 0x1af4 || vendor == 0x1b36 || vendor == 0x1234;
}

bool pci_is_virtual(const struct pci_function *f)
{
	return vendor_is_virtual(f->vendor) || vendor_is_virtual(f->subsystem_vendor);
}

bool pci_has_memory(const struct pci_function *f)
{
	size_t i;

	for (i = 0; i < PCI_BARS; i++)
		if (f->resource[i].size && f->resource[i].memory)
			return true;
	return false;
}

/* Is a resource of any function other than *own in [start, end)? */
static bool page_shared(const struct pci_list *list, const struct pci_resource *own, uint64_t start,
			uint64_t end)
{
	size_t i, n;

	for (i = 0; i < list->count; i++) {
		for (n = 0; n < PCI_RESOURCES; n++) {
			const struct pci_resource *r = &list->function[i].resource[n];

			if (r != own && usable_memory(r) && r->start < end &&
			    r->start + r->size > start)
				return true;
		}
	}
	return false;
}

bool pci_bar_mmappable(const struct sysfs *s, const struct pci_list *list,
		       const struct pci_function *f, unsigned int bar)
{
	const struct pci_resource *r = &f->resource[bar];

	if (!usable_memory(r))
		return false;
	if (r->size >= s->page_size)
		return true;
	return !(r->start % s->page_size) &&
	       !page_shared(list, r, r->start, r->start + s->page_size);
}

bool pci_bar_exportable(const struct sysfs *s, const struct pci_function *f, unsigned int bar)
{
	const struct pci_resource *r = &f->resource[bar];

	return usable_memory(r) && r->size >= s->page_size;
}

const char *pci_class_name(uint32_t class, char buf[8])
{
	/* The first that fits: an exact interface, a sub-class, a base class. */
	static const struct {
		uint32_t mask, class;
		const char *name;
	} names[] = {
		{ 0xffffff, 0x010802, "nvme" },	     { 0xff0000, 0x010000, "storage" },
		{ 0xffff00, 0x020000, "ethernet" },  { 0xffff00, 0x020700, "infiniband" },
		{ 0xff0000, 0x020000, "network" },   { 0xffff00, 0x030000, "vga" },
		{ 0xffff00, 0x030200, "3d" },	     { 0xff0000, 0x030000, "display" },
		{ 0xff0000, 0x040000, "media" },     { 0xffff00, 0x050000, "ram" },
		{ 0xffff00, 0x050200, "cxl" },	     { 0xff0000, 0x050000, "memory" },
		{ 0xffff00, 0x060000, "host" },	     { 0xff0000, 0x060000, "bridge" },
		{ 0xff0000, 0x070000, "comm" },	     { 0xff0000, 0x080000, "system" },
		{ 0xff0000, 0x0b0000, "processor" }, { 0xffff00, 0x0c0300, "usb" },
		{ 0xff0000, 0x0c0000, "serial" },    { 0xff0000, 0x100000, "crypto" },
		{ 0xff0000, 0x110000, "signal" },    { 0xff0000, 0x120000, "accel" },
		{ 0xff0000, 0xff0000, "other" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((class & names[i].mask) == names[i].class)
			return names[i].name;
	snprintf(buf, 8, "%06x", class & 0xffffff);
	return buf;
}

unsigned int pci_link_generation(const struct pci_link *link)
{
	static const double speeds[] = { 2.5, 5, 8, 16, 32, 64 };
	double speed = strtod(link->speed, NULL); /* kernels before 5.7 write "8" for "8.0" */
	unsigned int i;

	for (i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i] == speed)
			return i + 1;
	return 0;
}
