// SPDX-License-Identifier: GPL-2.0-only
/* Keeping an engine busy. */
#include <errno.h>
#include <time.h>

#include "engine.h"

#define TIMEOUT	     30 /* seconds: longer than any engine needs for anything, also an emulated one */
#define LOOK_AT_TIME 1024 /* polls in vain before the clock is read again */

static int64_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#endif
}

int engine_ended(const struct engine *e, int slot, uint32_t status, struct error *err)
{
	if (!status)
		return slot;
	return error_set(err, EXIT_FAILED, EIO, "the kernel log may have the IOMMU's word on it",
			 "%s: error completion: a transfer ended with status 0x%x: %s", e->dev.name,
			 status, e->ops->explain(status));
}

int engine_reap(struct engine *e, struct error *err)
{
	unsigned int vain = 0;
	int64_t since = 0;
	uint32_t status;
	int slot;

	while ((slot = e->ops->poll(e, &status)) == -EAGAIN) {
		relax();
		if (++vain % LOOK_AT_TIME)
			continue;
		if (!since)
			since = seconds();
		else if (seconds() - since > TIMEOUT)
			return error_set(
				err, EXIT_FAILED, ETIMEDOUT,
				"the device may be wedged, or its DMA blocked: see the kernel log",
				"%s: time-out: a transfer has not completed in %d s", e->dev.name,
				TIMEOUT);
	}
	return engine_ended(e, slot, status, err);
}

void engine_stop(struct engine *e)
{
	/* engine_close() resets it in any case, and says when that fails. */
	if (!e->ops->stop(e))
		e->running = false;
}

int engine_run(struct engine *e, const struct engine_load *load, struct error *err)
{
	unsigned int transfer[ENGINE_DEPTH_MAX], free_slot[ENGINE_DEPTH_MAX], nfree, slot;
	unsigned int depth = load->depth < e->depth ? load->depth : e->depth;
	unsigned int submitted = 0, ended = 0;
	struct transfer t;
	int ret;

	for (nfree = 0; nfree < depth; nfree++)
		free_slot[nfree] = depth - 1 - nfree;
	while (ended < load->count) {
		while (nfree && submitted < load->count) {
			slot = free_slot[--nfree];
			transfer[slot] = submitted;
			if (load->before)
				load->before(load->ctx, submitted, slot);
			load->transfer(load->ctx, submitted, slot, &t);
			e->ops->prepare(e, slot, &t);
			e->ops->submit(e, slot);
			submitted++;
		}
		ret = engine_reap(e, err);
		if (ret < 0) {
			engine_stop(e);
			return ret;
		}
		if (load->after)
			load->after(load->ctx, transfer[ret], (unsigned int)ret);
		free_slot[nfree++] = (unsigned int)ret;
		ended++;
	}
	return 0;
}

static void the_one(void *ctx, unsigned int i, unsigned int slot, struct transfer *t)
{
	*t = *(const struct transfer *)ctx;
}

int engine_move(struct engine *e, const struct transfer *t, struct error *err)
{
	struct engine_load load = { .count = 1, .depth = 1, .ctx = (void *)t, .transfer = the_one };

	return engine_run(e, &load, err);
}
