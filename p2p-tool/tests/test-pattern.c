// SPDX-License-Identifier: GPL-2.0-only
/* Patterns differ with the seed, fill to the byte, and tell where they are wrong. */
#include <string.h>

#include "core/pattern.h"
#include "core/rdma-op.h"
#include "unit.h"

static void test_fill(void **state)
{
	unsigned char a[64], b[64];
	size_t n;

	for (n = 0; n < sizeof(a); n++) {
		memset(a, 0, sizeof(a));
		memset(b, 0xff, sizeof(b));
		pattern_fill(a, n, 7);
		pattern_fill(b, n, 7);
		assert_memory_equal(a, b, n);
		assert_int_equal(a[n], 0);
		assert_int_equal(b[n], 0xff);
	}
}

/* Data of the transfer before must not pass for that of this one, not even moved on. */
static void test_seeds_differ(void **state)
{
	unsigned char a[256], b[256];
	size_t skew;

	pattern_fill(a, sizeof(a), 1);
	pattern_fill(b, sizeof(b), 2);
	for (skew = 0; skew < 64; skew += 8) {
		assert_memory_not_equal(a + skew, b, 128);
		assert_memory_not_equal(a, b + skew, 128);
	}
}

static void test_compare(void **state)
{
	unsigned char a[32], b[32];
	char text[64] = "as it was";

	pattern_fill(a, sizeof(a), 3);
	memcpy(b, a, sizeof(b));
	assert_true(pattern_compare(a, b, sizeof(a), "", text, sizeof(text)));
	assert_string_equal(text, "as it was");
	a[17] = 0x12;
	b[17] = 0x34;
	assert_true(pattern_compare(a, b, 17, "", text, sizeof(text)));
	assert_false(pattern_compare(a, b, sizeof(a), "baseline ", text, sizeof(text)));
	assert_string_equal(text, "baseline offset 0x11: expected 0x12, found 0x34");
}

static void test_rdma_ops(void **state)
{
	enum rdma_op op, found;

	for (op = 0; op < RDMA_OPS; op++) {
		assert_int_equal(rdma_op_parse(rdma_op_name(op), &found), 0);
		assert_int_equal(found, op);
	}
	assert_true(rdma_op_parse("writ", &found) < 0);
	assert_true(rdma_op_parse("", &found) < 0);
	assert_true(rdma_op_receives(RDMA_SEND) && rdma_op_receives(RDMA_WRITE_IMM));
	assert_false(rdma_op_receives(RDMA_WRITE) || rdma_op_receives(RDMA_READ) ||
		     rdma_op_receives(RDMA_ATOMIC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_seeds_differ),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_rdma_ops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
