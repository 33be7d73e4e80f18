// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does "bench compare" cry wolf, and does it see what it should? Many made-up
 * comparisons of 200 cells whose runs vary by 3 %. The random numbers are
 * always the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/compare.h"
#include "unit.h"

#define CELLS	 200
#define MAX_RUNS 25
#define NOISE	 0.03

struct lab {
	struct record_group group[2][MAX_RUNS];
	struct compare_run run[2][MAX_RUNS];
	struct stats_random random;
};

static void build(struct lab *l)
{
	size_t side, run, cell;

	for (side = 0; side < 2; side++)
		for (run = 0; run < MAX_RUNS; run++) {
			struct record_group *g = &l->group[side][run];

			l->run[side][run] = (struct compare_run){ "r.jsonl", g };
			for (cell = 0; cell < CELLS; cell++) {
				struct record *r = record_new("map.mmap", "host:4K", "cpu", UNIT_NS,
							      MEDIUM_EMULATED);

				assert_non_null(r);
				assert_int_equal(record_param(r, "cell", "%zu", cell), 0);
				assert_int_equal(record_set_add(&g->records, r), 0);
			}
		}
}

static void tear_down(struct lab *l)
{
	size_t side, run;

	for (side = 0; side < 2; side++)
		for (run = 0; run < MAX_RUNS; run++)
			record_set_free(&l->group[side][run].records);
	free(l);
}

/* Fast cells, slow ones, and B slower in one. */
static void draw(struct lab *l, size_t nruns, size_t slow_cell, double slowdown)
{
	size_t side, run, cell;

	for (side = 0; side < 2; side++)
		for (run = 0; run < nruns; run++)
			for (cell = 0; cell < CELLS; cell++) {
				double base = 500. * (double)(cell + 1);

				if (side && cell == slow_cell)
					base *= 1 + slowdown;
				l->group[side][run].records.record[cell]->summary.median =
					base * (1 + NOISE * stats_normal(&l->random));
			}
}

struct outcome {
	double alarms; /* part of the comparisons that call another cell slower */
	double errors; /* or faster */
	double found;  /* part with the regression in the slow cell found */
};

static struct outcome simulate(size_t comparisons, size_t nruns, double slowdown)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct compare_params params = COMPARE_DEFAULTS;
	size_t i, cell, alarms = 0, errors = 0, found = 0;

	assert_non_null(l);
	l->random.state = 20260101;
	params.power = 0;
	build(l);
	for (i = 0; i < comparisons; i++) {
		const struct compare_side a = { l->run[0], nruns }, b = { l->run[1], nruns };
		size_t slow_cell = slowdown > 0 ? i % CELLS : CELLS;
		struct comparison c;
		bool alarm = false, error = false;

		draw(l, nruns, slow_cell, slowdown);
		assert_int_equal(compare_sides(&a, &b, &params, &c), 0);
		assert_int_equal(c.timed, CELLS);
		for (cell = 0; cell < CELLS; cell++) {
			enum compare_verdict v = c.cell[cell].verdict;

			if (cell == slow_cell)
				found += v == VERDICT_REGRESSION;
			else
				alarm = alarm || v == VERDICT_REGRESSION;
			error = error || (cell != slow_cell && v != VERDICT_NO_CHANGE);
		}
		alarms += alarm;
		errors += error || alarm;
		comparison_free(&c);
	}
	tear_down(l);
	printf("%zu comparisons of %zu + %zu runs, %g %% slower: found in %.1f %%; another slower "
	       "in "
	       "%.1f %%, slower or faster in %.1f %%\n",
	       comparisons, nruns, nruns, 100 * slowdown,
	       100. * (double)found / (double)comparisons,
	       100. * (double)alarms / (double)comparisons,
	       100. * (double)errors / (double)comparisons);
	return (struct outcome){ (double)alarms / (double)comparisons,
				 (double)errors / (double)comparisons,
				 (double)found / (double)comparisons };
}

static void test_false_alarms(void **state)
{
	struct outcome o = simulate(500, 10, 0);

	assert_true(o.alarms <= 0.05);
	assert_true(o.errors <= 0.05);
}

static void test_ten_percent_by_ten_runs(void **state)
{
	struct outcome o = simulate(400, 10, 0.10);

	assert_true(o.found >= 0.95);
	assert_true(o.alarms <= 0.05);
}

static void test_five_percent_by_25_runs(void **state)
{
	struct outcome o = simulate(400, 25, 0.05);

	assert_true(o.found >= 0.95);
	assert_true(o.alarms <= 0.05);
}

/* The tests above can fail: what is too small to be seen is not found. */
static void test_three_runs_see_nothing(void **state)
{
	assert_true(simulate(10, 3, 0.10).found == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_ten_percent_by_ten_runs),
		cmocka_unit_test(test_five_percent_by_25_runs),
		cmocka_unit_test(test_three_runs_see_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
