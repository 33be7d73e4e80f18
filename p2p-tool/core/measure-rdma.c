// SPDX-License-Identifier: GPL-2.0-only
/* How fast an RDMA NIC moves bytes to and from a buffer, and whether the data arrives. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bind.h"
#include "copy-routines.h"
#include "dmabuf.h"
#include "measure-private.h"
#include "pattern.h"
#include "rdma-link.h"
#include "sigbus.h"
#include "size.h"

#define ROUND_BYTES	   (4 << 20)
#define ROUND_MESSAGES_MIN 16
#define ROUND_MESSAGES_MAX 256
#define SAMPLES_MAX	   100000 /* of a cell that is limited by its duration */
#define ATOMIC_SIZE	   8

/* Memory that messages go to: the buffer, or what stands in for it. */
struct target {
	struct rdma_mr mr;
	char *memory;
	bool own; /* of the process: registered by its address */
};

struct run {
	struct buffer *b;
	const struct clock *c;
	const struct rdma_params *p;
	struct rdma_device dev;
	struct rdma_link link; /* between the two: */
	struct rdma_mr local_mr;
	char *local;
	struct target buffer, baseline; /* baseline.memory NULL: b is that itself */
	char *pattern, *scratch;
	size_t mapped; /* bytes of each of them */
	size_t half;   /* what the other direction uses begins here */

	/* Of the cell that runs. */
	enum rdma_op op;
	uint64_t size;
	bool latency;
	struct samples samples, other;
	char mismatch[128];
	uint64_t seed;

	/* Of the access that is guarded. */
	struct target *target;
	uint64_t messages;
	bool back; /* the other direction */
	int prot;
};

static const char *device_name(const struct run *r)
{
	return ibv_get_device_name(r->dev.ctx->device);
}

/* Which memory has the data of a message before, and which after? */
static bool to_target(const struct run *r)
{
	return (r->op == RDMA_READ) == r->back;
}

/* One message at a time goes one way. */
static bool both_ways(const struct run *r)
{
	return r->p->bidir && !r->latency;
}

static void prepare(void *arg)
{
	const struct copy_routine *plain = copy_routine_find("plain");
	struct run *r = arg;
	size_t at = r->back ? r->half : 0;
	char *local = r->local + at, *memory = r->target->memory + at;

	if (r->op == RDMA_ATOMIC) {
		memset(local, 0, ATOMIC_SIZE);
		memset(r->scratch, 0, ATOMIC_SIZE);
		plain->write(memory, r->scratch, ATOMIC_SIZE);
		return;
	}
	pattern_fill(r->pattern + at, r->size, ++r->seed);
	if (to_target(r)) {
		memcpy(local, r->pattern + at, r->size);
	} else {
		plain->write(memory, r->pattern + at, r->size);
		copy_drain();
		memset(local, ~r->pattern[at], r->size);
	}
}

static void check(void *arg)
{
	const struct copy_routine *plain = copy_routine_find("plain");
	struct run *r = arg;
	size_t at = r->back ? r->half : 0;
	const char *where = r->target == &r->baseline ? "baseline " : "";
	const char *found = r->local + at;

	if (r->mismatch[0])
		return;
	if (r->op == RDMA_ATOMIC)
		memcpy(r->pattern + at, &r->messages, ATOMIC_SIZE);
	if (to_target(r)) {
		plain->read(r->scratch, r->target->memory + at, r->size);
		found = r->scratch;
	}
	pattern_compare(r->pattern + at, found, r->size, where, r->mismatch, sizeof(r->mismatch));
}

/* Run fn on the memory of the target, which may go away, both ways. */
static int access_target(struct run *r, void (*fn)(void *arg), struct error *err)
{
	bool sync = !r->target->own && r->b->dmabuf_fd >= 0;
	uintptr_t fault;
	int ret = 0;

	if (sync)
		ret = dmabuf_begin_access(r->b->dmabuf_fd, true);
	for (r->back = false; !ret; r->back = true) {
		if (sigbus_guard(fn, r, &fault))
			return explain_sigbus(r->b, VIA_DEVICE,
					      fault - (uintptr_t)r->target->memory, err);
		if (!both_ways(r) || r->back)
			break;
	}
	if (sync && !ret)
		ret = dmabuf_end_access(r->b->dmabuf_fd, true);
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "DMA_BUF_IOCTL_SYNC: %s",
			       strerror(-ret))
		   : 0;
}

static unsigned int messages_per_round(const struct run *r)
{
	uint64_t n = ROUND_BYTES / r->size;

	if (r->latency)
		return 1;
	if (r->p->iters)
		return r->p->iters;
	return n < ROUND_MESSAGES_MIN	? ROUND_MESSAGES_MIN
	       : n > ROUND_MESSAGES_MAX ? ROUND_MESSAGES_MAX
					: (unsigned int)n;
}

/* What a round of the cell does, between the local memory and a target. */
static struct rdma_load load_of(const struct run *r, const struct target *t)
{
	return (struct rdma_load){
		.op = r->op,
		.length = (uint32_t)r->size,
		.messages = messages_per_round(r),
		.qps = r->latency ? 1 : r->p->qps,
		.cq_mod = r->latency ? 1 : r->p->cq_mod,
		.inline_data = rdma_op_inlines(r->op) && r->size <= r->link.a.max_inline,
		.bidir = both_ways(r),
		.a = &r->local_mr,
		.z = &t->mr,
		.back = r->half,
	};
}

static uint64_t sample_of(const struct run *r, const struct rdma_load *load, uint64_t cost)
{
	uint64_t messages = (uint64_t)load->messages * load->qps * (load->bidir ? 2 : 1);

	if (r->latency)
		return cost;
	if (r->c->unit == UNIT_INSN)
		return cost / messages;
	return (uint64_t)((double)(messages * r->size) * 1e9 / (double)(cost ? cost : 1));
}

static int run_round(struct run *r, struct target *t, uint64_t *sample, struct error *err)
{
	struct rdma_load load = load_of(r, t);
	uint64_t start, end;
	char text[128];
	int ret;

	r->target = t;
	r->messages = (uint64_t)load.messages * load.qps;
	ret = access_target(r, prepare, err);
	if (ret)
		return ret;
	start = clock_now(r->c);
	bufspec_format(&r->b->spec, text, sizeof(text));
	ret = rdma_link_run(&r->link, &load, text, err);
	end = clock_now(r->c);
	if (ret)
		return ret;
	*sample = sample_of(r, &load, end - start);
	return access_target(r, check, err);
}

static bool enough(const struct run *r, uint64_t since, unsigned int rounds)
{
	if (r->samples.count == r->samples.capacity)
		return true;
	if (r->p->duration > 0 && r->c->unit == UNIT_NS)
		return (double)(clock_now(r->c) - since) >= r->p->duration * 1e9;
	return rounds >= r->p->warmup + r->p->repeat;
}

/* Buffer and baseline in turn, so that whatever disturbs the machine disturbs both. */
static int run_rounds(struct run *r, struct error *err)
{
	uint64_t since = clock_now(r->c);
	unsigned int i;
	int ret = 0;

	r->samples.count = r->other.count = 0;
	r->mismatch[0] = '\0';
	for (i = 0; !ret && !enough(r, since, i); i++) {
		uint64_t sample, other = 0;

		ret = binding_interrupted(err);
		if (!ret)
			ret = run_round(r, &r->buffer, &sample, err);
		if (!ret && r->baseline.memory)
			ret = run_round(r, &r->baseline, &other, err);
		if (ret || i < r->p->warmup)
			continue;
		samples_add(&r->samples, sample);
		if (r->baseline.memory)
			samples_add(&r->other, other);
	}
	return ret;
}

static int describe_cell(const struct run *r, const struct rdma_load *load, struct record *record)
{
	char size[32];
	int ret;

	size_format(r->size, size, sizeof(size));
	ret = record_param(record, "size", "%s", size);
	if (!ret && !r->latency)
		ret = record_param(record, "qps", "%u", load->qps);
	if (!ret && !r->latency)
		ret = record_param(record, "depth", "%u", r->p->depth);
	if (!ret && !r->latency)
		ret = record_param(record, "cq_mod", "%u", load->cq_mod);
	if (!ret)
		ret = record_param(record, "inline", "%s", load->inline_data ? "yes" : "no");
	if (!ret && !r->latency)
		ret = record_param(record, "bidir", "%s", load->bidir ? "yes" : "no");
	if (!ret && !r->latency)
		ret = record_param(record, "iters", "%u", load->messages);
	return ret;
}

static int describe_all(const struct run *r, struct record *record)
{
	int ret = record_param(record, "device", "%s", device_name(r));

	if (!ret)
		ret = record_param(record, "mtu", "%u", 128u << r->dev.mtu);
	if (!ret && !r->buffer.own)
		ret = record_observe(record, "registered_by", "%s",
				     r->buffer.mr.mr ? "ibv_reg_dmabuf_mr" : "uverbs");
	return ret;
}

static int observe_rate(struct run *r, struct record *record)
{
	struct summary s;

	if (r->latency || r->c->unit != UNIT_NS || samples_summarise(&r->samples, &s))
		return 0;
	return record_observe(record, "messages_per_s", "%.0f", s.median / (double)r->size);
}

static int add_cell(struct run *r, struct record_set *out, struct error *err)
{
	struct rdma_load load = load_of(r, &r->buffer);
	enum unit unit = r->c->unit == UNIT_INSN || r->latency ? r->c->unit : UNIT_BYTES_PER_S;
	struct record *record;
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "rdma.%s%s", rdma_op_name(r->op),
		 r->latency ? "_latency" : "");
	record = cell_new_by(r->b, "rdma", name, unit);
	ret = record ? describe_cell(r, &load, record) : -ENOMEM;
	if (!ret)
		ret = describe_all(r, record);
	if (!ret)
		ret = observe_rate(r, record);
	if (!ret && r->mismatch[0])
		ret = record_observe(record, "mismatch", "%s", r->mismatch);
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	record->verification = r->mismatch[0] ? VERIFY_FAILED : VERIFY_OK;
	cell_baseline(record, &r->samples, &r->other);
	return cell_finish(record, r->c, &r->samples, out, err);
}

static int run_cell(struct run *r, enum rdma_op op, uint64_t size, bool latency,
		    struct record_set *out, struct error *err)
{
	int ret;

	r->op = op;
	r->size = op == RDMA_ATOMIC ? ATOMIC_SIZE : size;
	r->latency = latency;
	ret = run_rounds(r, err);
	return ret ? ret : add_cell(r, out, err);
}

static int register_target(struct run *r, const struct target *t, struct rdma_mr *mr,
			   struct error *err)
{
	int fd;

	if (t->own)
		return rdma_mr_register_host(&r->dev, t->memory, r->mapped, mr, err);
	fd = buffer_dmabuf(r->b, err);
	return fd < 0 ? fd : rdma_mr_register_dmabuf(&r->dev, &r->b->spec, fd, r->mapped, mr, err);
}

/* Once more, for the time that it takes. */
static int time_registration(struct run *r, const struct target *t, uint64_t *in, uint64_t *out,
			     struct error *err)
{
	uint64_t start = clock_now(r->c);
	struct rdma_mr mr;
	int ret = register_target(r, t, &mr, err);

	*in = clock_now(r->c) - start;
	if (ret)
		return ret;
	start = clock_now(r->c);
	ret = rdma_mr_deregister(&mr);
	*out = clock_now(r->c) - start;
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "%s: deregistering: %s",
			       device_name(r), strerror(-ret))
		   : 0;
}

static int add_registration(struct run *r, const char *name, struct samples *s,
			    struct samples *baseline, struct record_set *out, struct error *err)
{
	struct record *record = cell_new_by(r->b, "rdma", name, r->c->unit);
	char size[32];
	int ret;

	size_format(r->mapped, size, sizeof(size));
	ret = record ? record_param(record, "size", "%s", size) : -ENOMEM;
	if (!ret && !r->buffer.own)
		ret = record_param(record, "ranges", "1");
	if (!ret)
		ret = describe_all(r, record);
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	cell_baseline(record, s, baseline);
	return cell_finish(record, r->c, s, out, err);
}

static int measure_registration(struct run *r, struct record_set *out, struct error *err)
{
	struct samples *in = &r->samples, *in_base = &r->other;
	struct samples gone = { 0 }, gone_base = { 0 };
	unsigned int i;
	int ret = 0;

	in->count = in_base->count = 0;
	if (samples_init(&gone, r->p->repeat) || samples_init(&gone_base, r->p->repeat))
		ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "samples: out of memory");
	for (i = 0; i < r->p->warmup + r->p->repeat && !ret; i++) {
		uint64_t t[4] = { 0 };

		ret = time_registration(r, &r->buffer, &t[0], &t[1], err);
		if (!ret && r->baseline.memory)
			ret = time_registration(r, &r->baseline, &t[2], &t[3], err);
		if (ret || i < r->p->warmup)
			continue;
		samples_add(in, t[0]);
		samples_add(&gone, t[1]);
		if (!r->baseline.memory)
			continue;
		samples_add(in_base, t[2]);
		samples_add(&gone_base, t[3]);
	}
	if (!ret)
		ret = add_registration(r, "rdma.register", in, in_base, out, err);
	if (!ret)
		ret = add_registration(r, "rdma.deregister", &gone, &gone_base, out, err);
	samples_free(&gone);
	samples_free(&gone_base);
	return ret;
}

int measure_rdma_check(const struct bufspec *spec, const struct rdma_params *p, struct error *err)
{
	uint64_t room = p->bidir ? spec->length / 2 : spec->length;
	char text[128], size[32];
	size_t i;

	bufspec_format(spec, text, sizeof(text));
	for (i = 0; i < p->nsizes; i++) {
		size_format(p->sizes[i], size, sizeof(size));
		if (!p->sizes[i] || p->sizes[i] > UINT32_MAX / 2 ||
		    (spec->length && p->sizes[i] > room))
			return error_set(err, EXIT_USAGE, EINVAL,
					 p->bidir ? "give --sizes that fit into it twice"
						  : "give --sizes that fit into it",
					 "%s: no room for messages of %s", text, size);
	}
	return 0;
}

static int map_memory(size_t length, char **out)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

static int map_all(struct run *r, struct error *err)
{
	enum map_via via = r->b->ops->source ? VIA_DEVICE : VIA_DMABUF;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i;
	size_t samples = r->p->duration > 0 ? SAMPLES_MAX : r->p->repeat;
	char text[128];
	int ret;

	for (i = 0; i < r->p->nsizes; i++)
		r->half = r->p->sizes[i] > r->half ? r->p->sizes[i] : r->half;
	r->half = (r->half + page - 1) & -page;
	r->mapped = r->p->bidir ? 2 * r->half : r->half;
	r->buffer.own = r->b->spec.kind == BUFFER_HOST;
	r->baseline.own = true;
	if (map_memory(r->mapped, &r->local) || map_memory(r->mapped, &r->pattern) ||
	    map_memory(r->mapped, &r->scratch) ||
	    (!r->buffer.own && map_memory(r->mapped, &r->baseline.memory)) ||
	    samples_init(&r->samples, samples) || samples_init(&r->other, samples))
		return error_set(err, EXIT_FAILED, ENOMEM, "give smaller --sizes",
				 "rdma: out of memory");
	ret = buffer_probe_mmap(r->b, via, err);
	if (ret)
		return ret;
	ret = buffer_map(r->b, via, 0, r->mapped, PROT_READ | PROT_WRITE,
			 (void **)&r->buffer.memory);
	if (!ret)
		return 0;
	bufspec_format(&r->b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: mmap(): %s", text, strerror(-ret));
}

static void unmap_all(struct run *r)
{
	char *const memory[] = { r->local, r->pattern, r->scratch, r->baseline.memory,
				 r->buffer.memory };
	size_t i;

	for (i = 0; i < sizeof(memory) / sizeof(memory[0]); i++)
		if (memory[i])
			munmap(memory[i], r->mapped);
	samples_free(&r->samples);
	samples_free(&r->other);
}

static int set_up(struct run *r, struct error *err)
{
	int ret = rdma_device_open(r->p->device, r->p->gid_index, &r->dev, err);

	if (!ret)
		ret = map_all(r, err);
	if (!ret)
		ret = rdma_mr_register_host(&r->dev, r->local, r->mapped, &r->local_mr, err);
	if (!ret)
		ret = register_target(r, &r->buffer, &r->buffer.mr, err);
	if (!ret && r->baseline.memory)
		ret = register_target(r, &r->baseline, &r->baseline.mr, err);
	if (!ret)
		ret = rdma_link_open(&r->dev, r->p->qps, r->p->depth, r->p->inline_max, &r->link,
				     err);
	return ret;
}

/* The QPs first: nothing may be under way to memory that goes. */
static void tear_down(struct run *r)
{
	rdma_link_close(&r->link);
	rdma_mr_deregister(&r->buffer.mr);
	rdma_mr_deregister(&r->baseline.mr);
	rdma_mr_deregister(&r->local_mr);
	unmap_all(r);
	rdma_device_close(&r->dev);
}

int measure_rdma(struct buffer *b, const struct clock *c, const struct rdma_params *p,
		 struct record_set *out, struct error *err)
{
	struct run r = { .b = b, .c = c, .p = p };
	size_t i;
	int op, ret;

	ret = measure_rdma_check(&b->spec, p, err);
	if (ret)
		return ret;
	ret = set_up(&r, err);
	if (!ret)
		ret = measure_registration(&r, out, err);
	for (op = 0; op < RDMA_OPS && !ret; op++) {
		for (i = 0; p->op[op] && i < p->nsizes && !ret; i++) {
			if (op == RDMA_ATOMIC && i)
				break;
			ret = run_cell(&r, (enum rdma_op)op, p->sizes[i], false, out, err);
			if (!ret)
				ret = run_cell(&r, (enum rdma_op)op, p->sizes[i], true, out, err);
		}
	}
	tear_down(&r);
	return ret;
}
