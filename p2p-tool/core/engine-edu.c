// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's teaching device "edu", the smallest engine there is (docs/specs/edu.rst
 * of QEMU): it copies up to 4 KiB between memory and a buffer of its own, one
 * transfer at a time, each taking 100 ms.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"

#define EDU_ID	       0x00 /* 0xRRrr00ed: a version, then 0x00ed */
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DEST   0x88
#define EDU_DMA_COUNT  0x90
#define EDU_DMA_CMD    0x98
#define EDU_DMA_START  0x1 /* 1 as long as the transfer is under way */
#define EDU_DMA_TO_RAM 0x2

#define EDU_BUFFER	0x40000 /* the address that the device knows its buffer by */
#define EDU_BUFFER_SIZE 4096

#define STOP_MS 5000

struct edu {
	struct transfer transfer;
	bool busy;
};

static bool edu_matches(const struct pci_function *f)
{
	return f->vendor == 0x1234 && f->device == 0x11e8;
}

static int edu_open(struct engine *e, const struct engine_params *p, struct error *err)
{
	e->priv = calloc(1, sizeof(struct edu));
	return e->priv ? 0
		       : error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory",
				   e->dev.name);
}

/* It has no reset: what is under way has to come to its end. */
static int edu_stop(struct engine *e)
{
	((struct edu *)e->priv)->busy = false;
	return engine_wait32(e, EDU_DMA_CMD, EDU_DMA_START, 0, STOP_MS);
}

static int edu_start(struct engine *e, struct error *err)
{
	uint32_t id = engine_read32(e, EDU_ID);

	if ((id & 0xffff) != 0x00ed)
		return error_set(err, EXIT_FAILED, EPROTO, NULL, "%s: identifies itself as 0x%08x",
				 e->dev.name, id);
	if (edu_stop(e))
		return error_set(err, EXIT_FAILED, ETIMEDOUT, "reset the machine",
				 "%s: a transfer does not come to its end", e->dev.name);
	snprintf(e->model, sizeof(e->model), "edu %u.%u", id >> 24, id >> 16 & 0xff);
	e->store_size = EDU_BUFFER_SIZE;
	e->store_writable = true;
	e->granule = 4;
	e->max_transfer = EDU_BUFFER_SIZE;
	e->depth = 1;
	return 0;
}

static void edu_prepare(struct engine *e, unsigned int slot, const struct transfer *t)
{
	((struct edu *)e->priv)->transfer = *t;
}

static void edu_submit(struct engine *e, unsigned int slot)
{
	struct edu *edu = e->priv;
	const struct transfer *t = &edu->transfer;
	uint64_t store = EDU_BUFFER + t->at;

	/* 64-bit registers, but no address has more than 28 bits. */
	engine_write32(e, EDU_DMA_SOURCE, (uint32_t)(t->to_memory ? store : t->iova));
	engine_write32(e, EDU_DMA_DEST, (uint32_t)(t->to_memory ? t->iova : store));
	engine_write32(e, EDU_DMA_COUNT, t->length);
	engine_write32(e, EDU_DMA_CMD, EDU_DMA_START | (t->to_memory ? EDU_DMA_TO_RAM : 0));
	edu->busy = true;
}

/* The register is all there is: a transfer that the IOMMU blocked ends like any other. */
static int edu_poll(struct engine *e, uint32_t *status)
{
	struct edu *edu = e->priv;

	*status = 0;
	if (!edu->busy || engine_read32(e, EDU_DMA_CMD) & EDU_DMA_START)
		return -EAGAIN;
	edu->busy = false;
	return 0;
}

static const char *edu_explain(uint32_t status)
{
	return "it has no error status";
}

static void edu_free(struct engine *e)
{
	free(e->priv);
}

const struct engine_ops engine_edu_ops = {
	.name = "edu",
	.matches = edu_matches,
	.last = (1ULL << 28) -
		1, /* its DMA mask, unless QEMU was told otherwise: bits above are dropped */
	.open = edu_open,
	.start = edu_start,
	.prepare = edu_prepare,
	.submit = edu_submit,
	.poll = edu_poll,
	.explain = edu_explain,
	.stop = edu_stop,
	.free = edu_free,
};
