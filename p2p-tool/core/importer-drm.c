// SPDX-License-Identifier: GPL-2.0-only
/* A DRM device, and a process that has its object of the DMABUF mapped. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "confine.h"
#include "drm-device.h"
#include "importer.h"

struct drm {
	struct drm_device dev;
	struct mapper mapper;
	uint32_t handle; /* 0: nothing is imported */
	/* What is mapped: the object; or the DMABUF got back, where the driver maps no objects. */
	int fd;
	uint64_t offset;
	bool gem;
};

static void let_go(struct drm *d)
{
	if (d->handle)
		drm_close_handle(&d->dev, d->handle);
	if (d->fd >= 0 && !d->gem)
		close(d->fd);
	d->handle = 0;
	d->fd = -1;
}

static int explain(const struct importer *i, const char *step, int ret, struct error *err)
{
	const struct drm *d = i->priv;
	char text[128];

	bufspec_format(i->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: %s (%s): %s: %s", text, d->dev.node,
			 d->dev.driver, step, strerror(-ret));
}

static int drm_importer_open(struct importer *i, struct error *err)
{
	struct drm *d = calloc(1, sizeof(*d));
	int ret;

	if (!d)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "importer drm: out of memory");
	d->fd = -1;
	i->priv = d;
	ret = drm_device_open(i->device, &d->dev, err);
	if (ret)
		return ret;
	ret = mapper_start(&d->mapper, i->shared);
	return ret ? explain(i, "starting a process that maps", ret, err) : 0;
}

static void drm_importer_close(struct importer *i)
{
	struct drm *d = i->priv;

	if (!d)
		return;
	let_go(d);
	mapper_stop(&d->mapper);
	drm_device_close(&d->dev);
	free(d);
	i->priv = NULL;
}

static int drm_importer_import(struct importer *i, int fd, uint64_t round, struct error *err)
{
	struct drm *d = i->priv;
	int ret = drm_import(&d->dev, i->spec, fd, &d->handle, err);

	if (ret)
		return ret;
	d->gem = !drm_map_offset(&d->dev, d->handle, &d->offset, NULL);
	if (!d->gem)
		d->offset = 0;
	d->fd = d->gem ? d->dev.fd : drm_reexport(&d->dev, d->handle);
	if (d->fd < 0)
		return explain(i, "getting the DMABUF back", d->fd, err);
	ret = mapper_map(&d->mapper, d->fd, d->offset, i->length, round, i->busy);
	return ret ? explain(i, "mapping what it imported", ret, err) : 0;
}

static void map_again(struct importer *i)
{
	struct drm *d = i->priv;
	void *map = mmap(NULL, i->length, PROT_READ, MAP_SHARED, d->fd, (off_t)d->offset);

	importer_note(i, "mapping again", map == MAP_FAILED ? strerror(errno) : "works");
	if (map == MAP_FAILED)
		return;
	i->reachable += confine_reachable(map, i->length);
	munmap(map, i->length);
}

/* An object that is there would be found again: it is given up before. */
static void import_again(struct importer *i, int fd)
{
	struct drm *d = i->priv;
	uint32_t handle;
	int ret = drm_import(&d->dev, i->spec, fd, &handle, NULL);

	importer_note(i, "importing again", ret ? strerror(-ret) : "works");
	if (ret)
		return;
	i->reachable++;
	drm_close_handle(&d->dev, handle);
}

static int drm_importer_check(struct importer *i, int fd, struct error *err)
{
	struct drm *d = i->priv;
	struct mapper_report report;
	int ret = mapper_check(&d->mapper, &report);

	if (ret)
		return explain(i, "the process that maps", ret, err);
	i->completed += report.reads;
	i->reachable += report.reachable;
	importer_note(i, d->gem ? "mapping of the object" : "mapping of the DMABUF got back",
		      report.reachable ? "can be read" : "SIGBUS");
	map_again(i);
	let_go(d);
	import_again(i, fd);
	return 0;
}

const struct importer_ops importer_drm_ops = {
	.open = drm_importer_open,
	.import = drm_importer_import,
	.check = drm_importer_check,
	.close = drm_importer_close,
};
