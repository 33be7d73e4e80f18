// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>

#include "core/sysfs.h"
#include "tree.h"

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

static void test_open(void **state)
{
	struct error err = { 0 };
	struct sysfs s;
	char path[64];

	assert_false(sysfs.live);
	assert_int_equal(sysfs.page_size, 4096);
	assert_int_equal(sysfs_open(&s, "/", NULL), 0);
	assert_true(s.live);
	assert_int_equal(s.page_size, sysconf(_SC_PAGESIZE));
	sysfs_close(&s);

	snprintf(path, sizeof(path), "%s/sys", tree_root);
	assert_int_equal(sysfs_open(&s, path, &err), -ENOENT);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_non_null(strstr(err.what, "/sys/sys"));
}

static void test_text(void **state)
{
	char buf[8];

	tree_write("sys/a/text", "one\ntwo\n");
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "%s/text", "a"), -EOVERFLOW);
	assert_string_equal(buf, "");
	tree_write("sys/a/text", "one\ntw\n");
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "a/text"), 6);
	assert_string_equal(buf, "one\ntw");
	tree_write("sys/a/text", "x\033\t\303\n");
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "a/text"), 4);
	assert_string_equal(buf, "x???");
	tree_write("sys/a/text", "\n");
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "a/text"), 0);
	tree_write("sys/a/text", "");
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "a/text"), 0);
	strcpy(buf, "old");
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "a/none"), -ENOENT);
	assert_string_equal(buf, "");
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "a"), -EISDIR);
	assert_int_equal(sysfs_text(&sysfs, buf, sizeof(buf), "%05000d", 1), -ENAMETOOLONG);
}

static void test_number(void **state)
{
	static const struct {
		const char *text;
		int ret;
		int64_t value;
	} numbers[] = {
		{ "0x15b3\n", 0, 0x15b3 },     { "-1\n", 0, -1 },
		{ "134217728", 0, 134217728 }, { "\n", -EINVAL, 0 },
		{ "12x\n", -EINVAL, 0 },       { "99999999999999999999\n", -EINVAL, 0 },
	};
	int64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		tree_write("sys/n", numbers[i].text);
		assert_int_equal(sysfs_number(&sysfs, &value, "n"), numbers[i].ret);
		if (!numbers[i].ret)
			assert_int_equal(value, numbers[i].value);
	}
	assert_int_equal(sysfs_number(&sysfs, &value, "none"), -ENOENT);
}

static void test_links(void **state)
{
	char buf[32];

	tree_link("sys/dev/driver", "../../../bus/pci/drivers/vfio-pci");
	assert_int_equal(sysfs_link(&sysfs, buf, sizeof(buf), "dev/driver"), -EOVERFLOW);
	assert_int_equal(sysfs_link_name(&sysfs, buf, sizeof(buf), "dev/driver"), 0);
	assert_string_equal(buf, "vfio-pci");
	assert_int_equal(sysfs_link_name(&sysfs, buf, 8, "dev/driver"), -EOVERFLOW);
	assert_string_equal(buf, "");
	tree_link("sys/dev/driver", "plain");
	assert_int_equal(sysfs_link(&sysfs, buf, sizeof(buf), "%s/%s", "dev", "driver"), 0);
	assert_string_equal(buf, "plain");
	assert_int_equal(sysfs_link_name(&sysfs, buf, sizeof(buf), "dev/driver"), 0);
	assert_string_equal(buf, "plain");
	assert_int_equal(sysfs_link_name(&sysfs, buf, sizeof(buf), "here"), -EINVAL);
	assert_int_equal(sysfs_link(&sysfs, buf, sizeof(buf), "none"), -ENOENT);
}

static void test_list(void **state)
{
	int before = open_fds(), count;
	char **names;

	tree_write("sys/class/net/eth10", "");
	tree_write("sys/class/net/eth9", "");
	tree_write("sys/class/net/br0", "");
	tree_write("sys/class/net/.hidden", "");
	count = sysfs_list(&sysfs, &names, "class/%s", "net");
	assert_int_equal(count, 3);
	assert_string_equal(names[0], "br0");
	assert_string_equal(names[1], "eth9");
	assert_string_equal(names[2], "eth10");
	sysfs_list_free(names, count);

	assert_int_equal(sysfs_list(&sysfs, &names, "class/none"), 0);
	sysfs_list_free(names, 0);
	assert_int_equal(sysfs_list(&sysfs, &names, "here"), -ENOTDIR);
	sysfs_list_free(names, -ENOTDIR);
	assert_int_equal(open_fds(), before);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_open),  TREE_TEST(test_text), TREE_TEST(test_number),
		TREE_TEST(test_links), TREE_TEST(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
