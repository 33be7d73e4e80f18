// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/buffer.h"
#include "unit.h"

static void test_accepts(void **state)
{
	static const struct {
		const char *text, *canonical;
	} good[] = {
		{ "vfio:0000:01:00.0/2", NULL },
		{ "vfio:0000:01:00.0/2:64M", NULL },
		{ "vfio:0000:01:00.0/2+1M:64K", NULL },
		{ "vfio:0000:01:00.0/0+4K", NULL },
		{ "vfio:10000:e1:00.7/5+4K:4K", NULL },
		{ "vfio:1:0.0/0+0:0x1000", "vfio:0000:01:00.0/0:4K" },
		{ "vfio:01:00.0/0+8192:12288", "vfio:0000:01:00.0/0+8K:12K" },
		{ "vfio:01:00.0/0+0xfffffffffffff000", "vfio:0000:01:00.0/0+18014398509481980K" },
		{ "host:64M", NULL },
		{ "host:1", NULL },
		{ "host:4096", "host:4K" },
		{ "udmabuf:4K", NULL },
		{ "heap:system:2M", NULL },
		{ "heap:default_cma_region:4K", NULL },
		{ "drm:card0:64K", NULL },
		{ "drm:/dev/dri/renderD128:4096", "drm:renderD128:4K" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		const char *want = good[i].canonical ? good[i].canonical : good[i].text;
		struct bufspec spec, again;
		struct error err = { 0 };
		char text[160];

		if (bufspec_parse(good[i].text, &spec, &err))
			fail_msg("%s", err.what);
		assert_int_equal(bufspec_format(&spec, text, sizeof(text)), strlen(want));
		assert_string_equal(text, want);
		assert_int_equal(bufspec_parse(text, &again, &err), 0);
		assert_memory_equal(&spec, &again, sizeof(spec));
	}
}

static void test_fields(void **state)
{
	struct bufspec spec;

	assert_int_equal(bufspec_parse("vfio:0001:c3:1f.7/4+16M:2M", &spec, NULL), 0);
	assert_int_equal(spec.kind, BUFFER_VFIO);
	assert_int_equal(spec.bdf.domain, 1);
	assert_int_equal(spec.bdf.bus, 0xc3);
	assert_int_equal(spec.bdf.device, 0x1f);
	assert_int_equal(spec.bdf.function, 7);
	assert_int_equal(spec.bar, 4);
	assert_int_equal(spec.offset, 16 << 20);
	assert_int_equal(spec.length, 2 << 20);
	assert_int_equal(bufspec_parse("vfio:01:00.0/2", &spec, NULL), 0);
	assert_int_equal(spec.length, 0);
	assert_int_equal(bufspec_parse("heap:system:4K", &spec, NULL), 0);
	assert_int_equal(spec.kind, BUFFER_HEAP);
	assert_string_equal(spec.heap, "system");
	assert_int_equal(bufspec_parse("drm:card1:4K", &spec, NULL), 0);
	assert_int_equal(spec.kind, BUFFER_DRM);
	assert_string_equal(spec.node, "card1");
}

static void test_refuses(void **state)
{
#define NAME64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	/* The text, what the message must say about it, and the syntax it must name. */
	static const struct {
		const char *text, *what, *remedy;
	} bad[] = {
		{ "", "'' is not a kind", "vfio:..." },
		{ "foo:4K", "'foo' is not a kind", "drm:..." },
		{ "vfi:01:00.0/0", "'vfi' is not a kind", "vfio:..." },
		{ "VFIO:01:00.0/0", "'VFIO' is not a kind", "vfio:..." },
		{ ":4K", "'' is not a kind", "vfio:..." },
		{ "vfio", "nothing follows", "vfio:BDF/BAR" },
		{ "vfio:", "'' is not a PCI address", "vfio:BDF/BAR" },
		{ "vfio:zz/0", "'zz' is not a PCI address", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00/0", "'0000:01:00' is not a PCI", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.8/0", "'0000:01:00.8' is not a PCI", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0:4K", "'0000:01:00.0:4K' is not a PCI", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0", "the BAR is missing", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0/", "'' is not a BAR", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0/6", "'6' is not a BAR, which is 0 to 5", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0/10", "'10' is not a BAR", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0/-1", "'-1' is not a BAR", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0/2x", "'2x' is not a BAR", "vfio:BDF/BAR" },
		{ "vfio:0000:01:00.0/2+", "the offset is missing", "+OFFSET" },
		{ "vfio:0000:01:00.0/2+:4K", "the offset is missing", "+OFFSET" },
		{ "vfio:0000:01:00.0/2+1", "the offset 1 is not a multiple", "+OFFSET" },
		{ "vfio:0000:01:00.0/2+0x1800:4K", "the offset 6144 is not a multiple", "+OFFSET" },
		{ "vfio:0000:01:00.0/2+x:4K", "the offset 'x' is not a size", "+OFFSET" },
		{ "vfio:0000:01:00.0/2+4K4:4K", "the offset '4K4' is not a size", "+OFFSET" },
		{ "vfio:0000:01:00.0/2+16E:4K", "the offset '16E' does not fit", "+OFFSET" },
		{ "vfio:0000:01:00.0/2:", "the length is missing", ":LENGTH" },
		{ "vfio:0000:01:00.0/2:0", "the length is 0", ":LENGTH" },
		{ "vfio:0000:01:00.0/2:100", "the length 100 is not a multiple", ":LENGTH" },
		{ "vfio:0000:01:00.0/2:4Kx", "the length '4Kx' is not a size", ":LENGTH" },
		{ "vfio:0000:01:00.0/2:4K+4K", "the length '4K+4K' is not a size", ":LENGTH" },
		{ "vfio:0000:01:00.0/2+15E:1E", "together do not fit 64 bits", ":LENGTH" },
		{ "host:", "the length is missing", "host:LENGTH" },
		{ "host:0", "the length is 0", "host:LENGTH" },
		{ "host:-1", "the length '-1' is not a size", "host:LENGTH" },
		{ "host:99999999999999999999", "does not fit 64 bits", "host:LENGTH" },
		{ "udmabuf:1", "the length 1 is not a multiple", "udmabuf:LENGTH" },
		{ "udmabuf:0K", "the length is 0", "udmabuf:LENGTH" },
		{ "heap:", "the heap's name is missing", "heap:NAME:LENGTH" },
		{ "heap::4K", "the heap's name is missing", "heap:NAME:LENGTH" },
		{ "heap:system", "the length is missing", "heap:NAME:LENGTH" },
		{ "heap:system:", "the length is missing", "heap:NAME:LENGTH" },
		{ "heap:../mem:4K", "'../mem' is not the name of a heap", "/dev/dma_heap" },
		{ "heap:..:4K", "'..' is not the name of a heap", "/dev/dma_heap" },
		{ "heap:a/b:4K", "'a/b' is not the name of a heap", "/dev/dma_heap" },
		{ "drm::4K", "the node's name is missing", "drm:NODE:LENGTH" },
		{ "drm:card0", "the length is missing", "drm:NODE:LENGTH" },
		{ "drm:card0:0", "the length is 0", "drm:NODE:LENGTH" },
		{ "drm:/dev/null:4K", "'/dev/null' is not the name of a node", "/dev/dri" },
		{ "drm:/dev/dri/../mem:4K", "'../mem' is not the name of a node", "/dev/dri" },
		{ "heap:" NAME64 ":4K", "is not the name of a heap", "/dev/dma_heap" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct bufspec spec = { .bar = 99 };
		struct error err = { 0 };

		assert_int_equal(bufspec_parse(bad[i].text, &spec, &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_int_equal(spec.bar, 99);
		/* Every message names the whole argument too. */
		if (!strstr(err.what, bad[i].what) || !strstr(err.what, bad[i].text) ||
		    !strstr(err.remedy, bad[i].remedy))
			fail_msg("'%s' gave: %s; %s", bad[i].text, err.what, err.remedy);
	}
}

static void test_format_truncates(void **state)
{
	struct bufspec spec = { .kind = BUFFER_HOST, .length = 64 << 20 };
	char buf[6];

	assert_int_equal(bufspec_format(&spec, buf, sizeof(buf)), 8);
	assert_string_equal(buf, "host:");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_format_truncates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
