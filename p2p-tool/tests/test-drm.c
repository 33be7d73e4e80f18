// SPDX-License-Identifier: GPL-2.0-only
/* What can be tried of DRM devices without one: names, explanations, debugfs. */
#include <errno.h>
#include <string.h>

#include "core/dmabuf.h"
#include "core/drm-device.h"
#include "unit.h"

static void test_node_path(void **state)
{
	static const struct {
		const char *name, *path;
	} nodes[] = {
		{ "card0", "/dev/dri/card0" },	   { "renderD128", "/dev/dri/renderD128" },
		{ "accel0", "/dev/accel/accel0" }, { "/dev/dri/by-path/x", "/dev/dri/by-path/x" },
		{ "./card0", "./card0" },
	};
	char path[80];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		drm_node_path(nodes[i].name, path, sizeof(path));
		assert_string_equal(path, nodes[i].path);
	}
}

static void test_explain_import(void **state)
{
	static const struct {
		const char *buffer;
		int errnum;
		enum exit_status status;
		const char *what, *remedy;
	} failures[] = {
		{ "vfio:01:00.0/2:4K", EOPNOTSUPP, EXIT_SKIP, "lacks peer2peer or invalidate_mapp",
		  "vgem with series/importers" },
		{ "heap:system:4K", EOPNOTSUPP, EXIT_SKIP, "the exporter refuses", "driver" },
		{ "heap:system:4K", EINVAL, EXIT_SKIP, "has no PRIME import", "driver" },
		{ "vfio:01:00.0/2:4K", EREMOTEIO, EXIT_SKIP, "no peer-to-peer path", "ACS" },
		{ "vfio:01:00.0/2:4K", ENODEV, EXIT_FAILED, "it is revoked", "export it again" },
		{ "vfio:01:00.0/2:4K", EACCES, EXIT_SKIP, "permission denied", "render node" },
		{ "vfio:01:00.0/2:4K", EIO, EXIT_FAILED, "Input/output error", "" },
	};
	const struct drm_device d = { .fd = -1, .node = "/dev/dri/card7", .driver = "gpu" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		struct error err = { 0 };
		struct bufspec spec;
		char text[128];

		assert_int_equal(bufspec_parse(failures[i].buffer, &spec, NULL), 0);
		bufspec_format(&spec, text, sizeof(text));
		assert_int_equal(drm_explain_import(&d, &spec, -failures[i].errnum, &err),
				 -failures[i].errnum);
		assert_int_equal(err.status, failures[i].status);
		if (!strstr(err.what, failures[i].what) || !strstr(err.what, text) ||
		    !strstr(err.what, "/dev/dri/card7 (gpu)") ||
		    !strstr(err.remedy, failures[i].remedy))
			fail_msg("%s; %s", err.what, err.remedy);
	}
}

/* As Linux 7.3 prints it; the name of the second one looks like the end of a list. */
static const char bufinfo[] =
	"\nDma-buf Objects:\n"
	"size    \tflags   \tmode    \tcount   \texp_name\tino     \tname\n"
	"01048576\t02080002\t00080007\t00000003\tvfio_pci\t00000041\t0000:03:00.0/2\n"
	"\tkernel fence: none\n"
	"\tAttached Devices:\n"
	"\tvgem\n"
	"\t0000:01:00.0\n"
	"Total 2 devices attached\n"
	"\n"
	"00004096\t02080002\t00080007\t00000001\tsystem\t00000042\tTotal 2 devices attached\n"
	"\tAttached Devices:\n"
	"Total 0 devices attached\n"
	"\n"
	"\nTotal 2 objects, 1052672 bytes\n";

static int find(unsigned long inode, size_t length, char *names, size_t size)
{
	FILE *f = fmemopen((void *)bufinfo, length, "r");
	int ret;

	assert_non_null(f);
	ret = dmabuf_find_attached(f, inode, names, size);
	fclose(f);
	return ret;
}

static void test_attached(void **state)
{
	size_t all = strlen(bufinfo);
	char names[32], few[8];

	assert_int_equal(find(41, all, names, sizeof(names)), 2);
	assert_string_equal(names, "vgem, 0000:01:00.0");
	assert_int_equal(find(41, all, few, sizeof(few)), 2);
	assert_string_equal(few, "vgem, 0");
	assert_int_equal(find(42, all, names, sizeof(names)), 0);
	assert_string_equal(names, "");
	/* Neither a size nor a count is an inode. */
	assert_int_equal(find(4096, all, names, sizeof(names)), -ENOENT);
	assert_int_equal(find(3, all, names, sizeof(names)), -ENOENT);
	/* It breaks off before it says who is attached. */
	assert_int_equal(find(41, strstr(bufinfo, "\tkernel") - bufinfo, names, sizeof(names)),
			 -ENOENT);
	/* Not a DMABUF at all. */
	assert_true(dmabuf_attached(-1, names, sizeof(names)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_node_path),
		cmocka_unit_test(test_explain_import),
		cmocka_unit_test(test_attached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
