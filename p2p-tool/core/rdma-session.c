// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "measure-rdma-private.h"
#include "pattern.h"
#include "rdma-pingpong.h"
#include "rdma-session.h"

int rdma_session_device(struct rdma_session *s, int gid_index, struct error *err)
{
	struct rdma_cm_id *id = s->control.id;

	return rdma_device_borrow(id->verbs, id->port_num, &id->route.addr.addr.ibaddr.sgid,
				  gid_index, &s->dev, err);
}

int rdma_session_memory(struct rdma_session *s, struct buffer *b, bool baseline, struct error *err)
{
	int ret = rdma_memory_open(&s->dev, b, s->setup.length, &s->buffer, err);

	bufspec_format(&b->spec, s->what, sizeof(s->what));
	if (!ret && (baseline || !rdma_memory_is_own(&s->buffer)))
		ret = rdma_memory_open(&s->dev, NULL, s->setup.length, &s->baseline, err);
	return ret;
}

int rdma_session_queues(struct rdma_session *s, struct error *err)
{
	int ret = rdma_side_open(&s->dev, s->setup.qps, s->setup.depth, s->setup.inline_max,
				 &s->side, err);

	if (!ret && rdma_flow_init(&s->flow, &s->side))
		ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "rdma: out of memory");
	return ret;
}

void rdma_session_close(struct rdma_session *s)
{
	rdma_flow_free(&s->flow);
	rdma_side_close(&s->side);
	rdma_memory_close(&s->buffer);
	rdma_memory_close(&s->baseline);
	rdma_device_close(&s->dev);
	rdma_control_close(&s->control);
}

int rdma_session_send_addresses(struct rdma_session *s, struct error *err)
{
	struct rdma_wire m = { .type = RDMA_WIRE_ADDRESS };
	struct rdma_wire_addresses *a = &m.addresses;
	struct rdma_address own;
	int ret = 0;

	for (; a->first < s->side.nqps && !ret; a->first += a->count) {
		for (a->count = 0;
		     a->count < RDMA_WIRE_ADDRESSES && a->first + a->count < s->side.nqps;
		     a->count++) {
			struct rdma_wire_address *to = &a->address[a->count];

			rdma_side_address(&s->side, a->first + a->count, &own);
			*to = (struct rdma_wire_address){
				.qpn = own.qpn, .psn = own.psn, .lid = own.lid, .mtu = own.mtu
			};
			memcpy(to->gid, &own.gid, sizeof(to->gid));
		}
		ret = rdma_control_send(&s->control, &m, err);
	}
	return ret;
}

static int connect_some(struct rdma_session *s, const struct rdma_wire_addresses *a,
			struct error *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < a->count && !ret; i++) {
		struct rdma_address peer = { .qpn = a->address[i].qpn,
					     .psn = a->address[i].psn,
					     .lid = a->address[i].lid,
					     .mtu = a->address[i].mtu };

		memcpy(&peer.gid, a->address[i].gid, sizeof(peer.gid));
		ret = rdma_side_connect(&s->side, a->first + i, &peer, err);
	}
	return ret;
}

int rdma_session_take_addresses(struct rdma_session *s, struct error *err)
{
	struct rdma_wire m;
	unsigned int next;
	int ret = 0;

	for (next = 0; next < s->side.nqps && !ret; next += m.addresses.count) {
		ret = rdma_control_receive(&s->control, RDMA_WIRE_ADDRESS, RDMA_WIRE_ADDRESS, &m,
					   err);
		if (ret)
			return ret;
		if (m.addresses.first != next || m.addresses.count > s->side.nqps - next)
			return error_set(err, EXIT_FAILED, EPROTO, NULL,
					 "%s: has other queue pairs than agreed", s->control.peer);
		ret = connect_some(s, &m.addresses, err);
	}
	return ret;
}

/* One message at a time goes both ways only in a ping-pong. */
static bool both_ways(const struct rdma_wire_round *r)
{
	return r->bidir || r->pingpong;
}

struct rdma_traffic rdma_session_traffic(struct rdma_session *s, const struct rdma_wire_round *r)
{
	return (struct rdma_traffic){
		.op = r->op,
		.length = r->size,
		.messages = r->messages,
		.qps = r->qps,
		.cq_mod = r->cq_mod,
		.inline_data = r->inline_data,
		.sends = !s->serves || both_ways(r),
		.receives = s->serves || both_ways(r),
		.local = r->baseline ? &s->baseline.mr : &s->buffer.mr,
		.remote_addr = r->baseline ? s->remote_baseline.addr : s->remote.addr,
		.rkey = r->baseline ? s->remote_baseline.rkey : s->remote.rkey,
		.offset = s->serves ? s->setup.half : 0,
		.in_offset = s->serves ? 0 : s->setup.half,
	};
}

static struct rdma_memory *memory_of(struct rdma_session *s, const struct rdma_wire_round *r)
{
	return r->baseline ? &s->baseline : &s->buffer;
}

/* Is this end where the data goes? back: of what the server asks for. Who reads is. */
static bool is_target(const struct rdma_session *s, const struct rdma_wire_round *r, bool back)
{
	bool asks = s->serves == back;

	return r->op == RDMA_READ ? asks : !asks;
}

static uint64_t seed_of(const struct rdma_wire_round *r, bool back)
{
	return 2 * r->seed + back;
}

static int prepare_way(struct rdma_session *s, const struct rdma_wire_round *r, bool back,
		       struct error *err)
{
	struct rdma_memory *m = memory_of(s, r);
	uint64_t at = back ? s->setup.half : 0, zero = 0;
	int ret;

	if (r->op == RDMA_ATOMIC)
		return rdma_memory_write(m, at, &zero, sizeof(zero), err);
	if (!is_target(s, r, back))
		return rdma_memory_fill(m, at, r->size, seed_of(r, back), err);
	ret = rdma_memory_spoil(m, at, r->size, seed_of(r, back), err);
	/* Where the number of a message will be. */
	if (!ret && r->pingpong)
		ret = rdma_memory_write(m, at + r->size - 1, &zero, 1, err);
	return ret;
}

int rdma_session_prepare(struct rdma_session *s, const struct rdma_wire_round *r, struct error *err)
{
	struct rdma_traffic t = rdma_session_traffic(s, r);
	int ret = prepare_way(s, r, false, err);

	if (!ret && both_ways(r))
		ret = prepare_way(s, r, true, err);
	return ret ? ret : rdma_flow_prepare(&s->flow, &t, s->what, err);
}

int rdma_session_run(struct rdma_session *s, const struct rdma_wire_round *r, const struct clock *c,
		     struct samples *samples, const struct rdma_watch *watch, struct error *err)
{
	int ret;

	if (r->pingpong)
		return rdma_pingpong(&s->flow, memory_of(s, r), s->serves, c, samples, s->what,
				     watch, err);
	if (r->latency && !s->serves)
		return rdma_one_by_one(&s->flow, c, samples, s->what, watch, err);
	ret = rdma_flow_start(&s->flow, s->what, err);
	return ret ? ret : rdma_flow_wait(&s->flow, 1, s->what, watch, err);
}

static int check_number(struct rdma_session *s, uint64_t at, const void *expected, size_t size,
			const char *where, char *text, size_t text_size,
			const struct rdma_wire_round *r, struct error *err)
{
	unsigned char found[sizeof(uint64_t)];
	int ret = rdma_memory_read(memory_of(s, r), at, found, size, err);

	if (!ret)
		pattern_compare(expected, found, size, where, text, text_size);
	return ret;
}

static int check_way(struct rdma_session *s, const struct rdma_wire_round *r, bool back, char *text,
		     size_t size, struct error *err)
{
	const char *where = r->baseline ? "baseline " : "";
	uint64_t at = back ? s->setup.half : 0, count = (uint64_t)r->messages * r->qps;
	bool numbered = r->pingpong && r->op == RDMA_WRITE;
	unsigned char last = (unsigned char)r->messages;
	int ret;

	if (!is_target(s, r, back) || text[0])
		return 0;
	if (r->op == RDMA_ATOMIC)
		return check_number(s, at, &count, sizeof(count), where, text, size, r, err);
	ret = rdma_memory_compare(memory_of(s, r), at, numbered ? r->size - 1 : r->size,
				  seed_of(r, back), where, text, size, err);
	if (!ret && numbered && !text[0])
		ret = check_number(s, at + r->size - 1, &last, 1, where, text, size, r, err);
	return ret;
}

int rdma_session_check(struct rdma_session *s, const struct rdma_wire_round *r, char *text,
		       size_t size, struct error *err)
{
	int ret = check_way(s, r, false, text, size, err);

	return ret || !both_ways(r) ? ret : check_way(s, r, true, text, size, err);
}
