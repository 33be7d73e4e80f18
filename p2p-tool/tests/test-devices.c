// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/devices.h"
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

static void test_nothing(void **state)
{
	struct rdma_devices rdma;
	struct drm_nodes drm;

	assert_int_equal(rdma_devices_read(&sysfs, &rdma, NULL), 0);
	assert_int_equal(rdma.count, 0);
	rdma_devices_probe(&sysfs, &rdma);
	rdma_devices_free(&rdma);
	assert_int_equal(drm_nodes_read(&sysfs, &drm, NULL), 0);
	assert_int_equal(drm.count, 0);
	drm_nodes_probe(&sysfs, &drm);
	drm_nodes_free(&drm);
}

static void test_rdma(void **state)
{
	struct rdma_devices rdma;
	const struct rdma_device *d;

	tree_link("sys/class/infiniband/mlx5_10", "../../devices/a/infiniband/mlx5_10");
	tree_link("sys/devices/a/infiniband/mlx5_10/device", "../../../0000:18:00.0");
	tree_link("sys/class/infiniband/mlx5_9", "../../devices/b/infiniband/mlx5_9");
	tree_link("sys/devices/b/infiniband/mlx5_9/device", "../../../some-platform-device");
	tree_link("sys/class/infiniband/rxe0", "../../devices/virtual/infiniband/rxe0");
	tree_write("sys/devices/virtual/infiniband/rxe0/node_guid", "5054:00ff:fe12:3456\n");
	tree_write("sys/devices/virtual/infiniband/rxe0/ports/1/state", "4: ACTIVE\n");
	tree_write("sys/devices/virtual/infiniband/rxe0/ports/1/link_layer", "Ethernet\n");
	tree_write("sys/devices/virtual/infiniband/rxe0/ports/2/state", "1: DOWN\n");
	tree_write("sys/devices/virtual/infiniband/rxe0/ports/2/link_layer", "InfiniBand\n");

	assert_int_equal(rdma_devices_read(&sysfs, &rdma, NULL), 0);
	assert_int_equal(rdma.count, 3);
	d = &rdma.device[0];
	assert_string_equal(d->name, "mlx5_9");
	assert_string_equal(d->parent.name, "some-platform-device");
	assert_false(d->parent.pci);
	assert_int_equal(d->nports, 0);
	d = &rdma.device[1];
	assert_string_equal(d->name, "mlx5_10");
	assert_true(d->parent.pci);
	assert_int_equal(d->parent.bdf.bus, 0x18);
	d = &rdma.device[2];
	assert_string_equal(d->parent.name, "");
	assert_string_equal(d->node_guid, "5054:00ff:fe12:3456");
	assert_int_equal(d->nports, 2);
	assert_int_equal(d->port[0].number, 1);
	assert_string_equal(d->port[0].state, "ACTIVE");
	assert_string_equal(d->port[0].link_layer, "Ethernet");
	assert_string_equal(d->port[1].state, "DOWN");

	/* A device of a captured tree may have its namesake here: it is not asked. */
	rdma_devices_probe(&sysfs, &rdma);
	assert_int_equal(d->dmabuf_mr, SUPPORT_UNKNOWN);
	rdma_devices_free(&rdma);
	assert_int_equal(rdma.count, 0);
}

/* Where a port's netdev is looked for, the best place last so that it wins. */
static void test_rdma_netdev(void **state)
{
	static const struct {
		const char *path, *text, *netdev;
	} places[] = {
		{ "sys/class/infiniband/x/device/net/eth0/here", "", "eth0" },
		{ "sys/class/infiniband/x/device/net/eth1/here", "", "" },
		{ "sys/class/infiniband/x/parent", "dummy0\n", "dummy0" },
		{ "sys/class/infiniband/x/ports/1/gid_attrs/ndevs/0", "eth1\n", "eth1" },
	};
	struct rdma_devices rdma;
	size_t i;

	tree_write("sys/class/infiniband/x/ports/1/state", "4: ACTIVE\n");
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		tree_write(places[i].path, places[i].text);
		assert_int_equal(rdma_devices_read(&sysfs, &rdma, NULL), 0);
		assert_string_equal(rdma.device[0].port[0].netdev, places[i].netdev);
		rdma_devices_free(&rdma);
	}
}

static void test_drm(void **state)
{
	static const char *const names[] = { "card2", "card10", "renderD128", "accel0" };
	struct drm_nodes drm;
	size_t i;

	tree_write("sys/class/drm/card10/here", "");
	tree_link("sys/class/drm/card2/device", "../../../0001:c1:00.0");
	tree_write("sys/class/drm/renderD128/here", "");
	tree_write("sys/class/drm/card2-DP-1/here", "");
	tree_write("sys/class/drm/card/here", "");
	tree_write("sys/class/drm/version", "drm\n");
	tree_write("sys/class/accel/accel0/here", "");
	tree_write("sys/class/accel/other/here", "");

	assert_int_equal(drm_nodes_read(&sysfs, &drm, NULL), 0);
	assert_int_equal(drm.count, ARRAY_SIZE(names));
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(drm.node[i].name, names[i]);
	assert_true(drm.node[0].parent.pci);
	assert_int_equal(drm.node[0].parent.bdf.domain, 1);
	assert_string_equal(drm.node[1].parent.name, "");
	drm_nodes_probe(&sysfs, &drm);
	assert_int_equal(drm.node[0].prime_import, SUPPORT_UNKNOWN);
	drm_nodes_free(&drm);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_nothing),
		TREE_TEST(test_rdma),
		TREE_TEST(test_rdma_netdev),
		TREE_TEST(test_drm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
