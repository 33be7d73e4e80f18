// SPDX-License-Identifier: GPL-2.0-only
/* What iommufd is asked for, and what its answers mean to the user. */
#include "core/ioas.h"
#include "vfio-script.h"

static int iommufd;

static int setup(void **state)
{
	iommufd = memfd_create("iommufd", MFD_CLOEXEC);
	return iommufd < 0;
}

static int teardown(void **state)
{
	return close(iommufd);
}

static void no_room(void *arg)
{
	struct iommu_ioas_iova_ranges *get = arg;

	assert_int_equal(get->ioas_id, 6);
	assert_int_equal(get->num_iovas, 0);
	get->num_iovas = 2;
}

static void two_ranges(void *arg)
{
	struct iommu_ioas_iova_ranges *get = arg;
	struct iommu_iova_range *r = (void *)(uintptr_t)get->allowed_iovas;

	assert_int_equal(get->num_iovas, 2);
	r[0] = (struct iommu_iova_range){ 0, 0x2fff };
	r[1] = (struct iommu_iova_range){ 0x10000, 0xfffff };
	get->out_iova_alignment = 4096;
}

#define RANGES                                                                       \
	{ .request = IOMMU_IOAS_IOVA_RANGES, .result = -EMSGSIZE, .fill = no_room }, \
	{                                                                            \
		.request = IOMMU_IOAS_IOVA_RANGES, .fill = two_ranges                \
	}

static void check_map(void *arg)
{
	struct iommu_ioas_map *map = arg;

	assert_int_equal(map->ioas_id, 6);
	assert_int_equal(map->flags, IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
					     IOMMU_IOAS_MAP_WRITEABLE);
	assert_int_equal(map->iova, 0x10000);
	assert_int_equal(map->length, 0x3000);
}

static void check_map_file(void *arg)
{
	struct iommu_ioas_map_file *map = arg;

	assert_int_equal(map->fd, 77);
	assert_int_equal(map->start, 0x5000);
	assert_int_equal(map->length, 0x2000);
	assert_int_equal(map->iova, 0x1000);
}

static void check_unmap(void *arg)
{
	struct iommu_ioas_unmap *unmap = arg;

	assert_int_equal(unmap->iova, 0x10000);
	assert_int_equal(unmap->length, 0x3000);
}

static struct vfio_device device(const struct vfio_sys *sys)
{
	return (struct vfio_device){
		.sys = sys, .name = "0000:04:00.0", .iommu_fd = iommufd, .ioas_id = 6
	};
}

static void test_map(void **state)
{
	static const struct step steps[] = {
		RANGES,
		{ .request = IOMMU_IOAS_MAP, .fill = check_map },
		{ .request = IOMMU_IOAS_MAP_FILE, .fill = check_map_file },
		{ .request = IOMMU_IOAS_UNMAP, .fill = check_unmap },
		{ .request = IOMMU_IOAS_MAP, .fill = check_map },
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct bufspec bar = { .kind = BUFFER_VFIO };
	struct vfio_device dev = device(&sys);
	struct ioas_mapping a, b, c;
	struct error err = { 0 };
	struct ioas ioas;
	int fds = open_fds();

	assert_int_equal(ioas_open(&ioas, &dev, &err), 0);
	/* Three pages do not fit below: 0 is not used. */
	assert_int_equal(ioas_map_memory(&ioas, &err, 0x3000, &a, &err), 0);
	assert_int_equal(ioas_map_dmabuf(&ioas, &bar, 77, 0x5000, 0x2000, &b, &err), 0);
	assert_int_equal(ioas_unmap(&ioas, &a), 0);
	assert_int_equal(a.length, 0);
	/* Nothing is asked for what is not mapped. */
	assert_int_equal(ioas_unmap(&ioas, &a), 0);
	assert_int_equal(ioas_map_memory(&ioas, &err, 0x3000, &c, &err), 0);
	assert_script_done(&sys);
	ioas_close(&ioas);
	assert_int_equal(open_fds(), fds);
}

static void check_refusal(int result, const struct bufspec *spec, enum exit_status status,
			  const char *what, const char *remedy)
{
	const struct step steps[] = {
		RANGES,
		{ .request = IOMMU_IOAS_MAP_FILE, .result = result },
		{ .request = IOMMU_IOAS_MAP_FILE, .fill = check_map_file },
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct vfio_device dev = device(&sys);
	struct error err = { 0 };
	struct ioas_mapping m;
	struct ioas ioas;

	assert_int_equal(ioas_open(&ioas, &dev, &err), 0);
	assert_int_equal(ioas_map_dmabuf(&ioas, spec, 77, 0x5000, 0x2000, &m, &err), result);
	assert_int_equal(err.status, status);
	assert_non_null(strstr(err.what, what));
	assert_non_null(strstr(err.remedy, remedy));
	assert_int_equal(m.length, 0);
	/* The addresses are free again. */
	assert_int_equal(ioas_map_dmabuf(&ioas, spec, 77, 0x5000, 0x2000, &m, &err), 0);
	assert_script_done(&sys);
	ioas_close(&ioas);
}

static void test_refusals(void **state)
{
	const struct bufspec bar = { .kind = BUFFER_VFIO, .length = 0x2000 };
	const struct bufspec heap = { .kind = BUFFER_HEAP, .length = 0x2000, .heap = "system" };

	check_refusal(-EOPNOTSUPP, &heap, EXIT_SKIP, "heap:system", "host:");
	check_refusal(-EOPNOTSUPP, &bar, EXIT_SKIP, "vfio:", "CONFIG_VFIO_PCI_DMABUF");
	check_refusal(-EINVAL, &bar, EXIT_SKIP, "cannot map DMABUFs", "Linux");
	check_refusal(-ENODEV, &bar, EXIT_FAILED, "exporter", "revoked");
	check_refusal(-EIO, &bar, EXIT_FAILED, "Input/output", "");
}

static void test_no_room(void **state)
{
	static const struct step steps[] = { RANGES };
	struct vfio_sys sys = SCRIPT(steps);
	struct vfio_device dev = device(&sys);
	struct error err = { 0 };
	struct ioas_mapping m;
	struct ioas ioas;

	assert_int_equal(ioas_open(&ioas, &dev, &err), 0);
	ioas.last = 0xffff;
	assert_int_equal(ioas_map_memory(&ioas, &err, 0x3000, &m, &err), -ENOSPC);
	assert_int_equal(err.status, EXIT_SKIP);
	assert_non_null(strstr(err.what, "0xffff"));
	ioas_close(&ioas);
}

/* What a device that joins cannot reach is not used any more. */
static void test_joined(void **state)
{
	static const struct step steps[] = {
		RANGES,
		RANGES,
		{ .request = IOMMU_IOAS_MAP, .fill = check_map },
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct vfio_device dev = device(&sys);
	struct error err = { 0 };
	struct ioas_mapping m;
	struct ioas ioas;

	assert_int_equal(ioas_open(&ioas, &dev, &err), 0);
	assert_int_equal(ioas_joined(&ioas, &dev, &err), 0);
	assert_int_equal(ioas_map_memory(&ioas, &err, 0x3000, &m, &err), 0);
	assert_script_done(&sys);
	ioas_close(&ioas);
}

static void test_open_fails(void **state)
{
	static const struct step steps[] = {
		{ .request = IOMMU_IOAS_IOVA_RANGES, .result = -EIO },
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct vfio_device dev = device(&sys);
	struct error err = { 0 };
	struct ioas ioas;
	int fds = open_fds();

	assert_int_equal(ioas_open(&ioas, &dev, &err), -EIO);
	assert_non_null(strstr(err.what, "0000:04:00.0"));
	assert_int_equal(open_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),	   cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_room),	   cmocka_unit_test(test_joined),
		cmocka_unit_test(test_open_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
