// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "unit.h"

#define MAX_RUNS 12

/* A side under construction. */
struct maker {
	struct record_group group[MAX_RUNS];
	struct compare_run run[MAX_RUNS];
	size_t nruns;
};

static struct record_group *add_run(struct maker *m)
{
	m->run[m->nruns] = (struct compare_run){ "r.jsonl", &m->group[m->nruns] };
	return &m->group[m->nruns++];
}

static struct record *add_cell(struct record_group *g, const char *cell, enum unit unit,
			       double median)
{
	struct record *r = record_new("map.mmap", "host:4K", "cpu", unit, MEDIUM_EMULATED);

	assert_non_null(r);
	assert_int_equal(record_param(r, "cell", "%s", cell), 0);
	r->summary.count = 20;
	r->summary.median = median;
	assert_int_equal(record_set_add(&g->records, r), 0);
	return r;
}

static struct compare_side side_of(struct maker *m)
{
	return (struct compare_side){ m->run, m->nruns };
}

static void clear(struct maker *m)
{
	size_t i;

	for (i = 0; i < m->nruns; i++) {
		environment_free(&m->group[i].env);
		record_set_free(&m->group[i].records);
	}
	*m = (struct maker){ 0 };
}

/* n runs with one cell, base and up by step. */
static void add_runs(struct maker *m, size_t n, const char *cell, enum unit unit, double base,
		     double step)
{
	size_t i;

	for (i = 0; i < n; i++)
		add_cell(i < m->nruns ? &m->group[i] : add_run(m), cell, unit,
			 base + step * (double)i);
}

static void compare(struct maker *a, struct maker *b, struct comparison *c)
{
	const struct compare_params p = COMPARE_DEFAULTS;
	const struct compare_side side_a = side_of(a), side_b = side_of(b);

	assert_int_equal(compare_sides(&side_a, &side_b, &p, c), 0);
}

static void test_times(void **state)
{
	struct maker a = { 0 }, b = { 0 };
	struct comparison c;

	add_runs(&a, 10, "same", UNIT_NS, 1000, 2);
	add_runs(&b, 10, "same", UNIT_NS, 1001, 2);
	add_runs(&a, 10, "slower", UNIT_NS, 1000, 2);
	add_runs(&b, 10, "slower", UNIT_NS, 1100, 2);
	add_runs(&a, 10, "faster", UNIT_NS, 1000, 2);
	add_runs(&b, 10, "faster", UNIT_NS, 900, 2);
	/* A rate: more is better. */
	add_runs(&a, 10, "rate", UNIT_BYTES_PER_S, 1000, 2);
	add_runs(&b, 10, "rate", UNIT_BYTES_PER_S, 900, 2);
	/* Certain, and too small to matter. */
	add_runs(&a, 10, "tiny", UNIT_NS, 1000, 0.1);
	add_runs(&b, 10, "tiny", UNIT_NS, 1010, 0.1);
	compare(&a, &b, &c);
	assert_int_equal(c.ncells, 5);
	assert_int_equal(c.timed, 5);
	assert_int_equal(c.cell[0].verdict, VERDICT_NO_CHANGE);
	assert_true(c.cell[0].p > 0.05);
	assert_int_equal(c.cell[1].verdict, VERDICT_REGRESSION);
	assert_true(c.cell[1].p < 0.001);
	assert_true(fabs(c.cell[1].ratio - 1.1) < 0.005);
	assert_true(c.cell[1].bounded && c.cell[1].ratio_low > 1.08 && c.cell[1].ratio_high < 1.12);
	assert_true(c.cell[1].a.bounded && c.cell[1].a.low == 1002 && c.cell[1].a.high == 1016);
	assert_int_equal(c.cell[2].verdict, VERDICT_IMPROVEMENT);
	assert_int_equal(c.cell[3].verdict, VERDICT_REGRESSION);
	assert_int_equal(c.cell[4].verdict, VERDICT_NO_CHANGE);
	assert_true(c.cell[4].p < 0.001);
	assert_true(c.cell[0].detectable > 0.005 && c.cell[0].detectable < 0.05);
	assert_int_equal(c.verdicts[VERDICT_REGRESSION], 2);
	assert_true(c.failures > 0);
	/* The mean is over the cells of one unit: 1, 1.1, 0.9, 1.01. */
	assert_int_equal(c.nmeans, 2);
	assert_int_equal(c.mean[0].ncells, 4);
	assert_true(fabs(c.mean[0].ratio - pow(1.1 * 0.9 * 1.01, 0.25)) < 0.002);
	assert_int_equal(c.mean[1].unit, UNIT_BYTES_PER_S);
	comparison_free(&c);
	clear(&a);
	clear(&b);
}

static void test_few_runs(void **state)
{
	const struct compare_params p = COMPARE_DEFAULTS;
	struct maker a = { 0 }, b = { 0 };
	struct comparison c;

	add_runs(&a, 1, "x", UNIT_NS, 1000, 0);
	add_runs(&b, 1, "x", UNIT_NS, 5000, 0);
	add_runs(&a, 1, "zero", UNIT_NS, 0, 0);
	add_runs(&b, 1, "zero", UNIT_NS, 0, 0);
	compare(&a, &b, &c);
	assert_int_equal(c.cell[0].verdict, VERDICT_TOO_FEW);
	assert_false(c.cell[0].bounded);
	assert_false(c.cell[0].a.bounded);
	assert_true(c.cell[0].ratio == 5);
	assert_true(isinf(c.cell[0].detectable));
	assert_true(c.cell[1].ratio == 1);
	assert_int_equal(c.failures, 0);
	comparison_free(&c);
	clear(&a);
	clear(&b);
	/* 1 of 20 ways with 3 + 3 is 5 %; 1 of 70 with 4 + 4; 184756 with 10 + 10. */
	assert_int_equal(compare_runs_needed(&p, 1), 4);
	assert_int_equal(compare_runs_needed(&p, 200), 8);
}

static void test_counted(void **state)
{
	static const struct {
		double a, b;
		enum compare_verdict verdict;
	} cells[] = {
		{ 1000, 1000, VERDICT_EQUAL },	    { 1000, 1001, VERDICT_CHANGE },
		{ 1000, 999, VERDICT_CHANGE },	    { 1000, 1020, VERDICT_CHANGE },
		{ 1000, 1021, VERDICT_REGRESSION }, { 1000, 979, VERDICT_IMPROVEMENT },
		{ 100000, 101000, VERDICT_CHANGE }, { 100000, 101001, VERDICT_REGRESSION },
	};
	struct maker a = { 0 }, b = { 0 };
	struct comparison c;
	char name[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cells); i++) {
		snprintf(name, sizeof(name), "%zu", i);
		add_runs(&a, 1, name, UNIT_INSN, cells[i].a, 0);
		add_runs(&b, 1, name, UNIT_INSN, cells[i].b, 0);
	}
	compare(&a, &b, &c);
	assert_int_equal(c.timed, 0);
	for (i = 0; i < ARRAY_SIZE(cells); i++) {
		assert_int_equal(c.cell[i].verdict, cells[i].verdict);
		assert_true(c.cell[i].ratio == cells[i].b / cells[i].a);
	}
	comparison_free(&c);
	clear(&a);
	clear(&b);
}

static void mark_skipped(struct record *r)
{
	r->summary = (struct summary){ 0 };
	r->skipped = strdup("not here");
	assert_non_null(r->skipped);
}

static void test_missing(void **state)
{
	struct maker a = { 0 }, b = { 0 };
	struct record_group *run_a = add_run(&a), *run_b = add_run(&b);
	struct comparison c;

	add_cell(run_a, "lost", UNIT_INSN, 10);
	add_cell(run_a, "skipped", UNIT_INSN, 10);
	mark_skipped(add_cell(run_a, "never", UNIT_INSN, 10));
	mark_skipped(add_cell(run_b, "never", UNIT_INSN, 10));
	add_cell(run_b, "new", UNIT_INSN, 10);
	mark_skipped(add_cell(run_b, "skipped", UNIT_INSN, 10));
	add_cell(run_a, "wrong", UNIT_INSN, 10);
	add_cell(run_b, "wrong", UNIT_INSN, 10)->verification = VERIFY_FAILED;
	compare(&a, &b, &c);
	assert_int_equal(c.ncells, 4);
	assert_int_equal(c.cell[0].verdict, VERDICT_LOST);
	assert_null(c.cell[0].skipped);
	assert_int_equal(c.cell[1].verdict, VERDICT_LOST);
	assert_string_equal(c.cell[1].skipped, "not here");
	assert_int_equal(c.cell[2].verdict, VERDICT_WRONG);
	assert_int_equal(c.cell[3].verdict, VERDICT_NEW);
	assert_true(c.failures > 0);
	comparison_free(&c);
	clear(&a);
	clear(&b);
}

/* What the suite does not gate is shown, and does no harm. */
static void test_not_gated(void **state)
{
	struct maker a = { 0 }, b = { 0 };
	struct comparison c;

	add_runs(&a, 1, "gated", UNIT_INSN, 1000, 0);
	add_runs(&b, 1, "gated", UNIT_INSN, 1000, 0);
	add_runs(&a, 1, "not", UNIT_INSN, 1000, 0);
	add_runs(&b, 1, "not", UNIT_INSN, 2000, 0);
	record_observe(b.group[0].records.record[1], OBSERVED_GATED, "no");
	compare(&a, &b, &c);
	assert_int_equal(c.cell[1].verdict, VERDICT_REGRESSION);
	assert_false(c.cell[1].gated);
	assert_int_equal(c.failures, 0);
	comparison_free(&c);
	clear(&a);
	clear(&b);
}

static void set(struct maker *m, size_t run, const char *key, const char *value)
{
	assert_int_equal(environment_add(&m->group[run].env, key, "%s", value), 0);
}

static int check(struct maker *a, struct maker *b, enum compare_subject subject, struct error *err)
{
	const struct compare_side side_a = side_of(a), side_b = side_of(b);
	struct compare_differences d;
	int ret;

	assert_int_equal(compare_environments(&side_a, &side_b, subject, &d), 0);
	ret = compare_check(&d, subject, err);
	compare_differences_free(&d);
	return ret;
}

static void test_subject(void **state)
{
	static const struct {
		const char *key;
		bool allowed[4]; /* for none, kernel, tool, config */
	} fields[] = {
		{ "kernel_build_id", { false, true, false, false } },
		{ "kernel_version", { false, true, false, false } },
		{ "lab_kernel", { false, true, false, false } },
		{ "kernel_command_line", { false, false, false, true } },
		{ "tool_build_id", { false, false, true, false } },
		{ "initramfs_sha256", { false, true, true, false } },
		{ "cpus_online", { false, false, false, true } },
		{ "cpu_model", { false, false, false, false } },
		{ "qemu", { false, false, false, false } },
		{ "time", { true, true, true, true } },
		{ "records", { true, true, true, true } },
		{ "colour", { false, false, false, true } },
	};
	size_t i, s;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		for (s = 0; s < 4; s++) {
			struct maker a = { 0 }, b = { 0 };
			struct error err = { 0 };
			bool allowed = fields[i].allowed[s];

			add_run(&a);
			add_run(&b);
			set(&a, 0, "machine", "x86_64");
			set(&b, 0, "machine", "x86_64");
			set(&a, 0, fields[i].key, "one");
			set(&b, 0, fields[i].key, "two");
			assert_int_equal(check(&a, &b, (enum compare_subject)s, &err),
					 allowed ? 0 : -EINVAL);
			if (!allowed) {
				assert_int_equal(err.status, EXIT_INCOMPARABLE);
				assert_non_null(strstr(err.what, fields[i].key));
				assert_null(strstr(err.what, "machine"));
			}
			clear(&a);
			clear(&b);
		}
}

/* The subject may not differ within a side, and what is missing differs. */
static void test_within_a_side(void **state)
{
	struct maker a = { 0 }, b = { 0 };
	struct error err = { 0 };

	add_run(&a);
	add_run(&b);
	add_run(&b);
	set(&a, 0, "kernel_build_id", "1");
	set(&b, 0, "kernel_build_id", "2");
	set(&b, 1, "kernel_build_id", "3");
	assert_int_equal(check(&a, &b, SUBJECT_KERNEL, &err), -EINVAL);
	assert_non_null(strstr(err.what, "kernel_build_id"));
	clear(&b);
	error_clear(&err);
	add_run(&b);
	assert_int_equal(check(&a, &b, SUBJECT_KERNEL, &err), 0);
	assert_int_equal(check(&a, &b, SUBJECT_NONE, &err), -EINVAL);
	error_clear(&err);
	assert_int_equal(check(&b, &a, SUBJECT_TOOL, &err), -EINVAL);
	clear(&a);
	clear(&b);
}

static void test_interleaved(void **state)
{
	struct maker a = { 0 }, b = { 0 };
	struct compare_side side_a, side_b;

	add_run(&a);
	add_run(&b);
	side_a = side_of(&a);
	side_b = side_of(&b);
	set(&a, 0, "time", "2026-01-01T00:00:00Z");
	set(&b, 0, "time", "2026-01-01T00:01:00Z");
	assert_true(compare_interleaved(&side_a, &side_b));
	add_run(&a);
	side_a = side_of(&a);
	assert_true(compare_interleaved(&side_a, &side_b)); /* not known */
	set(&a, 1, "time", "2026-01-01T00:02:00Z");
	assert_true(compare_interleaved(&side_a, &side_b));
	clear(&a);
	add_run(&a);
	add_run(&a);
	side_a = side_of(&a);
	set(&a, 0, "time", "2026-01-01T00:00:00Z");
	set(&a, 1, "time", "2026-01-01T00:00:30Z");
	assert_false(compare_interleaved(&side_a, &side_b));
	assert_false(compare_interleaved(&side_b, &side_a));
	clear(&a);
	clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),	      cmocka_unit_test(test_few_runs),
		cmocka_unit_test(test_counted),	      cmocka_unit_test(test_missing),
		cmocka_unit_test(test_not_gated),     cmocka_unit_test(test_subject),
		cmocka_unit_test(test_within_a_side), cmocka_unit_test(test_interleaved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
