/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI functions as sysfs shows them.
 *
 * All of this comes from sysfs, without opening or waking the device more
 * than reading its link status does. What only the VFIO device's own fd can
 * tell is not here: whether vfio-pci can take the device at all, the mmap
 * flag and sparse areas of each region, whether the kernel has the DMABUF
 * feature, and whether a driver variant restricts it.
 */
#ifndef P2P_PCI_H
#define P2P_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bdf.h"
#include "error.h"
#include "sysfs.h"

#define PCI_BARS 6
/* BARs, the expansion ROM, and the six SR-IOV BARs of the virtual functions. */
#define PCI_RESOURCES 13

struct pci_resource {
	uint64_t start; /* address as the CPU sees it */
	uint64_t size;	/* bytes; 0: there is none */
	bool memory;	/* else I/O ports */
	bool prefetchable;
	bool wide;     /* 64-bit BAR */
	bool assigned; /* the firmware or the kernel found room for it */
};

struct pci_link {
	char speed[16];	    /* as "16.0 GT/s"; empty when there is no link */
	unsigned int width; /* lanes; 0 when there is no link */
};

struct pci_function {
	struct bdf bdf;
	uint32_t class; /* base class, sub-class, interface: 0x020000 */
	struct pci_resource resource[PCI_RESOURCES];

	/* Filled in by pci_read_details(). */
	uint16_t vendor, device, subsystem_vendor, subsystem_device;
	char driver[64]; /* empty when none is bound */
	int iommu_group; /* -1: none */
	int numa_node;	 /* -1: none */
	struct pci_link link, max_link;
	char reset_methods[64]; /* in the order they are tried, such as "flr bus"; may be empty */
	/*
	 * Every bridge from the root to the function, and the function itself:
	 * "pci0000:00/0000:00:01.0/0000:01:00.0". Two functions share the part
	 * of the way that is the same at the beginning of both.
	 */
	char *path;
	/* Memory that the function's driver offers for P2P. */
	bool p2pmem;
	uint64_t p2pmem_size, p2pmem_available; /* bytes */
	bool p2pmem_published;
};

struct pci_list {
	struct pci_function *function; /* in the order of their addresses */
	size_t count;
};

/*
 * Every function with class and resources; empty on a machine without PCI.
 * 0 or -errno with err filled in. Given back with pci_list_free().
 */
int pci_list_read(const struct sysfs *s, struct pci_list *list, struct error *err);
void pci_list_free(struct pci_list *list);
/* The function at bdf, or NULL. */
struct pci_function *pci_list_find(const struct pci_list *list, const struct bdf *bdf);

/* Read the rest of a function of a list. 0 or -ENOMEM; attributes that do not exist stay empty. */
int pci_read_details(const struct sysfs *s, struct pci_function *f);

/* A bridge to another bus: root port, switch port. */
bool pci_is_bridge(const struct pci_function *f);
/* Made up by a virtual machine (QEMU's and Red Hat's vendor ids)? Needs the details. */
bool pci_is_virtual(const struct pci_function *f);
/* Does a BAR hold memory? */
bool pci_has_memory(const struct pci_function *f);

/*
 * Will vfio-pci map this BAR through its device fd? The kernel's rule: a
 * memory BAR of at least a page; a smaller one when it begins a page and
 * nothing else lies in that page, of which sysfs shows only the other
 * PCI functions.
 */
bool pci_bar_mmappable(const struct sysfs *s, const struct pci_list *list,
		       const struct pci_function *f, unsigned int bar);
/* Can (a part of) this BAR become a DMABUF? They are made of whole pages. */
bool pci_bar_exportable(const struct sysfs *s, const struct pci_function *f, unsigned int bar);

/* A short name of the class, such as "ethernet"; its number when it has none, in buf. */
const char *pci_class_name(uint32_t class, char buf[8]);
/* The PCIe generation of a link's speed, 0 when not known. */
unsigned int pci_link_generation(const struct pci_link *link);

#endif
