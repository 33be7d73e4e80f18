// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU, by a mapping: of the DMABUF that the device gave back, or of its object. Both
 * are measured as map and copy do it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copy-routines.h"
#include "dmabuf.h"
#include "drm-way.h"
#include "measure-private.h"
#include "pattern.h"
#include "sigbus.h"

#define PROOF_SIZE 4096

/* What is written through one mapping is found through the other. */
struct proof {
	char *through, *direct;
	char pattern[PROOF_SIZE], found[PROOF_SIZE];
	char mismatch[128];
};

static void write_and_compare(void *arg)
{
	const struct copy_routine *plain = copy_routine_find("plain");
	struct proof *p = arg;

	plain->read(p->found, p->direct, PROOF_SIZE);
	/* Something else than what is there. */
	pattern_fill(p->pattern, PROOF_SIZE, (uint64_t)(unsigned char)p->found[0] + 1);
	plain->write(p->through, p->pattern, PROOF_SIZE);
	copy_drain();
	plain->read(p->found, p->direct, PROOF_SIZE);
	pattern_compare(p->pattern, p->found, PROOF_SIZE, "", p->mismatch, sizeof(p->mismatch));
}

/* Does the mapping of view show the memory of b, or a copy of it? */
static int prove(struct buffer *b, struct buffer *view, struct proof *p, struct error *err)
{
	enum map_via direct = b->ops->source ? VIA_DEVICE : VIA_DMABUF;
	enum map_via through = view->ops->source ? VIA_DEVICE : VIA_DMABUF;
	const int prot = PROT_READ | PROT_WRITE;
	uintptr_t fault;
	char text[128];
	int ret;

	bufspec_format(&b->spec, text, sizeof(text));
	ret = buffer_map(b, direct, 0, PROOF_SIZE, prot, (void **)&p->direct);
	if (!ret)
		ret = buffer_map(view, through, 0, PROOF_SIZE, prot, (void **)&p->through);
	if (!ret)
		ret = dmabuf_begin_access(b->dmabuf_fd, true);
	if (!ret) {
		ret = sigbus_guard(write_and_compare, p, &fault);
		dmabuf_end_access(b->dmabuf_fd, true);
	}
	if (p->direct)
		munmap(p->direct, PROOF_SIZE);
	if (p->through)
		munmap(p->through, PROOF_SIZE);
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "%s: comparing two mappings of it: %s",
			       text, strerror(-ret))
		   : 0;
}

static int replace(char **text, const char *prefix, const char *with)
{
	char *new;

	if (asprintf(&new, "%s%s", prefix, with) < 0)
		return -ENOMEM;
	free(*text);
	*text = new;
	return 0;
}

/* A record of map or of copy becomes one of this device and way. */
static int adapt(struct record *r, const struct drm_way *way, const struct drm_device *d)
{
	int ret = replace(&r->measurement, "drm.", strchr(r->measurement, '.') + 1);
	size_t i, kept = 0;

	if (!ret)
		ret = replace(&r->initiator, "", "drm");
	for (i = 0; i < r->nparams; i++) {
		struct param *p = &r->params[i];

		if (!strcmp(p->key, "align")) {
			free(p->key);
			free(p->value);
			continue;
		}
		if (!ret && !strcmp(p->key, "via"))
			ret = replace(&p->value, "", way->name);
		r->params[kept++] = *p;
	}
	r->nparams = kept;
	return ret ? ret : drm_describe(r, d);
}

static int adapt_all(struct record_set *out, size_t first, const struct drm_way *way,
		     const struct drm_object *o, const struct proof *proof, struct error *err)
{
	int ret = 0;
	size_t i;

	for (i = first; i < out->count && !ret; i++) {
		struct record *r = out->record[i];

		ret = adapt(r, way, o->dev);
		if (ret || strcmp(r->measurement, "drm.mmap"))
			continue;
		r->verification = proof->mismatch[0] ? VERIFY_FAILED : VERIFY_OK;
		if (proof->mismatch[0])
			ret = record_observe(r, "mismatch", "%s", proof->mismatch);
	}
	return ret ? error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory") : 0;
}

static int measure_view(const struct drm_way *way, const struct drm_object *o, struct buffer *view,
			const struct clock *c, const struct drm_params *p, struct record_set *out,
			struct error *err)
{
	bool device = view->ops->source;
	const struct map_params map = { .repeat = p->repeat,
					.warmup = p->warmup,
					.via_device = device,
					.via_dmabuf = !device };
	const struct copy_params copy = { .sizes = p->sizes,
					  .nsizes = p->nsizes,
					  .write = true,
					  .read = true,
					  .routine = "plain",
					  .via = device ? VIA_DEVICE : VIA_DMABUF,
					  .repeat = p->repeat,
					  .warmup = p->warmup };
	struct proof proof = { 0 };
	size_t first = out->count;
	int ret, adapted;

	view->phys_congruence = o->b->phys_congruence;
	ret = prove(o->b, view, &proof, err);
	if (!ret)
		ret = measure_map(view, c, &map, out, err);
	if (!ret)
		ret = measure_copy(view, c, &copy, out, err);
	adapted = adapt_all(out, first, way, o, &proof, err);
	return ret ? ret : adapted;
}

/* All that a mapping is needed for, as there is none. */
static int skip_all(const struct drm_way *way, const struct drm_object *o, const struct clock *c,
		    const struct error *why, struct record_set *out, struct error *err)
{
	static const char *const names[] = { "mmap", "first_touch", "write", "read" };
	int ret = 0;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !ret; i++)
		ret = drm_skip(names[i], way->name, o, c, why, out, err);
	return ret;
}

/* Measure what open made, or say why it made nothing. */
static int measure_opened(const struct drm_way *way, const struct drm_object *o,
			  struct buffer *view, int opened, const struct error *why,
			  const struct clock *c, const struct drm_params *p, struct record_set *out,
			  struct error *err)
{
	int ret;

	if (!opened)
		ret = measure_view(way, o, view, c, p, out, err);
	else if (why->status == EXIT_SKIP)
		ret = skip_all(way, o, c, why, out, err);
	else
		ret = error_set(err, why->status, -opened, why->remedy, "%s", why->what);
	buffer_close(view, NULL);
	return ret;
}

static int measure_reexport(const struct drm_way *way, const struct drm_object *o,
			    const struct clock *c, const struct drm_params *p,
			    struct record_set *out, struct error *err)
{
	int fd = drm_reexport(o->dev, o->handle), ret;
	struct buffer *view = NULL;
	struct error why = { 0 };

	if (fd < 0) {
		ret = error_set(&why, EXIT_SKIP, -fd, NULL,
				"%s: its driver, %s, gives no DMABUF of what it imported: %s",
				o->dev->node, o->dev->driver, strerror(-fd));
	} else {
		ret = buffer_adopt(&o->b->spec, fd, false, &view, &why);
		if (ret)
			close(fd);
	}
	if (!ret)
		ret = buffer_probe_mmap(view, VIA_DMABUF, &why);
	return measure_opened(way, o, view, ret, &why, c, p, out, err);
}

static int open_gem(const struct drm_object *o, struct buffer **view, struct error *why)
{
	struct map_source source = { o->dev->fd, MAP_SHARED, 0 };
	void *map;
	int ret = drm_map_offset(o->dev, o->handle, &source.offset, why);

	if (ret)
		return ret;
	map = mmap(NULL, PROOF_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, source.fd,
		   (off_t)source.offset);
	if (map == MAP_FAILED)
		return error_set(why, EXIT_SKIP, errno, NULL,
				 "%s: its driver, %s, does not map what it imported: %s",
				 o->dev->node, o->dev->driver, strerror(errno));
	munmap(map, PROOF_SIZE);
	return buffer_adopt_source(&o->b->spec, &source, view, why);
}

static int measure_gem(const struct drm_way *way, const struct drm_object *o, const struct clock *c,
		       const struct drm_params *p, struct record_set *out, struct error *err)
{
	struct buffer *view = NULL;
	struct error why = { 0 };
	int ret = open_gem(o, &view, &why);

	return measure_opened(way, o, view, ret, &why, c, p, out, err);
}

const struct drm_way drm_way_reexport = { .name = "reexport", .measure = measure_reexport };
const struct drm_way drm_way_gem = { .name = "gem", .measure = measure_gem };
