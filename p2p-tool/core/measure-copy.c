// SPDX-License-Identifier: GPL-2.0-only
/* How fast the CPU writes to a buffer and reads from it, and whether the data arrives. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bind.h"
#include "copy-routines.h"
#include "dmabuf.h"
#include "measure-private.h"
#include "pattern.h"
#include "sigbus.h"
#include "size.h"

#define TRIALS 3 /* of each routine, to find the best one */

struct run {
	struct buffer *b;
	const struct clock *c;
	const struct copy_params *p;
	char *device; /* mapping of all of b: its pages do not depend on p->sizes */
	char *host;   /* ordinary memory for the baseline; NULL: b is that itself */
	char *pattern, *scratch;
	size_t mapped; /* bytes of each of the other three */

	/* Of the cell that runs. */
	const struct copy_routine *routine;
	bool write; /* else read */
	enum memattr attr;
	size_t size;
	struct samples samples, baseline;
	char mismatch[128]; /* of the first transfer with wrong data; empty: none */
	uint64_t seed;	    /* another one for each transfer, so that old data is wrong data */
	uint64_t trial;	    /* shortest time of trial_rounds() */
	int ret;
};

/* Keep the first byte that scratch has wrong. */
static void compare(struct run *r, const char *where)
{
	if (!r->mismatch[0])
		pattern_compare(r->pattern, r->scratch, r->size, where, r->mismatch,
				sizeof(r->mismatch));
}

static uint64_t time_copy(const struct run *r, copy_fn *copy, void *dst, const void *src)
{
	uint64_t start = clock_now(r->c);

	copy(dst, src, r->size);
	copy_drain();
	return clock_now(r->c) - start;
}

/* One transfer to or from memory, verified by the plainest means. Returns its time. */
static uint64_t transfer(struct run *r, char *memory, const char *where)
{
	const struct copy_routine *plain = copy_routine_find("plain");
	uint64_t cost;

	pattern_fill(r->pattern, r->size, ++r->seed);
	if (r->write) {
		cost = time_copy(r, r->routine->write, memory, r->pattern);
		plain->read(r->scratch, memory, r->size);
	} else {
		plain->write(memory, r->pattern, r->size);
		copy_drain();
		memset(r->scratch, ~r->pattern[0], r->size);
		cost = time_copy(r, r->routine->read, r->scratch, memory);
	}
	compare(r, where);
	return cost;
}

static uint64_t sample_of(const struct run *r, uint64_t cost)
{
	if (r->c->unit == UNIT_INSN)
		return cost;
	return (uint64_t)((double)r->size * 1e9 / (double)(cost ? cost : 1));
}

/* Device and baseline in turn, so that whatever disturbs the machine disturbs both. */
static void run_rounds(void *arg)
{
	struct run *r = arg;
	unsigned int i;

	for (i = 0; i < r->p->warmup + r->p->repeat && !r->ret; i++) {
		uint64_t device, host = 0;

		r->ret = binding_interrupted(NULL);
		device = transfer(r, r->device, "");
		if (r->host)
			host = transfer(r, r->host, "baseline ");
		if (i < r->p->warmup)
			continue;
		samples_add(&r->samples, sample_of(r, device));
		if (r->host)
			samples_add(&r->baseline, sample_of(r, host));
	}
}

static void trial_rounds(void *arg)
{
	struct run *r = arg;
	uint64_t cost;
	int i;

	r->trial = UINT64_MAX;
	for (i = 0; i < TRIALS; i++) {
		cost = transfer(r, r->device, "");
		r->trial = cost < r->trial ? cost : r->trial;
	}
}

/* Run fn between the calls that a DMABUF wants around accesses. */
static int guarded(struct run *r, void (*fn)(void *arg), struct error *err)
{
	bool sync = r->p->via == VIA_DMABUF;
	int fd = r->b->dmabuf_fd, ret;
	uintptr_t fault;
	char text[128];

	r->ret = sync ? dmabuf_begin_access(fd, true) : 0;
	if (r->ret)
		goto sync_failed;
	ret = sigbus_guard(fn, r, &fault);
	if (sync && dmabuf_end_access(fd, true) && !ret)
		ret = -EIO;
	if (ret == -EFAULT)
		return explain_sigbus(r->b, r->p->via, fault - (uintptr_t)r->device, err);
	if (r->ret == -EINTR)
		return binding_interrupted(err);
	if (!ret)
		return 0;
	r->ret = ret;
sync_failed:
	bufspec_format(&r->b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -r->ret, NULL, "%s: DMA_BUF_IOCTL_SYNC: %s", text,
			 strerror(-r->ret));
}

static struct record *new_record(const struct run *r)
{
	enum unit unit = r->c->unit == UNIT_INSN ? UNIT_INSN : UNIT_BYTES_PER_S;
	struct record *record =
		cell_new(r->b, r->write ? "copy.write" : "copy.read", unit, r->p->via);
	char size[32];

	size_format(r->size, size, sizeof(size));
	if (record && (record_param(record, "size", "%s", size) ||
		       record_param(record, "routine", "%s", r->routine->name) ||
		       cell_memattr(record, r->p->memattrs, r->attr))) {
		record_free(record);
		record = NULL;
	}
	return record;
}

static int add_record(struct run *r, struct record_set *out, struct error *err)
{
	struct pagetable_entry entry;
	struct record *record;
	int ret;

	pagetable_lookup_range(r->device, r->size, &entry);
	ret = check_memattr(r->b, &entry, r->attr, err);
	if (ret)
		return ret;
	record = new_record(r);
	if (record && (cell_entry(record, r->b, &entry, r->p->memattrs) ||
		       (r->mismatch[0] && record_observe(record, "mismatch", "%s", r->mismatch)))) {
		record_free(record);
		record = NULL;
	}
	if (!record)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	record->verification = r->mismatch[0] ? VERIFY_FAILED : VERIFY_OK;
	cell_baseline(record, &r->samples, &r->baseline);
	return cell_finish(record, r->c, &r->samples, out, err);
}

static int run_cell(struct run *r, struct record_set *out, struct error *err)
{
	int ret;

	r->samples.count = r->baseline.count = 0;
	r->mismatch[0] = '\0';
	ret = guarded(r, run_rounds, err);
	return ret ? ret : add_record(r, out, err);
}

/* A routine that this CPU does not have. */
static int skip_cell(struct run *r, struct record_set *out, struct error *err)
{
	struct record *record = new_record(r);
	struct error why = { 0 };

	if (!record)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	error_set(&why, EXIT_SKIP, EOPNOTSUPP, NULL, "routine %s: not on this CPU",
		  r->routine->name);
	return cell_skip(record, &why, out, err);
}

static copy_fn *in_direction(const struct copy_routine *routine, bool write)
{
	return write ? routine->write : routine->read;
}

/* The routine with the shortest largest transfer on this very buffer. */
static int find_best(struct run *r, const struct copy_routine **best, struct error *err)
{
	const struct copy_routine *routine;
	uint64_t shortest = UINT64_MAX;
	size_t i;
	int ret;

	for (i = 0, r->size = 0; i < r->p->nsizes; i++)
		r->size = r->p->sizes[i] > r->size ? r->p->sizes[i] : r->size;
	for (routine = copy_routines; routine->name; routine++) {
		if (!in_direction(routine, r->write) || !routine->supported())
			continue;
		r->routine = routine;
		ret = guarded(r, trial_rounds, err);
		if (ret)
			return ret;
		if (r->trial < shortest) {
			shortest = r->trial;
			*best = routine;
		}
	}
	return 0;
}

static int run_direction(struct run *r, bool write, struct record_set *out, struct error *err)
{
	const struct copy_routine *routine, *best = NULL;
	bool all = !strcmp(r->p->routine, "all");
	int ret = 0;
	size_t i;

	r->write = write;
	if (!strcmp(r->p->routine, "best")) {
		ret = find_best(r, &best, err);
		if (ret)
			return ret;
	}
	for (routine = copy_routines; routine->name && !ret; routine++) {
		if (!in_direction(routine, write) ||
		    !(all || routine == best || !strcmp(r->p->routine, routine->name)))
			continue;
		r->routine = routine;
		for (i = 0; i < r->p->nsizes && !ret; i++) {
			r->size = r->p->sizes[i];
			ret = routine->supported() ? run_cell(r, out, err) : skip_cell(r, out, err);
		}
	}
	return ret;
}

int measure_copy_check(const struct bufspec *spec, const struct copy_params *p, struct error *err)
{
	const struct copy_routine *routine = copy_routine_find(p->routine);
	int ret = check_copy_sizes(spec, p->sizes, p->nsizes, err);

	if (ret)
		return ret;
	if (!strcmp(p->routine, "all") || !strcmp(p->routine, "best"))
		return 0;
	if (!routine)
		return error_set(err, EXIT_USAGE, EINVAL, "'p2p-tool copy --help' lists them",
				 "routine %s: there is no such one", p->routine);
	if (!routine->supported())
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "choose another one",
				 "routine %s: not on this CPU", p->routine);
	if (!(p->write && routine->write) && !(p->read && routine->read))
		return error_set(err, EXIT_USAGE, EINVAL, "choose another one",
				 "routine %s: only %s", p->routine,
				 routine->write ? "writes" : "reads");
	return 0;
}

static void *map_memory(size_t length)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void unmap(char *p, size_t length)
{
	if (p)
		munmap(p, length);
}

static int map_device(struct run *r, struct error *err)
{
	char text[128];
	int ret;

	ret = buffer_map(r->b, r->p->via, 0, buffer_map_length(r->b), PROT_READ | PROT_WRITE,
			 (void **)&r->device);
	if (!ret)
		return 0;
	bufspec_format(&r->b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: mmap() through its %s: %s", text,
			 via_name(r->p->via), strerror(-ret));
}

/* Records that say why there is no write-combining, beside those without it. */
static int skip_wc(struct run *r, const struct error *why, struct record_set *out,
		   struct error *err)
{
	struct record *record;
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++) {
		if (!(i ? r->p->read : r->p->write))
			continue;
		record =
			cell_new(r->b, i ? "copy.read" : "copy.write",
				 r->c->unit == UNIT_INSN ? UNIT_INSN : UNIT_BYTES_PER_S, r->p->via);
		if (record && cell_memattr(record, r->p->memattrs, MEMATTR_WC)) {
			record_free(record);
			record = NULL;
		}
		if (!record)
			return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
		ret = cell_skip(record, why, out, err);
	}
	return ret;
}

static int run_mapping(struct run *r, struct record_set *out, struct error *err)
{
	int ret = map_device(r, err);

	if (!ret && r->p->write)
		ret = run_direction(r, true, out, err);
	if (!ret && r->p->read)
		ret = run_direction(r, false, out, err);
	unmap(r->device, buffer_map_length(r->b));
	r->device = NULL;
	return ret;
}

/* In the end the DMABUF is what it was. */
static int run_wc(struct run *r, struct record_set *out, struct error *err)
{
	struct error why = { 0 };
	int ret;

	ret = buffer_set_memattr(r->b, MEMATTR_WC, &why);
	if (ret && why.status == EXIT_SKIP && r->p->memattrs == MEMATTRS_BOTH)
		return skip_wc(r, &why, out, err);
	if (ret)
		return error_set(err, why.status, -ret, why.remedy, "%s", why.what);
	r->attr = MEMATTR_WC;
	ret = run_mapping(r, out, err);
	if (buffer_set_memattr(r->b, MEMATTR_UC, ret ? NULL : err) && !ret)
		ret = -EBUSY;
	return ret;
}

static int map_all(struct run *r, struct error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i;
	bool is_host = r->b->spec.kind == BUFFER_HOST;

	for (i = 0; i < r->p->nsizes; i++)
		r->mapped = r->p->sizes[i] > r->mapped ? r->p->sizes[i] : r->mapped;
	r->mapped = (r->mapped + page - 1) & -page;
	r->pattern = map_memory(r->mapped);
	r->scratch = map_memory(r->mapped);
	if (!is_host)
		r->host = map_memory(r->mapped);
	if (!r->pattern || !r->scratch || (!is_host && !r->host) ||
	    samples_init(&r->samples, r->p->repeat) || samples_init(&r->baseline, r->p->repeat))
		return error_set(err, EXIT_FAILED, ENOMEM, "give smaller --sizes",
				 "copy: out of memory");
	return 0;
}

int measure_copy(struct buffer *b, const struct clock *c, const struct copy_params *p,
		 struct record_set *out, struct error *err)
{
	struct run r = { .b = b, .c = c, .p = p };
	int ret;

	ret = measure_copy_check(&b->spec, p, err);
	/* Write-combining alone: what stands in its way says more */
	if (!ret && p->memattrs != MEMATTRS_WC)
		ret = buffer_probe_mmap(b, p->via, err);
	if (ret)
		return ret;
	ret = map_all(&r, err);
	if (!ret && p->memattrs != MEMATTRS_WC)
		ret = run_mapping(&r, out, err);
	if (!ret && p->memattrs != MEMATTRS_UC)
		ret = run_wc(&r, out, err);
	unmap(r.host, r.mapped);
	unmap(r.pattern, r.mapped);
	unmap(r.scratch, r.mapped);
	samples_free(&r.samples);
	samples_free(&r.baseline);
	return ret;
}
