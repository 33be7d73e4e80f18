/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways by which bytes get into an imported object and out of it. One that only
 * one driver has (its copy engine) is a file drm-way-DRIVER.c and a line in drm_ways[].
 */
#ifndef P2P_DRM_WAY_H
#define P2P_DRM_WAY_H

#include "drm-device.h"
#include "measure.h"

/* An object that is imported. */
struct drm_object {
	const struct drm_device *dev;
	struct buffer *b; /* what it is made of, its DMABUF exported */
	uint32_t handle;
};

struct drm_way {
	const char *name;   /* of records, as parameter "via" */
	const char *driver; /* that has it; NULL: any */
	/*
	 * Append drm.write and drm.read for each size, verified, and what else can be
	 * measured; what this device lacks becomes records that say why. 0 or -errno with
	 * err filled in.
	 */
	int (*measure)(const struct drm_way *way, const struct drm_object *o, const struct clock *c,
		       const struct drm_params *p, struct record_set *out, struct error *err);
};

extern const struct drm_way *const drm_ways[]; /* ends with NULL */

extern const struct drm_way drm_way_reexport; /* the CPU, by a mapping of the DMABUF got back */
extern const struct drm_way drm_way_gem;      /* the CPU, by a mapping of the object */

/* The parameters "driver" and "node" of a record. 0 or -ENOMEM. */
int drm_describe(struct record *r, const struct drm_device *d);
/* drm.NAME, "read" and "write" being rates, cannot run via that way, because of why. 0 or -errno with err filled in. */
int drm_skip(const char *name, const char *via, const struct drm_object *o, const struct clock *c,
	     const struct error *why, struct record_set *out, struct error *err);

#endif
