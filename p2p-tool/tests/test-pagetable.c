// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/pagetable.h"
#include "unit.h"

/* The kernel's format, see arch/x86/mm/dump_pagetables.c. */
static const char dump[] =
	"---[ User Space ]---\n"
	"0x0000000000000000-0x0000000000400000           4M                               pmd\n"
	"0x0000000000400000-0x0000000000401000           4K USR ro                     x  pte\n"
	"0x0000000000401000-0x0000000000402000           4K USR RW                     NX pte\n"
	"0x0000000000402000-0x0000000000600000        2040K                               pte\n"
	"0x0000000000600000-0x0000000000a00000           4M USR RW     PCD PSE         NX pmd\n"
	"0x0000000000a00000-0x0000000000a01000           4K USR RW PWT                 NX pte\n"
	"0x0000000000a01000-0x0000000000a02000           4K USR RW PWT PCD             NX pte\n"
	"0x0000000000a02000-0x0000000000a03000           4K USR RW PWT         PAT     NX pte\n"
	"0x0000000000a03000-0x0000000000a04000           4K USR RW PWT PCD     PAT GLB NX pte\n"
	"0x0000000000a04000-0x0000000040000000     1038320K                               pmd\n"
	"0x0000000040000000-0x0000000080000000           1G USR RW     PCD PSE         NX pud\n"
	"0x0000000080000000-0x0000800000000000  137436856320K                               pgd\n"
	"---[ Kernel Space ]---\n"
	"0xffffffff80000000-0xffffffffc0000000           1G     RW         PSE     GLB x  pmd\n";

static int find_range(const char *text, uint64_t va, uint64_t length, struct pagetable_entry *entry)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	int ret;

	assert_non_null(f);
	ret = pagetable_find(f, va, length, entry);
	fclose(f);
	return ret;
}

static int find(const char *text, uint64_t va, struct pagetable_entry *entry)
{
	return find_range(text, va, 1, entry);
}

static void test_entries(void **state)
{
	static const struct {
		uint64_t va;
		int order;
		const char *memattr;
	} mapped[] = {
		{ 0x400000, 0, "WB" },		 { 0x401fff, 0, "WB" }, { 0x600000, 9, "UC-" },
		{ 0x9fffff, 9, "UC-" },		 { 0xa00000, 0, "WC" }, { 0xa01000, 0, "UC" },
		{ 0xa02000, 0, "WP" },		 { 0xa03000, 0, "WT" }, { 0x7fffffff, 18, "UC-" },
		{ 0xffffffff80000000, 9, "WB" },
	};
	struct pagetable_entry entry;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mapped); i++) {
		assert_int_equal(find(dump, mapped[i].va, &entry), 0);
		assert_int_equal(entry.order, mapped[i].order);
		assert_string_equal(entry.memattr, mapped[i].memattr);
	}
}

/* What has pages of several orders, or several types, has no single one. */
static void test_ranges(void **state)
{
	static const struct {
		uint64_t va, length;
		int order;
		uint32_t orders;
		const char *memattr;
	} ranges[] = {
		{ 0x600000, 0x400000, 9, 1 << 9, "UC-" },
		{ 0x400000, 0x2000, 0, 1 << 0, "WB" },
		{ 0x800000, 0x201000, -1, 1 << 9 | 1 << 0, "mixed" },
		{ 0xa00000, 0x4000, 0, 1 << 0, "mixed" },
	};
	/* Two levels with one type, up to the end of the address space. */
	static const char top[] =
		"0xffffffffffc00000-0xffffffffffe00000           2M     RW PWT     PSE     NX pmd\n"
		"0xffffffffffe00000-0xffffffffffffffff           2M     RW PWT             NX "
		"pte\n";
	struct pagetable_entry entry;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		assert_int_equal(find_range(dump, ranges[i].va, ranges[i].length, &entry), 0);
		assert_int_equal(entry.order, ranges[i].order);
		assert_int_equal(entry.orders, ranges[i].orders);
		assert_string_equal(entry.memattr, ranges[i].memattr);
	}
	assert_int_equal(find_range(top, 0xffffffffffdff000, 0x2000, &entry), 0);
	assert_int_equal(entry.order, -1);
	assert_string_equal(entry.memattr, "WC");
	/* Partly not mapped. */
	assert_int_equal(find_range(dump, 0x3ff000, 0x2000, &entry), -ENOENT);
	assert_int_equal(find_range(dump, 0x401000, 0x2000, &entry), -ENOENT);
	assert_int_equal(entry.order, -1);
	assert_int_equal(entry.orders, 0);
	assert_string_equal(entry.memattr, "");
}

static void test_not_mapped(void **state)
{
	static const uint64_t holes[] = { 0,	    0x3fffff,	    0x402000,
					  0xa04000, 0x7fff00000000, 0xffffffffc0000000 };
	struct pagetable_entry entry;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(holes); i++) {
		assert_int_equal(find(dump, holes[i], &entry), -ENOENT);
		assert_int_equal(entry.order, -1);
		assert_string_equal(entry.memattr, "");
	}
}

static void test_not_a_dump(void **state)
{
	struct pagetable_entry entry;

	assert_int_equal(find("\n", 0, &entry), -EINVAL);
	assert_int_equal(find("0x1000 RW pte\n", 0x1000, &entry), -EINVAL);
	assert_int_equal(find("---[ User Space ]---\n", 0, &entry), -EINVAL);
}

static void test_faults(void **state)
{
	assert_int_equal(pagetable_order_from_faults(64 << 20, 16384), 0);
	assert_int_equal(pagetable_order_from_faults(64 << 20, 32), 9);
	assert_int_equal(pagetable_order_from_faults(2ULL << 30, 2), 18);
	assert_int_equal(pagetable_order_from_faults(4096, 1), 0);
	assert_int_equal(pagetable_order_from_faults(64 << 20, 33), -1);
	/* Or all at once, as memory of a udmabuf. */
	assert_int_equal(pagetable_order_from_faults(2 << 20, 1), -1);
	assert_int_equal(pagetable_order_from_faults(64 << 20, 1024), -1);
	assert_int_equal(pagetable_order_from_faults(64 << 20, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),	   cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_not_mapped), cmocka_unit_test(test_not_a_dump),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
