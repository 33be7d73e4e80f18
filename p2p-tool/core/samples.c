// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

int samples_init(struct samples *s, size_t capacity)
{
	*s = (struct samples){ 0 };
	s->value = reallocarray(NULL, capacity ? capacity : 1, sizeof(*s->value));
	if (!s->value)
		return -ENOMEM;
	/* Not zeroes: the compiler may turn malloc() and memset(0) into calloc(), which touches nothing. */
	memset(s->value, 0xff, capacity * sizeof(*s->value));
	s->capacity = capacity;
	return 0;
}

void samples_free(struct samples *s)
{
	free(s->value);
	*s = (struct samples){ 0 };
}

int samples_add(struct samples *s, uint64_t value)
{
	if (s->count == s->capacity)
		return -ENOSPC;
	s->value[s->count++] = value;
	return 0;
}

static int compare_values(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The smallest value that at least thousandths/1000 of the sorted samples do not exceed. */
static double percentile(const struct samples *s, unsigned int thousandths)
{
	uint64_t whole = s->count / 1000 * thousandths;
	uint64_t rest = s->count % 1000 * thousandths;
	uint64_t rank = whole + (rest + 999) / 1000;

	return (double)s->value[rank - 1];
}

static double median(const struct samples *s)
{
	uint64_t low = s->value[(s->count - 1) / 2];
	uint64_t high = s->value[s->count / 2];

	return (double)low + (double)(high - low) / 2;
}

int samples_summarise(struct samples *s, struct summary *out)
{
	long double sum = 0, squares = 0, mean;
	size_t i;

	if (!s->count)
		return -EINVAL;
	qsort(s->value, s->count, sizeof(*s->value), compare_values);
	for (i = 0; i < s->count; i++)
		sum += s->value[i];
	mean = sum / s->count;
	/* A second pass: the difference of large sums would lose a small spread. */
	for (i = 0; i < s->count; i++)
		squares += (s->value[i] - mean) * (s->value[i] - mean);

	*out = (struct summary){
		.count = s->count,
		.min = (double)s->value[0],
		.median = median(s),
		.p99 = percentile(s, 990),
		.p999 = percentile(s, 999),
		.max = (double)s->value[s->count - 1],
		.mean = (double)mean,
		.stdev = s->count > 1 ? (double)sqrtl(squares / (s->count - 1)) : 0,
	};
	return 0;
}
