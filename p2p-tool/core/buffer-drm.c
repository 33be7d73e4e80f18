// SPDX-License-Identifier: GPL-2.0-only
/* drm:NODE:LENGTH - a dumb buffer of a DRM device, and the DMABUF that PRIME makes of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "drm-device.h"

#define ROW 4096 /* bytes of a row of pixels, so that rows are whole pages */

struct object {
	struct drm_device dev;
	uint32_t handle;
	uint64_t offset; /* to map it at */
};

static int create(struct buffer *b, struct object *o, struct error *err)
{
	uint64_t rows = (b->spec.length + ROW - 1) / ROW, size = 0;
	uint32_t pitch;
	char text[128];
	int ret;

	bufspec_format(&b->spec, text, sizeof(text));
	if (rows > UINT32_MAX / ROW)
		return error_set(err, EXIT_SKIP, EOVERFLOW, "give less than 4 GiB",
				 "%s: too large for a dumb buffer", text);
	if (drmModeCreateDumbBuffer(o->dev.fd, ROW / 4, (uint32_t)rows, 32, 0, &o->handle, &pitch,
				    &size)) {
		ret = errno;
		return error_set(err, ret == ENOMEM ? EXIT_FAILED : EXIT_SKIP, ret,
				 ret == EACCES	 ? "use the primary node (card0)"
				 : ret == ENOMEM ? "give a smaller length"
						 : "use another driver's node",
				 "%s: %s makes no dumb buffer: %s", text, o->dev.driver,
				 strerror(ret));
	}
	return drm_map_offset(&o->dev, o->handle, &o->offset, err);
}

static int drm_close(struct buffer *b, struct error *err)
{
	struct object *o = b->priv;

	if (o->handle)
		drm_close_handle(&o->dev, o->handle);
	drm_device_close(&o->dev);
	free(o);
	return 0;
}

static int drm_open(struct buffer *b, const struct access_params *access, struct error *err)
{
	struct object *o = calloc(1, sizeof(*o));
	int ret;

	if (!o)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "buffer: out of memory");
	b->priv = o;
	ret = drm_device_open(b->spec.node, &o->dev, err);
	if (!ret)
		ret = create(b, o, err);
	if (ret)
		drm_close(b, NULL);
	return ret;
}

static void drm_source(const struct buffer *b, struct map_source *source)
{
	const struct object *o = b->priv;

	*source = (struct map_source){ o->dev.fd, MAP_SHARED, o->offset };
}

static int drm_export(struct buffer *b, struct error *err)
{
	const struct object *o = b->priv;
	char text[128];
	int fd;

	if (!drmPrimeHandleToFD(o->dev.fd, o->handle, DRM_CLOEXEC | (b->rdonly ? 0 : DRM_RDWR),
				&fd))
		return fd;
	bufspec_format(&b->spec, text, sizeof(text));
	return error_set(err, EXIT_SKIP, errno, "use another driver's node",
			 "%s: %s does not export it: %s", text, o->dev.driver, strerror(errno));
}

const struct buffer_ops buffer_drm_ops = {
	.open = drm_open,
	.source = drm_source,
	.export = drm_export,
	.close = drm_close,
};
