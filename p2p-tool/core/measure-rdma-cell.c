// SPDX-License-Identifier: GPL-2.0-only
/* The records of an RDMA NIC's measurements, and how long it takes to register memory. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "measure-rdma-private.h"
#include "ratio.h"
#include "size.h"

#define ROUND_BYTES	   (4 << 20)
#define ROUND_MESSAGES_MIN 16
#define ROUND_MESSAGES_MAX 256

size_t rdma_room(const struct rdma_params *p, bool both_ways, size_t *half)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), i;

	*half = 0;
	for (i = 0; i < p->nsizes; i++)
		*half = p->sizes[i] > *half ? p->sizes[i] : *half;
	*half = (*half + page - 1) & -page;
	return both_ways ? 2 * *half : *half;
}

unsigned int rdma_messages_per_round(const struct rdma_params *p, uint64_t size)
{
	uint64_t n = ROUND_BYTES / size;

	if (p->iters)
		return p->iters;
	return n < ROUND_MESSAGES_MIN	? ROUND_MESSAGES_MIN
	       : n > ROUND_MESSAGES_MAX ? ROUND_MESSAGES_MAX
					: (unsigned int)n;
}

uint64_t rdma_throughput(const struct clock *c, uint64_t messages, uint64_t size, uint64_t cost)
{
	if (c->unit == UNIT_INSN)
		return cost / messages;
	return (uint64_t)((double)(messages * size) * 1e9 / (double)(cost ? cost : 1));
}

static int describe_cell(const struct rdma_cell *c, struct record *record)
{
	char size[32];
	int ret;

	size_format(c->size, size, sizeof(size));
	ret = record_param(record, "size", "%s", size);
	if (!ret && c->throughput)
		ret = record_param(record, "qps", "%u", c->qps);
	if (!ret && c->throughput)
		ret = record_param(record, "depth", "%u", c->depth);
	if (!ret && c->throughput)
		ret = record_param(record, "cq_mod", "%u", c->cq_mod);
	if (!ret)
		ret = record_param(record, "inline", "%s", c->inline_data ? "yes" : "no");
	if (!ret && c->throughput)
		ret = record_param(record, "bidir", "%s", c->bidir ? "yes" : "no");
	if (!ret && c->throughput)
		ret = record_param(record, "iters", "%u", c->messages);
	return ret;
}

static int describe_subject(const struct rdma_subject *s, struct record *record)
{
	int ret = record_param(record, "device", "%s", ibv_get_device_name(s->dev->ctx->device));

	if (!ret)
		ret = record_param(record, "mtu", "%u", 128u << s->dev->mtu);
	if (!ret && s->peer_buffer)
		ret = record_param(record, "peer_buffer", "%s", s->peer_buffer);
	if (!ret && s->peer)
		ret = record_observe(record, "peer", "%s", s->peer);
	if (!ret && !rdma_memory_is_own(s->memory))
		ret = record_observe(record, "registered_by", "%s",
				     s->memory->mr.mr ? "ibv_reg_dmabuf_mr" : "uverbs");
	return ret;
}

static int observe_rate(const struct rdma_subject *s, const struct rdma_cell *cell,
			struct record *record)
{
	struct summary summary;

	if (!cell->throughput || s->c->unit != UNIT_NS ||
	    samples_summarise(cell->samples, &summary))
		return 0;
	return record_observe(record, "messages_per_s", "%.0f",
			      summary.median / (double)cell->size);
}

/* Before anybody sorts the samples: they are pairs. */
static int observe_ratio(const struct rdma_cell *cell, struct record *record)
{
	struct ratio ratio;
	char text[64];
	int ret = ratio_of(cell->samples, cell->baseline, &ratio);

	if (ret)
		return ret == -EINVAL ? 0 : ret;
	ratio_format(&ratio, text, sizeof(text));
	return record_observe(record, "vs_host", "%s", text);
}

static int out_of_memory(struct record *record, struct error *err)
{
	record_free(record);
	return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
}

int rdma_cell_add(const struct rdma_subject *s, const struct rdma_cell *cell,
		  struct record_set *out, struct error *err)
{
	enum unit unit =
		s->c->unit == UNIT_INSN || !cell->throughput ? s->c->unit : UNIT_BYTES_PER_S;
	struct record *record;
	char name[64];
	int ret;

	snprintf(name, sizeof(name), "rdma.%s%s", rdma_op_name(cell->op), cell->suffix);
	record = cell_new_by(s->b, "rdma", name, unit);
	ret = record ? describe_cell(cell, record) : -ENOMEM;
	if (!ret)
		ret = describe_subject(s, record);
	if (!ret)
		ret = observe_ratio(cell, record);
	if (!ret)
		ret = observe_rate(s, cell, record);
	if (!ret && cell->mismatch[0])
		ret = record_observe(record, "mismatch", "%s", cell->mismatch);
	if (ret)
		return out_of_memory(record, err);
	record->verification = cell->mismatch[0] ? VERIFY_FAILED : VERIFY_OK;
	cell_baseline(record, cell->samples, cell->baseline);
	return cell_finish(record, s->c, cell->samples, out, err);
}

/* Once more, for the time that it takes. */
static int time_registration(const struct rdma_subject *s, const struct rdma_memory *m,
			     uint64_t *in, uint64_t *out, struct error *err)
{
	uint64_t start = clock_now(s->c);
	struct rdma_mr mr;
	int ret = rdma_memory_register(s->dev, m, &mr, err);

	*in = clock_now(s->c) - start;
	if (ret)
		return ret;
	start = clock_now(s->c);
	ret = rdma_mr_deregister(&mr);
	*out = clock_now(s->c) - start;
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "%s: deregistering: %s",
			       ibv_get_device_name(s->dev->ctx->device), strerror(-ret))
		   : 0;
}

static int add_registration(const struct rdma_subject *s, const char *name, struct samples *samples,
			    struct samples *baseline, struct record_set *out, struct error *err)
{
	struct record *record = cell_new_by(s->b, "rdma", name, s->c->unit);
	char size[32];
	int ret;

	size_format(s->memory->length, size, sizeof(size));
	ret = record ? record_param(record, "size", "%s", size) : -ENOMEM;
	if (!ret && !rdma_memory_is_own(s->memory))
		ret = record_param(record, "ranges", "1");
	if (!ret)
		ret = describe_subject(s, record);
	if (ret)
		return out_of_memory(record, err);
	cell_baseline(record, samples, baseline);
	return cell_finish(record, s->c, samples, out, err);
}

bool rdma_cell_done(const struct rdma_params *p, const struct clock *c, const struct samples *s,
		    unsigned int rounds, uint64_t *since)
{
	if (rounds == p->warmup)
		*since = clock_now(c);
	if (s->count == s->capacity)
		return true;
	if (p->duration > 0 && c->unit == UNIT_NS)
		return rounds > p->warmup && (double)(clock_now(c) - *since) >= p->duration * 1e9;
	return rounds >= p->warmup + p->repeat;
}

/* Buffer and baseline in turn. */
static int register_rounds(const struct rdma_subject *s, const struct rdma_params *p,
			   struct samples samples[4], struct error *err)
{
	unsigned int i, k;
	int ret = 0;

	for (i = 0; i < p->warmup + p->repeat && !ret; i++) {
		uint64_t t[4] = { 0 };

		ret = time_registration(s, s->memory, &t[0], &t[1], err);
		if (!ret && s->baseline)
			ret = time_registration(s, s->baseline, &t[2], &t[3], err);
		for (k = 0; k < (s->baseline ? 4 : 2) && !ret && i >= p->warmup; k++)
			samples_add(&samples[k], t[k]);
	}
	return ret;
}

int rdma_measure_registration(const struct rdma_subject *s, const struct rdma_params *p,
			      struct record_set *out, struct error *err)
{
	struct samples samples[4] = { 0 };
	int ret = 0, k;

	for (k = 0; k < 4 && !ret; k++)
		if (samples_init(&samples[k], p->repeat))
			ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "samples: out of memory");
	if (!ret)
		ret = register_rounds(s, p, samples, err);
	if (!ret)
		ret = add_registration(s, "rdma.register", &samples[0], &samples[2], out, err);
	if (!ret)
		ret = add_registration(s, "rdma.deregister", &samples[1], &samples[3], out, err);
	for (k = 0; k < 4; k++)
		samples_free(&samples[k]);
	return ret;
}
