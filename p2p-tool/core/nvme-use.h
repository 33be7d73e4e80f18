/* SPDX-License-Identifier: GPL-2.0-only */
/* Is somebody using the disks of an NVMe controller? */
#ifndef P2P_NVME_USE_H
#define P2P_NVME_USE_H

#include "pci.h"

/*
 * None of its namespaces may be mounted, swapped to, or part of something else: its
 * driver would let go of them all the same. 0, or -EBUSY with err naming the disk.
 */
int nvme_check_unused(const struct sysfs *sysfs, const struct pci_function *f, struct error *err);

#endif
