// SPDX-License-Identifier: GPL-2.0-only
/* Axes: where values are, and where the ticks. */
#include <math.h>

#include "size.h"
#include "svg.h"

#define MANY_TIMES 20 /* from here on small values cannot be read off a linear axis */

enum quantity quantity_of_unit(enum unit unit)
{
	static const enum quantity quantities[] = {
		[UNIT_NS] = QUANTITY_TIME,
		[UNIT_INSN] = QUANTITY_COUNT,
		[UNIT_BYTES_PER_S] = QUANTITY_RATE,
	};

	return quantities[unit];
}

static const char *scaled(double value, const char *const *units, int digits, char *buf)
{
	double rounded = pow(10, digits);

	/* What would be rounded to 1000 is 1 of the next unit. */
	while (units[1] && fabs(value) * (1 + 0.5 / rounded) >= 1000) {
		value /= 1000;
		units++;
	}
	if (digits < 3 && fabs(value) >= 100)
		digits = 3; /* no exponents */
	snprintf(buf, QUANTITY_STRLEN, "%.*g%s%s", digits, value, **units ? " " : "", *units);
	return buf;
}

const char *quantity_text(double value, enum quantity q, int digits, char buf[QUANTITY_STRLEN])
{
	static const char *const times[] = { "ns", "us", "ms", "s", NULL };
	static const char *const rates[] = { "B/s", "kB/s", "MB/s", "GB/s", "TB/s", NULL };
	static const char *const counts[] = { "", "k", "M", "G", NULL };

	switch (q) {
	case QUANTITY_TIME:
		return scaled(value, times, digits, buf);
	case QUANTITY_RATE:
		return scaled(value, rates, digits, buf);
	case QUANTITY_COUNT:
		return scaled(value, counts, digits, buf);
	case QUANTITY_BYTES:
		size_format((uint64_t)value, buf, QUANTITY_STRLEN);
		return buf;
	case QUANTITY_PERCENT:
		break;
	}
	snprintf(buf, QUANTITY_STRLEN, "%s%.*g %%", value > 0 ? "+" : "", digits, value);
	return buf;
}

/* The smallest of 1, 2, 5, 10, 20, ... that is not below value. */
static double round_up(double value)
{
	double power = pow(10, floor(log10(value)));
	double part = value / power;

	return power * (part <= 1.0000001 ? 1 : part <= 2.0000001 ? 2 : part <= 5.0000001 ? 5 : 10);
}

void axis_fit(struct axis *a, double min, double max, bool zero)
{
	double room;

	if (min > 0 && max > MANY_TIMES * min) {
		room = pow(max / min, 0.04);
		*a = (struct axis){ SCALE_LOG10, min / room, max * room, 0, 1 };
		return;
	}
	room = max > min ? (max - min) * 0.08 : max != 0 ? fabs(max) * 0.05 : 1;
	*a = (struct axis){ SCALE_LINEAR, min - room, max + room, 0, 1 };
	if (min >= 0 && (zero || a->low < 0))
		a->low = 0;
}

void axis_fit_doubling(struct axis *a, double min, double max)
{
	double room;

	if (min <= 0 || max < 4 * min) {
		axis_fit(a, min, max, false);
		return;
	}
	room = pow(max / min, 0.03);
	*a = (struct axis){ SCALE_LOG2, min / room, max * room, 0, 1 };
}

double axis_at(const struct axis *a, double value)
{
	double part;

	if (a->scale == SCALE_LINEAR)
		part = (value - a->low) / (a->high - a->low);
	else
		part = log(value / a->low) / log(a->high / a->low);
	return a->from + part * (a->to - a->from);
}

static size_t linear_ticks(const struct axis *a, size_t want, double *tick)
{
	double step = round_up((a->high - a->low) / (double)want), first, last;
	size_t count = 0;

	for (;; step = round_up(step * 1.5)) {
		first = ceil(a->low / step - 1e-9);
		last = floor(a->high / step + 1e-9);
		if (last - first < (double)want)
			break;
	}
	for (; first <= last; first++)
		tick[count++] = first * step + 0.0; /* never -0 */
	return count;
}

static size_t power_ticks(const struct axis *a, double base, size_t want, double *tick)
{
	double first = ceil(log(a->low) / log(base) - 1e-9);
	double last = floor(log(a->high) / log(base) + 1e-9), every, n;
	size_t count = 0;

	every = fmax(1, ceil((last - first + 1) / (double)want));
	for (n = first; n <= last && count < want; n += every)
		tick[count++] = pow(base, n);
	return count;
}

/* 1, 2, 5 of each power of ten. */
static size_t finer_ticks(const struct axis *a, size_t want, double *tick)
{
	static const double parts[] = { 1, 2, 5 };
	double power = pow(10, floor(log10(a->low)));
	size_t count = 0, i;

	for (; power <= a->high; power *= 10)
		for (i = 0; i < 3; i++) {
			double value = power * parts[i];

			if (value < a->low || value > a->high)
				continue;
			if (count == want)
				return 0; /* too many */
			tick[count++] = value;
		}
	return count;
}

size_t axis_ticks(const struct axis *a, size_t want, double tick[AXIS_TICKS])
{
	size_t n = 0;

	if (want > AXIS_TICKS)
		want = AXIS_TICKS;
	switch (a->scale) {
	case SCALE_LINEAR:
		return linear_ticks(a, want, tick);
	case SCALE_LOG2:
		return power_ticks(a, 2, want, tick);
	case SCALE_LOG10:
		n = finer_ticks(a, want, tick);
		break;
	}
	return n ? n : power_ticks(a, 10, want, tick);
}

int axis_digits(const struct axis *a, const double *tick, size_t n)
{
	double largest;

	if (a->scale != SCALE_LINEAR || n < 2)
		return 3;
	largest = fmax(fabs(tick[0]), fabs(tick[n - 1]));
	return 1 + (int)fmax(0, ceil(log10(largest / (tick[1] - tick[0])) - 1e-9));
}
