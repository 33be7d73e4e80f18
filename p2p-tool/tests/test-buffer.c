// SPDX-License-Identifier: GPL-2.0-only
/* Buffers of every kind; those of VFIO on a scripted kernel. */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "core/buffer-vfio.h"
#include "vfio-script.h"

static const struct access_params plain_access;

static int setup(void **state)
{
	tree_setup(state);
	tree_add_function();
	return 0;
}

static void assert_error(const struct error *err, enum exit_status status, const char *what,
			 const char *remedy)
{
	if (!strstr(err->what, what) || !strstr(err->remedy, remedy))
		fail_msg("'%s; %s' lacks '%s' or '%s'", err->what, err->remedy, what, remedy);
	assert_int_equal(err->status, status);
}

static void test_host(void **state)
{
	struct bufspec spec = { .kind = BUFFER_HOST, .length = 0x4000 };
	struct error err = { 0 };
	struct buffer *b;
	void *p;

	assert_int_equal(buffer_open(&spec, &plain_access, &b, &err), 0);
	assert_int_equal(buffer_map_length(b), 0x4000);
	assert_int_equal(buffer_map(b, VIA_DEVICE, 0, 0x4000, PROT_READ | PROT_WRITE, &p), 0);
	memset(p, 1, 0x4000);
	munmap(p, 0x4000);
	assert_int_equal(buffer_map(b, VIA_DEVICE, 0x1000, 0x3000, PROT_READ, &p), 0);
	munmap(p, 0x3000);
	assert_int_equal(buffer_map(b, VIA_DEVICE, 0x1000, 0x4000, PROT_READ, &p), -EINVAL);
	assert_int_equal(buffer_map(b, VIA_DEVICE, 0x800, 0x1000, PROT_READ, &p), -EINVAL);
	assert_int_equal(buffer_map(b, VIA_DEVICE, 0x1000, SIZE_MAX, PROT_READ, &p), -EINVAL);
	assert_int_equal(buffer_map(b, VIA_DEVICE, 0, 0, PROT_READ, &p), -EINVAL);
	assert_int_equal(buffer_map(b, VIA_DMABUF, 0, 0x1000, PROT_READ, &p), -EOPNOTSUPP);
	assert_int_equal(buffer_dmabuf(b, &err), -EOPNOTSUPP);
	assert_error(&err, EXIT_SKIP, "host:16K", "udmabuf:LENGTH");
	assert_int_equal(buffer_close(b, &err), 0);
	assert_int_equal(buffer_close(NULL, &err), 0);
}

static void test_length(void **state)
{
	static const struct {
		struct bufspec spec;
		int ret;
		const char *what;
	} bad[] = {
		{ { .kind = BUFFER_HOST, .length = 100 }, -EINVAL, "host:100" },
		{ { .kind = BUFFER_UDMABUF, .length = 0x1800 }, -EINVAL, "udmabuf:6K" },
		{ { .kind = BUFFER_HEAP, .length = 1, .heap = "system" }, -EINVAL, "heap:system" },
		{ { .kind = BUFFER_DRM, .length = 100, .node = "card0" },
		  -EINVAL,
		  "drm:card0:100" },
		{ { .kind = BUFFER_HOST, .length = 1ULL << 63 }, -EOVERFLOW, "address space" },
	};
	struct error err;
	struct buffer *b;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		error_clear(&err);
		assert_int_equal(buffer_open(&bad[i].spec, &plain_access, &b, &err), bad[i].ret);
		assert_error(&err, EXIT_USAGE, bad[i].what, "");
	}
}

static void test_no_heap(void **state)
{
	struct bufspec spec = { .kind = BUFFER_HEAP, .length = 0x1000, .heap = "no such heap" };
	struct error err = { 0 };
	struct buffer *b;

	assert_int_equal(buffer_open(&spec, &plain_access, &b, &err), -ENOENT);
	assert_error(&err, EXIT_SKIP, "/dev/dma_heap/no such heap", "ls /dev/dma_heap");
}

/* The memory itself, the DMABUF made of it, and that both are the same bytes. */
static void test_udmabuf(void **state)
{
	struct bufspec spec = { .kind = BUFFER_UDMABUF, .length = 0x4000 };
	int fd, fds = open_fds();
	struct error err = { 0 };
	char *p, *q;
	struct buffer *b;

	assert_int_equal(buffer_open(&spec, &plain_access, &b, &err), 0);
	assert_int_equal(buffer_map(b, VIA_DEVICE, 0, 0x4000, PROT_READ | PROT_WRITE, (void **)&p),
			 0);
	strcpy(p + 0x2000, "through the memfd");
	fd = buffer_dmabuf(b, &err);
	if (fd < 0) {
		assert_error(&err, EXIT_SKIP, "/dev/udmabuf", "");
		print_message("%s\n", err.what);
	} else {
		assert_int_equal(buffer_dmabuf(b, &err), fd);
		assert_int_equal(buffer_probe_mmap(b, VIA_DMABUF, &err), 0);
		assert_int_equal(buffer_map(b, VIA_DMABUF, 0x2000, 0x1000, PROT_READ, (void **)&q),
				 0);
		assert_string_equal(q, "through the memfd");
		munmap(q, 0x1000);
	}
	munmap(p, 0x4000);
	assert_int_equal(buffer_close(b, &err), 0);
	assert_int_equal(open_fds(), fds);
}

/* What region the kernel tells of a BAR; the size of BAR 0 is that in the tree. */
static void region_bar2(void *arg)
{
	struct vfio_region_info *info = arg;

	assert_int_equal(info->index, 2);
	*info = (struct vfio_region_info){ .argsz = sizeof(*info),
					   .flags = VFIO_REGION_INFO_FLAG_MMAP,
					   .size = 0x10000,
					   .offset = BAR2_OFFSET };
}

static void region_bar0(void *arg)
{
	struct vfio_region_info *info = arg;

	assert_int_equal(info->index, 0);
	*info = (struct vfio_region_info){ .argsz = sizeof(*info),
					   .flags = VFIO_REGION_INFO_FLAG_MMAP,
					   .size = 0x100 };
}

static void region_not_mappable(void *arg)
{
	region_bar2(arg);
	((struct vfio_region_info *)arg)->flags = 0;
}

/* clang-format off */
#define GET_REGION(how) { .request = VFIO_DEVICE_GET_REGION_INFO, .fill = how }
/* clang-format on */

/* Memory decoding is off at first: looked at, and switched on. */
#define ENABLE_MEMORY GET_REGION(fill_config_region), GET_REGION(fill_config_region)

/* As buffer_open() does it, on the scripted kernel. */
static int open_vfio(const struct bufspec *spec, const struct access_params *access,
		     const struct vfio_sys *sys, struct buffer *b, struct error *err)
{
	int ret, fds = open_fds();

	*b = (struct buffer){
		.spec = *spec, .ops = &buffer_vfio_ops, .rdonly = access->rdonly, .dmabuf_fd = -1
	};
	ret = buffer_vfio_open(b, access, sys, err);
	if (ret)
		assert_int_equal(open_fds(), fds);
	assert_script_done(sys);
	return ret;
}

static void check_export(void *arg)
{
	struct vfio_device_feature *feature = arg;
	struct vfio_device_feature_dma_buf *get = (void *)feature->data;

	assert_int_equal(get->region_index, 2);
	assert_int_equal(get->open_flags, O_RDONLY | O_CLOEXEC);
	assert_int_equal(get->dma_ranges[0].offset, 0x1000);
	assert_int_equal(get->dma_ranges[0].length, 0xf000);
}

static void test_vfio(void **state)
{
	static const struct step steps[] = { OPEN_CDEV, GET_REGION(region_bar2), ENABLE_MEMORY };
	static const struct step export[] = {
		{ .request = VFIO_DEVICE_FEATURE, .result = NEW_FD, .fill = check_export },
	};
	struct bufspec spec = {
		.kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2, .offset = 0x1000
	};
	struct access_params access = { .rdonly = true };
	struct vfio_sys sys = SCRIPT(steps), sys_export = SCRIPT(export);
	struct error err = { 0 };
	int fd, fds = open_fds();
	struct buffer b;
	char *p;

	if (open_vfio(&spec, &access, &sys, &b, &err))
		fail_msg("%s", err.what);
	assert_int_equal(b.spec.length, 0xf000);
	assert_int_equal(b.phys_congruence, 0x4000001000);
	assert_false(b.emulated);

	fd = buffer_vfio_device(&b)->fd;
	assert_int_equal(pwrite(fd, "page 3", 7, BAR2_OFFSET + 0x3000), 7);
	assert_int_equal(buffer_map(&b, VIA_DEVICE, 0x2000, 0x1000, PROT_READ, (void **)&p), 0);
	assert_string_equal(p, "page 3");
	munmap(p, 0x1000);

	buffer_vfio_device(&b)->sys = &sys_export;
	fd = buffer_export(&b, &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(b.dmabuf_fd, -1);
	assert_int_equal(b.ops->close(&b, &err), 0);
	assert_int_equal(open_fds(), fds);
}

static void test_vfio_emulated(void **state)
{
	static const struct step steps[] = { OPEN_CDEV, GET_REGION(region_bar2), ENABLE_MEMORY };
	struct bufspec spec = {
		.kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2, .length = 0x1000
	};
	struct vfio_sys sys = SCRIPT(steps);
	struct error err = { 0 };
	struct buffer b;

	tree_write(TREE_DEVICE "subsystem_vendor", "0x1af4\n");
	assert_int_equal(open_vfio(&spec, &plain_access, &sys, &b, &err), 0);
	assert_int_equal(b.spec.length, 0x1000);
	assert_true(b.emulated);
	b.ops->close(&b, &err);
}

/* Which BAR has no write-combining mappings, and why. */
static void test_vfio_no_wc(void **state)
{
	static const struct {
		unsigned int bar;
		void (*region)(void *arg);
		const char *what, *remedy;
	} refused[] = {
		{ 0, region_bar0, "0000:01:00.0: BAR 0 is not prefetchable", "list BDF" },
		{ 2, region_bar2, "0000:01:00.0: BAR 2 is prefetchable, but", "nopat" },
	};
	static const struct step set[] = { { .request = VFIO_DEVICE_FEATURE,
					     .result = -EOPNOTSUPP } };
	struct error err;
	struct buffer b;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct step steps[] = { OPEN_CDEV, GET_REGION(refused[i].region),
					      ENABLE_MEMORY };
		struct bufspec spec = { .kind = BUFFER_VFIO,
					.bdf = { .bus = 1 },
					.bar = refused[i].bar };
		struct vfio_sys sys = SCRIPT(steps), sys_set = SCRIPT(set);

		error_clear(&err);
		assert_int_equal(open_vfio(&spec, &plain_access, &sys, &b, &err), 0);
		buffer_vfio_device(&b)->sys = &sys_set;
		assert_int_equal(b.ops->set_memattr(&b, 7, MEMATTR_WC, &err), -EOPNOTSUPP);
		assert_error(&err, EXIT_SKIP, refused[i].what, refused[i].remedy);
		assert_int_equal(b.ops->close(&b, &err), 0);
	}
}

/* A BAR of 256 bytes maps as a page, and cannot be exported. */
static void test_vfio_small(void **state)
{
	static const struct step steps[] = { OPEN_CDEV, GET_REGION(region_bar0), ENABLE_MEMORY };
	struct bufspec spec = { .kind = BUFFER_VFIO, .bdf = { .bus = 1 } };
	struct vfio_sys sys = SCRIPT(steps);
	struct error err = { 0 };
	struct buffer b;
	void *p;

	assert_int_equal(open_vfio(&spec, &plain_access, &sys, &b, &err), 0);
	assert_int_equal(b.spec.length, 0x100);
	assert_int_equal(buffer_map_length(&b), 0x1000);
	assert_int_equal(buffer_map(&b, VIA_DEVICE, 0, 0x1000, PROT_READ, &p), 0);
	munmap(p, 0x1000);
	assert_int_equal(buffer_dmabuf(&b, &err), -EINVAL);
	assert_error(&err, EXIT_SKIP, "BAR 0 is smaller than a page", "");
	b.ops->close(&b, &err);
}

/* Known from sysfs: the device is not even opened. */
static void test_vfio_no_bar(void **state)
{
	static const struct {
		struct bufspec spec;
		int ret;
		enum exit_status status;
		const char *what;
	} bad[] = {
		{ { .bdf = { .bus = 2 } }, -ENODEV, EXIT_SKIP, "0000:02:00.0: there is no such" },
		{ { .bdf = { .bus = 1 }, .bar = 1 }, -EINVAL, EXIT_USAGE, "BAR 1 has I/O ports" },
		{ { .bdf = { .bus = 1 }, .bar = 3 }, -ENOENT, EXIT_USAGE, "the one before" },
		{ { .bdf = { .bus = 1 }, .bar = 4 }, -ENXIO, EXIT_SKIP, "BAR 4 has no address" },
		{ { .bdf = { .bus = 1 }, .bar = 5 }, -ENOENT, EXIT_USAGE, "there is no BAR 5" },
	};
	struct vfio_sys sys = { .root = tree_root, .ctx = &(struct script){ 0 } };
	struct error err;
	struct buffer b;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		error_clear(&err);
		assert_int_equal(open_vfio(&bad[i].spec, &plain_access, &sys, &b, &err),
				 bad[i].ret);
		assert_error(&err, bad[i].status, bad[i].what, "");
	}
	/* What 'list' alone does not show: bridges, and functions without memory. */
	tree_write(TREE_DEVICE "class", "0x060400\n");
	error_clear(&err);
	assert_int_equal(open_vfio(&(struct bufspec){ .bdf = { .bus = 1 } }, &plain_access, &sys,
				   &b, &err),
			 -EINVAL);
	assert_error(&err, EXIT_USAGE, "is a bridge", "without --all");
	tree_write(TREE_DEVICE "class", "0x060000\n");
	tree_write(TREE_DEVICE "resource", "");
	error_clear(&err);
	assert_int_equal(open_vfio(&bad[4].spec, &plain_access, &sys, &b, &err), -ENOENT);
	assert_error(&err, EXIT_USAGE, "there is no BAR 5", "list --all");
}

static void test_vfio_range(void **state)
{
	static const struct {
		uint64_t offset, length;
		const char *what;
	} bad[] = {
		{ 0x10000, 0, "offset 0x10000 is beyond BAR 2, which has 64K" },
		{ UINT64_MAX, 0, "beyond" },
		{ 0, 0x11000, "length 0x11000 is beyond" },
		{ 0xf000, 0x2000, "beyond" },
		{ 0x1000, UINT64_MAX, "beyond" },
		{ 0x800, 0x1000, "not whole pages" },
		{ 0, 0x1800, "not whole pages" },
		{ 0x800, 0, "not whole pages" },
	};
	static const struct step not_mappable[] = { OPEN_CDEV, GET_REGION(region_not_mappable) };
	struct bufspec spec = { .kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2 };
	struct vfio_sys sys_not = SCRIPT(not_mappable);
	struct error err = { 0 };
	struct buffer b;
	size_t i;

	assert_int_equal(open_vfio(&spec, &plain_access, &sys_not, &b, &err), -EINVAL);
	assert_error(&err, EXIT_SKIP, "VFIO does not map", "at least a page");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		/* Said before the device is opened. */
		struct vfio_sys none = { .root = tree_root, .ctx = &(struct script){ 0 } };

		error_clear(&err);
		spec.offset = bad[i].offset;
		spec.length = bad[i].length;
		assert_int_equal(open_vfio(&spec, &plain_access, &none, &b, &err), -EINVAL);
		assert_error(&err, EXIT_USAGE, bad[i].what, "");
		error_clear(&err);
		assert_int_equal(buffer_vfio_check(&spec, 0, tree_root, &err), -EINVAL);
		assert_error(&err, EXIT_USAGE, bad[i].what, "");
	}
}

static void test_vfio_check(void **state)
{
	struct bufspec spec = { .kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2 };
	struct error err = { 0 };

	assert_int_equal(buffer_vfio_check(&spec, 0x4000, tree_root, &err), 0);
	assert_int_equal(spec.length, 0x4000);
	spec = (struct bufspec){
		.kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2, .offset = 0x1000
	};
	assert_int_equal(buffer_vfio_check(&spec, 1 << 20, tree_root, &err), 0);
	assert_int_equal(spec.length, 0xf000);
	spec.bdf.bus = 9;
	assert_int_equal(buffer_vfio_check(&spec, 0, tree_root, &err), -ENODEV);
	assert_error(&err, EXIT_SKIP, "0000:09:00.0", "list");
}

/* There is a DMABUF, but no way to map it. */
static void test_vfio_no_mmap(void **state)
{
	static const struct step steps[] = { OPEN_CDEV, GET_REGION(region_bar2), ENABLE_MEMORY };
	struct bufspec spec = { .kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2 };
	struct vfio_sys sys = SCRIPT(steps);
	struct error err = { 0 };
	struct buffer b;

	assert_int_equal(open_vfio(&spec, &plain_access, &sys, &b, &err), 0);
	b.dmabuf_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(b.dmabuf_fd >= 0);
	assert_int_equal(buffer_probe_mmap(&b, VIA_DMABUF, &err), -ENODEV);
	assert_error(&err, EXIT_FAILED, "mmap() of the DMABUF", "");
	close(b.dmabuf_fd);
	b.ops->close(&b, &err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_no_heap),
		cmocka_unit_test(test_udmabuf),
		TEST(test_vfio),
		TEST(test_vfio_emulated),
		TEST(test_vfio_no_wc),
		TEST(test_vfio_small),
		TEST(test_vfio_no_bar),
		TEST(test_vfio_range),
		TEST(test_vfio_check),
		TEST(test_vfio_no_mmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
