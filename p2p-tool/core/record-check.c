// SPDX-License-Identifier: GPL-2.0-only
/* The figures of a record must agree with each other: those of an edited one do not. */
#include <errno.h>
#include <math.h>

#include "record-read-private.h"

#ifdef HAVE_JSON

/* Sums of doubles differ in their last digits. */
#define TOLERANCE 1e-9

static bool at_most(double a, double b)
{
	return a <= b + TOLERANCE * fabs(b);
}

/* The bucket of the sample of this rank, from 1. */
static unsigned int bucket_of_rank(const struct hist *h, uint64_t rank)
{
	uint64_t seen = 0;
	unsigned int i;

	for (i = 0; i < HIST_BUCKETS - 1; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			break;
	}
	return i;
}

/* The largest value of a bucket. */
static double bucket_last(unsigned int i)
{
	uint64_t upper = hist_upper(i);

	return (double)(upper == UINT64_MAX ? upper : upper - 1);
}

/* Can the figure be the mean of the samples of these two ranks? */
static bool between_ranks(const struct hist *h, uint64_t low, uint64_t high, double value)
{
	unsigned int a = bucket_of_rank(h, low), b = bucket_of_rank(h, high);

	return value >= ((double)hist_lower(a) + (double)hist_lower(b)) / 2 &&
	       value <= (bucket_last(a) + bucket_last(b)) / 2;
}

/* By nearest rank, as samples.c does it. */
static uint64_t rank_of(uint64_t count, unsigned int thousandths)
{
	return count / 1000 * thousandths + (count % 1000 * thousandths + 999) / 1000;
}

static int check_histogram(const struct record *r, const struct record_place *at)
{
	const struct summary *s = &r->summary;
	const struct {
		const char *name;
		double value;
		uint64_t low, high;
	} figures[] = {
		{ "min", s->min, 1, 1 },
		{ "median", s->median, (s->count + 1) / 2, s->count / 2 + 1 },
		{ "p99", s->p99, rank_of(s->count, 990), rank_of(s->count, 990) },
		{ "p99.9", s->p999, rank_of(s->count, 999), rank_of(s->count, 999) },
		{ "max", s->max, s->count, s->count },
	};
	size_t i;

	if (r->hist->total != s->count)
		return record_refuse(at, "'count' and 'histogram' do not agree");
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (!between_ranks(r->hist, figures[i].low, figures[i].high, figures[i].value))
			return record_refuse(at, "'%s' and 'histogram' do not agree",
					     figures[i].name);
	return 0;
}

static int check_summary(const struct summary *s, const struct record_place *at)
{
	double n = (double)s->count;
	/* Half of the samples at either end spread the most. */
	double spread = n > 1 ? (s->max - s->min) / 2 * sqrt(n / (n - 1)) : 0;

	if (!(s->min <= s->median && s->median <= s->p99 && s->p99 <= s->p999 && s->p999 <= s->max))
		return record_refuse(at,
				     "'min', 'median', 'p99', 'p99.9' and 'max' are not in order");
	if (!at_most(s->min, s->mean) || !at_most(s->mean, s->max))
		return record_refuse(at, "'mean' is not between 'min' and 'max'");
	if (!at_most(s->stdev, spread))
		return record_refuse(at, "'stdev' is larger than 'min' and 'max' allow");
	return 0;
}

static int check_baseline(const struct record *r, const struct record_place *at)
{
	double ratio;

	if (!r->has_baseline)
		return 0;
	if (!r->summary.count || r->baseline_median <= 0)
		return record_refuse(at, "'baseline' has nothing to stand beside");
	ratio = r->summary.median / r->baseline_median;
	if (fabs(ratio - r->baseline_ratio) > TOLERANCE * ratio)
		return record_refuse(at, "'baseline' and 'median' do not agree");
	return 0;
}

int record_check(const struct record *r, const struct record_place *at)
{
	int ret = 0;

	if (!r->summary.count != (r->skipped != NULL))
		return record_refuse(at, r->skipped ? "a skipped cell has samples"
						    : "neither samples nor a reason in 'skipped'");
	if (r->summary.count) {
		ret = check_summary(&r->summary, at);
		if (!ret)
			ret = check_histogram(r, at);
	} else if (r->hist->total) {
		ret = record_refuse(at, "'count' and 'histogram' do not agree");
	}
	return ret ? ret : check_baseline(r, at);
}

#endif
