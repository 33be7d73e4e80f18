// SPDX-License-Identifier: GPL-2.0-only
/*
 * Circular binary segmentation (Olshen and others 2004) on ranks. Of all stretches of a
 * series, the one whose values differ most from the rest of it, by the Mann-Whitney statistic,
 * is looked at: both a step (the stretch is at an end) and something that came and
 * went again stand out. Its p-value is corrected for all stretches that were tried (Bonferroni).
 * When it is significant the series is cut at the ends of the stretch, and the parts are looked
 * at in the same way. Ranks tell little of where exactly a level ends, so each cut is then moved
 * to where values lie closest to the medians on both sides. In the end cuts between neighbours
 * that do not differ are taken back.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "stats.h"

struct search {
	const double *value;
	const struct changes_params *p;
	struct stats_null null;
	bool *cut; /* a new level begins at this run */
	/* Room for as many values as there are. */
	double *a, *b;
	double *sum; /* of the ranks of the values before one; one more */
};

/* A stretch, from and to (not included), of a part of the series. */
struct stretch {
	size_t from, to;
};

static double *sorted_copy(double *out, const double *value, size_t n)
{
	memcpy(out, value, n * sizeof(*out));
	stats_sort(out, n);
	return out;
}

/* Ranks of values of one part, added up; equal values share their ranks. */
static void add_ranks(struct search *s, size_t from, size_t n)
{
	const double *sorted = sorted_copy(s->a, s->value + from, n);
	size_t i;

	s->sum[0] = 0;
	for (i = 0; i < n; i++) {
		double value = s->value[from + i];
		size_t low = 0, high = n, first;

		while (low < high) {
			size_t middle = (low + high) / 2;

			if (sorted[middle] < value)
				low = middle + 1;
			else
				high = middle;
		}
		for (first = low; low < n && sorted[low] == value; low++)
			;
		s->sum[i + 1] = s->sum[i] + (double)(first + 1 + low) / 2;
	}
}

/* A stretch, and what it leaves at either end, is nothing or long enough. */
static bool may_stand(size_t length)
{
	return !length || length >= CHANGES_MIN_RUNS;
}

/* A stretch at the end is the rest of the one at the beginning: once is enough. */
static bool is_candidate(size_t from, size_t to, size_t n)
{
	return may_stand(from) && may_stand(n - to) && to - from >= CHANGES_MIN_RUNS &&
	       n - (to - from) >= CHANGES_MIN_RUNS && !(from && to == n);
}

/* The stretch of n values that differs most; returns how many were tried. */
static size_t find_stretch(const struct search *s, size_t n, struct stretch *best)
{
	double most = -1;
	size_t tried = 0, from, to;

	for (from = 0; from < n; from++)
		for (to = from + CHANGES_MIN_RUNS; to <= n; to++) {
			double m = (double)(to - from), rest = (double)n - m, z;

			if (!is_candidate(from, to, n))
				continue;
			tried++;
			/* Deviation of the sum of ranks from what is expected, in its own measure. */
			z = fabs(s->sum[to] - s->sum[from] - m * (double)(n + 1) / 2) /
			    sqrt(m * rest);
			if (z > most + 1e-9) {
				most = z;
				*best = (struct stretch){ from, to };
			}
		}
	return tried;
}

static bool large_enough(const struct changes_params *p, double before, double after)
{
	double change = fabs(after - before);

	return change > p->least && change >= p->floor * before;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Up to most values of a part that are next to its beginning, its end, or both. Returns how many. */
static size_t take_next_to(double *out, const double *value, size_t n, bool first, bool last,
			   size_t most)
{
	size_t front = !first ? 0 : last ? (most + 1) / 2 : most;

	if (n <= most) {
		memcpy(out, value, n * sizeof(*out));
		return n;
	}
	memcpy(out, value, front * sizeof(*out));
	memcpy(out + front, value + n - (most - front), (most - front) * sizeof(*out));
	return most;
}

/*
 * Numbers in the place of the m sorted values a and the n of b, in the same order but no two the
 * same: equal values of both are taken to speak against a difference. False when nothing is
 * left of it then.
 */
static bool break_ties(double *a, size_t m, double *b, size_t n)
{
	size_t less = 0, equal = 0, i, j;
	double rank = 0;
	bool a_first;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++) {
			less += b[j] < a[i];
			equal += b[j] == a[i];
		}
	if (2 * less <= m * n && 2 * (less + equal) >= m * n)
		return false;
	a_first = 2 * less > m * n;
	for (i = j = 0; i < m || j < n;) {
		bool next_a = j == n || (i < m && (a_first ? a[i] <= b[j] : a[i] < b[j]));

		*(next_a ? &a[i++] : &b[j++]) = rank++;
	}
	return true;
}

/*
 * p-value of the values in a stretch against those around it, in [start, end). Exact: of
 * long parts only the STATS_EXACT_MAX values next to the edges of the stretch are used. 0 or
 * -ENOMEM.
 */
static int compare(struct search *s, size_t start, struct stretch in, size_t end, double *p)
{
	const size_t most = STATS_EXACT_MAX;
	size_t before = in.from - start, after = end - in.to, m, n, few;

	m = take_next_to(s->a, s->value + in.from, in.to - in.from, before > 0, after > 0, most);
	few = smaller(before, most - smaller(after, most / 2));
	n = take_next_to(s->b, s->value + start, before, false, true, few);
	n += take_next_to(s->b + n, s->value + in.to, after, true, false, most - n);
	stats_sort(s->a, m);
	stats_sort(s->b, n);
	*p = 1;
	if (!break_ties(s->a, m, s->b, n))
		return 0;
	return stats_mann_whitney(s->a, m, s->b, n, &s->null, p);
}

/* Cut [start, end) as long as there is something to cut. */
static int segment(struct search *s, size_t start, size_t end)
{
	struct stretch best = { 0 };
	size_t n = end - start, tried;
	double p;
	int ret;

	if (n < 2 * CHANGES_MIN_RUNS)
		return 0;
	add_ranks(s, start, n);
	tried = find_stretch(s, n, &best);
	best.from += start;
	best.to += start;
	ret = compare(s, start, best, end, &p);
	if (ret || p * (double)tried > s->p->alpha)
		return ret;
	if (best.from > start)
		s->cut[best.from] = true;
	if (best.to < end)
		s->cut[best.to] = true;
	if (best.from > start)
		ret = segment(s, start, best.from);
	if (!ret)
		ret = segment(s, best.from, best.to);
	if (!ret && best.to < end)
		ret = segment(s, best.to, end);
	return ret;
}

static size_t next_cut(const struct search *s, size_t from, size_t n)
{
	while (from < n && !s->cut[from])
		from++;
	return from;
}

/* How far values of [from, to) are from their median, added up. */
static double distance(struct search *s, size_t from, size_t to)
{
	const double *sorted = sorted_copy(s->a, s->value + from, to - from);
	double median = stats_median(sorted, to - from), sum = 0;
	size_t i;

	for (i = from; i < to; i++)
		sum += fabs(s->value[i] - median);
	return sum;
}

/* The best place for a cut between its neighbours: the first one of equals. */
static size_t best_place(struct search *s, size_t from, size_t at, size_t to)
{
	double least = INFINITY;
	size_t i, best = at;

	for (i = from + CHANGES_MIN_RUNS; i + CHANGES_MIN_RUNS <= to; i++) {
		double sum = distance(s, from, i) + distance(s, i, to);

		if (sum < least) {
			least = sum;
			best = i;
		}
	}
	return best;
}

static void move_cuts(struct search *s, size_t n)
{
	size_t from = 0, at = next_cut(s, 1, n);

	while (at < n) {
		size_t to = next_cut(s, at + 1, n), best = best_place(s, from, at, to);

		s->cut[at] = false;
		s->cut[best] = true;
		from = best;
		at = to;
	}
}

/* Is the cut at `at`, between its neighbours, one? */
static int check_cut(struct search *s, size_t from, size_t at, size_t to, bool *good)
{
	double before = 0, after = 0, p;
	int ret = compare(s, from, (struct stretch){ from, at }, to, &p);

	if (ret)
		return ret;
	before = stats_median(sorted_copy(s->a, s->value + from, at - from), at - from);
	after = stats_median(sorted_copy(s->b, s->value + at, to - at), to - at);
	*good = p <= s->p->alpha && large_enough(s->p, before, after);
	return 0;
}

/* Take back, from left to right, what does not hold; as long as there is any. */
static int check_cuts(struct search *s, size_t n)
{
	size_t from = 0, at = next_cut(s, 1, n);
	bool good;
	int ret = 0;

	while (at < n && !ret) {
		size_t to = next_cut(s, at + 1, n);

		ret = check_cut(s, from, at, to, &good);
		if (ret)
			break;
		if (good) {
			from = at;
			at = to;
		} else {
			/* The part before it has grown: look at that again. */
			s->cut[at] = false;
			from = 0;
			at = next_cut(s, 1, n);
		}
	}
	return ret;
}

static void cut_exact(struct search *s, size_t n)
{
	size_t i, level = 0;

	for (i = 1; i < n; i++)
		if (large_enough(s->p, s->value[level], s->value[i])) {
			s->cut[i] = true;
			level = i;
		}
}

static int collect(const struct search *s, size_t n, struct changes *out)
{
	size_t i;

	out->at = calloc(n ? n : 1, sizeof(*out->at));
	if (!out->at)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		if (s->cut[i])
			out->at[out->count++] = i;
	return 0;
}

int changes_find(const double *value, size_t n, const struct changes_params *p, struct changes *out)
{
	struct search s = { .value = value, .p = p };
	int ret = -ENOMEM;

	*out = (struct changes){ 0 };
	if (n > CHANGES_MAX_RUNS)
		return -E2BIG;
	s.cut = calloc(n + 1, sizeof(*s.cut));
	s.a = calloc(n + 1, sizeof(*s.a));
	s.b = calloc(n + 1, sizeof(*s.b));
	s.sum = calloc(n + 1, sizeof(*s.sum));
	if (s.cut && s.a && s.b && s.sum) {
		ret = 0;
		if (p->exact)
			cut_exact(&s, n);
		else
			ret = segment(&s, 0, n);
		if (!ret && !p->exact) {
			move_cuts(&s, n);
			ret = check_cuts(&s, n);
		}
		if (!ret)
			ret = collect(&s, n, out);
	}
	stats_null_free(&s.null);
	free(s.cut);
	free(s.a);
	free(s.b);
	free(s.sum);
	return ret;
}

void changes_free(struct changes *c)
{
	free(c->at);
	*c = (struct changes){ 0 };
}

int changes_level(const double *value, size_t from, size_t to, double *level)
{
	double *sorted = calloc(to - from, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	*level = stats_median(sorted_copy(sorted, value + from, to - from), to - from);
	free(sorted);
	return 0;
}

size_t changes_runs_needed(const struct changes_params *p)
{
	size_t n;

	if (p->exact)
		return 2;
	for (n = 2 * CHANGES_MIN_RUNS; n < CHANGES_MAX_RUNS; n++) {
		/* Two halves without overlap: 2 of the ways to choose one. */
		double logs = log(2) - lgamma((double)n + 1) + lgamma((double)(n / 2) + 1) +
			      lgamma((double)(n - n / 2) + 1);
		size_t tried = 0, from, to;

		for (from = 0; from < n; from++)
			for (to = from + CHANGES_MIN_RUNS; to <= n; to++)
				tried += is_candidate(from, to, n);
		if (exp(logs) * (double)tried <= p->alpha)
			break;
	}
	return n;
}
