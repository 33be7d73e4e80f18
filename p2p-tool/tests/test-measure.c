// SPDX-License-Identifier: GPL-2.0-only
/* Measurements of ordinary memory, and of a device that goes away or loses data. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "core/buffer-vfio.h"
#include "core/measure-map-private.h"
#include "vfio-script.h"

static struct clock ns = { .unit = UNIT_NS };

static struct buffer *open_buffer(enum buffer_kind kind, uint64_t length)
{
	struct bufspec spec = { .kind = kind, .length = length };
	struct access_params access = { 0 };
	struct error err = { 0 };
	struct buffer *b;

	assert_int_equal(buffer_open(&spec, &access, &b, &err), 0);
	return b;
}

static const struct record *find(const struct record_set *set, const char *measurement)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (!strcmp(set->record[i]->measurement, measurement))
			return set->record[i];
	fail_msg("no record of %s", measurement);
	return NULL;
}

static void test_map_host(void **state)
{
	static const char *const names[] = { "map.mmap",	"map.munmap_untouched",
					     "map.first_touch", "map.first_touch_no_table",
					     "map.touch_all",	"map.munmap" };
	struct map_params p = { .repeat = 5, .warmup = 2, .via_device = true };
	struct buffer *b = open_buffer(BUFFER_HOST, 64 << 10);
	struct record_set set = { 0 };
	struct error err = { 0 };
	const struct record *r;
	size_t i;

	assert_int_equal(measure_map(b, &ns, &p, &set, &err), 0);
	assert_int_equal(set.count, ARRAY_SIZE(names));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		r = find(&set, names[i]);
		assert_string_equal(r->buffer, "host:64K");
		assert_string_equal(r->initiator, "cpu");
		assert_string_equal(record_get_param(r, "via"), "device");
		assert_string_equal(record_get_param(r, "align"), "0");
		assert_non_null(record_get_observed(r, "clock_overhead"));
		assert_int_equal(r->unit, UNIT_NS);
		assert_null(r->skipped);
		assert_int_equal(r->summary.count, 5);
		assert_true(r->summary.min > 0);
	}
	r = find(&set, "map.touch_all");
	assert_string_equal(record_get_observed(r, "faults"), "16");
	assert_int_equal(r->page_order, 0);
	assert_string_equal(record_get_observed(find(&set, "map.first_touch"), "faults"), "1");
	assert_string_equal(record_get_observed(find(&set, "map.first_touch_no_table"), "faults"),
			    "1");
	assert_null(record_get_observed(find(&set, "map.mmap"), "faults"));
	assert_true(atoi(record_get_observed(find(&set, "map.mmap"), "mappings")) > 3);
	record_set_free(&set);
	buffer_close(b, NULL);
}

static void test_map_aligned(void **state)
{
	struct map_params p = { .repeat = 3, .via_device = true, .align = 2 << 20 };
	struct buffer *b = open_buffer(BUFFER_UDMABUF, 4 << 20);
	struct record_set set = { 0 };
	struct error err = { 0 };

	/* Any bus address will do: the end of the memory is where it says. */
	b->phys_congruence = 0x12345000;
	assert_int_equal(measure_map(b, &ns, &p, &set, &err), 0);
	assert_string_equal(record_get_param(find(&set, "map.mmap"), "align"), "2M");
	assert_null(find(&set, "map.first_touch")->skipped);
	record_set_free(&set);
	buffer_close(b, NULL);
}

/* Pages of several orders have no single one; an attribute that nobody has seen is a warning. */
static void test_cell_entry(void **state)
{
	const struct pagetable_entry mixed = { -1, 1 << 0 | 1 << 9, "WC", 0 };
	const struct pagetable_entry unknown = { -1, 0, "", -EACCES };
	struct buffer b = { .spec.kind = BUFFER_VFIO };
	struct record *r = record_new("map.mmap", "b", "cpu", UNIT_NS, MEDIUM_HARDWARE);
	const char *warning;

	assert_int_equal(cell_entry(r, &b, &mixed, MEMATTRS_WC), 0);
	assert_int_equal(r->page_order, -1);
	assert_string_equal(record_get_observed(r, "page_orders"), "0,9");
	assert_string_equal(r->memattr, "WC");
	assert_null(record_get_observed(r, "warning"));
	record_free(r);

	r = record_new("map.mmap", "b", "cpu", UNIT_NS, MEDIUM_HARDWARE);
	assert_int_equal(cell_entry(r, &b, &unknown, MEMATTRS_UC), 0);
	assert_null(record_get_observed(r, "page_orders"));
	assert_null(record_get_observed(r, "warning"));
	assert_int_equal(cell_entry(r, &b, &unknown, MEMATTRS_WC), 0);
	warning = record_get_observed(r, "warning");
	assert_non_null(warning);
	assert_non_null(strstr(warning, "Permission denied"));
	record_free(r);

	/* A kernel that gives another one than it agreed to, for some of the pages. */
	assert_int_equal(check_memattr(&b, &mixed, MEMATTR_WC, NULL), 0);
	assert_int_equal(check_memattr(&b, &mixed, MEMATTR_UC, NULL), -EPROTO);
	assert_int_equal(check_memattr(&b, &(struct pagetable_entry){ 0, 1, "mixed", 0 },
				       MEMATTR_WC, NULL),
			 -EPROTO);
	assert_int_equal(check_memattr(&b, &(struct pagetable_entry){ 0, 1, "mixed", 0 },
				       MEMATTR_UC, NULL),
			 -EPROTO);
}

/* Cells of a read-only DMABUF are other cells. */
static void test_map_read_only(void **state)
{
	struct bufspec spec = { .kind = BUFFER_UDMABUF, .length = 8192 };
	struct map_params p = { .repeat = 3, .via_dmabuf = true };
	struct record_set set[2] = { 0 };
	struct error err = { 0 };
	struct buffer *b;
	int i, fd;

	for (i = 0; i < 2; i++) {
		fd = memfd_create("slice", MFD_CLOEXEC);
		assert_int_equal(ftruncate(fd, 8192), 0);
		assert_int_equal(buffer_adopt(&spec, fd, i, &b, &err), 0);
		assert_int_equal(measure_map(b, &ns, &p, &set[i], &err), 0);
		buffer_close(b, NULL);
	}
	assert_null(record_get_param(find(&set[0], "map.mmap"), "read_only"));
	assert_string_equal(record_get_param(find(&set[1], "map.mmap"), "read_only"), "yes");
	assert_false(record_same_cell(find(&set[0], "map.mmap"), find(&set[1], "map.mmap")));
	for (i = 0; i < 2; i++)
		record_set_free(&set[i]);
}

static int export_memory(struct buffer *b, struct error *err)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);

	return ftruncate(fd, (off_t)b->spec.length) ? -errno : fd;
}

/* Instructions of allocating memory do not repeat: no comparison fails on them. */
static void test_map_gated(void **state)
{
	static const struct buffer_ops ops = { .export = export_memory };
	static struct clock insn = { .unit = UNIT_INSN };
	static const struct {
		enum buffer_kind kind;
		struct clock *clock;
		bool gated;
	} cases[] = {
		{ BUFFER_HEAP, &insn, false },
		{ BUFFER_UDMABUF, &insn, false },
		{ BUFFER_VFIO, &insn, true },
		{ BUFFER_HEAP, &ns, true },
	};
	struct map_params p = { .repeat = 3, .via_dmabuf = true };
	struct error err = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer b = { .spec = { .kind = cases[i].kind, .length = 8192 },
				    .ops = &ops,
				    .dmabuf_fd = -1 };
		struct record_set set = { 0 };

		assert_int_equal(measure_map(&b, cases[i].clock, &p, &set, &err), 0);
		assert_int_equal(!record_get_observed(find(&set, "map.export"), OBSERVED_GATED),
				 cases[i].gated);
		assert_int_equal(!record_get_observed(find(&set, "map.close"), OBSERVED_GATED),
				 cases[i].gated);
		assert_null(record_get_observed(find(&set, "map.munmap"), OBSERVED_GATED));
		record_set_free(&set);
		close(b.dmabuf_fd);
	}
}

/* There is no second page that could prepare the page table. */
static void test_map_one_page(void **state)
{
	struct map_params p = { .repeat = 3, .via_device = true };
	struct buffer *b = open_buffer(BUFFER_HOST, 4096);
	struct record_set set = { 0 };
	struct error err = { 0 };

	assert_int_equal(measure_map(b, &ns, &p, &set, &err), 0);
	assert_non_null(find(&set, "map.first_touch")->skipped);
	assert_int_equal(find(&set, "map.first_touch")->summary.count, 0);
	assert_null(find(&set, "map.first_touch_no_table")->skipped);
	assert_int_equal(set.count, 6);
	record_set_free(&set);
	buffer_close(b, NULL);
}

/* Ordinary memory has no choice: records say so beside the others, alone it is an error. */
static void test_map_memattr(void **state)
{
	struct map_params p = { .repeat = 3, .via_device = true, .memattrs = MEMATTRS_BOTH };
	struct buffer *b = open_buffer(BUFFER_HOST, 8192);
	struct record_set set = { 0 };
	struct error err = { 0 };
	size_t i;

	assert_int_equal(measure_map(b, &ns, &p, &set, &err), 0);
	assert_int_equal(set.count, 6 + 6);
	for (i = 0; i < set.count; i++) {
		assert_string_equal(record_get_param(set.record[i], "memattr"),
				    i < 6 ? "uc" : "wc");
		if (i >= 6)
			assert_non_null(strstr(set.record[i]->skipped, "no choice"));
	}
	record_set_free(&set);

	set = (struct record_set){ 0 };
	p.memattrs = MEMATTRS_WC;
	assert_int_equal(measure_map(b, &ns, &p, &set, &err), -EOPNOTSUPP);
	assert_int_equal(err.status, EXIT_SKIP);
	assert_int_equal(set.count, 0);
	buffer_close(b, NULL);
}

/* Why first_touch is left out: memory that another page fault never comes for. */
static void test_map_at_once(void **state)
{
	static const struct scenario pair = { .measurement = { "map.first_touch" }, .pair = true };
	struct map_params p = { .repeat = 1 };
	struct buffer b = { .spec = { .kind = BUFFER_UDMABUF, .length = 8 << 20 } };
	struct run r = { .b = &b, .p = &p, .page = 4096, .length = 8 << 20, .scenario = &pair };
	struct error err = { 0 };

	assert_int_equal(place_mapping(&r, &err), -ENXIO);
	assert_non_null(strstr(err.what, "mapped all at once"));
	assert_null(strstr(err.remedy, "larger"));
	/* Perhaps one huge page. */
	r.length = 2 << 20;
	error_clear(&err);
	assert_int_equal(place_mapping(&r, &err), -ENXIO);
	assert_non_null(strstr(err.remedy, "larger buffer, unless"));
	r.length = 4096;
	error_clear(&err);
	assert_int_equal(place_mapping(&r, &err), -ENXIO);
	assert_string_equal(err.remedy, "use a larger buffer");
}

/* What cannot be is a record with the reason beside others, and an error when it is alone. */
static void test_map_no_dmabuf(void **state)
{
	struct map_params p = { .repeat = 3, .via_device = true, .via_dmabuf = true };
	struct buffer *b = open_buffer(BUFFER_HOST, 8192);
	struct record_set set = { 0 };
	struct error err = { 0 };
	size_t i, skipped = 0;

	assert_int_equal(measure_map(b, &ns, &p, &set, &err), 0);
	for (i = 0; i < set.count; i++) {
		if (!set.record[i]->skipped)
			continue;
		skipped++;
		assert_string_equal(record_get_param(set.record[i], "via"), "dmabuf");
		assert_non_null(strstr(set.record[i]->skipped, "no DMABUF"));
	}
	assert_int_equal(skipped, 8);
	assert_int_equal(set.count, 6 + 8);
	record_set_free(&set);

	set = (struct record_set){ 0 };
	p.via_device = false;
	assert_int_equal(measure_map(b, &ns, &p, &set, &err), -EOPNOTSUPP);
	assert_int_equal(err.status, EXIT_SKIP);
	assert_int_equal(set.count, 0);
	buffer_close(b, NULL);
}

static void region_bar2(void *arg)
{
	*(struct vfio_region_info *)arg = (struct vfio_region_info){
		.argsz = sizeof(struct vfio_region_info),
		.flags = VFIO_REGION_INFO_FLAG_MMAP,
		.size = 0x10000,
		.offset = BAR2_OFFSET,
	};
}

static const struct step open_steps[] = {
	OPEN_CDEV,
	{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = region_bar2 },
	{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = fill_config_region },
	{ .request = VFIO_DEVICE_GET_REGION_INFO, .fill = fill_config_region },
};

static void open_device(struct buffer *b, struct vfio_sys *sys)
{
	struct access_params access = { 0 };
	struct error err = { 0 };

	*b = (struct buffer){
		.spec = { .kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2 },
		.ops = &buffer_vfio_ops,
		.dmabuf_fd = -1,
	};
	if (buffer_vfio_open(b, &access, sys, &err))
		fail_msg("%s", err.what);
}

static int tree_with_function(void **state)
{
	tree_setup(state);
	tree_add_function();
	return 0;
}

/* As when the memory is disabled or revoked: an error that names the place, not a crash. */
static void test_sigbus(void **state)
{
	struct map_params map = { .repeat = 3, .via_device = true };
	uint64_t size = 0x8000;
	struct copy_params copy = {
		.sizes = &size, .nsizes = 1, .write = true, .repeat = 3, .routine = "plain"
	};
	struct vfio_sys sys = SCRIPT(open_steps);
	struct record_set set = { 0 };
	struct error err = { 0 };
	struct buffer b;

	open_device(&b, &sys);
	assert_int_equal(ftruncate(buffer_vfio_device(&b)->fd, BAR2_OFFSET + 0x3000), 0);
	assert_int_equal(measure_map(&b, &ns, &map, &set, &err), -EFAULT);
	assert_string_equal(err.what, "vfio:0000:01:00.0/2:64K: access at offset 0x3000 through "
				      "its device raised SIGBUS");
	assert_int_equal(err.status, EXIT_FAILED);
	error_clear(&err);
	assert_int_equal(measure_copy(&b, &ns, &copy, &set, &err), -EFAULT);
	assert_non_null(strstr(err.what, "offset 0x3000"));
	assert_int_equal(set.count, 0);
	b.ops->close(&b, NULL);
}

static void check_copies(enum buffer_kind kind)
{
	uint64_t sizes[] = { 1, 7, 64, 100, 4096, 8192 };
	struct copy_params p = { .sizes = sizes,
				 .nsizes = ARRAY_SIZE(sizes),
				 .write = true,
				 .read = true,
				 .repeat = 3,
				 .warmup = 1,
				 .routine = "all" };
	struct buffer *b = open_buffer(kind, 8192);
	struct record_set set = { 0 };
	struct error err = { 0 };
	size_t i, writes = 0, reads = 0;

	assert_int_equal(measure_copy(b, &ns, &p, &set, &err), 0);
	for (i = 0; i < set.count; i++) {
		const struct record *r = set.record[i];

		assert_non_null(record_get_param(r, "size"));
		if (r->skipped) {
			assert_non_null(strstr(r->skipped, "not on this CPU"));
			continue;
		}
		assert_int_equal(r->unit, UNIT_BYTES_PER_S);
		assert_int_equal(r->verification, VERIFY_OK);
		assert_int_equal(r->summary.count, 3);
		assert_int_equal(r->has_baseline, kind != BUFFER_HOST);
		if (r->has_baseline)
			assert_true(fabs(r->baseline_ratio -
					 r->summary.median / r->baseline_median) < 1e-9);
		writes += !strcmp(r->measurement, "copy.write");
		reads += !strcmp(r->measurement, "copy.read");
	}
	/* At least plain and libc are on every CPU. */
	assert_true(writes >= 2 * ARRAY_SIZE(sizes));
	assert_true(reads >= 2 * ARRAY_SIZE(sizes));
	record_set_free(&set);
	buffer_close(b, NULL);
}

static void test_copy(void **state)
{
	check_copies(BUFFER_HOST);
	check_copies(BUFFER_UDMABUF);
}

static void test_copy_best(void **state)
{
	uint64_t sizes[] = { 4096, 64 };
	struct copy_params p = {
		.sizes = sizes, .nsizes = 2, .read = true, .repeat = 3, .routine = "best"
	};
	struct buffer *b = open_buffer(BUFFER_HOST, 4096);
	struct record_set set = { 0 };
	struct error err = { 0 };

	assert_int_equal(measure_copy(b, &ns, &p, &set, &err), 0);
	assert_int_equal(set.count, 2);
	assert_string_equal(set.record[0]->measurement, "copy.read");
	assert_string_equal(record_get_param(set.record[0], "size"), "4K");
	assert_string_equal(record_get_param(set.record[0], "routine"),
			    record_get_param(set.record[1], "routine"));
	record_set_free(&set);
	buffer_close(b, NULL);
}

/*
 * Somebody else keeps writing to the same memory. On a busy machine that process
 * may sleep through a whole measurement, so try until both have met it.
 */
static void test_copy_wrong_data(void **state)
{
	uint64_t size = 0x1000;
	struct copy_params p = { .sizes = &size,
				 .nsizes = 1,
				 .write = true,
				 .read = true,
				 .repeat = 2000,
				 .routine = "plain" };
	struct vfio_sys sys = SCRIPT(open_steps);
	struct error err = { 0 };
	bool failed[2] = { false };
	volatile char *p100;
	struct buffer b;
	unsigned int tries;
	pid_t child;
	size_t i;
	void *m;

	open_device(&b, &sys);
	assert_int_equal(buffer_map(&b, VIA_DEVICE, 0, 0x1000, PROT_READ | PROT_WRITE, &m), 0);
	p100 = (volatile char *)m + 0x100;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			++*p100;
	}
	for (tries = 0; tries < 2000 && !(failed[0] && failed[1]); tries++) {
		struct record_set set = { 0 };

		assert_int_equal(measure_copy(&b, &ns, &p, &set, &err), 0);
		assert_int_equal(set.count, 2);
		for (i = 0; i < 2; i++) {
			assert_int_equal(set.record[i]->summary.count, 2000);
			if (set.record[i]->verification != VERIFY_FAILED)
				continue;
			failed[i] = true;
			assert_non_null(strstr(record_get_observed(set.record[i], "mismatch"),
					       "offset 0x100: expected 0x"));
		}
		record_set_free(&set);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	munmap(m, 0x1000);
	assert_true(failed[0] && failed[1]);
	b.ops->close(&b, NULL);
}

static void check_refused(struct copy_params *p, uint64_t size, int ret, const char *what)
{
	struct buffer *b = open_buffer(BUFFER_HOST, 4096);
	struct record_set set = { 0 };
	struct error err = { 0 };

	p->sizes = &size;
	p->nsizes = 1;
	p->repeat = 1;
	assert_int_equal(measure_copy(b, &ns, p, &set, &err), ret);
	assert_non_null(strstr(err.what, what));
	assert_int_equal(set.count, 0);
	buffer_close(b, NULL);
}

static void test_copy_refused(void **state)
{
	struct copy_params both = { .write = true, .read = true, .routine = "best" };
	struct copy_params unknown = { .write = true, .routine = "fast" };
	struct copy_params dmabuf = { .write = true, .routine = "plain", .via = VIA_DMABUF };

	check_refused(&both, 0, -EINVAL, "cannot copy 0");
	check_refused(&both, 4097, -EINVAL, "cannot copy 4097");
	check_refused(&both, UINT64_MAX, -EINVAL, "cannot copy");
	check_refused(&unknown, 64, -EINVAL, "routine fast");
	check_refused(&dmabuf, 64, -EOPNOTSUPP, "no DMABUF");
#ifdef __x86_64__
	struct copy_params nt = { .read = true, .routine = "nt" };

	check_refused(&nt, 64, -EINVAL, "only writes");
#endif
}

#define WITH_TREE(name) cmocka_unit_test_setup_teardown(name, tree_with_function, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_host),    cmocka_unit_test(test_map_aligned),
		cmocka_unit_test(test_cell_entry),  cmocka_unit_test(test_map_read_only),
		cmocka_unit_test(test_map_gated),   cmocka_unit_test(test_map_one_page),
		cmocka_unit_test(test_map_at_once), cmocka_unit_test(test_map_no_dmabuf),
		cmocka_unit_test(test_map_memattr), WITH_TREE(test_sigbus),
		cmocka_unit_test(test_copy),	    cmocka_unit_test(test_copy_best),
		WITH_TREE(test_copy_wrong_data),    cmocka_unit_test(test_copy_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
