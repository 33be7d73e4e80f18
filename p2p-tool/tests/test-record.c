// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "core/record.h"
#include "unit.h"

static void test_new(void **state)
{
	char name[] = "map.mmap";
	struct record *r = record_new(name, "host:4K", "cpu", UNIT_INSN, MEDIUM_EMULATED);

	assert_non_null(r);
	name[0] = 'X'; /* the record has its own copy */
	assert_string_equal(r->measurement, "map.mmap");
	assert_string_equal(r->buffer, "host:4K");
	assert_string_equal(r->initiator, "cpu");
	assert_int_equal(r->unit, UNIT_INSN);
	assert_int_equal(r->medium, MEDIUM_EMULATED);
	/* Nothing is claimed that was not measured. */
	assert_int_equal(r->page_order, -1);
	assert_string_equal(r->memattr, "");
	assert_int_equal(r->verification, VERIFY_NONE);
	assert_false(r->has_baseline);
	assert_null(r->hist);
	assert_null(r->skipped);
	assert_int_equal(r->summary.count, 0);
	record_free(r);
	record_free(NULL);
}

static void test_params(void **state)
{
	struct record *r = record_new("m", "b", "i", UNIT_NS, MEDIUM_HARDWARE);

	assert_non_null(r);
	assert_null(record_get_param(r, "size"));
	assert_int_equal(record_param(r, "size", "%d%c", 4, 'K'), 0);
	assert_int_equal(record_param(r, "via", "dmabuf"), 0);
	assert_int_equal(r->nparams, 2);
	assert_string_equal(r->params[0].key, "size");
	assert_string_equal(r->params[1].key, "via");
	assert_string_equal(record_get_param(r, "size"), "4K");
	assert_string_equal(record_get_param(r, "via"), "dmabuf");
	assert_null(record_get_param(r, "vi"));
	/* Observations are apart: they do not tell cells from each other. */
	assert_null(record_get_observed(r, "via"));
	assert_int_equal(record_observe(r, "faults", "%d", 512), 0);
	assert_int_equal(r->nobserved, 1);
	assert_int_equal(r->nparams, 2);
	assert_string_equal(record_get_observed(r, "faults"), "512");
	assert_null(record_get_param(r, "faults"));
	record_free(r);
}

static void test_samples(void **state)
{
	struct record *r = record_new("m", "b", "i", UNIT_NS, MEDIUM_HARDWARE);
	struct samples s;
	int round;

	assert_non_null(r);
	assert_int_equal(samples_init(&s, 3), 0);
	assert_int_equal(record_set_samples(r, &s), -EINVAL);
	assert_null(r->hist);
	samples_add(&s, 300);
	samples_add(&s, 100);
	samples_add(&s, 100);
	/* Setting them again replaces the first result. */
	for (round = 0; round < 2; round++) {
		assert_int_equal(record_set_samples(r, &s), 0);
		assert_int_equal(r->summary.count, 3);
		assert_true(r->summary.median == 100);
		assert_int_equal(r->hist->total, 3);
		assert_int_equal(r->hist->bucket[hist_index(100)], 2);
		assert_int_equal(r->hist->bucket[hist_index(300)], 1);
	}
	samples_free(&s);
	record_free(r);
}

static void test_set(void **state)
{
	struct record_set set = { 0 };
	struct record *r;
	int i;

	for (i = 0; i < 100; i++) {
		r = record_new("m", "b", "i", UNIT_NS, MEDIUM_HARDWARE);
		assert_non_null(r);
		assert_int_equal(record_param(r, "i", "%d", i), 0);
		assert_int_equal(record_set_add(&set, r), 0);
	}
	assert_int_equal(set.count, 100);
	assert_string_equal(record_get_param(set.record[0], "i"), "0");
	assert_string_equal(record_get_param(set.record[99], "i"), "99");
	record_set_free(&set);
	assert_int_equal(set.count, 0);
	assert_null(set.record);
	record_set_free(&set);
}

static void test_names(void **state)
{
	assert_string_equal(unit_name(UNIT_NS), "ns");
	assert_string_equal(unit_name(UNIT_INSN), "insn");
	assert_string_equal(unit_name(UNIT_BYTES_PER_S), "B/s");
	assert_string_equal(verification_name(VERIFY_NONE), "none");
	assert_string_equal(verification_name(VERIFY_OK), "ok");
	assert_string_equal(verification_name(VERIFY_FAILED), "failed");
	assert_string_equal(medium_name(MEDIUM_HARDWARE), "hardware");
	assert_string_equal(medium_name(MEDIUM_EMULATED), "emulated");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),	cmocka_unit_test(test_params),
		cmocka_unit_test(test_samples), cmocka_unit_test(test_set),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
