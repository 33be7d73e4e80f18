// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/pci.h"
#include "tree.h"

#define FUNCTION(bdf) "sys/devices/pci0000:00/0000:00:01.0/" bdf "/"

static struct sysfs sysfs;

static int setup(void **state)
{
	tree_setup(state);
	tree_write("sys/here", "");
	assert_int_equal(sysfs_open(&sysfs, tree_root, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	sysfs_close(&sysfs);
	return tree_teardown(state);
}

static void add_function(const char *bdf, const char *class, const char *resource)
{
	char path[128], target[128];

	snprintf(target, sizeof(target), "../../../devices/pci0000:00/0000:00:01.0/%s", bdf);
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", bdf);
	tree_link(path, target);
	snprintf(path, sizeof(path), FUNCTION("%s") "class", bdf);
	tree_write(path, class);
	snprintf(path, sizeof(path), FUNCTION("%s") "resource", bdf);
	tree_write(path, resource);
}

static const struct pci_function *find(const struct pci_list *list, const char *text)
{
	struct bdf bdf;

	assert_int_equal(bdf_parse(text, &bdf, NULL), 0);
	return pci_list_find(list, &bdf);
}

static void test_nothing(void **state)
{
	struct pci_list list;
	struct bdf bdf = { 0 };

	assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
	assert_int_equal(list.count, 0);
	assert_null(pci_list_find(&list, &bdf));
	pci_list_free(&list);
}

static void test_order(void **state)
{
	struct pci_list list;

	add_function("0000:0a:00.0", "0x020000", "");
	add_function("0000:09:00.1", "0x020000", "");
	add_function("10000:01:00.0", "0x020000", "");
	add_function("0000:09:00.0", "0x020000", "");
	tree_write("sys/bus/pci/devices/rubbish/class", "0x020000");
	assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.function[0].bdf.bus, 9);
	assert_int_equal(list.function[1].bdf.function, 1);
	assert_int_equal(list.function[2].bdf.bus, 10);
	assert_int_equal(list.function[3].bdf.domain, 0x10000);
	assert_ptr_equal(find(&list, "0a:00.0"), &list.function[2]);
	assert_null(find(&list, "0a:00.1"));
	pci_list_free(&list);
}

static void test_resources(void **state)
{
	const struct pci_function *f;
	struct pci_list list;

	add_function("0000:01:00.0", "0x020000",
		     "0x0000380000000000 0x0000380003ffffff 0x000000000014220c\n"
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x00000000fe800000 0x00000000fe80ffff 0x0000000000040200\n"
		     "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n"
		     "0x0000000000000000 0x0000000000003fff 0x0000000020140204\n"
		     "0x0000000000000000 0xffffffffffffffff 0x0000000000140204\n"
		     "0x00000000fe900000 0x00000000fe90ffff 0x0000000000046200\n");
	assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
	f = find(&list, "01:00.0");
	assert_int_equal(f->resource[0].start, 0x380000000000);
	assert_int_equal(f->resource[0].size, 64 << 20);
	assert_true(f->resource[0].memory && f->resource[0].prefetchable && f->resource[0].wide &&
		    f->resource[0].assigned);
	assert_int_equal(f->resource[1].size, 0);
	assert_true(f->resource[2].memory);
	assert_false(f->resource[2].prefetchable || f->resource[2].wide);
	assert_int_equal(f->resource[3].size, 32);
	assert_false(f->resource[3].memory);
	assert_int_equal(f->resource[4].size, 16384);
	assert_false(f->resource[4].assigned);
	assert_int_equal(f->resource[6].size, 65536);
	assert_true(pci_has_memory(f));
	assert_false(pci_is_bridge(f));

	assert_true(pci_bar_mmappable(&sysfs, &list, f, 0));
	assert_true(pci_bar_exportable(&sysfs, f, 0));
	assert_false(pci_bar_mmappable(&sysfs, &list, f, 1));
	assert_false(pci_bar_mmappable(&sysfs, &list, f, 3));
	assert_false(pci_bar_exportable(&sysfs, f, 3));
	assert_false(pci_bar_mmappable(&sysfs, &list, f, 4));
	assert_false(pci_bar_exportable(&sysfs, f, 4));
	pci_list_free(&list);
}

static void test_bridge_windows_are_no_bars(void **state)
{
	const struct pci_function *f;
	struct pci_list list;

	add_function("0000:01:00.0", "0x060400",
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		     "0x00000000fe800000 0x00000000fe9fffff 0x0000000000000200\n");
	assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
	f = find(&list, "01:00.0");
	assert_true(pci_is_bridge(f));
	assert_false(pci_has_memory(f));
	assert_int_equal(f->resource[7].size, 0);
	pci_list_free(&list);
}

/* BARs below the page size: what decides is whether the rest of the page is free. */
static void test_small_bars(void **state)
{
	static const struct {
		const char *mine, *other;
		bool mmappable;
	} pages[] = {
		/* alone in its page */
		{ "0xfe000000 0xfe0000ff 0x200\n", "0xfe001000 0xfe0010ff 0x200\n", true },
		/* not at the beginning of it */
		{ "0xfe000100 0xfe0001ff 0x200\n", "0xfe001000 0xfe0010ff 0x200\n", false },
		/* another function's last byte is in it */
		{ "0xfe000000 0xfe0000ff 0x200\n", "0xfe000f00 0xfe000fff 0x200\n", false },
		{ "0xfe001000 0xfe0010ff 0x200\n", "0xfe000f00 0xfe001000 0x200\n", false },
		/* another BAR of the same function is in it */
		{ "0xfe000000 0xfe0000ff 0x200\n0xfe000100 0xfe0001ff 0x200\n", "", false },
		/* what has no address, or is I/O, takes no room */
		{ "0xfe000000 0xfe0000ff 0x200\n", "0xfe000100 0xfe0001ff 0x20000200\n", true },
		{ "0xfe000000 0xfe0000ff 0x200\n", "0xfe000100 0xfe0001ff 0x101\n", true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		const struct pci_function *f;
		struct pci_list list;

		add_function("0000:01:00.0", "0x020000", pages[i].mine);
		add_function("0000:02:00.0", "0x020000", pages[i].other);
		assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
		f = find(&list, "01:00.0");
		assert_int_equal(pci_bar_mmappable(&sysfs, &list, f, 0), pages[i].mmappable);
		assert_false(pci_bar_exportable(&sysfs, f, 0));
		pci_list_free(&list);
	}
}

static void test_page_size(void **state)
{
	struct sysfs big = sysfs;
	const struct pci_function *f;
	struct pci_list list;

	/* 16 KiB are pages on one machine, part of one on another. */
	add_function("0000:01:00.0", "0x020000", "0xfe004000 0xfe007fff 0x200\n");
	assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
	f = find(&list, "01:00.0");
	assert_true(pci_bar_mmappable(&sysfs, &list, f, 0));
	assert_true(pci_bar_exportable(&sysfs, f, 0));
	big.page_size = 65536;
	assert_false(pci_bar_mmappable(&big, &list, f, 0));
	assert_false(pci_bar_exportable(&big, f, 0));
	pci_list_free(&list);
}

static void test_details(void **state)
{
	struct pci_function *f;
	struct pci_list list;

	add_function("0000:01:00.0", "0x010802", "");
	tree_write(FUNCTION("0000:01:00.0") "vendor", "0x1344\n");
	tree_write(FUNCTION("0000:01:00.0") "device", "0x51c3\n");
	tree_write(FUNCTION("0000:01:00.0") "subsystem_vendor", "0x1345\n");
	tree_write(FUNCTION("0000:01:00.0") "subsystem_device", "0x2b00\n");
	tree_write(FUNCTION("0000:01:00.0") "numa_node", "1\n");
	tree_link(FUNCTION("0000:01:00.0") "driver", "../../../../bus/pci/drivers/nvme");
	tree_link(FUNCTION("0000:01:00.0") "iommu_group", "../../../../kernel/iommu_groups/86");
	tree_write(FUNCTION("0000:01:00.0") "current_link_speed", "16.0 GT/s PCIe\n");
	tree_write(FUNCTION("0000:01:00.0") "current_link_width", "4\n");
	tree_write(FUNCTION("0000:01:00.0") "max_link_speed", "32.0 GT/s PCIe\n");
	tree_write(FUNCTION("0000:01:00.0") "max_link_width", "8\n");
	tree_write(FUNCTION("0000:01:00.0") "reset_method", "flr bus\n");
	tree_write(FUNCTION("0000:01:00.0") "p2pmem/size", "134217728\n");
	tree_write(FUNCTION("0000:01:00.0") "p2pmem/available", "4096\n");
	tree_write(FUNCTION("0000:01:00.0") "p2pmem/published", "1\n");
	assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
	f = &list.function[0];
	assert_int_equal(pci_read_details(&sysfs, f), 0);
	assert_int_equal(f->vendor, 0x1344);
	assert_int_equal(f->device, 0x51c3);
	assert_int_equal(f->subsystem_vendor, 0x1345);
	assert_int_equal(f->subsystem_device, 0x2b00);
	assert_int_equal(f->numa_node, 1);
	assert_string_equal(f->driver, "nvme");
	assert_int_equal(f->iommu_group, 86);
	assert_string_equal(f->link.speed, "16.0 GT/s");
	assert_int_equal(f->link.width, 4);
	assert_int_equal(pci_link_generation(&f->link), 4);
	assert_int_equal(pci_link_generation(&f->max_link), 5);
	assert_int_equal(f->max_link.width, 8);
	assert_string_equal(f->reset_methods, "flr bus");
	assert_string_equal(f->path, "pci0000:00/0000:00:01.0/0000:01:00.0");
	assert_true(f->p2pmem && f->p2pmem_published);
	assert_int_equal(f->p2pmem_size, 128 << 20);
	assert_int_equal(f->p2pmem_available, 4096);

	/* Again, with less: no leak of the path, nothing left of the driver. */
	tree_remove(FUNCTION("0000:01:00.0") "driver");
	tree_remove(FUNCTION("0000:01:00.0") "iommu_group");
	assert_int_equal(pci_read_details(&sysfs, f), 0);
	assert_string_equal(f->driver, "");
	assert_int_equal(f->iommu_group, -1);
	pci_list_free(&list);
}

static void test_no_link(void **state)
{
	static const struct {
		const char *speed, *width;
		unsigned int generation;
	} links[] = {
		{ "Unknown\n", "4\n", 0 },	   { "8.0 GT/s PCIe\n", "0\n", 0 },
		{ "8.0 GT/s PCIe\n", "255\n", 0 }, { "8.0 GT/s PCIe\n", "rubbish\n", 0 },
		{ "8 GT/s\n", "16\n", 3 },	   { "64.0 GT/s PCIe\n", "1\n", 6 },
		{ "2.5 GT/s PCIe\n", "32\n", 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(links); i++) {
		struct pci_list list;

		add_function("0000:01:00.0", "0x020000", "");
		tree_write(FUNCTION("0000:01:00.0") "current_link_speed", links[i].speed);
		tree_write(FUNCTION("0000:01:00.0") "current_link_width", links[i].width);
		assert_int_equal(pci_list_read(&sysfs, &list, NULL), 0);
		assert_int_equal(pci_read_details(&sysfs, &list.function[0]), 0);
		assert_int_equal(pci_link_generation(&list.function[0].link), links[i].generation);
		assert_int_equal(!list.function[0].link.width, !links[i].generation);
		pci_list_free(&list);
	}
}

static void test_class_names(void **state)
{
	static const struct {
		uint32_t class;
		const char *name;
	} classes[] = {
		{ 0x010802, "nvme" },	    { 0x010601, "storage" }, { 0x020000, "ethernet" },
		{ 0x020700, "infiniband" }, { 0x028000, "network" }, { 0x030000, "vga" },
		{ 0x030200, "3d" },	    { 0x060400, "bridge" },  { 0x120000, "accel" },
		{ 0xff0000, "other" },	    { 0x00ff00, "00ff00" },
	};
	char buf[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		assert_string_equal(pci_class_name(classes[i].class, buf), classes[i].name);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_nothing),
		TREE_TEST(test_order),
		TREE_TEST(test_resources),
		TREE_TEST(test_bridge_windows_are_no_bars),
		TREE_TEST(test_small_bars),
		TREE_TEST(test_page_size),
		TREE_TEST(test_details),
		TREE_TEST(test_no_link),
		cmocka_unit_test(test_class_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
