// SPDX-License-Identifier: GPL-2.0-only
/*
 * rdma-rubbish HOST PORT ATTACK [SEED] - a client that does not behave. It ends well when
 * the server has got rid of it, as it should, within PATIENCE seconds; whether the
 * server still serves others is for who calls this.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/rdma-session.h"

#define PATIENCE 20
#define ROUNDS	 60 /* of what is random */
#define PAGE	 4096

static const char *host;
static uint16_t port;
static uint64_t state;

static void must(bool holds, const char *what, const struct error *err)
{
	if (holds)
		return;
	fprintf(stderr, "FAIL %s: %s\n", what, err ? err->what : "");
	exit(1);
}

/* Some number below limit; xorshift64. */
static uint32_t some(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % limit;
}

static void connect_to(struct rdma_control *c)
{
	struct error err = { 0 };

	time_t start = time(NULL);
	int ret;

	*c = (struct rdma_control){ .timeout = PATIENCE };
	do {
		error_clear(&err);
		ret = rdma_control_connect(host, port, NULL, c, &err);
		/* Not rid yet of the one before. */
	} while (ret && strstr(err.what, "another client") && time(NULL) - start < PATIENCE);
	must(!ret, "a connection", &err);
}

/* As they are, without waiting for them to arrive: the server may be gone before. */
static void send_bytes(struct rdma_control *c, const void *bytes, uint32_t size)
{
	char *at = c->memory + RDMA_CONTROL_RECEIVES * RDMA_WIRE_MAX;
	struct ibv_sge sge = { .addr = (uintptr_t)at, .length = size, .lkey = c->mr->lkey };
	struct ibv_send_wr wr = { .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND }, *bad;

	/* Longer than a message may be: from what comes before in the same memory. */
	if (size > RDMA_WIRE_MAX)
		sge.addr = (uintptr_t)c->memory;
	else
		memcpy(at, bytes, size);
	if (!ibv_post_send(c->id->qp, &wr, &bad))
		usleep(2000);
}

/* The server lets go of us, in words or without. */
static void must_be_dropped(struct rdma_control *c, const char *what)
{
	time_t start = time(NULL);
	struct error err = { 0 };
	struct rdma_wire m;
	int ret;

	do {
		error_clear(&err);
		ret = rdma_control_receive(c, RDMA_WIRE_OFFER, RDMA_WIRE_ADDRESS, &m, &err);
	} while (!ret && time(NULL) - start < PATIENCE);
	must(ret && ret != -ETIMEDOUT, what, &err);
	printf("ok %s: %s\n", what, err.what);
	rdma_control_close(c);
}

/* Connect with a hello that is none; the reason of the refusal. */
static int hello(const void *bytes, uint8_t size)
{
	struct rdma_conn_param param = { .private_data = size ? bytes : NULL,
					 .private_data_len = size };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct rdma_event_channel *channel = rdma_create_event_channel();
	struct rdma_cm_event *event;
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 }
	};
	struct rdma_cm_id *id;
	unsigned int version;
	int reason = RDMA_WIRE_BUSY, i;

	must(inet_pton(AF_INET, host, &to.sin_addr) == 1, "an IPv4 address", NULL);
	must(channel && !rdma_create_id(channel, &id, NULL, RDMA_PS_TCP), "an id", NULL);
	must(!rdma_resolve_addr(id, NULL, (struct sockaddr *)&to, 5000), "an address", NULL);
	for (i = 0; i < 3; i++) {
		must(!rdma_get_cm_event(channel, &event), "an event", NULL);
		if (event->event == RDMA_CM_EVENT_ADDR_RESOLVED)
			must(!rdma_resolve_route(id, 5000), "a route", NULL);
		else if (event->event == RDMA_CM_EVENT_ROUTE_RESOLVED)
			must(!rdma_create_qp(id, NULL, &init) && !rdma_connect(id, &param),
			     "connecting", NULL);
		else if (event->event == RDMA_CM_EVENT_REJECTED)
			reason = rdma_wire_read_hello(event->param.conn.private_data,
						      event->param.conn.private_data_len, &version);
		rdma_ack_cm_event(event);
	}
	rdma_destroy_qp(id);
	rdma_destroy_id(id);
	rdma_destroy_event_channel(channel);
	return reason;
}

static void attack_hello(void)
{
	char bytes[RDMA_WIRE_HELLO], other[RDMA_WIRE_HELLO];
	int i;

	rdma_wire_hello(RDMA_WIRE_WELCOME, bytes);
	must(hello(NULL, 0) == RDMA_WIRE_MALFORMED, "no hello is refused", NULL);
	must(hello(bytes, 5) == RDMA_WIRE_MALFORMED, "a part of a hello is refused", NULL);
	memcpy(other, bytes, sizeof(other));
	other[11] = 99;
	must(hello(other, sizeof(other)) == RDMA_WIRE_UNLIKE, "another version is told so", NULL);
	for (i = 0; i < 5; i++) {
		other[some(8)] ^= (char)(1 + some(255));
		must(hello(other, sizeof(other)) == RDMA_WIRE_MALFORMED, "no p2p-tool is refused",
		     NULL);
		memcpy(other, bytes, sizeof(other));
	}
	printf("ok hellos\n");
}

static void attack_silent(void)
{
	struct rdma_control c;

	connect_to(&c);
	must_be_dropped(&c, "a silent client");
}

static void attack_rubbish(void)
{
	char bytes[RDMA_WIRE_MAX];
	struct rdma_control c;
	unsigned int i, k, n;

	for (i = 0; i < ROUNDS; i++) {
		connect_to(&c);
		for (n = 1 + some(3); n; n--) {
			for (k = 0; k < sizeof(bytes); k++)
				bytes[k] = (char)some(256);
			/* Often something that there is. */
			bytes[0] = 0;
			bytes[1] = (char)some(12);
			send_bytes(&c, bytes, 1 + some(some(4) ? 200 : 2 * RDMA_WIRE_MAX));
		}
		must_be_dropped(&c, "rubbish");
	}
}

static const struct rdma_wire good_setup = {
	.type = RDMA_WIRE_SETUP,
	.setup = { .qps = 1, .depth = 4, .length = 2 * PAGE, .half = PAGE },
};

static void attack_setup(void)
{
	static const struct rdma_wire_setup bad[] = {
		{ .qps = 0, .depth = 4, .length = 2 * PAGE, .half = PAGE },
		{ .qps = 1, .depth = 0, .length = 2 * PAGE, .half = PAGE },
		{ .qps = UINT32_MAX, .depth = UINT32_MAX, .length = 2 * PAGE, .half = PAGE },
		{ .qps = RDMA_QPS_MAX, .depth = RDMA_DEPTH_MAX, .length = 2 * PAGE, .half = PAGE },
		{ .qps = 1,
		  .depth = 4,
		  .inline_max = UINT32_MAX,
		  .length = 2 * PAGE,
		  .half = PAGE },
		{ .qps = 1, .depth = 4, .length = 0, .half = 0 },
		{ .qps = 1, .depth = 4, .length = 3 * PAGE, .half = PAGE },
		{ .qps = 1, .depth = 4, .length = 0, .half = 1ULL << 63 },
		{ .qps = 1, .depth = 4, .length = 1ULL << 40, .half = 1ULL << 39 },
	};
	struct rdma_wire m = good_setup;
	char bytes[RDMA_WIRE_MAX];
	struct rdma_control c;
	size_t i, size;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m.setup = bad[i];
		connect_to(&c);
		send_bytes(&c, bytes, (uint32_t)rdma_wire_encode(&m, bytes));
		must_be_dropped(&c, "a setup that cannot be");
	}
	for (i = 0; i < ROUNDS; i++) {
		m = good_setup;
		size = rdma_wire_encode(&m, bytes);
		bytes[2 + some((uint32_t)size - 2)] ^= (char)(1 << some(8));
		connect_to(&c);
		send_bytes(&c, bytes, (uint32_t)size);
		/* It may be a good one still: say something that cannot follow. */
		m.type = RDMA_WIRE_CHECK;
		send_bytes(&c, bytes, (uint32_t)rdma_wire_encode(&m, bytes));
		must_be_dropped(&c, "a damaged setup");
	}
}

/* All the way to where rounds begin. */
static void open_session(struct rdma_session *s, struct buffer **b)
{
	const struct bufspec spec = { .kind = BUFFER_HOST, .length = 2 * PAGE };
	const struct access_params access = { 0 };
	struct error err = { 0 };
	struct rdma_wire m;

	*s = (struct rdma_session){ .setup = good_setup.setup };
	connect_to(&s->control);
	must(!buffer_open(&spec, &access, b, &err) && !rdma_session_device(s, -1, &err) &&
		     !rdma_session_memory(s, *b, false, &err) && !rdma_session_queues(s, &err) &&
		     !rdma_control_send(&s->control, &good_setup, &err) &&
		     !rdma_control_receive(&s->control, RDMA_WIRE_OFFER, RDMA_WIRE_OFFER, &m,
					   &err) &&
		     !rdma_session_send_addresses(s, &err) && !rdma_session_take_addresses(s, &err),
	     "a session", &err);
}

static void close_session(struct rdma_session *s, struct buffer *b)
{
	rdma_session_close(s);
	buffer_close(b, NULL);
}

/* Rounds that cannot be, and rounds in which the client does not do its part. */
static void attack_rounds(void)
{
	static const struct rdma_wire_round bad[] = {
		{ .op = RDMA_WRITE, .size = 0, .messages = 1, .qps = 1, .cq_mod = 1 },
		{ .op = RDMA_WRITE, .size = PAGE + 1, .messages = 1, .qps = 1, .cq_mod = 1 },
		{ .op = RDMA_WRITE, .size = 8, .messages = UINT32_MAX, .qps = 1, .cq_mod = 1 },
		{ .op = RDMA_WRITE, .size = 8, .messages = 1, .qps = 2, .cq_mod = 1 },
		{ .op = RDMA_WRITE, .size = 8, .messages = 1, .qps = 1, .cq_mod = 0 },
		{ .op = RDMA_WRITE,
		  .size = 8,
		  .messages = 1,
		  .qps = 1,
		  .cq_mod = 1,
		  .baseline = true },
		{ .op = RDMA_ATOMIC, .size = 16, .messages = 1, .qps = 1, .cq_mod = 1 },
		{ .op = RDMA_READ,
		  .size = 8,
		  .messages = 1,
		  .qps = 1,
		  .cq_mod = 1,
		  .pingpong = true },
		/* Keys and addresses that are nobody's */
		{ .op = RDMA_WRITE,
		  .size = 8,
		  .messages = 9,
		  .qps = 1,
		  .cq_mod = 1,
		  .bidir = true,
		  .addr = 1,
		  .rkey = 0x12345 },
		{ .op = RDMA_READ,
		  .size = 8,
		  .messages = 9,
		  .qps = 1,
		  .cq_mod = 1,
		  .bidir = true,
		  .addr = UINT64_MAX - 4,
		  .rkey = UINT32_MAX },
		/* And then nothing */
		{ .op = RDMA_SEND, .size = 8, .messages = 9, .qps = 1, .cq_mod = 1 },
		{ .op = RDMA_WRITE, .size = 8, .messages = 9, .qps = 1, .cq_mod = 1 },
		{ .op = RDMA_WRITE,
		  .size = 8,
		  .messages = 9,
		  .qps = 1,
		  .cq_mod = 1,
		  .pingpong = true },
	};
	struct rdma_wire m = { .type = RDMA_WIRE_ROUND }, go;
	struct error err = { 0 };
	struct rdma_session s;
	struct buffer *b;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m.round = bad[i];
		open_session(&s, &b);
		must(!rdma_control_send(&s.control, &m, &err), "a round is sent", &err);
		rdma_control_receive(&s.control, RDMA_WIRE_GO, RDMA_WIRE_GO, &go, NULL);
		must_be_dropped(&s.control, "a round that is none");
		close_session(&s, b);
	}
}

/* Gone without a word, at any time. */
static void attack_vanish(void)
{
	struct rdma_wire m = { .type = RDMA_WIRE_ROUND };
	struct rdma_session s;
	struct buffer *b;

	m.round = (struct rdma_wire_round){
		.op = RDMA_SEND, .size = 8, .messages = 9, .qps = 1, .cq_mod = 1
	};
	open_session(&s, &b);
	rdma_control_send(&s.control, &m, NULL);
	_exit(0);
}

static const struct {
	const char *name;
	void (*run)(void);
} attacks[] = {
	{ "hello", attack_hello }, { "silent", attack_silent }, { "rubbish", attack_rubbish },
	{ "setup", attack_setup }, { "rounds", attack_rounds }, { "vanish", attack_vanish },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 4) {
		fprintf(stderr, "usage: rdma-rubbish HOST PORT ATTACK [SEED]\n");
		return 2;
	}
	host = argv[1];
	port = (uint16_t)atoi(argv[2]);
	state = argc > 4 ? strtoull(argv[4], NULL, 0) | 1 : 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		if (strcmp(argv[3], attacks[i].name))
			continue;
		attacks[i].run();
		printf("ok all of %s\n", argv[3]);
		return 0;
	}
	fprintf(stderr, "%s: no such attack\n", argv[3]);
	return 2;
}
