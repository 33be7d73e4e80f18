// SPDX-License-Identifier: GPL-2.0-only
/*
 * An NVMe controller, by the NVM Express Base Specification: one admin queue, one
 * pair of I/O queues, all of them in memory of ours, completions polled. Register
 * and field names are the specification's. The store is a range of blocks that the
 * user names.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "nvme-prp.h"
#include "nvme-use.h"

#define CAP	  0x00
#define INTMS	  0x0c
#define CC	  0x14
#define CSTS	  0x1c
#define AQA	  0x24
#define ASQ	  0x28
#define ACQ	  0x30
#define DOORBELLS 0x1000

#define CC_EN	    (1u << 0)
#define CC_MPS(n)   ((n) << 7)
#define CC_IOSQES   (6u << 16) /* 64 bytes */
#define CC_IOCQES   (4u << 20) /* 16 bytes */
#define CSTS_RDY    (1u << 0)
#define CSTS_CFS    (1u << 1)
#define CSTS_EITHER (CSTS_RDY | CSTS_CFS)

#define ADMIN_CREATE_SQ	   0x01
#define ADMIN_CREATE_CQ	   0x05
#define ADMIN_IDENTIFY	   0x06
#define ADMIN_SET_FEATURES 0x09
#define IO_WRITE	   0x01
#define IO_READ		   0x02
#define FEATURE_QUEUES	   0x07
#define CNS_NAMESPACE	   0
#define CNS_CONTROLLER	   1

#define QUEUE_MAX     (ENGINE_DEPTH_MAX + 1) /* a full queue has one entry free */
#define ADMIN_ENTRIES 2
#define TRANSFER_MAX  (8u << 20)
#define ADMIN_MS      30000

struct command {
	uint32_t opcode_cid; /* CDW0 */
	uint32_t nsid;
	uint32_t cdw2, cdw3;
	uint64_t metadata;
	uint64_t prp[2];
	uint32_t cdw[6]; /* 10 to 15 */
};

struct completion {
	uint32_t result, reserved;
	uint16_t sq_head, sq_id;
	uint16_t cid;
	uint16_t status; /* bit 0: the phase tag */
};

struct queue {
	volatile struct command *sq;
	volatile struct completion *cq;
	uint64_t sq_iova, cq_iova;
	unsigned int entries, tail, head, id;
	uint16_t phase; /* of a new completion */
};

struct nvme {
	struct ioas_memory memory; /* queues, a page for Identify, PRP lists */
	uint32_t page;
	unsigned int doorbell_stride, ready_ms;
	struct queue admin, io;
	char *identify;
	uint64_t identify_iova;
	struct lba_range lba;
	bool overwrite;
	uint32_t block;	   /* bytes */
	size_t list_pages; /* of each slot */
	char *lists;	   /* of all slots */
	uint64_t lists_iova;
	struct command next; /* what prepare() has made */
};

static bool nvme_matches(const struct pci_function *f)
{
	return f->class == 0x010802;
}

static int failed(const struct engine *e, int errnum, const char *what, struct error *err)
{
	return error_set(err, EXIT_FAILED, errnum, "the kernel log may say more", "%s: NVMe: %s",
			 e->dev.name, what);
}

/* All memory at once: the pages of the queues, of Identify, and of the lists. */
static int nvme_open(struct engine *e, const struct engine_params *p, struct error *err)
{
	uint64_t cap = engine_read32(e, CAP) | (uint64_t)engine_read32(e, CAP + 4) << 32;
	unsigned int mqes = (unsigned int)(cap & 0xffff) + 1;
	struct nvme *nvme = calloc(1, sizeof(*nvme));
	char *at;
	int ret;

	if (!nvme)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", e->dev.name);
	e->priv = nvme;
	if (!p->lba.count)
		return error_set(err, EXIT_USAGE, EINVAL, "give --lba [NSID:]FIRST+COUNT",
				 "%s: an SSD moves only blocks that are named", e->dev.name);
	if (!(cap >> 37 & 1))
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "use another engine",
				 "%s: has no NVM command set", e->dev.name);
	nvme->lba = p->lba;
	nvme->overwrite = p->overwrite;
	nvme->page = 4096u << (cap >> 48 & 0xf); /* CAP.MPSMIN */
	nvme->doorbell_stride = 4u << (cap >> 32 & 0xf);
	nvme->ready_ms = ((unsigned int)(cap >> 24 & 0xff) + 1) * 500;
	e->depth = p->depth < mqes - 1 ? p->depth : mqes - 1;
	nvme->list_pages = nvme_prp_pages(TRANSFER_MAX, nvme->page);
	nvme->admin.entries = ADMIN_ENTRIES;
	nvme->io.entries = e->depth + 1;
	/* One more, as the kernel's pages may be smaller than the controller's. */
	ret = ioas_memory_new(e->ioas, (7 + e->depth * nvme->list_pages) * nvme->page,
			      &nvme->memory, err);
	if (ret)
		return ret;
	at = nvme->memory.address;
	at += -nvme->memory.map.iova & (nvme->page - 1);
	nvme->admin.sq = (void *)at;
	nvme->admin.cq = (void *)(at + nvme->page);
	nvme->io.sq = (void *)(at + 2 * nvme->page);
	nvme->io.cq = (void *)(at + 4 * nvme->page);
	nvme->identify = at + 5 * nvme->page;
	nvme->lists = at + 6 * nvme->page;
	return 0;
}

static uint64_t iova_of(const struct nvme *nvme, const volatile void *p)
{
	return nvme->memory.map.iova +
	       (uint64_t)((const volatile char *)p - (const char *)nvme->memory.address);
}

static int nvme_stop(struct engine *e)
{
	struct nvme *nvme = e->priv;

	/* The controller ends what is under way before it clears CSTS.RDY. */
	engine_write32(e, CC, engine_read32(e, CC) & ~CC_EN);
	return engine_wait32(e, CSTS, CSTS_RDY, 0, nvme->ready_ms);
}

static void queue_reset(struct queue *q)
{
	memset((void *)q->cq, 0, q->entries * sizeof(*q->cq));
	q->tail = q->head = 0;
	q->phase = 1;
}

/* CDW0 gets its command identifier here. */
static void queue_push(struct engine *e, struct queue *q, const struct command *c, unsigned int cid)
{
	const struct nvme *nvme = e->priv;

	q->sq[q->tail] = *c;
	q->sq[q->tail].opcode_cid = htole32(c->opcode_cid | cid << 16);
	q->tail = q->tail + 1 == q->entries ? 0 : q->tail + 1;
	engine_write32(e, DOORBELLS + 2 * q->id * nvme->doorbell_stride, q->tail);
}

/* The identifier of a command that has ended, with its status field, or -EAGAIN. */
static int queue_pop(struct engine *e, struct queue *q, uint32_t *status)
{
	const struct nvme *nvme = e->priv;
	const volatile struct completion *c = &q->cq[q->head];
	uint16_t word = le16toh(c->status);
	int cid;

	*status = 0;
	if ((word & 1) != q->phase)
		return -EAGAIN;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	cid = le16toh(c->cid);
	*status = word >> 1 & 0x7ff; /* SCT and SC */
	if (++q->head == q->entries) {
		q->head = 0;
		q->phase ^= 1;
	}
	engine_write32(e, DOORBELLS + (2 * q->id + 1) * nvme->doorbell_stride, q->head);
	return cid;
}

static const char *nvme_explain(uint32_t status)
{
	switch (status) {
	case 0x002:
		return "invalid field in the command";
	case 0x004:
		return "data transfer error: the controller could not reach the memory";
	case 0x006:
		return "internal error of the controller";
	case 0x007:
	case 0x008:
		return "aborted";
	case 0x013:
		return "a PRP entry is not valid";
	case 0x080:
		return "blocks beyond the namespace";
	case 0x120:
	case 0x020:
		return "the namespace is write protected";
	case 0x280:
		return "write fault of the medium";
	case 0x281:
		return "unrecovered read error of the medium";
	default:
		return "see the Status Code of the NVM Express Base Specification";
	}
}

static int admin(struct engine *e, const struct command *c, const char *what, struct error *err)
{
	struct nvme *nvme = e->priv;
	struct timespec nap = { 0, 1000000 };
	unsigned int ms;
	uint32_t status;

	queue_push(e, &nvme->admin, c, 0);
	for (ms = 0; queue_pop(e, &nvme->admin, &status) < 0; ms++) {
		if (ms == ADMIN_MS)
			return error_set(err, EXIT_FAILED, ETIMEDOUT, "the kernel log may say more",
					 "%s: NVMe: time-out: %s", e->dev.name, what);
		nanosleep(&nap, NULL);
	}
	if (status)
		return error_set(err, EXIT_FAILED, EIO, NULL, "%s: NVMe: %s: status 0x%x: %s",
				 e->dev.name, what, status, nvme_explain(status));
	return 0;
}

static int identify(struct engine *e, uint32_t cns, uint32_t nsid, struct error *err)
{
	struct nvme *nvme = e->priv;
	struct command c = {
		.opcode_cid = ADMIN_IDENTIFY,
		.nsid = htole32(nsid),
		.prp = { htole64(iova_of(nvme, nvme->identify)) },
		.cdw = { htole32(cns) },
	};

	return admin(e, &c, cns == CNS_CONTROLLER ? "Identify controller" : "Identify namespace",
		     err);
}

static uint64_t le_bytes(const char *p, size_t n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | (unsigned char)p[n];
	return value;
}

static int read_controller(struct engine *e, struct error *err)
{
	struct nvme *nvme = e->priv;
	const char *data = nvme->identify;
	unsigned int mdts, end = 40;
	int ret = identify(e, CNS_CONTROLLER, 0, err);

	if (ret)
		return ret;
	/* MN, padded with blanks */
	while (end && data[24 + end - 1] == ' ')
		end--;
	snprintf(e->model, sizeof(e->model), "%.*s", (int)end, data + 24);
	mdts = (unsigned char)data[77]; /* a power of two, in pages; 0: no limit */
	e->max_transfer = TRANSFER_MAX;
	if (mdts && mdts < 20 && (uint64_t)nvme->page << mdts < TRANSFER_MAX)
		e->max_transfer = nvme->page << mdts;
	return 0;
}

static int read_namespace(struct engine *e, struct error *err)
{
	struct nvme *nvme = e->priv;
	const struct lba_range *lba = &nvme->lba;
	const char *data = nvme->identify;
	uint64_t size, format;
	int ret = identify(e, CNS_NAMESPACE, lba->nsid, err);

	if (ret)
		return ret;
	size = le_bytes(data, 8);				 /* NSZE */
	format = le_bytes(data + 128 + 4 * (data[26] & 0xf), 4); /* FLBAS, LBAF */
	if (!size)
		return error_set(err, EXIT_SKIP, ENODEV, "choose another namespace",
				 "%s: there is no active namespace %u", e->dev.name, lba->nsid);
	if (format & 0xffff)
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "choose another namespace",
				 "%s: namespace %u has metadata", e->dev.name, lba->nsid);
	if (lba->first >= size || lba->count > size - lba->first)
		return error_set(err, EXIT_USAGE, ERANGE, "give a smaller --lba",
				 "%s: namespace %u has %llu blocks", e->dev.name, lba->nsid,
				 (unsigned long long)size);
	nvme->block = 1u << (format >> 16 & 0xff);
	if (nvme->block > nvme->page)
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "choose another namespace",
				 "%s: blocks of %u bytes", e->dev.name, nvme->block);
	e->granule = nvme->block;
	e->store_size = lba->count * nvme->block;
	e->store_writable = nvme->overwrite;
	return 0;
}

static int create_queues(struct engine *e, struct error *err)
{
	struct nvme *nvme = e->priv;
	uint32_t size = (nvme->io.entries - 1) << 16 | 1;
	struct command features = { .opcode_cid = ADMIN_SET_FEATURES,
				    .cdw = { htole32(FEATURE_QUEUES), 0 } };
	struct command cq = { .opcode_cid = ADMIN_CREATE_CQ,
			      .prp = { htole64(iova_of(nvme, nvme->io.cq)) },
			      .cdw = { htole32(size), htole32(1) } };
	struct command sq = { .opcode_cid = ADMIN_CREATE_SQ,
			      .prp = { htole64(iova_of(nvme, nvme->io.sq)) },
			      .cdw = { htole32(size), htole32(1 << 16 | 1) } };
	int ret = admin(e, &features, "Set Features: one pair of queues", err);

	if (!ret)
		ret = admin(e, &cq, "Create I/O Completion Queue", err);
	if (!ret)
		ret = admin(e, &sq, "Create I/O Submission Queue", err);
	return ret;
}

static int enable(struct engine *e, struct error *err)
{
	struct nvme *nvme = e->priv;
	uint32_t mps = (uint32_t)__builtin_ctz(nvme->page) - 12;

	if (nvme_stop(e))
		return failed(e, ETIMEDOUT, "cannot be disabled", err);
	queue_reset(&nvme->admin);
	queue_reset(&nvme->io);
	nvme->io.id = 1;
	engine_write32(e, INTMS, ~0u);
	engine_write32(e, AQA, (ADMIN_ENTRIES - 1) << 16 | (ADMIN_ENTRIES - 1));
	engine_write64(e, ASQ, iova_of(nvme, nvme->admin.sq));
	engine_write64(e, ACQ, iova_of(nvme, nvme->admin.cq));
	engine_write32(e, CC, CC_IOCQES | CC_IOSQES | CC_MPS(mps) | CC_EN);
	if (engine_wait32(e, CSTS, CSTS_EITHER, CSTS_RDY, nvme->ready_ms))
		return failed(e, ETIMEDOUT,
			      engine_read32(e, CSTS) & CSTS_CFS ? "fatal status"
								: "does not get ready",
			      err);
	return 0;
}

static int nvme_start(struct engine *e, struct error *err)
{
	int ret = enable(e, err);

	if (!ret)
		ret = read_controller(e, err);
	if (!ret)
		ret = read_namespace(e, err);
	if (!ret)
		ret = create_queues(e, err);
	return ret;
}

static void nvme_prepare(struct engine *e, unsigned int slot, const struct transfer *t)
{
	struct nvme *nvme = e->priv;
	size_t list = slot * nvme->list_pages * nvme->page;
	uint64_t first = nvme->lba.first + t->at / nvme->block;
	struct command *c = &nvme->next;

	*c = (struct command){
		.opcode_cid = t->to_memory ? IO_READ : IO_WRITE,
		.nsid = htole32(nvme->lba.nsid),
		.cdw = { htole32((uint32_t)first), htole32((uint32_t)(first >> 32)),
			 htole32(t->length / nvme->block - 1) },
	};
	e->list_entries =
		nvme_prp_build(t->iova, t->length, nvme->page, (uint64_t *)(nvme->lists + list),
			       iova_of(nvme, nvme->lists + list), c->prp);
}

static void nvme_submit(struct engine *e, unsigned int slot)
{
	struct nvme *nvme = e->priv;

	queue_push(e, &nvme->io, &nvme->next, slot);
}

static int nvme_poll(struct engine *e, uint32_t *status)
{
	return queue_pop(e, &((struct nvme *)e->priv)->io, status);
}

static void nvme_free(struct engine *e)
{
	struct nvme *nvme = e->priv;

	ioas_memory_free(e->ioas, &nvme->memory);
	free(nvme);
}

const struct engine_ops engine_nvme_ops = {
	.name = "nvme",
	.matches = nvme_matches,
	.last = UINT64_MAX,
	.late_in_qemu = true,
	.check = nvme_check_unused,
	.open = nvme_open,
	.start = nvme_start,
	.prepare = nvme_prepare,
	.submit = nvme_submit,
	.poll = nvme_poll,
	.explain = nvme_explain,
	.stop = nvme_stop,
	.free = nvme_free,
};
