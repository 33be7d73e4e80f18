// SPDX-License-Identifier: GPL-2.0-only
/* A controller that follows the entries finds every page of the transfer, in order. */
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/nvme-prp.h"
#include "unit.h"

#define PAGE	  4096
#define LIST_IOVA 0x7000000000ULL

static uint64_t list[8 * PAGE / sizeof(uint64_t)];

/* Follow the PRPs as the specification tells a controller to; the bytes must be in order. */
static void follow(uint64_t iova, uint64_t length, const uint64_t prp[2], size_t written)
{
	uint64_t at = iova, end = iova + length, first = PAGE - iova % PAGE;
	const uint64_t *entry;
	size_t used = 0;

	assert_int_equal(le64toh(prp[0]), iova);
	at += first;
	if (at >= end) {
		assert_int_equal(prp[1], 0);
		assert_int_equal(written, 0);
		return;
	}
	if (end - at <= PAGE) {
		assert_int_equal(le64toh(prp[1]), at);
		assert_int_equal(written, 0);
		return;
	}
	assert_int_equal(le64toh(prp[1]), LIST_IOVA);
	for (entry = list; at < end; entry++, used++) {
		bool last_of_page = (size_t)(entry - list) % (PAGE / 8) == PAGE / 8 - 1;

		assert_true((size_t)(entry - list) < ARRAY_SIZE(list));
		if (last_of_page && end - at > PAGE) {
			assert_int_equal(le64toh(*entry),
					 LIST_IOVA + (uint64_t)(entry + 1 - list) * 8);
			continue;
		}
		assert_int_equal(le64toh(*entry), at);
		assert_int_equal(at % PAGE, 0);
		at += PAGE;
	}
	assert_int_equal(used, written);
	assert_true((written + PAGE / 8 - 1) / (PAGE / 8) <= nvme_prp_pages(length, PAGE));
}

static void check(uint64_t iova, uint64_t length)
{
	uint64_t prp[2] = { 1, 1 };
	size_t n;

	memset(list, 0xff, sizeof(list));
	n = nvme_prp_build(iova, length, PAGE, list, LIST_IOVA, prp);
	follow(iova, length, prp, n);
}

static void test_in_the_command(void **state)
{
	uint64_t prp[2];

	assert_int_equal(nvme_prp_build(0x10000, 512, PAGE, list, LIST_IOVA, prp), 0);
	assert_int_equal(le64toh(prp[0]), 0x10000);
	assert_int_equal(prp[1], 0);
	assert_int_equal(nvme_prp_build(0x10000, 4096, PAGE, list, LIST_IOVA, prp), 0);
	assert_int_equal(prp[1], 0);
	assert_int_equal(nvme_prp_build(0x10800, 4096, PAGE, list, LIST_IOVA, prp), 0);
	assert_int_equal(le64toh(prp[0]), 0x10800);
	assert_int_equal(le64toh(prp[1]), 0x11000);
	assert_int_equal(nvme_prp_build(0x10000, 8192, PAGE, list, LIST_IOVA, prp), 0);
	assert_int_equal(le64toh(prp[1]), 0x11000);
}

static void test_list(void **state)
{
	uint64_t prp[2];

	assert_int_equal(nvme_prp_build(0x10000, 3 * PAGE, PAGE, list, LIST_IOVA, prp), 2);
	assert_int_equal(le64toh(prp[1]), LIST_IOVA);
	assert_int_equal(le64toh(list[0]), 0x11000);
	assert_int_equal(le64toh(list[1]), 0x12000);
	/* 1 MiB: 256 pages, the first one in the command */
	assert_int_equal(nvme_prp_build(0x100000, 1 << 20, PAGE, list, LIST_IOVA, prp), 255);
	/* As many as a page holds: the last entry is data, not a way on. */
	assert_int_equal(nvme_prp_build(0x100000, 513 * PAGE, PAGE, list, LIST_IOVA, prp), 512);
	assert_int_equal(le64toh(list[511]), 0x100000 + 512 * PAGE);
	/* One more: it leads on. */
	assert_int_equal(nvme_prp_build(0x100000, 514 * PAGE, PAGE, list, LIST_IOVA, prp), 514);
	assert_int_equal(le64toh(list[511]), LIST_IOVA + PAGE);
	assert_int_equal(le64toh(list[512]), 0x100000 + 512 * PAGE);
}

static void test_every_length(void **state)
{
	static const uint64_t offsets[] = { 0, 4, 512, 2048, 4092 };
	uint64_t pages;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		for (pages = 1; pages <= 2048; pages += pages < 16 || pages % 512 > 508 ? 1 : 61) {
			check(0x200000 + offsets[i], pages * PAGE);
			check(0x200000 + offsets[i], pages * PAGE - 512);
			check(0x200000 + offsets[i], pages * PAGE + 512);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_the_command),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
