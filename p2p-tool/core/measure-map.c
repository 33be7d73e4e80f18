// SPDX-License-Identifier: GPL-2.0-only
/* What it costs to map a buffer, to touch it for the first time, and to unmap it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bind.h"
#include "crowd.h"
#include "measure-map-private.h"
#include "sigbus.h"
#include "size.h"

int explain_step(struct run *r, const char *step, int ret, struct error *err)
{
	char text[128];

	bufspec_format(&r->b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: %s through its %s: %s", text, step,
			 via_name(r->via), strerror(-ret));
}

static struct record *new_record(struct run *r, const char *measurement)
{
	struct record *record = cell_new(r->b, measurement, r->c->unit, r->via);
	char align[32];

	size_format(r->p->align, align, sizeof(align));
	if (record && (record_param(record, "align", "%s", align) ||
		       (r->b->ranges && record_param(record, "ranges", "%u", r->b->ranges)) ||
		       (r->p->dmabufs && record_param(record, "dmabufs", "%u", r->p->dmabufs)) ||
		       cell_memattr(record, r->p->memattrs, r->attr))) {
		record_free(record);
		record = NULL;
	}
	return record;
}

/* The kernel keeps them in a tree, whose depth is part of what mmap() and munmap() cost. */
static unsigned int count_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned int lines = 0;
	int c;

	if (!f)
		return 0;
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

/* Say how the pages were mapped that this record is about; all: every page of the buffer. */
static int describe(struct run *r, struct record *record, bool all)
{
	bool steady = r->min_faults == r->max_faults;
	int ret = record_observe(record, "mappings", "%u", count_mappings());

	if (!ret && r->scenario->touches)
		ret = cell_entry(record, r->b, &r->entry, r->p->memattrs);
	if (ret || !r->scenario->touches)
		return ret;
	if (!r->entry.orders && all && steady)
		record->page_order = pagetable_order_from_faults(r->length, r->max_faults);
	if (steady)
		return record_observe(record, "faults", "%" PRIu64, r->max_faults);
	return record_observe(record, "faults", "%" PRIu64 "-%" PRIu64, r->min_faults,
			      r->max_faults);
}

/*
 * Do its instructions repeat from boot to boot? Those of allocating and freeing memory depend
 * on which pages others have freed before.
 */
static bool repeats(const struct run *r)
{
	enum buffer_kind kind = r->b->spec.kind;

	return r->c->unit != UNIT_INSN || r->scenario != &export_scenario ||
	       (kind != BUFFER_UDMABUF && kind != BUFFER_HEAP);
}

static int add_records(struct run *r, struct record_set *out, struct error *err)
{
	const char *const *names = r->scenario->measurement;
	struct record *record;
	int i, ret = 0;

	for (i = 0; i < 2 && names[i] && !ret; i++) {
		record = new_record(r, names[i]);
		if (record && (describe(r, record, names[1]) ||
			       (!repeats(r) && record_observe(record, OBSERVED_GATED, "no")))) {
			record_free(record);
			record = NULL;
		}
		if (!record)
			return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
		ret = cell_finish(record, r->c, &r->samples[i], out, err);
	}
	return ret;
}

static int skip_records(struct run *r, const struct scenario *s, const struct error *why,
			struct record_set *out, struct error *err)
{
	struct record *record;
	int i, ret = 0;

	for (i = 0; i < 2 && s->measurement[i] && !ret; i++) {
		record = new_record(r, s->measurement[i]);
		if (!record)
			return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
		ret = cell_skip(record, why, out, err);
	}
	return ret;
}

static int run_scenario(struct run *r, const struct scenario *s, struct record_set *out,
			struct error *err)
{
	struct error why = { 0 };
	uintptr_t fault;
	int ret, i;

	r->scenario = s;
	r->min_faults = UINT64_MAX;
	r->max_faults = 0;
	r->entry = PAGETABLE_UNKNOWN;
	r->ret = 0;
	for (i = 0; i < 2; i++)
		r->samples[i].count = 0;
	ret = place_mapping(r, &why);
	if (ret == -ENXIO)
		return skip_records(r, s, &why, out, err);
	if (ret)
		return explain_step(r, "finding an address", ret, err);
	ret = sigbus_guard(run_rounds, r, &fault);
	if (ret == -EFAULT)
		explain_sigbus(r->b, r->via, fault - (uintptr_t)r->map, err);
	else
		ret = r->ret;
	if (r->map)
		munmap(r->map, r->length);
	r->map = NULL;
	if (ret == -EINTR)
		return binding_interrupted(err);
	if (ret)
		return explain_step(r, s->measurement[0], ret, err);
	ret = check_memattr(r->b, &r->entry, r->attr, err);
	return ret ? ret : add_records(r, out, err);
}

/* Everything but the making of the DMABUF; why says why not, if not. */
static int run_mappings(struct run *r, const struct error *why, struct record_set *out,
			struct error *err)
{
	size_t i;
	int ret = 0;

	if (!why->what[0]) {
		buffer_map_source(r->b, r->via, &r->source);
		ret = probe_mapping(r, err);
	}
	for (i = 0; map_scenarios[i].measurement[0] && !ret; i++)
		ret = why->what[0] ? skip_records(r, &map_scenarios[i], why, out, err)
				   : run_scenario(r, &map_scenarios[i], out, err);
	return ret;
}

/* Everything that can be measured through one fd; what cannot becomes records that say so. */
static int run_via(struct run *r, enum map_via via, struct record_set *out, struct error *err)
{
	struct error why = { 0 };
	int ret;

	r->via = via;
	r->prot = PROT_READ | (via == VIA_DMABUF && r->b->rdonly ? 0 : PROT_WRITE);
	/* An adopted buffer has a DMABUF, and cannot make another one. */
	if (via == VIA_DMABUF && (r->b->ops->export || r->b->dmabuf_fd < 0)) {
		ret = buffer_dmabuf(r->b, &why) < 0
			      ? skip_records(r, &export_scenario, &why, out, err)
			      : run_scenario(r, &export_scenario, out, err);
		if (ret)
			return ret;
	}
	ret = buffer_probe_mmap(r->b, via, &why);
	if (ret && why.status != EXIT_SKIP)
		return error_set(err, why.status, -ret, why.remedy, "%s", why.what);
	return run_mappings(r, &why, out, err);
}

/* Mappings of the DMABUF that are write-combining; in the end it is what it was. */
static int run_wc(struct run *r, struct record_set *out, struct error *err)
{
	struct error why = { 0 };
	bool set;
	int ret;

	r->via = VIA_DMABUF;
	r->prot = PROT_READ | (r->b->rdonly ? 0 : PROT_WRITE);
	r->attr = MEMATTR_WC;
	ret = buffer_set_memattr(r->b, MEMATTR_WC, &why);
	set = !ret;
	if (!ret)
		ret = buffer_probe_mmap(r->b, VIA_DMABUF, &why);
	/* When it is the only thing asked for, it is not one cell of many. */
	if (ret && (why.status != EXIT_SKIP || r->p->memattrs == MEMATTRS_WC))
		ret = error_set(err, why.status, -ret, why.remedy, "%s", why.what);
	else
		ret = run_mappings(r, &why, out, err);
	if (set && buffer_set_memattr(r->b, MEMATTR_UC, ret ? NULL : err) && !ret)
		ret = -EBUSY;
	r->attr = MEMATTR_UC;
	return ret;
}

static int run_all(struct run *r, struct record_set *out, struct error *err)
{
	int ret = 0;

	if (r->p->memattrs != MEMATTRS_WC) {
		ret = r->p->via_device ? run_via(r, VIA_DEVICE, out, err) : 0;
		if (!ret && r->p->via_dmabuf)
			ret = run_via(r, VIA_DMABUF, out, err);
	}
	if (!ret && r->p->memattrs != MEMATTRS_UC)
		ret = run_wc(r, out, err);
	return ret;
}

int measure_map(struct buffer *b, const struct clock *c, const struct map_params *p,
		struct record_set *out, struct error *err)
{
	struct run r = { .b = b, .c = c, .p = p, .page = (size_t)sysconf(_SC_PAGESIZE) };
	struct crowd others = { 0 };
	int ret, i;

	r.length = buffer_map_length(b);
	/* When it is the only thing asked for, it is not one cell of many. */
	if (p->memattrs != MEMATTRS_WC && (!p->via_device || !p->via_dmabuf)) {
		ret = buffer_probe_mmap(b, p->via_device ? VIA_DEVICE : VIA_DMABUF, err);
		if (ret)
			return ret;
	}
	for (i = 0; i < 2; i++) {
		ret = samples_init(&r.samples[i], p->repeat);
		if (ret) {
			error_set(err, EXIT_FAILED, -ret, "give a smaller --repeat",
				  "%u samples: out of memory", p->repeat);
			goto out;
		}
	}
	ret = p->dmabufs ? crowd_open(&others, b, p->dmabufs - 1, err) : 0;
	if (!ret)
		ret = run_all(&r, out, err);
out:
	crowd_close(&others);
	for (i = 0; i < 2; i++)
		samples_free(&r.samples[i]);
	return ret;
}
