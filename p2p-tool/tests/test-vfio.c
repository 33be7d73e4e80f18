// SPDX-License-Identifier: GPL-2.0-only
/* Every way to a device, and every way in which it fails, with a scripted kernel. */
#include <fcntl.h>

#include "vfio-script.h"

static struct sysfs sysfs;
static struct pci_list list;

static int setup(void **state)
{
	tree_setup(state);
	tree_add_function();
	return 0;
}

static int teardown(void **state)
{
	return tree_teardown(state);
}

/* Open the function as the tree describes it now; what was opened is closed again if it fails. */
static int open_device(struct vfio_device *dev, const struct vfio_sys *sys, enum vfio_path path,
		       struct error *err)
{
	struct bdf bdf = { .bus = 1 };
	struct pci_function *f;
	int ret, fds = open_fds();

	assert_int_equal(sysfs_open(&sysfs, tree_root, err), 0);
	assert_int_equal(pci_list_read(&sysfs, &list, err), 0);
	f = pci_list_find(&list, &bdf);
	assert_non_null(f);
	assert_int_equal(pci_read_details(&sysfs, f), 0);
	ret = vfio_open(dev, sys, &sysfs, f, path, err);
	pci_list_free(&list);
	sysfs_close(&sysfs);
	if (ret)
		assert_int_equal(open_fds(), fds);
	assert_script_done(sys);
	return ret;
}

/* Opening must fail like this, with a message and a remedy that contain these words. */
static void check_failure(const struct vfio_sys *sys, enum vfio_path path, int ret,
			  enum exit_status status, const char *what, const char *remedy)
{
	struct vfio_device dev;
	struct error err = { 0 };

	assert_int_equal(open_device(&dev, sys, path, &err), ret);
	if (!strstr(err.what, what) || !strstr(err.remedy, remedy))
		fail_msg("'%s; %s' lacks '%s' or '%s'", err.what, err.remedy, what, remedy);
	assert_int_equal(err.status, status);
}

static void test_cdev(void **state)
{
	static const struct step steps[] = { OPEN_CDEV };
	struct vfio_sys sys = SCRIPT(steps);
	struct error err = { 0 };
	struct vfio_device dev;
	int fds = open_fds();

	assert_int_equal(open_device(&dev, &sys, VFIO_PATH_AUTO, &err), 0);
	assert_int_equal(dev.path, VFIO_PATH_CDEV);
	assert_string_equal(dev.name, "0000:01:00.0");
	assert_int_equal(dev.devid, 5);
	assert_int_equal(dev.ioas_id, 6);
	assert_int_equal(dev.group_fd, -1);
	vfio_close(&dev);
	assert_int_equal(open_fds(), fds);
	vfio_close(&dev); /* harmless */
}

static void group_is_viable(void *arg)
{
	((struct vfio_group_status *)arg)->flags = VFIO_GROUP_FLAGS_VIABLE;
}

static void group_is_not_viable(void *arg)
{
	((struct vfio_group_status *)arg)->flags = 0;
}

static void wants_type1v2(void *arg)
{
	assert_int_equal((uintptr_t)arg, VFIO_TYPE1v2_IOMMU);
}

static void wants_noiommu(void *arg)
{
	assert_int_equal((uintptr_t)arg, VFIO_NOIOMMU_IOMMU);
}

static void wants_device(void *arg)
{
	assert_string_equal(arg, "0000:01:00.0");
}

/* clang-format off */
#define OPEN_CONTAINER \
	{ .open = "/dev/vfio/vfio", .result = NEW_FD }, \
	{ .request = VFIO_GET_API_VERSION, .result = VFIO_API_VERSION }

#define OPEN_GROUP(group, type) \
	OPEN_CONTAINER, \
	{ .request = VFIO_CHECK_EXTENSION, .result = 1, .fill = type }, \
	{ .open = group, .result = NEW_FD }, \
	{ .request = VFIO_GROUP_GET_STATUS, .fill = group_is_viable }, \
	{ .request = VFIO_GROUP_SET_CONTAINER }, \
	{ .request = VFIO_SET_IOMMU, .fill = type }, \
	{ .request = VFIO_GROUP_GET_DEVICE_FD, .result = NEW_FD, .fill = wants_device }
/* clang-format on */

static void check_group(const struct vfio_sys *sys, enum vfio_path path, enum vfio_path taken)
{
	struct error err = { 0 };
	struct vfio_device dev;

	if (open_device(&dev, sys, path, &err))
		fail_msg("%s", err.what);
	assert_int_equal(dev.path, taken);
	assert_true(dev.group_fd >= 0);
	vfio_close(&dev);
}

static void test_group(void **state)
{
	static const struct step steps[] = { OPEN_GROUP("/dev/vfio/7", wants_type1v2) };
	struct vfio_sys sys = SCRIPT(steps);

	check_group(&sys, VFIO_PATH_GROUP, VFIO_PATH_GROUP);
}

/* The fallback: where there is no cdev, or no iommufd, but never because of anything else. */
static void test_fallback(void **state)
{
	static const struct step no_node[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = -ENOENT },
		OPEN_GROUP("/dev/vfio/7", wants_type1v2),
	};
	static const struct step no_iommufd[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = NEW_FD },
		{ .open = "/dev/iommu", .result = -ENODEV },
		OPEN_GROUP("/dev/vfio/7", wants_type1v2),
	};
	static const struct step old_kernel[] = { OPEN_GROUP("/dev/vfio/7", wants_type1v2) };
	static const struct step nothing[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = -ENOENT },
		{ .open = "/dev/vfio/vfio", .result = -ENOENT },
	};
	struct vfio_sys sys1 = SCRIPT(no_node), sys2 = SCRIPT(no_iommufd);
	struct vfio_sys sys3 = SCRIPT(old_kernel), sys4 = SCRIPT(nothing);

	check_group(&sys1, VFIO_PATH_AUTO, VFIO_PATH_GROUP);
	check_group(&sys2, VFIO_PATH_AUTO, VFIO_PATH_GROUP);
	check_failure(&sys4, VFIO_PATH_AUTO, -ENOENT, EXIT_SKIP, "/dev/vfio/devices/vfio0",
		      "CONFIG_VFIO_DEVICE_CDEV");
	tree_remove(TREE_DEVICE "vfio-dev/vfio0/dev");
	tree_remove(TREE_DEVICE "vfio-dev/vfio0");
	check_group(&sys3, VFIO_PATH_AUTO, VFIO_PATH_GROUP);
}

static void test_missing(void **state)
{
	static const struct step no_node[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = -ENOENT },
	};
	static const struct step no_iommufd[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = NEW_FD },
		{ .open = "/dev/iommu", .result = -ENOENT },
	};
	static const struct step no_container[] = {
		{ .open = "/dev/vfio/vfio", .result = -ENOENT },
	};
	static const struct step no_type1[] = {
		OPEN_CONTAINER,
		{ .request = VFIO_CHECK_EXTENSION, .result = 0, .fill = wants_type1v2 },
		{ .request = VFIO_CHECK_EXTENSION, .result = 0 },
	};
	struct vfio_sys sys1 = SCRIPT(no_node), sys2 = SCRIPT(no_iommufd);
	struct vfio_sys sys3 = SCRIPT(no_container), sys4 = SCRIPT(no_type1);

	check_failure(&sys1, VFIO_PATH_CDEV, -ENOENT, EXIT_SKIP, "/dev/vfio/devices/vfio0",
		      "CONFIG_VFIO_DEVICE_CDEV");
	check_failure(&sys2, VFIO_PATH_CDEV, -ENOENT, EXIT_SKIP, "/dev/iommu", "iommufd module");
	check_failure(&sys3, VFIO_PATH_GROUP, -ENOENT, EXIT_SKIP, "/dev/vfio/vfio", "vfio module");
	check_failure(&sys4, VFIO_PATH_GROUP, -ENODEV, EXIT_SKIP, "/dev/vfio/vfio",
		      "vfio_iommu_type1");
}

static void test_driver(void **state)
{
	struct vfio_sys sys = { .root = tree_root, .ctx = &(struct script){ 0 } };

	tree_remove(TREE_DEVICE "vfio-dev/vfio0/dev");
	tree_remove(TREE_DEVICE "vfio-dev/vfio0");
	tree_link(TREE_DEVICE "driver", "../../../../bus/pci/drivers/e1000e");
	check_failure(&sys, VFIO_PATH_AUTO, -ENODEV, EXIT_SKIP, "0000:01:00.0: bound to e1000e",
		      "--bind");
	tree_remove(TREE_DEVICE "driver");
	check_failure(&sys, VFIO_PATH_AUTO, -ENODEV, EXIT_SKIP, "not bound to vfio-pci", "--bind");
}

static void test_permission(void **state)
{
	static const struct step cdev[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = -EACCES },
		{ .open = "/dev/vfio/vfio", .result = -EACCES },
	};
	static const struct step group_allowed[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = -EACCES },
		OPEN_GROUP("/dev/vfio/7", wants_type1v2),
	};
	static const struct step iommu[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = NEW_FD },
		{ .open = "/dev/iommu", .result = -EACCES },
		{ .open = "/dev/vfio/vfio", .result = -ENODEV },
	};
	static const struct step group[] = {
		OPEN_CONTAINER,
		{ .request = VFIO_CHECK_EXTENSION, .result = 1 },
		{ .open = "/dev/vfio/7", .result = -EPERM },
	};
	struct vfio_sys sys1 = SCRIPT(cdev), sys2 = SCRIPT(iommu), sys3 = SCRIPT(group);
	struct vfio_sys sys4 = SCRIPT(group_allowed);

	check_failure(&sys1, VFIO_PATH_AUTO, -EACCES, EXIT_SKIP, "/dev/vfio/devices/vfio0: perm",
		      "read and write");
	check_failure(&sys2, VFIO_PATH_AUTO, -EACCES, EXIT_SKIP, "/dev/iommu: perm", "root");
	check_failure(&sys3, VFIO_PATH_GROUP, -EPERM, EXIT_SKIP, "/dev/vfio/7", "CAP_SYS_RAWIO");
	check_group(&sys4, VFIO_PATH_AUTO, VFIO_PATH_GROUP);
}

/* clang-format off */
#define FAIL_BIND(error) \
	{ .open = "/dev/vfio/devices/vfio0", .result = NEW_FD }, \
	{ .open = "/dev/iommu", .result = NEW_FD }, \
	{ .request = VFIO_DEVICE_BIND_IOMMUFD, .result = error }
/* clang-format on */

static void test_busy(void **state)
{
	static const struct step steps[] = { FAIL_BIND(-EBUSY) };
	static const struct step twice[] = { FAIL_BIND(-EINVAL) };
	static const struct step group[] = {
		OPEN_CONTAINER,
		{ .request = VFIO_CHECK_EXTENSION, .result = 1 },
		{ .open = "/dev/vfio/7", .result = -EBUSY },
	};
	struct vfio_sys sys1 = SCRIPT(steps), sys2 = SCRIPT(twice), sys3 = SCRIPT(group);
	struct vfio_sys sys4 = SCRIPT(steps);

	check_failure(&sys1, VFIO_PATH_AUTO, -EBUSY, EXIT_SKIP,
		      "0000:01:00.0: is open in another process", "closed");
	tree_write("proc/4242/comm", "qemu-system-x86\n");
	tree_link("proc/4242/fd/3", "/dev/null");
	tree_link("proc/4242/fd/11", "/dev/vfio/devices/vfio0");
	check_failure(&sys2, VFIO_PATH_AUTO, -EINVAL, EXIT_SKIP, "qemu-system-x86 (pid 4242)", "");
	check_failure(&sys3, VFIO_PATH_GROUP, -EBUSY, EXIT_SKIP, "qemu-system-x86 (pid 4242)", "");
	tree_link("proc/4242/fd/11", "/dev/vfio/7");
	check_failure(&sys4, VFIO_PATH_AUTO, -EBUSY, EXIT_SKIP, "qemu-system-x86 (pid 4242)", "");
}

/* Others of the group are named with their drivers, but not those that do no harm. */
static void test_not_viable(void **state)
{
	static const struct step steps[] = { FAIL_BIND(-EBUSY) };
	static const struct step group[] = {
		OPEN_CONTAINER,
		{ .request = VFIO_CHECK_EXTENSION, .result = 1 },
		{ .open = "/dev/vfio/7", .result = NEW_FD },
		{ .request = VFIO_GROUP_GET_STATUS, .fill = group_is_not_viable },
	};
	static const struct step eperm[] = { FAIL_BIND(-EPERM) };
	struct vfio_sys sys1 = SCRIPT(steps), sys2 = SCRIPT(group), sys3 = SCRIPT(eperm);

	tree_link("sys/kernel/iommu_groups/7/devices/0000:00:1c.0", "x");
	tree_link("sys/bus/pci/devices/0000:00:1c.0/driver", "../pcieport");
	tree_link("sys/kernel/iommu_groups/7/devices/0000:01:00.1", "x");
	tree_link("sys/bus/pci/devices/0000:01:00.1/driver", "../snd_hda_intel");
	tree_link("sys/kernel/iommu_groups/7/devices/0000:01:00.2", "x");
	tree_link("sys/bus/pci/devices/0000:01:00.2/driver", "../xhci_hcd");
	tree_link("sys/kernel/iommu_groups/7/devices/0000:01:00.3", "x");
	check_failure(&sys1, VFIO_PATH_AUTO, -EBUSY, EXIT_SKIP,
		      "group 7 is not viable because of 0000:01:00.1 (snd_hda_intel), "
		      "0000:01:00.2 (xhci_hcd)",
		      "vfio-pci");
	check_failure(&sys2, VFIO_PATH_GROUP, -EBUSY, EXIT_SKIP, "0000:01:00.1 (snd_hda_intel)",
		      "unbind");
	/* What the kernel really says through iommufd. */
	check_failure(&sys3, VFIO_PATH_AUTO, -EPERM, EXIT_SKIP,
		      "group 7 is not viable because of 0000:01:00.1 (snd_hda_intel)", "unbind");
}

static void test_refused(void **state)
{
	static const struct step token[] = { FAIL_BIND(-EACCES) };
	static const struct step attach[] = {
		{ .open = "/dev/vfio/devices/vfio0", .result = NEW_FD },
		{ .open = "/dev/iommu", .result = NEW_FD },
		{ .request = VFIO_DEVICE_BIND_IOMMUFD, .fill = fill_bind },
		{ .request = IOMMU_IOAS_ALLOC, .fill = fill_ioas },
		{ .request = VFIO_DEVICE_ATTACH_IOMMUFD_PT, .result = -EPERM },
	};
	static const struct step memory[] = { FAIL_BIND(-ENOMEM) };
	static const struct step other[] = { FAIL_BIND(-EIO) };
	struct vfio_sys sys1 = SCRIPT(token), sys2 = SCRIPT(attach), sys3 = SCRIPT(memory);
	struct vfio_sys sys4 = SCRIPT(other);

	check_failure(&sys1, VFIO_PATH_AUTO, -EACCES, EXIT_SKIP, "iommufd", "VF token");
	check_failure(&sys2, VFIO_PATH_AUTO, -EPERM, EXIT_SKIP, "IOAS", "unsafe_interrupts");
	check_failure(&sys3, VFIO_PATH_AUTO, -ENOMEM, EXIT_SKIP, "memory", "ulimit -l");
	check_failure(&sys4, VFIO_PATH_AUTO, -EIO, EXIT_FAILED, "Input/output", "kernel log");
}

static void test_noiommu(void **state)
{
	static const struct step group[] = { OPEN_GROUP("/dev/vfio/noiommu-7", wants_noiommu) };
	static const struct step cdev[] = {
		{ .open = "/dev/vfio/devices/noiommu-vfio0", .result = NEW_FD },
		{ .open = "/dev/iommu", .result = NEW_FD },
		{ .request = VFIO_DEVICE_BIND_IOMMUFD, .fill = fill_bind },
		{ .request = IOMMU_IOAS_ALLOC, .fill = fill_ioas },
		{ .request = VFIO_DEVICE_ATTACH_IOMMUFD_PT, .fill = check_attach },
	};
	struct vfio_sys none = { .root = tree_root, .ctx = &(struct script){ 0 } };
	struct vfio_sys sys1 = SCRIPT(group), sys2 = SCRIPT(cdev);
	struct error err = { 0 };
	struct vfio_device dev;

	check_failure(&none, VFIO_PATH_NOIOMMU, -EINVAL, EXIT_USAGE, "has an IOMMU", "noiommu");
	tree_remove(TREE_DEVICE "vfio-dev/vfio0/dev");
	tree_remove(TREE_DEVICE "vfio-dev/vfio0");
	tree_write("sys/kernel/iommu_groups/7/name", "vfio-noiommu\n");
	check_failure(&none, VFIO_PATH_AUTO, -ENODEV, EXIT_SKIP, "0000:01:00.0: has no IOMMU",
		      "intel_iommu=on");
	check_failure(&none, VFIO_PATH_CDEV, -ENODEV, EXIT_SKIP, "no IOMMU", "--path noiommu");
	check_group(&sys1, VFIO_PATH_NOIOMMU, VFIO_PATH_NOIOMMU);

	tree_write(TREE_DEVICE "vfio-dev/noiommu-vfio0/dev", "510:0\n");
	assert_int_equal(open_device(&dev, &sys2, VFIO_PATH_NOIOMMU, &err), 0);
	assert_int_equal(dev.path, VFIO_PATH_NOIOMMU);
	vfio_close(&dev);
}

/* A device that was opened before; only the calls on it are scripted. */
static struct vfio_device opened(const struct vfio_sys *sys)
{
	struct vfio_device dev = {
		.sys = sys, .name = "0000:01:00.0", .iommu_fd = -1, .group_fd = -1
	};

	dev.fd = script_result(&(struct step){ .result = NEW_FD });
	return dev;
}

static void region_plain(void *arg)
{
	struct vfio_region_info *info = arg;

	assert_int_equal(info->index, 2);
	info->size = 0x10000;
	info->offset = BAR2_OFFSET;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP;
}

struct sparse_info {
	struct vfio_region_info info;
	struct vfio_info_cap_header other;
	struct vfio_info_cap_header header;
	uint32_t nr_areas, reserved;
	struct vfio_region_sparse_mmap_area area[2];
};

static void region_wants_room(void *arg)
{
	region_plain(arg);
	((struct vfio_region_info *)arg)->argsz = sizeof(struct sparse_info);
}

static void region_sparse(void *arg)
{
	struct sparse_info *s = arg;

	assert_int_equal(s->info.argsz, sizeof(*s));
	region_plain(arg);
	s->info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
	s->info.cap_offset = offsetof(struct sparse_info, other);
	s->other = (struct vfio_info_cap_header){ .id = VFIO_REGION_INFO_CAP_MSIX_MAPPABLE,
						  .next = offsetof(struct sparse_info, header) };
	s->header = (struct vfio_info_cap_header){ .id = VFIO_REGION_INFO_CAP_SPARSE_MMAP };
	s->nr_areas = 2;
	s->area[0] = (struct vfio_region_sparse_mmap_area){ 0, 0x1000 };
	s->area[1] = (struct vfio_region_sparse_mmap_area){ 0x2000, 0xe000 };
}

static void region_beyond(void *arg)
{
	region_sparse(arg);
	((struct sparse_info *)arg)->nr_areas = 3;
}

static void test_region(void **state)
{
	static const struct step steps[] = {
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = region_plain },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = region_wants_room },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = region_sparse },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = region_wants_room },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = region_beyond },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .result = -EINVAL },
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct vfio_device dev = opened(&sys);
	struct vfio_region region;
	struct error err = { 0 };

	assert_int_equal(vfio_region_read(&dev, 2, &region, &err), 0);
	assert_int_equal(region.size, 0x10000);
	assert_int_equal(region.offset, BAR2_OFFSET);
	assert_true(vfio_region_covers(&region, 0, 0x10000));
	assert_true(vfio_region_covers(&region, 0xf000, 0x1000));
	assert_false(vfio_region_covers(&region, 0xf000, 0x1001));
	assert_false(vfio_region_covers(&region, 0x1000, UINT64_MAX));
	assert_false(vfio_region_covers(&region, UINT64_MAX, 1));
	vfio_region_free(&region);

	assert_int_equal(vfio_region_read(&dev, 2, &region, &err), 0);
	assert_int_equal(region.nareas, 2);
	assert_true(vfio_region_covers(&region, 0, 0x1000));
	assert_false(vfio_region_covers(&region, 0, 0x2000));
	assert_false(vfio_region_covers(&region, 0x1000, 0x1000));
	assert_true(vfio_region_covers(&region, 0x2000, 0xe000));
	assert_false(vfio_region_covers(&region, 0x3000, 0xe000));
	assert_false(vfio_region_covers(&region, 0x2000, UINT64_MAX));
	vfio_region_free(&region);

	assert_int_equal(vfio_region_read(&dev, 2, &region, &err), -EPROTO);
	error_clear(&err);
	assert_int_equal(vfio_region_read(&dev, 2, &region, &err), -EINVAL);
	assert_script_done(&sys);
	vfio_close(&dev);
}

static void check_export(void *arg)
{
	struct vfio_device_feature *feature = arg;
	struct vfio_device_feature_dma_buf *get = (void *)feature->data;

	assert_int_equal(feature->flags, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF);
	assert_int_equal(feature->argsz, sizeof(*feature) + sizeof(*get) + 16);
	assert_int_equal(get->region_index, 2);
	assert_int_equal(get->open_flags, O_RDONLY | O_CLOEXEC);
	assert_int_equal(get->flags, 0);
	assert_int_equal(get->nr_ranges, 1);
	assert_int_equal(get->dma_ranges[0].offset, 0x1000);
	assert_int_equal(get->dma_ranges[0].length, 0x2000);
}

/* The last part first, so that no two of them are one. */
static void check_export_parts(void *arg)
{
	struct vfio_device_feature *feature = arg;
	struct vfio_device_feature_dma_buf *get = (void *)feature->data;
	unsigned int i;

	assert_int_equal(feature->argsz, sizeof(*feature) + sizeof(*get) + 64 * 16);
	assert_int_equal(get->nr_ranges, 64);
	for (i = 0; i < 64; i++) {
		assert_int_equal(get->dma_ranges[i].offset, 0x1000 + (63 - i) * 0x2000);
		assert_int_equal(get->dma_ranges[i].length, 0x2000);
	}
}

static void test_export_parts(void **state)
{
	static const struct step good[] = {
		{ .request = VFIO_DEVICE_FEATURE, .result = NEW_FD, .fill = check_export_parts },
	};
	struct vfio_sys sys = SCRIPT(good);
	struct vfio_device dev = opened(&sys);
	int fd = vfio_export_parts(&dev, 2, 0x1000, 64 * 0x2000, 64, O_RDWR | O_CLOEXEC, NULL);

	assert_true(fd >= 0);
	close(fd);
	vfio_close(&dev);
}

static void test_export(void **state)
{
	static const struct {
		int error;
		enum exit_status status;
		const char *remedy;
	} failures[] = {
		{ -ENOTTY, EXIT_SKIP, "CONFIG_VFIO_PCI_DMABUF" },
		{ -EOPNOTSUPP, EXIT_SKIP, "vfio-pci" },
		{ -EINVAL, EXIT_SKIP, "whole pages" },
		{ -ENODEV, EXIT_SKIP, "kernel log" },
		{ -ENOMEM, EXIT_FAILED, "" },
	};
	static const struct step good[] = {
		{ .request = VFIO_DEVICE_FEATURE, .result = NEW_FD, .fill = check_export },
	};
	struct vfio_sys sys = SCRIPT(good);
	struct vfio_device dev = opened(&sys);
	struct error err = { 0 };
	size_t i;
	int fd;

	fd = vfio_export(&dev, 2, 0x1000, 0x2000, O_RDONLY | O_CLOEXEC, &err);
	assert_true(fd >= 0);
	close(fd);
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		struct step step[] = { { .request = VFIO_DEVICE_FEATURE,
					 .result = failures[i].error } };
		struct vfio_sys failing = SCRIPT(step);

		dev.sys = &failing;
		error_clear(&err);
		assert_int_equal(vfio_export(&dev, 2, 0, 0x1000, O_RDWR, &err), failures[i].error);
		assert_int_equal(err.status, failures[i].status);
		assert_non_null(strstr(err.remedy, failures[i].remedy));
	}
	vfio_close(&dev);
}

static void check_revoke(void *arg)
{
	struct vfio_device_feature *feature = arg;
	struct vfio_device_feature_dma_buf_revoke *revoke = (void *)feature->data;

	assert_int_equal(feature->flags,
			 VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE);
	assert_int_equal(feature->argsz, sizeof(*feature) + sizeof(*revoke));
	assert_int_equal(revoke->dmabuf_fd, 7);
}

static void check_memattr(void *arg)
{
	struct vfio_device_feature *feature = arg;
	struct vfio_device_feature_dma_buf_memattr *memattr = (void *)feature->data;

	assert_int_equal(feature->flags,
			 VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF_MEMATTR);
	assert_int_equal(feature->argsz, sizeof(*feature) + sizeof(*memattr));
	assert_int_equal(memattr->dmabuf_fd, 7);
	assert_int_equal(memattr->memattr, VFIO_DMA_BUF_MEMATTR_WC);
}

static void test_memattr(void **state)
{
	static const struct {
		int error;
		enum exit_status status;
		const char *remedy;
	} failures[] = {
		{ -ENOTTY, EXIT_SKIP, "series/vfio" },
		{ -EBUSY, EXIT_FAILED, "unmap" },
		{ -ENOMEM, EXIT_FAILED, "" },
	};
	static const struct step good[] = {
		{ .request = VFIO_DEVICE_FEATURE, .fill = check_memattr },
	};
	struct vfio_sys sys = SCRIPT(good);
	struct vfio_device dev = opened(&sys);
	struct error err = { 0 };
	size_t i;

	assert_int_equal(vfio_set_memattr(&dev, 7, MEMATTR_WC, &err), 0);
	assert_script_done(&sys);
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		struct step step[] = { { .request = VFIO_DEVICE_FEATURE,
					 .result = failures[i].error } };
		struct vfio_sys failing = SCRIPT(step);

		dev.sys = &failing;
		error_clear(&err);
		assert_int_equal(vfio_set_memattr(&dev, 7, MEMATTR_UC, &err), failures[i].error);
		assert_int_equal(err.status, failures[i].status);
		assert_non_null(strstr(err.remedy, failures[i].remedy));
	}
	vfio_close(&dev);
}

static void check_revoke_probe(void *arg)
{
	struct vfio_device_feature *feature = arg;

	assert_int_equal(feature->flags, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET |
						 VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE);
	assert_int_equal(feature->argsz, sizeof(*feature));
}

static void test_revoke(void **state)
{
	static const struct {
		int error;
		enum exit_status status;
		const char *remedy;
	} failures[] = {
		{ -ENOTTY, EXIT_SKIP, "series/vfio" }, { -EOPNOTSUPP, EXIT_SKIP, "vfio-pci" },
		{ -EBADFD, EXIT_FAILED, "export" },    { -ENODEV, EXIT_FAILED, "own device" },
		{ -EINTR, EXIT_FAILED, "" },
	};
	static const struct step good[] = {
		{ .request = VFIO_DEVICE_FEATURE, .fill = check_revoke_probe },
		{ .request = VFIO_DEVICE_FEATURE, .fill = check_revoke },
	};
	struct vfio_sys sys = SCRIPT(good);
	struct vfio_device dev = opened(&sys);
	struct error err = { 0 };
	size_t i;

	assert_int_equal(vfio_revoke_probe(&dev, &err), 0);
	assert_int_equal(vfio_revoke(&dev, 7, &err), 0);
	assert_script_done(&sys);
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		struct step step[] = { { .request = VFIO_DEVICE_FEATURE,
					 .result = failures[i].error } };
		struct vfio_sys failing = SCRIPT(step);

		dev.sys = &failing;
		error_clear(&err);
		assert_int_equal(vfio_revoke(&dev, 7, &err), failures[i].error);
		assert_int_equal(err.status, failures[i].status);
		assert_non_null(strstr(err.remedy, failures[i].remedy));
	}
	vfio_close(&dev);
}

static void test_config(void **state)
{
	static const struct step steps[] = {
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = fill_config_region },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = fill_config_region },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = fill_config_region },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .result = -EINVAL },
		{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = fill_config_region },
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct vfio_device dev = opened(&sys);
	struct error err = { 0 };
	uint16_t command = 0;

	/* Off: it is switched on. On: nothing is written. */
	assert_int_equal(vfio_enable_memory(&dev, &err), 0);
	assert_int_equal(pread(dev.fd, &command, 2, CONFIG_OFFSET + 4), 2);
	assert_int_equal(command, htole16(2));
	assert_int_equal(vfio_enable_memory(&dev, &err), 0);
	assert_int_equal(vfio_enable_memory(&dev, &err), -EINVAL);
	assert_non_null(strstr(err.what, "configuration space"));
	/* Beyond the end of the file: fewer bytes than wanted. */
	assert_int_equal(vfio_config_read(&dev, DEVICE_SIZE, &command, 2), -EIO);
	assert_script_done(&sys);
	vfio_close(&dev);
}

static void test_reset(void **state)
{
	static const struct step steps[] = {
		{ .request = VFIO_DEVICE_RESET },
		{ .request = VFIO_DEVICE_RESET, .result = -ENOTTY },
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct vfio_device dev = opened(&sys);
	struct error err = { 0 };

	assert_int_equal(vfio_reset(&dev, &err), 0);
	assert_int_equal(vfio_reset(&dev, &err), -ENOTTY);
	assert_int_equal(err.status, EXIT_SKIP);
	vfio_close(&dev);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cdev),	 TEST(test_group),	TEST(test_fallback),
		TEST(test_missing),	 TEST(test_driver),	TEST(test_permission),
		TEST(test_busy),	 TEST(test_not_viable), TEST(test_refused),
		TEST(test_noiommu),	 TEST(test_region),	TEST(test_export),
		TEST(test_export_parts), TEST(test_memattr),	TEST(test_revoke),
		TEST(test_config),	 TEST(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
