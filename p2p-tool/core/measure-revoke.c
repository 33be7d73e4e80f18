// SPDX-License-Identifier: GPL-2.0-only
/* What it takes to take a DMABUF back for good, and whether it is gone then. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bind.h"
#include "buffer-vfio.h"
#include "mapper.h"
#include "measure-private.h"

struct run {
	struct buffer *b;
	const struct clock *c;
	const struct revoke_params *p;
	struct mapper_shared *shared;
	struct mapper *mapper; /* p->mappers of them */
	struct samples samples;
	uint64_t round;
	uint64_t reads, reachable; /* of all rounds and mappers */
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
	int ret = 0;

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
		ret = mapper_map(&r->mapper[i], fd, length, r->round, r->p->busy);
		if (ret)
			return explain(r, "mapping it in another process", ret, err);
	}
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
	return 0;
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

static int add_record(struct run *r, struct record_set *out, struct error *err)
{
	struct record *record = cell_new(r->b, "revoke.revoke", r->c->unit, VIA_DMABUF);
	int ret = record ? 0 : -ENOMEM;

	if (!ret)
		ret = record_param(record, "mappers", "%u", r->p->mappers);
	if (!ret)
		ret = record_param(record, "busy", "%s", r->p->busy ? "yes" : "no");
	if (!ret && r->p->busy)
		ret = record_observe(record, "reads", "%" PRIu64, r->reads);
	if (!ret && r->reachable)
		ret = record_observe(record, "violation",
				     "%" PRIu64 " accesses completed after it had returned",
				     r->reachable);
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	if (r->p->mappers)
		record->verification = r->reachable ? VERIFY_FAILED : VERIFY_OK;
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
		ret = run_rounds(&r, err);
	stop_mappers(&r);
	if (!ret)
		ret = add_record(&r, out, err);
	samples_free(&r.samples);
	return ret;
}
