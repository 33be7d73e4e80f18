// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "samples.h"

#define OVERHEAD_SAMPLES 101

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static uint64_t tsc_now(void)
{
	uint32_t low, high;

	/* The fences keep what is measured from moving across the reading. */
	asm volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* Cost in TSC ticks of a loop that executes two instructions a round. */
static uint64_t loop_cost(unsigned long rounds)
{
	uint64_t start = tsc_now();

	asm volatile("1:\n\tdec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
	return tsc_now() - start;
}

/*
 * A thousand more rounds are exactly 2000 more instructions. A timer tick can
 * fall into one trial, hardware never gets nearly all of them right.
 */
static bool tsc_counts_instructions(void)
{
	unsigned int exact = 0;
	int i;

	for (i = 0; i < 16; i++)
		exact += loop_cost(2000) - loop_cost(1000) == 2000;
	return exact >= 14;
}

bool machine_is_emulated(void)
{
	uint32_t eax, signature[3];

	if (!__get_cpuid(1, &eax, &signature[0], &signature[1], &signature[2]) ||
	    !(signature[1] & 1u << 31)) /* ECX bit 31: a hypervisor is there */
		return false;
	__cpuid(0x40000000, eax, signature[0], signature[1], signature[2]);
	return !memcmp(signature, "TCGTCGTCGTCG", sizeof(signature));
}

#else

static uint64_t tsc_now(void)
{
	return 0;
}

static bool tsc_counts_instructions(void)
{
	return false;
}

bool machine_is_emulated(void)
{
	return false;
}

#endif

uint64_t clock_now(const struct clock *c)
{
	struct timespec now;

	if (c->unit == UNIT_INSN)
		return tsc_now();
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int clock_init(struct clock *c, bool counted, struct error *err)
{
	struct samples samples;
	struct summary summary;
	int i, ret;

	if (counted && !(machine_is_emulated() && tsc_counts_instructions()))
		return error_set(err, EXIT_SKIP, EOPNOTSUPP,
				 "--counted needs QEMU's TCG with -icount shift=0, as in "
				 "'lab run --counted'",
				 "clock: this machine's TSC does not count instructions");
	c->unit = counted ? UNIT_INSN : UNIT_NS;

	ret = samples_init(&samples, OVERHEAD_SAMPLES);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "clock: out of memory");
	for (i = 0; i < OVERHEAD_SAMPLES; i++) {
		uint64_t start = clock_now(c);

		samples_add(&samples, clock_now(c) - start);
	}
	samples_summarise(&samples, &summary);
	c->overhead = (uint64_t)summary.median;
	samples_free(&samples);
	return 0;
}
