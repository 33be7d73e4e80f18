// SPDX-License-Identifier: GPL-2.0-only
/* What RDMA devices and DRM nodes can do with a DMABUF, asked of their drivers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_RDMA
#include <infiniband/verbs.h>
#endif
#ifdef HAVE_DRM
#include <xf86drm.h>
#endif

#include "devices.h"

#ifdef HAVE_RDMA
/*
 * Register an fd that cannot exist: who gets as far as looking it up says
 * EBADF, the provider library or the driver that does not know the call says so.
 */
static enum support probe_dmabuf_mr(struct ibv_device *device)
{
	enum support support = SUPPORT_UNKNOWN;
	struct ibv_context *context;
	struct ibv_pd *pd = NULL;
	struct ibv_mr *mr;

	context = ibv_open_device(device);
	if (!context)
		return SUPPORT_UNKNOWN;
	pd = ibv_alloc_pd(context);
	if (!pd)
		goto out;
	errno = 0;
	mr = ibv_reg_dmabuf_mr(pd, 0, 4096, 0, -1, IBV_ACCESS_LOCAL_WRITE);
	if (mr)
		ibv_dereg_mr(mr);
	else if (errno == EBADF)
		support = SUPPORT_YES;
	else if (errno == EOPNOTSUPP || errno == EPROTONOSUPPORT)
		support = SUPPORT_NO;
	ibv_dealloc_pd(pd);
out:
	ibv_close_device(context);
	return support;
}

void rdma_devices_probe(const struct sysfs *s, struct rdma_devices *list)
{
	struct ibv_device **devices;
	int count, i;
	size_t n;

	/* Looking for devices loads every provider library: not for nothing. */
	if (!s->live || !list->count)
		return;
	devices = ibv_get_device_list(&count);
	if (!devices)
		return;
	for (i = 0; i < count; i++)
		for (n = 0; n < list->count; n++)
			if (!strcmp(ibv_get_device_name(devices[i]), list->device[n].name))
				list->device[n].dmabuf_mr = probe_dmabuf_mr(devices[i]);
	ibv_free_device_list(devices);
}
#else
void rdma_devices_probe(const struct sysfs *s, struct rdma_devices *list)
{
}
#endif

#ifdef HAVE_DRM
static void probe_prime(struct drm_node *node)
{
	drmVersionPtr version;
	char path[64];
	uint64_t caps;
	int fd;

	snprintf(path, sizeof(path), "/dev/%s/%s",
		 strncmp(node->name, "accel", 5) ? "dri" : "accel", node->name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!drmGetCap(fd, DRM_CAP_PRIME, &caps)) {
		node->prime_import = caps & DRM_PRIME_CAP_IMPORT ? SUPPORT_YES : SUPPORT_NO;
		node->prime_export = caps & DRM_PRIME_CAP_EXPORT ? SUPPORT_YES : SUPPORT_NO;
	}
	version = drmGetVersion(fd);
	if (version)
		snprintf(node->driver, sizeof(node->driver), "%s", version->name);
	drmFreeVersion(version);
	close(fd);
}

void drm_nodes_probe(const struct sysfs *s, struct drm_nodes *list)
{
	size_t i;

	for (i = 0; s->live && i < list->count; i++)
		probe_prime(&list->node[i]);
}
#else
void drm_nodes_probe(const struct sysfs *s, struct drm_nodes *list)
{
}
#endif
