/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RDMA devices and DRM nodes: the importers of DMABUFs.
 *
 * Names, places and states come from sysfs. What a device can do with a
 * DMABUF only its driver can tell, so that takes opening the device: the
 * probes do it, and only on this machine, never for a captured tree.
 */
#ifndef P2P_DEVICES_H
#define P2P_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "bdf.h"
#include "error.h"
#include "sysfs.h"

enum support {
	SUPPORT_UNKNOWN, /* not asked, not built in, or the device could not be opened */
	SUPPORT_NO,
	SUPPORT_YES,
};

/* What a device is a part of. */
struct parent {
	char name[64]; /* of the parent device, such as a PCI address; empty: a software device */
	bool pci;      /* it is a PCI function, at bdf */
	struct bdf bdf;
};

struct rdma_port {
	unsigned int number;
	char state[24];	     /* as "ACTIVE", "DOWN" */
	char link_layer[16]; /* "Ethernet" or "InfiniBand" */
	char netdev[32];     /* empty when there is none */
};

struct rdma_device {
	char name[64];
	struct parent parent;
	char node_guid[24]; /* as "0011:2233:4455:6677" */
	struct rdma_port *port;
	size_t nports;
	enum support dmabuf_mr; /* user-space provider and kernel driver take DMABUFs as MRs */
};

struct rdma_devices {
	struct rdma_device *device; /* ordered by name */
	size_t count;
};

/* Every RDMA device. 0 or -errno with err filled in. Given back with rdma_devices_free(). */
int rdma_devices_read(const struct sysfs *s, struct rdma_devices *list, struct error *err);
void rdma_devices_free(struct rdma_devices *list);
/* Ask every device of the list about DMABUF MRs; no change where that cannot be. */
void rdma_devices_probe(const struct sysfs *s, struct rdma_devices *list);

struct drm_node {
	char name[32]; /* "card0", "renderD128", "accel0" */
	struct parent parent;
	char driver[64]; /* the kernel driver of its parent; the DRM driver once probed */
	enum support prime_import, prime_export;
};

struct drm_nodes {
	struct drm_node *node; /* ordered by name, compute accelerators last */
	size_t count;
};

/* Every DRM node. 0 or -errno with err filled in. Given back with drm_nodes_free(). */
int drm_nodes_read(const struct sysfs *s, struct drm_nodes *list, struct error *err);
void drm_nodes_free(struct drm_nodes *list);
/* Ask every node of the list about PRIME; no change where that cannot be. */
void drm_nodes_probe(const struct sysfs *s, struct drm_nodes *list);

#endif
