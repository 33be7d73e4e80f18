// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "devices.h"
#include "drm-device.h"

static int open_node(const char *path, struct drm_device *d, struct error *err)
{
	*d = (struct drm_device){ .fd = open(path, O_RDWR | O_CLOEXEC) };
	if (d->fd < 0)
		return error_set(err, EXIT_SKIP, errno,
				 errno == EACCES || errno == EPERM
					 ? "run as root, or be in the group that owns it"
					 : "'p2p-tool list --drm' shows the nodes there are",
				 "%s: %s", path, strerror(errno));
	snprintf(d->node, sizeof(d->node), "%s", path);
	return 0;
}

static int check_prime(struct drm_device *d, struct error *err)
{
	drmVersionPtr version = drmGetVersion(d->fd);
	uint64_t caps = 0;

	if (!version)
		return error_set(err, EXIT_USAGE, ENOTTY, "give a node such as /dev/dri/card0",
				 "%s: is not a DRM node", d->node);
	snprintf(d->driver, sizeof(d->driver), "%s", version->name);
	drmFreeVersion(version);
	if (drmGetCap(d->fd, DRM_CAP_PRIME, &caps) || !(caps & DRM_PRIME_CAP_IMPORT))
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "use another driver's node",
				 "%s: its driver, %s, has no PRIME import", d->node, d->driver);
	return 0;
}

static int open_one(const char *name, struct drm_device *d, struct error *err)
{
	char path[sizeof(d->node)];
	int ret;

	drm_node_path(name, path, sizeof(path));
	ret = open_node(path, d, err);
	if (!ret)
		ret = check_prime(d, err);
	if (ret)
		drm_device_close(d);
	return ret;
}

static int open_first(struct drm_device *d, struct error *err)
{
	struct error why = { 0 };
	struct drm_nodes nodes;
	struct sysfs sysfs;
	int ret;
	size_t i;

	ret = sysfs_open(&sysfs, NULL, err);
	if (ret)
		return ret;
	ret = drm_nodes_read(&sysfs, &nodes, err);
	sysfs_close(&sysfs);
	if (ret)
		return ret;
	ret = -ENODEV;
	for (i = 0; i < nodes.count && ret; i++)
		ret = open_one(nodes.node[i].name, d, &why);
	drm_nodes_free(&nodes);
	if (!ret)
		return 0;
	if (why.what[0])
		return error_set(err, EXIT_SKIP, -ret, why.remedy, "%s", why.what);
	return error_set(err, EXIT_SKIP, ENODEV, "without a GPU: 'modprobe vgem'",
			 "this machine has no DRM node");
}

int drm_device_open(const char *name, struct drm_device *d, struct error *err)
{
	return name ? open_one(name, d, err) : open_first(d, err);
}

void drm_device_close(struct drm_device *d)
{
	if (d->node[0])
		close(d->fd);
	*d = (struct drm_device){ 0 };
}

int drm_import(const struct drm_device *d, const struct bufspec *spec, int fd, uint32_t *handle,
	       struct error *err)
{
	return drmPrimeFDToHandle(d->fd, fd, handle) ? drm_explain_import(d, spec, -errno, err) : 0;
}

int drm_close_handle(const struct drm_device *d, uint32_t handle)
{
	return drmCloseBufferHandle(d->fd, handle) ? -errno : 0;
}

int drm_reexport(const struct drm_device *d, uint32_t handle)
{
	int fd;

	return drmPrimeHandleToFD(d->fd, handle, DRM_CLOEXEC | DRM_RDWR, &fd) ? -errno : fd;
}

int drm_map_offset(const struct drm_device *d, uint32_t handle, uint64_t *offset, struct error *err)
{
	if (!drmModeMapDumbBuffer(d->fd, handle, offset))
		return 0;
	if (errno == EACCES)
		return error_set(err, EXIT_SKIP, EACCES, "use the primary node (card0)",
				 "%s: render nodes give no offset to map objects at", d->node);
	return error_set(err, EXIT_SKIP, errno, NULL,
			 "%s: its driver, %s, gives no offset to map it at: %s", d->node, d->driver,
			 strerror(errno));
}
