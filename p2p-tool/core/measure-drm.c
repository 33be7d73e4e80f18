// SPDX-License-Identifier: GPL-2.0-only
/* What it costs a DRM device to import a buffer, and what can be done with it then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind.h"
#include "dmabuf.h"
#include "drm-way.h"
#include "measure-private.h"
#include "size.h"

const struct drm_way *const drm_ways[] = { &drm_way_reexport, &drm_way_gem, NULL };

enum step { IMPORT, REEXPORT, CLOSE, STEPS };

struct run {
	struct buffer *b;
	const struct clock *c;
	const struct drm_params *p;
	struct drm_device dev;
	int fd; /* of the DMABUF, which is b's */
	struct samples samples[STEPS];
	char attached[128]; /* the devices that an import attaches */
	int nattached;	    /* -errno: not known */
};

int drm_describe(struct record *r, const struct drm_device *d)
{
	int ret = record_param(r, "driver", "%s", d->driver);

	return ret ? ret : record_param(r, "node", "%s", strrchr(d->node, '/') + 1);
}

int drm_skip(const char *name, const char *via, const struct drm_object *o, const struct clock *c,
	     const struct error *why, struct record_set *out, struct error *err)
{
	bool rate = !strcmp(name, "write") || !strcmp(name, "read");
	char measurement[64];
	struct record *r;

	snprintf(measurement, sizeof(measurement), "drm.%s", name);
	r = cell_new_by(o->b, "drm", measurement,
			rate && c->unit == UNIT_NS ? UNIT_BYTES_PER_S : c->unit);
	if (!r || record_param(r, "via", "%s", via) || drm_describe(r, o->dev)) {
		record_free(r);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	return cell_skip(r, why, out, err);
}

static int explain(const struct run *r, const char *step, int ret, struct error *err)
{
	char text[128];

	bufspec_format(&r->b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: %s (%s): %s: %s", text, r->dev.node,
			 r->dev.driver, step, strerror(-ret));
}

/* One import, and back; a driver may not be able to re-export, which is seen later. */
static int run_round(struct run *r, uint64_t cost[STEPS], struct error *err)
{
	uint64_t start = clock_now(r->c);
	uint32_t handle;
	int fd, ret;

	ret = drm_import(&r->dev, &r->b->spec, r->fd, &handle, err);
	cost[IMPORT] = clock_now(r->c) - start;
	if (ret)
		return ret;
	start = clock_now(r->c);
	fd = drm_reexport(&r->dev, handle);
	cost[REEXPORT] = clock_now(r->c) - start;
	if (fd >= 0)
		close(fd);
	else
		cost[REEXPORT] = UINT64_MAX;
	start = clock_now(r->c);
	ret = drm_close_handle(&r->dev, handle);
	cost[CLOSE] = clock_now(r->c) - start;
	return ret ? explain(r, "closing the handle", ret, err) : 0;
}

static int run_rounds(struct run *r, struct error *err)
{
	unsigned int i, step;
	int ret = 0;

	for (i = 0; i < r->p->warmup + r->p->repeat && !ret; i++) {
		uint64_t cost[STEPS];

		ret = binding_interrupted(err);
		if (!ret)
			ret = run_round(r, cost, err);
		for (step = 0; step < STEPS && !ret && i >= r->p->warmup; step++)
			if (cost[step] != UINT64_MAX)
				samples_add(&r->samples[step], cost[step]);
	}
	return ret;
}

/* Why it is not known for sure how the DMABUF was imported; NULL: it is. */
static const char *doubt(const struct run *r)
{
	if (r->nattached < 0)
		return "who has attached to it cannot be seen; be root, mount debugfs, and boot a "
		       "kernel with CONFIG_DEBUG_FS";
	if (!r->nattached)
		return "nobody has attached to it: it is an object of this device itself, or its "
		       "driver has only taken a reference";
	switch (r->b->spec.kind) {
	case BUFFER_VFIO:
		return NULL;
	case BUFFER_DRM:
		return "whether it was imported dynamically cannot be seen: its exporter may have "
		       "moved it to ordinary memory";
	default:
		return "whether it was imported dynamically cannot be seen: it is ordinary memory, "
		       "so all importers are welcome";
	}
}

/*
 * What is known of the attachment. VFIO takes importers that are dynamic, know of
 * peer-to-peer memory and let go of it, and no others; of other exporters nobody tells.
 */
static int describe_attachment(const struct run *r, struct record *record)
{
	bool vfio = r->b->spec.kind == BUFFER_VFIO;
	const char *warning = doubt(r);
	int ret = 0;

	if (r->nattached > 0)
		ret = record_observe(record, "attached", "%s", r->attached);
	else if (!r->nattached)
		ret = record_observe(record, "attached", "nobody");
	if (!ret)
		ret = record_observe(record, "attachment", "%s",
				     !vfio ? "not known" : "dynamic, peer-to-peer");
	if (!ret && warning)
		ret = record_observe(record, "warning", "%s", warning);
	return ret;
}

static int add_step(struct run *r, enum step step, struct record_set *out, struct error *err)
{
	static const char *const names[STEPS] = { "drm.import", "drm.reexport",
						  "drm.handle_close" };
	struct record *record = cell_new_by(r->b, "drm", names[step], r->c->unit);
	struct error why = { 0 };
	int ret = record ? drm_describe(record, &r->dev) : -ENOMEM;

	if (!ret && step == IMPORT)
		ret = describe_attachment(r, record);
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	if (r->samples[step].count)
		return cell_finish(record, r->c, &r->samples[step], out, err);
	error_set(&why, EXIT_SKIP, EOPNOTSUPP, NULL,
		  "%s: its driver, %s, gives no DMABUF of what it imported", r->dev.node,
		  r->dev.driver);
	return cell_skip(record, &why, out, err);
}

static int run_ways(struct run *r, const struct drm_object *o, struct record_set *out,
		    struct error *err)
{
	const struct drm_way *const *way;
	struct error why = { 0 };
	bool engine = false;
	int ret = 0;

	for (way = drm_ways; *way && !ret; way++) {
		if ((*way)->driver && strcmp((*way)->driver, r->dev.driver))
			continue;
		engine = engine || (*way)->driver;
		ret = (*way)->measure(*way, o, r->c, r->p, out, err);
	}
	if (ret || engine)
		return ret;
	error_set(&why, EXIT_SKIP, EOPNOTSUPP, NULL,
		  "%s: p2p-tool knows no copy engine of its driver, %s", r->dev.node,
		  r->dev.driver);
	ret = drm_skip("write", "engine", o, r->c, &why, out, err);
	return ret ? ret : drm_skip("read", "engine", o, r->c, &why, out, err);
}

/* The rounds first: an object that is imported already is only found again. */
static int run_all(struct run *r, struct record_set *out, struct error *err)
{
	struct drm_object o = { .dev = &r->dev, .b = r->b };
	int ret, step;

	ret = run_rounds(r, err);
	if (!ret)
		ret = drm_import(&r->dev, &r->b->spec, r->fd, &o.handle, err);
	if (ret)
		return ret;
	r->nattached = dmabuf_attached(r->fd, r->attached, sizeof(r->attached));
	for (step = 0; step < STEPS && !ret; step++)
		ret = add_step(r, (enum step)step, out, err);
	if (!ret)
		ret = run_ways(r, &o, out, err);
	drm_close_handle(&r->dev, o.handle);
	return ret;
}

int measure_drm_check(const struct bufspec *spec, const struct drm_params *p, struct error *err)
{
	return check_copy_sizes(spec, p->sizes, p->nsizes, err);
}

int measure_drm(struct buffer *b, const struct clock *c, const struct drm_params *p,
		struct record_set *out, struct error *err)
{
	struct run r = { .b = b, .c = c, .p = p };
	int ret, step;

	ret = measure_drm_check(&b->spec, p, err);
	if (ret)
		return ret;
	r.fd = buffer_dmabuf(b, err);
	if (r.fd < 0)
		return r.fd;
	ret = drm_device_open(p->node, &r.dev, err);
	for (step = 0; step < STEPS && !ret; step++)
		if (samples_init(&r.samples[step], p->repeat))
			ret = error_set(err, EXIT_FAILED, ENOMEM, "give a smaller --repeat",
					"%u samples: out of memory", p->repeat);
	if (!ret)
		ret = run_all(&r, out, err);
	for (step = 0; step < STEPS; step++)
		samples_free(&r.samples[step]);
	drm_device_close(&r.dev);
	return ret;
}
