// SPDX-License-Identifier: GPL-2.0-only
/* Names of nodes, and what stands between a DRM device and a DMABUF. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drm-device.h"

void drm_node_path(const char *name, char *path, size_t size)
{
	if (strchr(name, '/'))
		snprintf(path, size, "%s", name);
	else
		snprintf(path, size, "/dev/%s/%s", strncmp(name, "accel", 5) ? "dri" : "accel",
			 name);
}

int drm_explain_import(const struct drm_device *d, const struct bufspec *spec, int ret,
		       struct error *err)
{
	bool vfio = spec->kind == BUFFER_VFIO;
	char text[128], who[128];

	bufspec_format(spec, text, sizeof(text));
	snprintf(who, sizeof(who), "%s (%s)", d->node, d->driver);
	switch (-ret) {
	case EOPNOTSUPP:
		if (!vfio)
			return error_set(err, EXIT_SKIP, -ret, "use another driver's node",
					 "%s: %s cannot import it: the exporter refuses this kind "
					 "of importer",
					 text, who);
		return error_set(err, EXIT_SKIP, -ret,
				 "use a driver that imports peer-to-peer DMABUFs and takes "
				 "revocation (amdgpu, xe; vgem with series/importers)",
				 "%s: %s cannot import it: the attachment lacks peer2peer or "
				 "invalidate_mappings",
				 text, who);
	case EINVAL:
	case ENOSYS:
	case ENOTTY:
		return error_set(err, EXIT_SKIP, -ret, "use another driver's node",
				 "%s: %s cannot import it: its driver has no PRIME import of "
				 "others' DMABUFs, or not of this size",
				 text, who);
	case EREMOTEIO:
		return error_set(err, EXIT_SKIP, -ret,
				 "put both below one PCIe switch, switch off ACS redirection "
				 "there, or use a root complex that p2pdma knows",
				 "%s: %s cannot reach it: no peer-to-peer path that p2pdma allows",
				 text, who);
	case ENODEV:
		return error_set(err, EXIT_FAILED, -ret,
				 "enable its memory, wake it up, or export it again",
				 "%s: %s cannot import it: it is revoked", text, who);
	case EACCES:
	case EPERM:
		return error_set(err, EXIT_SKIP, -ret,
				 "run as root, or use a render node (renderD128)",
				 "%s: %s cannot import it: permission denied", text, who);
	}
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: %s cannot import it: %s", text, who,
			 strerror(-ret));
}
