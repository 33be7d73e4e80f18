// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rdma-wire.h"
#include "size.h"

#define MAGIC	0x7032702d72646d61 /* "p2p-rdma" */
#define PAGE	4096
#define TYPES	(RDMA_WIRE_REFUSED + 1)
#define ALL_MAX (1U << 22) /* work requests of all QPs in flight */

/* Reads or writes one field after the other; too short is sticky. */
struct cursor {
	uint8_t *at, *end;
	bool write, bad;
};

static bool room(struct cursor *c, size_t size)
{
	if (c->bad || size > (size_t)(c->end - c->at))
		c->bad = true;
	return !c->bad;
}

static void bytes(struct cursor *c, void *value, size_t size)
{
	if (!room(c, size))
		return;
	if (c->write)
		memcpy(c->at, value, size);
	else
		memcpy(value, c->at, size);
	c->at += size;
}

static void u8(struct cursor *c, uint8_t *value)
{
	bytes(c, value, sizeof(*value));
}

static void u16(struct cursor *c, uint16_t *value)
{
	uint16_t big = htobe16(*value);

	bytes(c, &big, sizeof(big));
	if (!c->write && !c->bad)
		*value = be16toh(big);
}

static void u32(struct cursor *c, uint32_t *value)
{
	uint32_t big = htobe32(*value);

	bytes(c, &big, sizeof(big));
	if (!c->write && !c->bad)
		*value = be32toh(big);
}

static void u64(struct cursor *c, uint64_t *value)
{
	uint64_t big = htobe64(*value);

	bytes(c, &big, sizeof(big));
	if (!c->write && !c->bad)
		*value = be64toh(big);
}

static void flag(struct cursor *c, bool *value)
{
	uint8_t byte = *value;

	u8(c, &byte);
	if (byte > 1)
		c->bad = true;
	*value = byte == 1;
}

/* A text in all of its room. Whoever prints it must not be fooled by what is in it. */
static void text(struct cursor *c, char *value, size_t size)
{
	size_t i;

	if (c->write)
		memset(value + strlen(value), 0, size - strlen(value));
	bytes(c, value, size);
	if (c->write || c->bad)
		return;
	value[size - 1] = '\0';
	for (i = 0; value[i]; i++)
		if (value[i] < ' ' || value[i] > '~')
			value[i] = '?';
}

static void setup(struct cursor *c, struct rdma_wire_setup *s)
{
	u32(c, &s->qps);
	u32(c, &s->depth);
	u32(c, &s->inline_max);
	u64(c, &s->length);
	u64(c, &s->half);
	flag(c, &s->baseline);
}

static void offer(struct cursor *c, struct rdma_wire_offer *o)
{
	u64(c, &o->addr);
	u64(c, &o->baseline_addr);
	u32(c, &o->rkey);
	u32(c, &o->baseline_rkey);
	u32(c, &o->inline_max);
	flag(c, &o->baseline);
	flag(c, &o->emulated);
	text(c, o->buffer, sizeof(o->buffer));
	text(c, o->device, sizeof(o->device));
}

static void addresses(struct cursor *c, struct rdma_wire_addresses *a)
{
	uint32_t i;

	u32(c, &a->first);
	u32(c, &a->count);
	if (!a->count || a->count > RDMA_WIRE_ADDRESSES)
		c->bad = true;
	for (i = 0; !c->bad && i < a->count; i++) {
		struct rdma_wire_address *one = &a->address[i];

		bytes(c, one->gid, sizeof(one->gid));
		u32(c, &one->qpn);
		u32(c, &one->psn);
		u16(c, &one->lid);
		u8(c, &one->mtu);
		if (one->qpn >> 24 || one->psn >> 24 || !one->mtu || one->mtu > 5)
			c->bad = true;
	}
}

static void round_(struct cursor *c, struct rdma_wire_round *r)
{
	uint8_t op = (uint8_t)r->op;

	u8(c, &op);
	if (op >= RDMA_OPS)
		c->bad = true;
	r->op = (enum rdma_op)op;
	u32(c, &r->size);
	u32(c, &r->messages);
	u32(c, &r->qps);
	u32(c, &r->cq_mod);
	u64(c, &r->seed);
	u64(c, &r->addr);
	u32(c, &r->rkey);
	flag(c, &r->bidir);
	flag(c, &r->pingpong);
	flag(c, &r->latency);
	flag(c, &r->baseline);
	flag(c, &r->inline_data);
}

static void result(struct cursor *c, struct rdma_wire_result *r)
{
	u64(c, &r->ns);
	text(c, r->mismatch, sizeof(r->mismatch));
}

static void refused(struct cursor *c, struct error *e)
{
	uint8_t status = (uint8_t)e->status;

	u8(c, &status);
	e->status = status == EXIT_USAGE || status == EXIT_SKIP ? (enum exit_status)status
								: EXIT_FAILED;
	text(c, e->what, sizeof(e->what));
	text(c, e->remedy, sizeof(e->remedy));
}

static void message(struct cursor *c, struct rdma_wire *m)
{
	uint16_t type = (uint16_t)m->type;

	u16(c, &type);
	m->type = (enum rdma_wire_type)type;
	switch (m->type) {
	case RDMA_WIRE_SETUP:
		return setup(c, &m->setup);
	case RDMA_WIRE_OFFER:
		return offer(c, &m->offer);
	case RDMA_WIRE_ADDRESS:
		return addresses(c, &m->addresses);
	case RDMA_WIRE_ROUND:
		return round_(c, &m->round);
	case RDMA_WIRE_RESULT:
		return result(c, &m->result);
	case RDMA_WIRE_REFUSED:
		return refused(c, &m->refused);
	case RDMA_WIRE_GO:
	case RDMA_WIRE_CHECK:
	case RDMA_WIRE_ALIVE:
	case RDMA_WIRE_BYE:
		return;
	}
	c->bad = true;
}

void rdma_wire_hello(enum rdma_wire_reason reason, void *buf)
{
	struct cursor c = { buf, (uint8_t *)buf + RDMA_WIRE_HELLO, .write = true };
	uint64_t magic = MAGIC;
	uint32_t version = RDMA_WIRE_VERSION, why = reason;

	u64(&c, &magic);
	u32(&c, &version);
	u32(&c, &why);
}

int rdma_wire_read_hello(const void *buf, size_t size, unsigned int *version)
{
	struct cursor c = { (uint8_t *)buf, (uint8_t *)buf + size };
	uint64_t magic = 0;
	uint32_t reason = 0;

	*version = 0;
	u64(&c, &magic);
	u32(&c, version);
	u32(&c, &reason);
	if (c.bad || magic != MAGIC)
		return -EPROTO;
	if (*version != RDMA_WIRE_VERSION)
		return RDMA_WIRE_UNLIKE;
	return reason <= RDMA_WIRE_DEVICE ? (int)reason : -EPROTO;
}

size_t rdma_wire_encode(const struct rdma_wire *m, void *buf)
{
	struct cursor c = { buf, (uint8_t *)buf + RDMA_WIRE_MAX, .write = true };
	struct rdma_wire copy = *m;

	message(&c, &copy);
	return (size_t)(c.at - (uint8_t *)buf);
}

int rdma_wire_decode(const void *buf, size_t size, struct rdma_wire *m)
{
	struct cursor c = { (uint8_t *)buf, (uint8_t *)buf + size };

	memset(m, 0, sizeof(*m));
	message(&c, m);
	return c.bad || c.at != c.end ? -EPROTO : 0;
}

int rdma_wire_check_setup(const struct rdma_wire_setup *s, const char *buffer, uint64_t length,
			  struct error *err)
{
	char has[32], needs[32];

	if (!s->qps || s->qps > RDMA_QPS_MAX || !s->depth || s->depth > RDMA_DEPTH_MAX ||
	    s->qps > ALL_MAX / s->depth || s->inline_max > RDMA_INLINE_MAX)
		return error_set(err, EXIT_USAGE, EINVAL, "give fewer",
				 "%u queue pairs of depth %u, inline %u: more than this end takes",
				 s->qps, s->depth, s->inline_max);
	if (!s->half || s->half % PAGE || s->half > UINT64_MAX / 2 || s->length != 2 * s->half)
		return error_set(err, EXIT_FAILED, EINVAL, NULL,
				 "0x%" PRIx64 " bytes, halves of 0x%" PRIx64 ": no sizes",
				 s->length, s->half);
	if (s->length <= length)
		return 0;
	size_format(length, has, sizeof(has));
	size_format(s->length, needs, sizeof(needs));
	return error_set(err, EXIT_USAGE, EINVAL,
			 "give smaller --sizes, or the server a larger buffer",
			 "%s has %s, and %s are needed, two messages", buffer, has, needs);
}

int rdma_wire_check_round(const struct rdma_wire_round *r, const struct rdma_wire_setup *s,
			  bool baseline, struct error *err)
{
	bool one = r->pingpong || r->latency;

	if (!r->size || r->size > s->half || !r->messages || r->messages > RDMA_ITERS_MAX ||
	    !r->qps || r->qps > s->qps || !r->cq_mod || r->cq_mod > RDMA_DEPTH_MAX ||
	    (r->op == RDMA_ATOMIC && r->size != sizeof(uint64_t)) || (r->baseline && !baseline) ||
	    (one && (r->bidir || r->qps != 1)) || (r->pingpong && !rdma_op_inlines(r->op)) ||
	    (r->latency && rdma_op_inlines(r->op)))
		return error_set(err, EXIT_FAILED, EINVAL, NULL,
				 "no such round: %u messages of %u bytes on %u queue pairs",
				 r->messages, r->size, r->qps);
	return 0;
}
