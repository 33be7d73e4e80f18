/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock of a measurement: nanoseconds of CLOCK_MONOTONIC_RAW, or, in the
 * lab's counted mode, the TSC, which QEMU's -icount makes the number of
 * instructions executed.
 */
#ifndef P2P_CLOCK_H
#define P2P_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "record.h"

struct clock {
	enum unit unit;	   /* UNIT_NS or UNIT_INSN */
	uint64_t overhead; /* median cost of two clock_now() in a row; reported, never subtracted */
};

/*
 * Choose the clock. counted asks for instruction counts: -EOPNOTSUPP with err
 * where the TSC is not an instruction counter (it must give the same figure
 * for the same loop every time).
 */
int clock_init(struct clock *c, bool counted, struct error *err);
uint64_t clock_now(const struct clock *c);

/* True when this machine is emulated (CPUID says TCG). */
bool machine_is_emulated(void);

#endif
