/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A DRM node, and what can be done with a DMABUF there: PRIME import makes a GEM
 * object of it, which a handle names (drm/drm.h, DRM_IOCTL_PRIME_FD_TO_HANDLE).
 */
#ifndef P2P_DRM_DEVICE_H
#define P2P_DRM_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct drm_device {
	int fd;
	char node[80];	 /* path */
	char driver[32]; /* as DRM_IOCTL_VERSION names it: "amdgpu", "vgem" */
};

/*
 * The path of a node: name itself if there is a / in it, else below /dev/dri or
 * /dev/accel. Without libdrm, too.
 */
void drm_node_path(const char *name, char *path, size_t size);
/*
 * Open the node that name stands for, or with NULL the first one that imports DMABUFs,
 * primary nodes ("card0") before render nodes. 0, or -errno with err filled in
 * (EXIT_SKIP where there is none).
 */
int drm_device_open(const char *name, struct drm_device *d, struct error *err);
/* d may be all zero. */
void drm_device_close(struct drm_device *d);

/*
 * Import the DMABUF fd, exported from spec; an object that this device has of it
 * already is found again and not counted. 0, or -errno with err saying what is missing
 * (EXIT_SKIP when this machine lacks it). fd stays the caller's, and may be closed.
 */
int drm_import(const struct drm_device *d, const struct bufspec *spec, int fd, uint32_t *handle,
	       struct error *err);
/* What drm_import() says of its -errno. Returns ret. Without libdrm, too. */
int drm_explain_import(const struct drm_device *d, const struct bufspec *spec, int ret,
		       struct error *err);
/* Give the object back. 0 or -errno. */
int drm_close_handle(const struct drm_device *d, uint32_t handle);
/* A new fd, the caller's, of the DMABUF behind an object. fd or -errno. */
int drm_reexport(const struct drm_device *d, uint32_t handle);
/*
 * Where mmap() of the node finds an object: DRM_IOCTL_MODE_MAP_DUMB. 0, or -errno with
 * err saying why not (EXIT_SKIP).
 */
int drm_map_offset(const struct drm_device *d, uint32_t handle, uint64_t *offset,
		   struct error *err);

#endif
