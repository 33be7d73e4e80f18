// SPDX-License-Identifier: GPL-2.0-only
/* What two machines say to each other, and what somebody might send instead. */
#include <errno.h>
#include <string.h>

#include "core/rdma-wire.h"
#include "unit.h"

#define PAGE 4096

static const struct rdma_wire samples[] = {
	{ .type = RDMA_WIRE_SETUP,
	  .setup = { .qps = 3,
		     .depth = 64,
		     .inline_max = 128,
		     .length = 8 * PAGE,
		     .half = 4 * PAGE,
		     .baseline = true } },
	{ .type = RDMA_WIRE_OFFER,
	  .offer = { .addr = 0x123456789abcdef0,
		     .baseline_addr = 4,
		     .rkey = 0x89abcdef,
		     .baseline_rkey = 7,
		     .inline_max = 60,
		     .baseline = true,
		     .emulated = true,
		     .buffer = "vfio:0000:01:00.0/2:1M",
		     .device = "mlx5_0" } },
	{ .type = RDMA_WIRE_ADDRESS,
	  .addresses = { .first = 16,
			 .count = 2,
			 .address = { { .gid = { 0xfe, 0x80, [15] = 9 },
					.qpn = 0xabcdef,
					.psn = 1,
					.lid = 0x1234,
					.mtu = 5 },
				      { .qpn = 2, .psn = 0xffffff, .mtu = 1 } } } },
	{ .type = RDMA_WIRE_ROUND,
	  .round = { .op = RDMA_SEND,
		     .size = PAGE,
		     .messages = 100,
		     .qps = 3,
		     .cq_mod = 2,
		     .seed = 1ULL << 60,
		     .addr = 1ULL << 40,
		     .rkey = 5,
		     .bidir = true,
		     .baseline = true } },
	{ .type = RDMA_WIRE_GO },
	{ .type = RDMA_WIRE_CHECK },
	{ .type = RDMA_WIRE_RESULT, .result = { .ns = 12345678901, .mismatch = "offset 0x0" } },
	{ .type = RDMA_WIRE_ALIVE },
	{ .type = RDMA_WIRE_BYE },
	{ .type = RDMA_WIRE_REFUSED,
	  .refused = { .status = EXIT_USAGE, .what = "too much", .remedy = "give less" } },
};

static void test_round_trip(void **state)
{
	unsigned char buf[RDMA_WIRE_MAX];
	struct rdma_wire m;
	size_t i, size, cut;

	for (i = 0; i < ARRAY_SIZE(samples); i++) {
		size = rdma_wire_encode(&samples[i], buf);
		assert_in_range(size, 2, RDMA_WIRE_MAX);
		assert_int_equal(rdma_wire_decode(buf, size, &m), 0);
		assert_memory_equal(&m, &samples[i], sizeof(m));
		for (cut = 0; cut < size; cut++)
			assert_int_equal(rdma_wire_decode(buf, cut, &m), -EPROTO);
		if (size < sizeof(buf))
			assert_int_equal(rdma_wire_decode(buf, size + 1, &m), -EPROTO);
	}
}

/* Big-endian, whatever this machine is: the other one may differ. */
static void test_byte_order(void **state)
{
	unsigned char buf[RDMA_WIRE_MAX];

	rdma_wire_encode(&samples[0], buf);
	assert_memory_equal(buf, "\0\1\0\0\0\3\0\0\0\x40", 10);
}

static void test_hello(void **state)
{
	unsigned char buf[RDMA_WIRE_HELLO + 40] = { 0 };
	unsigned int version, reason;

	for (reason = RDMA_WIRE_WELCOME; reason <= RDMA_WIRE_DEVICE; reason++) {
		rdma_wire_hello(reason, buf);
		assert_int_equal(rdma_wire_read_hello(buf, sizeof(buf), &version), reason);
		assert_int_equal(version, RDMA_WIRE_VERSION);
	}
	assert_int_equal(rdma_wire_read_hello(buf, RDMA_WIRE_HELLO - 1, &version), -EPROTO);
	assert_int_equal(rdma_wire_read_hello(buf, 0, &version), -EPROTO);
	buf[RDMA_WIRE_HELLO - 1] = 200;
	assert_int_equal(rdma_wire_read_hello(buf, sizeof(buf), &version), -EPROTO);
	/* A later version may have reasons that we do not know. */
	buf[11]++;
	assert_int_equal(rdma_wire_read_hello(buf, sizeof(buf), &version), RDMA_WIRE_UNLIKE);
	assert_int_equal(version, RDMA_WIRE_VERSION + 1);
	buf[0] ^= 1;
	assert_int_equal(rdma_wire_read_hello(buf, sizeof(buf), &version), -EPROTO);
}

/* What is printed at a terminal comes from another machine. */
static void test_texts(void **state)
{
	struct rdma_wire m = samples[1], out;
	unsigned char buf[RDMA_WIRE_MAX];
	size_t size;

	strcpy(m.offer.buffer, "a\033[31mb\n\x80");
	size = rdma_wire_encode(&m, buf);
	assert_int_equal(rdma_wire_decode(buf, size, &out), 0);
	assert_string_equal(out.offer.buffer, "a?[31mb??");
	memset(buf + size - sizeof(m.offer.device), 'x', sizeof(m.offer.device));
	assert_int_equal(rdma_wire_decode(buf, size, &out), 0);
	assert_int_equal(strlen(out.offer.device), sizeof(m.offer.device) - 1);
}

static uint64_t random_state = 88172645463325252;

static uint32_t some(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % limit;
}

/* Whatever decodes has kept what rdma-wire.h promises. */
static void check_decoded(const struct rdma_wire *m)
{
	uint32_t i;

	switch (m->type) {
	case RDMA_WIRE_OFFER:
		assert_true(memchr(m->offer.buffer, 0, sizeof(m->offer.buffer)));
		assert_true(memchr(m->offer.device, 0, sizeof(m->offer.device)));
		break;
	case RDMA_WIRE_ADDRESS:
		assert_in_range(m->addresses.count, 1, RDMA_WIRE_ADDRESSES);
		for (i = 0; i < m->addresses.count; i++) {
			assert_true(m->addresses.address[i].qpn < 1 << 24);
			assert_in_range(m->addresses.address[i].mtu, 1, 5);
		}
		break;
	case RDMA_WIRE_ROUND:
		assert_true(m->round.op < RDMA_OPS);
		break;
	case RDMA_WIRE_RESULT:
		assert_true(memchr(m->result.mismatch, 0, sizeof(m->result.mismatch)));
		break;
	case RDMA_WIRE_REFUSED:
		assert_true(m->refused.status == EXIT_FAILED || m->refused.status == EXIT_USAGE ||
			    m->refused.status == EXIT_SKIP);
		assert_true(memchr(m->refused.what, 0, sizeof(m->refused.what)));
		break;
	default:
		assert_in_range(m->type, RDMA_WIRE_SETUP, RDMA_WIRE_REFUSED);
	}
}

static void test_rubbish(void **state)
{
	unsigned char buf[RDMA_WIRE_MAX];
	unsigned int i, k, n, decoded = 0;
	struct rdma_wire m;
	size_t size;

	for (i = 0; i < 300000; i++) {
		size = rdma_wire_encode(&samples[some(ARRAY_SIZE(samples))], buf);
		if (some(4)) {
			for (n = 1 + some(4); n; n--)
				buf[some((uint32_t)size)] = (unsigned char)some(256);
		} else {
			size = some(RDMA_WIRE_MAX + 1);
			for (k = 0; k < size; k++)
				buf[k] = (unsigned char)some(256);
		}
		if (rdma_wire_decode(buf, size, &m))
			continue;
		check_decoded(&m);
		decoded++;
	}
	/* Of both kinds there were many. */
	assert_in_range(decoded, 10000, 290000);
}

static void test_setup_limits(void **state)
{
	struct rdma_wire_setup s = { .qps = 1, .depth = 64, .length = 8 * PAGE, .half = 4 * PAGE },
			       t;
	struct error err = { 0 };

	assert_int_equal(rdma_wire_check_setup(&s, "host:32K", 8 * PAGE, &err), 0);
	assert_int_equal(rdma_wire_check_setup(&s, "host:28K", 7 * PAGE, &err), -EINVAL);
	assert_non_null(strstr(err.what, "host:28K has 28K, and 32K are needed"));
	assert_int_equal(err.status, EXIT_USAGE);
#define REFUSED(FIELD, VALUE)                                                                \
	do {                                                                                 \
		t = s;                                                                       \
		t.FIELD = (VALUE);                                                           \
		assert_int_equal(rdma_wire_check_setup(&t, "x", UINT64_MAX, NULL), -EINVAL); \
	} while (0)
	REFUSED(qps, 0);
	REFUSED(qps, RDMA_QPS_MAX + 1);
	REFUSED(depth, 0);
	REFUSED(depth, RDMA_DEPTH_MAX + 1);
	REFUSED(inline_max, RDMA_INLINE_MAX + 1);
	REFUSED(half, 0);
	REFUSED(half, PAGE / 2);
	REFUSED(half, 1ULL << 63);
	REFUSED(length, 7 * PAGE);
	t = s;
	t.qps = RDMA_QPS_MAX;
	t.depth = RDMA_DEPTH_MAX;
	assert_int_equal(rdma_wire_check_setup(&t, "x", UINT64_MAX, NULL), -EINVAL);
#undef REFUSED
}

static void test_round_limits(void **state)
{
	const struct rdma_wire_setup s = {
		.qps = 2, .depth = 64, .length = 8 * PAGE, .half = 4 * PAGE
	};
	struct rdma_wire_round r = { .op = RDMA_WRITE,
				     .size = 4 * PAGE,
				     .messages = 10,
				     .qps = 2,
				     .cq_mod = 1 },
			       t;

	assert_int_equal(rdma_wire_check_round(&r, &s, false, NULL), 0);
#define REFUSED(FIELD, VALUE)                                                          \
	do {                                                                           \
		t = r;                                                                 \
		t.FIELD = (VALUE);                                                     \
		assert_int_equal(rdma_wire_check_round(&t, &s, false, NULL), -EINVAL); \
	} while (0)
	REFUSED(size, 0);
	REFUSED(size, 4 * PAGE + 1);
	REFUSED(messages, 0);
	REFUSED(messages, RDMA_ITERS_MAX + 1);
	REFUSED(qps, 0);
	REFUSED(qps, 3);
	REFUSED(cq_mod, 0);
	REFUSED(op, RDMA_ATOMIC);
	REFUSED(baseline, true);
	REFUSED(pingpong, true);
	r.qps = 1;
	REFUSED(latency, true);
	r.pingpong = true;
	assert_int_equal(rdma_wire_check_round(&r, &s, false, NULL), 0);
	REFUSED(bidir, true);
	REFUSED(op, RDMA_READ);
#undef REFUSED
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_byte_order),
		cmocka_unit_test(test_hello),	     cmocka_unit_test(test_texts),
		cmocka_unit_test(test_rubbish),	     cmocka_unit_test(test_setup_limits),
		cmocka_unit_test(test_round_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
