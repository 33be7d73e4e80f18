// SPDX-License-Identifier: GPL-2.0-only
/* How fast an RDMA NIC moves bytes to and from a buffer, and whether the data arrives. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bind.h"
#include "measure-rdma-private.h"
#include "pattern.h"
#include "rdma-link.h"
#include "size.h"

/* The NIC is connected with itself: ordinary memory at one end, the buffer at the other. */
struct run {
	const struct rdma_params *p;
	struct rdma_subject subject;
	struct rdma_device dev;
	struct rdma_link link;
	struct rdma_memory local, buffer, baseline;
	size_t half; /* what the other direction uses begins here */

	/* Of the cell that runs. */
	enum rdma_op op;
	uint64_t size;
	bool latency;
	struct samples samples, other;
	char mismatch[128];
	uint64_t seed;
};

/* Between which memories a message goes, and where in both of them it is. */
struct way {
	struct rdma_memory *from, *to;
	uint64_t at, seed;
	const char *where; /* the name of the buffer's side in messages */
};

/* One message at a time goes one way. */
static bool both_ways(const struct run *r)
{
	return r->p->bidir && !r->latency;
}

/* back: what the end sends that the buffer is at. */
static struct way way_of(struct run *r, struct rdma_memory *target, bool back)
{
	/* Who reads is where the data goes. */
	bool to_target = (r->op == RDMA_READ) == back;

	return (struct way){ .from = to_target ? &r->local : target,
			     .to = to_target ? target : &r->local,
			     .at = back ? r->half : 0,
			     .seed = 2 * r->seed + back,
			     .where = target == &r->baseline ? "baseline " : "" };
}

static int prepare(struct run *r, struct rdma_memory *target, bool back, struct error *err)
{
	struct way w = way_of(r, target, back);
	uint64_t zero = 0;
	int ret;

	if (r->op == RDMA_ATOMIC)
		return rdma_memory_write(w.to, w.at, &zero, sizeof(zero), err);
	ret = rdma_memory_fill(w.from, w.at, r->size, w.seed, err);
	return ret ? ret : rdma_memory_spoil(w.to, w.at, r->size, w.seed, err);
}

static int check(struct run *r, struct rdma_memory *target, bool back, uint64_t messages,
		 struct error *err)
{
	struct way w = way_of(r, target, back);
	uint64_t count;
	int ret;

	if (r->mismatch[0])
		return 0;
	if (r->op != RDMA_ATOMIC)
		return rdma_memory_compare(w.to, w.at, r->size, w.seed, w.where, r->mismatch,
					   sizeof(r->mismatch), err);
	ret = rdma_memory_read(w.to, w.at, &count, sizeof(count), err);
	if (!ret)
		pattern_compare(&messages, &count, sizeof(count), w.where, r->mismatch,
				sizeof(r->mismatch));
	return ret;
}

/* What a round of the cell does, between the local memory and a target. */
static struct rdma_load load_of(const struct run *r, const struct rdma_memory *target)
{
	return (struct rdma_load){
		.op = r->op,
		.length = (uint32_t)r->size,
		.messages = r->latency ? 1 : rdma_messages_per_round(r->p, r->size),
		.qps = r->latency ? 1 : r->p->qps,
		.cq_mod = r->latency ? 1 : r->p->cq_mod,
		.inline_data = rdma_op_inlines(r->op) && r->size <= r->link.a.max_inline,
		.bidir = both_ways(r),
		.a = &r->local.mr,
		.z = &target->mr,
		.back = r->half,
	};
}

static int run_round(struct run *r, struct rdma_memory *target, uint64_t *sample, struct error *err)
{
	struct rdma_load load = load_of(r, target);
	uint64_t messages = (uint64_t)load.messages * load.qps, cost;
	char text[128];
	int ret, back;

	r->seed++;
	ret = prepare(r, target, false, err);
	if (!ret && load.bidir)
		ret = prepare(r, target, true, err);
	if (ret)
		return ret;
	bufspec_format(&r->subject.b->spec, text, sizeof(text));
	cost = clock_now(r->subject.c);
	ret = rdma_link_run(&r->link, &load, text, err);
	cost = clock_now(r->subject.c) - cost;
	for (back = 0; back <= load.bidir && !ret; back++)
		ret = check(r, target, back, messages, err);
	*sample = r->latency ? cost
			     : rdma_throughput(r->subject.c, load.bidir ? 2 * messages : messages,
					       r->size, cost);
	return ret;
}

/* Buffer and baseline in turn, so that whatever disturbs the machine disturbs both. */
static int run_rounds(struct run *r, struct error *err)
{
	uint64_t since = 0;
	unsigned int i;
	int ret = 0;

	r->samples.count = r->other.count = 0;
	r->mismatch[0] = '\0';
	for (i = 0; !ret && !rdma_cell_done(r->p, r->subject.c, &r->samples, i, &since); i++) {
		uint64_t sample, other = 0;

		ret = binding_interrupted(err);
		if (!ret)
			ret = run_round(r, &r->buffer, &sample, err);
		if (!ret && r->subject.baseline)
			ret = run_round(r, &r->baseline, &other, err);
		if (ret || i < r->p->warmup)
			continue;
		samples_add(&r->samples, sample);
		if (r->subject.baseline)
			samples_add(&r->other, other);
	}
	return ret;
}

static int run_cell(struct run *r, enum rdma_op op, uint64_t size, bool latency,
		    struct record_set *out, struct error *err)
{
	struct rdma_load load;
	int ret;

	r->op = op;
	r->size = op == RDMA_ATOMIC ? RDMA_ATOMIC_SIZE : size;
	r->latency = latency;
	load = load_of(r, &r->buffer);
	ret = run_rounds(r, err);
	if (ret)
		return ret;
	return rdma_cell_add(&r->subject,
			     &(struct rdma_cell){ .op = op,
						  .suffix = latency ? "_latency" : "",
						  .throughput = !latency,
						  .size = r->size,
						  .qps = load.qps,
						  .depth = r->p->depth,
						  .cq_mod = load.cq_mod,
						  .messages = load.messages,
						  .inline_data = load.inline_data,
						  .bidir = load.bidir,
						  .samples = &r->samples,
						  .baseline = &r->other,
						  .mismatch = r->mismatch },
			     out, err);
}

int measure_rdma_check(const struct bufspec *spec, const struct rdma_params *p, struct error *err)
{
	bool twice = p->bidir || p->connect;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), size;
	char text[128], needs[32];
	size_t i;

	bufspec_format(spec, text, sizeof(text));
	for (i = 0; i < p->nsizes; i++) {
		/* What comes back begins a page. */
		size = twice ? 2 * ((p->sizes[i] + page - 1) & -page) : p->sizes[i];
		if (p->sizes[i] && p->sizes[i] <= UINT32_MAX / 2 &&
		    (!spec->length || size <= spec->length))
			continue;
		size_format(p->sizes[i], needs, sizeof(needs));
		return error_set(err, EXIT_USAGE, EINVAL,
				 twice ? "give --sizes that fit into it twice, in whole pages"
				       : "give --sizes that fit into it",
				 "%s: no room for messages of %s", text, needs);
	}
	return 0;
}

static int set_up(struct run *r, struct buffer *b, struct error *err)
{
	size_t room = rdma_room(r->p, r->p->bidir, &r->half);
	size_t samples = r->p->duration > 0 ? RDMA_SAMPLES_MAX : r->p->repeat;
	int ret = rdma_device_open(r->p->device, r->p->gid_index, &r->dev, err);

	if (!ret && (samples_init(&r->samples, samples) || samples_init(&r->other, samples)))
		ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "samples: out of memory");
	if (!ret)
		ret = rdma_memory_open(&r->dev, NULL, room, &r->local, err);
	if (!ret)
		ret = rdma_memory_open(&r->dev, b, room, &r->buffer, err);
	if (!ret && !rdma_memory_is_own(&r->buffer)) {
		r->subject.baseline = &r->baseline;
		ret = rdma_memory_open(&r->dev, NULL, room, &r->baseline, err);
	}
	if (!ret)
		ret = rdma_link_open(&r->dev, r->p->qps, r->p->depth, r->p->inline_max, &r->link,
				     err);
	return ret;
}

static void tear_down(struct run *r)
{
	rdma_link_close(&r->link);
	rdma_memory_close(&r->buffer);
	rdma_memory_close(&r->baseline);
	rdma_memory_close(&r->local);
	samples_free(&r->samples);
	samples_free(&r->other);
	rdma_device_close(&r->dev);
}

int measure_rdma(struct buffer *b, const struct clock *c, const struct rdma_params *p,
		 struct record_set *out, struct error *err)
{
	struct run r = { .p = p };
	size_t i;
	int op, ret;

	ret = measure_rdma_check(&b->spec, p, err);
	if (ret)
		return ret;
	if (p->connect)
		return measure_rdma_remote(b, c, p, out, err);
	r.subject = (struct rdma_subject){ .b = b, .c = c, .dev = &r.dev, .memory = &r.buffer };
	ret = set_up(&r, b, err);
	if (!ret)
		ret = rdma_measure_registration(&r.subject, p, out, err);
	for (op = 0; op < RDMA_OPS && !ret; op++) {
		for (i = 0; p->op[op] && i < p->nsizes && !ret; i++) {
			if (op == RDMA_ATOMIC && i)
				break;
			if (p->figures != RDMA_LATENCY)
				ret = run_cell(&r, (enum rdma_op)op, p->sizes[i], false, out, err);
			if (!ret && p->figures != RDMA_THROUGHPUT)
				ret = run_cell(&r, (enum rdma_op)op, p->sizes[i], true, out, err);
		}
	}
	tear_down(&r);
	return ret;
}
