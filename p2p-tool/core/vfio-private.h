/* SPDX-License-Identifier: GPL-2.0-only */
/* Explanations of why a device could not be opened, for vfio-open.c only. */
#ifndef P2P_VFIO_PRIVATE_H
#define P2P_VFIO_PRIVATE_H

#include "vfio.h"

/* All return -errnum with err filled in. */

/* open() of a device node failed; missing is the remedy when it is not there. */
int vfio_explain_node(const struct vfio_sys *sys, const struct sysfs *sysfs,
		      const struct pci_function *f, const char *node, int errnum,
		      const char *missing, struct error *err);

/*
 * Is the IOMMU group the reason for errnum? 0 when nobody else has a part of it;
 * else -errnum with err naming who.
 */
int vfio_explain_group(const struct sysfs *sysfs, const struct pci_function *f, int errnum,
		       struct error *err);

/*
 * The kernel says that f cannot be had now: another function of its IOMMU
 * group has a driver that works on it, or somebody has it (or its group) open.
 */
int vfio_explain_busy(const struct vfio_sys *sys, const struct sysfs *sysfs,
		      const struct pci_function *f, int errnum, struct error *err);

/* The device is not bound to a VFIO driver. */
int vfio_explain_driver(const struct pci_function *f, struct error *err);

/* There is no IOMMU, or there is one and no-IOMMU mode was asked for. */
int vfio_explain_iommu(const struct pci_function *f, bool wanted, struct error *err);

#endif
