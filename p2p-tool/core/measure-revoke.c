// SPDX-License-Identifier: GPL-2.0-only
/* What it takes to take a DMABUF back for good, and whether it is gone then. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bind.h"
#include "crowd.h"
#include "buffer-vfio.h"
#include "copy-routines.h"
#include "files.h"
#include "importer.h"
#include "mapper.h"
#include "measure-private.h"
#include "sigbus.h"

#define CANARY 0x5a

struct run {
	struct buffer *b;
	const struct clock *c;
	const struct revoke_params *p;
	struct mapper_shared *shared;
	struct mapper *mapper; /* p->mappers of them */
	struct importer importer[IMPORTERS];
	/* What importers may write to, by a mapping that stays; NULL: there are none. */
	char *bar;
	size_t bar_length;
	struct samples samples;
	uint64_t round;
	uint64_t reads, reachable; /* of all rounds and mappers */
	uint64_t late;		   /* rounds with a byte that was written too late */
};

static int explain(const struct run *r, const char *step, int ret, struct error *err)
{
	char text[128];

	bufspec_format(&r->b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: %s: %s", text, step, strerror(-ret));
}

static int start_mappers(struct run *r, struct error *err)
{
	unsigned int i;
	int ret = files_allow(r->p->mappers, "mappers", err);

	if (ret)
		return ret;
	r->mapper = calloc(r->p->mappers, sizeof(*r->mapper));
	r->shared = mapper_share();
	if (!r->mapper || !r->shared)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%u mappers: out of memory",
				 r->p->mappers);
	for (i = 0; i < r->p->mappers && !ret; i++)
		ret = mapper_start(&r->mapper[i], r->shared);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, "give fewer --mappers",
				 "%u mappers: starting their processes: %s", r->p->mappers,
				 strerror(-ret));
	return 0;
}

/* After the mappers: a process that is forked should not get what devices have pinned. */
static int open_importers(struct run *r, struct error *err)
{
	size_t length = buffer_map_length(r->b);
	bool any = false;
	int i, ret = 0;

	for (i = 0; i < IMPORTERS && !ret; i++) {
		if (!r->p->importer[i])
			continue;
		any = true;
		r->importer[i] = (struct importer){
			.kind = (enum importer_kind)i,
			.device = i == IMPORTER_DRM ? r->p->drm_node : r->p->rdma_device,
			.spec = &r->b->spec,
			.length = length,
			.busy = r->p->busy,
			.shared = r->shared,
		};
		ret = importer_open(&r->importer[i], err);
	}
	if (ret || !any)
		return ret;
	r->bar_length = length < IMPORTER_BYTES ? length : IMPORTER_BYTES;
	ret = buffer_map(r->b, VIA_DEVICE, 0, r->bar_length, PROT_READ | PROT_WRITE,
			 (void **)&r->bar);
	return ret ? explain(r, "mapping it through its device", ret, err) : 0;
}

static void close_importers(struct run *r)
{
	int i;

	for (i = 0; i < IMPORTERS; i++)
		importer_close(&r->importer[i]);
	if (r->bar)
		munmap(r->bar, r->bar_length);
}

static void write_canary(void *arg)
{
	char canary[512];
	struct run *r = arg;
	size_t at;

	memset(canary, CANARY, sizeof(canary));
	for (at = 0; at < r->bar_length; at += sizeof(canary))
		copy_routine_find("plain")->write(r->bar + at, canary, sizeof(canary));
	copy_drain();
}

static void check_canary(void *arg)
{
	char canary[512], found[512];
	struct run *r = arg;
	bool dead = false;
	size_t at;

	memset(canary, CANARY, sizeof(canary));
	for (at = 0; at < r->bar_length; at += sizeof(canary)) {
		copy_routine_find("plain")->read(found, r->bar + at, sizeof(found));
		dead = dead || memcmp(found, canary, sizeof(canary));
	}
	r->late += dead;
}

static int access_bar(struct run *r, void (*fn)(void *arg), struct error *err)
{
	uintptr_t fault;

	if (!r->bar || !sigbus_guard(fn, r, &fault))
		return 0;
	return explain_sigbus(r->b, VIA_DEVICE, fault - (uintptr_t)r->bar, err);
}

static int start_importers(struct run *r, int fd, struct error *err)
{
	int i, ret = 0;

	for (i = 0; i < IMPORTERS && !ret; i++)
		if (r->importer[i].ops)
			ret = r->importer[i].ops->import(&r->importer[i], fd, r->round, err);
	return ret;
}

/* The DMABUF is revoked, and what it was belongs to us: nobody else may write there. */
static int check_importers(struct run *r, int fd, struct error *err)
{
	int i, ret = access_bar(r, write_canary, err);

	for (i = 0; i < IMPORTERS && !ret; i++)
		if (r->importer[i].ops)
			ret = r->importer[i].ops->check(&r->importer[i], fd, err);
	return ret ? ret : access_bar(r, check_canary, err);
}

static void stop_mappers(struct run *r)
{
	unsigned int i;

	for (i = 0; r->mapper && i < r->p->mappers; i++)
		mapper_stop(&r->mapper[i]);
	free(r->mapper);
	mapper_unshare(r->shared);
}

/* Everybody has mapped and read all of it, somebody may be reading; then it goes. */
static int run_round(struct run *r, int fd, bool measured, struct error *err)
{
	size_t length = buffer_map_length(r->b);
	struct mapper_report report;
	uint64_t start, end;
	unsigned int i;
	int ret;

	r->round++;
	for (i = 0; i < r->p->mappers; i++) {
		ret = mapper_map(&r->mapper[i], fd, 0, length, r->round, r->p->busy);
		if (ret)
			return explain(r, "mapping it in another process", ret, err);
	}
	ret = start_importers(r, fd, err);
	if (ret)
		return ret;
	start = clock_now(r->c);
	ret = vfio_revoke(buffer_vfio_device(r->b), fd, err);
	end = clock_now(r->c);
	if (ret)
		return ret;
	atomic_store(&r->shared->returned, r->round);
	for (i = 0; i < r->p->mappers; i++) {
		ret = mapper_check(&r->mapper[i], &report);
		if (ret)
			return explain(r, "a process that had it mapped", ret, err);
		r->reachable += report.reachable;
		if (measured)
			r->reads += report.reads;
	}
	if (measured)
		samples_add(&r->samples, end - start);
	return check_importers(r, fd, err);
}

static int run_rounds(struct run *r, struct error *err)
{
	unsigned int i;
	int fd, ret = 0;

	for (i = 0; i < r->p->warmup + r->p->repeat && !ret; i++) {
		ret = binding_interrupted(err);
		if (ret)
			break;
		fd = buffer_export(r->b, err);
		if (fd < 0)
			return fd;
		ret = run_round(r, fd, i >= r->p->warmup, err);
		close(fd);
	}
	return ret;
}

/* Which importers there were, and what they saw. */
static int describe_importers(struct run *r, struct record *record)
{
	char names[64] = "", key[32];
	int i, ret = 0;

	for (i = 0; i < IMPORTERS && !ret; i++) {
		const struct importer *importer = &r->importer[i];
		const char *name = importer_name((enum importer_kind)i);
		size_t used = strlen(names);

		if (!importer->ops)
			continue;
		snprintf(names + used, sizeof(names) - used, "%s%s", used ? "," : "", name);
		snprintf(key, sizeof(key), "seen_by_%s", name);
		ret = record_observe(record, key, "%s", importer->saw);
		snprintf(key, sizeof(key), "%s_accesses", name);
		if (!ret && r->p->busy)
			ret = record_observe(record, key, "%" PRIu64, importer->completed);
		r->reachable += importer->reachable;
	}
	return ret || !*names ? ret : record_param(record, "importers", "%s", names);
}

static int observe_violations(const struct run *r, struct record *record)
{
	if (r->late)
		return record_observe(record, "violation",
				      "bytes were written after it had returned, in %" PRIu64
				      " rounds",
				      r->late);
	if (r->reachable)
		return record_observe(record, "violation",
				      "%" PRIu64 " accesses completed after it had returned",
				      r->reachable);
	return 0;
}

static int add_record(struct run *r, struct record_set *out, struct error *err)
{
	struct record *record = cell_new(r->b, "revoke.revoke", r->c->unit, VIA_DMABUF);
	int ret = record ? 0 : -ENOMEM;

	if (!ret)
		ret = record_param(record, "mappers", "%u", r->p->mappers);
	if (!ret)
		ret = describe_importers(r, record);
	if (!ret)
		ret = record_param(record, "busy", "%s", r->p->busy ? "yes" : "no");
	if (!ret && r->p->dmabufs)
		ret = record_param(record, "dmabufs", "%u", r->p->dmabufs);
	if (!ret && r->p->busy && r->p->mappers)
		ret = record_observe(record, "reads", "%" PRIu64, r->reads);
	if (!ret)
		ret = observe_violations(r, record);
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	if (r->p->mappers || r->bar)
		record->verification = r->reachable || r->late ? VERIFY_FAILED : VERIFY_OK;
	return cell_finish(record, r->c, &r->samples, out, err);
}

int measure_revoke_check(const struct bufspec *spec, struct error *err)
{
	char text[128];

	if (spec->kind == BUFFER_VFIO)
		return 0;
	bufspec_format(spec, text, sizeof(text));
	return error_set(err, EXIT_USAGE, EINVAL, "give vfio:BDF/BAR",
			 "%s: only VFIO takes DMABUFs back", text);
}

int measure_revoke(struct buffer *b, const struct clock *c, const struct revoke_params *p,
		   struct record_set *out, struct error *err)
{
	struct run r = { .b = b, .c = c, .p = p };
	struct crowd others = { 0 };
	int ret;

	ret = measure_revoke_check(&b->spec, err);
	if (!ret)
		ret = vfio_revoke_probe(buffer_vfio_device(b), err);
	if (!ret)
		ret = buffer_probe_mmap(b, VIA_DMABUF, err);
	if (ret)
		return ret;
	ret = samples_init(&r.samples, p->repeat);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, "give a smaller --repeat",
				 "%u samples: out of memory", p->repeat);
	ret = start_mappers(&r, err);
	if (!ret)
		ret = open_importers(&r, err);
	if (!ret && p->dmabufs)
		ret = crowd_open(&others, b, p->dmabufs - 1, err);
	if (!ret)
		ret = run_rounds(&r, err);
	if (!ret)
		ret = add_record(&r, out, err);
	crowd_close(&others);
	close_importers(&r);
	stop_mappers(&r);
	samples_free(&r.samples);
	return ret;
}
