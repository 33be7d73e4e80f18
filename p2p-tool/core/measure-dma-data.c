// SPDX-License-Identifier: GPL-2.0-only
/* Where the data of DMA transfers comes from and goes to, and whether it arrives. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "measure-dma-private.h"
#include "pattern.h"
#include "sigbus.h"

char *dma_target(const struct dma_run *r, unsigned int i)
{
	char *memory = r->path == DMA_HOST ? r->host.address : r->memory;

	return memory + i * r->size;
}

void dma_transfer(void *arg, unsigned int i, unsigned int slot, struct transfer *t)
{
	const struct dma_run *r = arg;

	*t = (struct transfer){ .to_memory = r->write,
				.at = i * r->size,
				.length = (uint32_t)r->size };
	if (r->path == DMA_BOUNCE)
		t->iova = r->bounce.map.iova + slot * r->size;
	else
		t->iova = (r->path == DMA_HOST ? r->host.map.iova : r->map.iova) + i * r->size;
}

void dma_copy_before(void *arg, unsigned int i, unsigned int slot)
{
	const struct dma_run *r = arg;

	if (r->path == DMA_BOUNCE && !r->write)
		r->routine->read((char *)r->bounce.address + slot * r->size, dma_target(r, i),
				 r->size);
}

void dma_copy_after(void *arg, unsigned int i, unsigned int slot)
{
	const struct dma_run *r = arg;

	if (r->path != DMA_BOUNCE || !r->write)
		return;
	r->routine->write(dma_target(r, i), (char *)r->bounce.address + slot * r->size, r->size);
	copy_drain();
}

/* Between the store and the scratch memory. */
static void scratch_transfer(void *arg, unsigned int i, unsigned int slot, struct transfer *t)
{
	const struct dma_run *r = arg;

	*t = (struct transfer){ .iova = r->scratch.map.iova + i * r->size,
				.at = i * r->size,
				.length = (uint32_t)r->size };
}

static void scratch_transfer_back(void *arg, unsigned int i, unsigned int slot, struct transfer *t)
{
	scratch_transfer(arg, i, slot, t);
	t->to_memory = true;
}

/* All of what a round uses. */
static int move_scratch(struct dma_run *r, bool to_memory, struct error *err)
{
	struct engine_load load = {
		.count = r->count,
		.depth = r->depth,
		.ctx = r,
		.transfer = to_memory ? scratch_transfer_back : scratch_transfer,
	};

	return engine_run(r->e, &load, err);
}

static int read_expected(struct dma_run *r, size_t size, struct error *err)
{
	const char *path = r->p->expect;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t len = -1;

	while (fd >= 0 && done < size && (len = read(fd, r->pattern + done, size - done)) > 0)
		done += (size_t)len;
	if (fd < 0 || len < 0)
		error_set(err, EXIT_USAGE, errno, "give the file that the blocks were written from",
			  "%s: %s", path, strerror(errno));
	else if (done < size)
		error_set(err, EXIT_USAGE, EINVAL, "give a longer file, or fewer --iters",
			  "%s: has less than the %zu bytes that are moved", path, size);
	if (fd >= 0)
		close(fd);
	return fd < 0 || len < 0 || done < size ? -EINVAL : 0;
}

int dma_load_store(struct dma_run *r, struct error *err)
{
	size_t size = r->count * r->size;
	int ret;

	if (r->p->expect)
		return read_expected(r, size, err);
	if (r->e->store_writable) {
		pattern_fill(r->pattern, size, ++r->seed);
		memcpy(r->scratch.address, r->pattern, size);
		return move_scratch(r, false, err);
	}
	ret = move_scratch(r, true, err);
	if (!ret)
		memcpy(r->pattern, r->scratch.address, size);
	return ret;
}

void dma_prepare(void *arg)
{
	const struct copy_routine *plain = copy_routine_find("plain");
	struct dma_run *r = arg;
	size_t size = r->count * r->size, i;
	uint64_t *scratch = r->scratch.address;

	if (r->write) {
		/* No byte of it is what has to arrive. */
		for (i = 0; i < size / sizeof(*scratch); i++)
			scratch[i] = ~((const uint64_t *)r->pattern)[i];
		plain->write(dma_target(r, 0), scratch, size);
		/* Nor what a former round has left. */
		if (r->path == DMA_BOUNCE)
			memset(r->bounce.address, 0x5a, r->depth * r->size);
	} else {
		pattern_fill(r->pattern, size, ++r->seed);
		plain->write(dma_target(r, 0), r->pattern, size);
	}
	copy_drain();
}

/* Is it what dma_prepare() has put there? */
static bool untouched(const struct dma_run *r, size_t size)
{
	const char *found = r->scratch.address;
	size_t i;

	for (i = 0; r->write && i < size; i++)
		if (found[i] != (char)~r->pattern[i])
			return false;
	return r->write;
}

void dma_verify(void *arg)
{
	static const char *const where[] = { "", "baseline ", "bounce " };
	const struct copy_routine *plain = copy_routine_find("plain");
	struct dma_run *r = arg;
	size_t size = r->count * r->size, len;
	char *mismatch = r->mismatch[r->path];

	if (r->write) {
		plain->read(r->scratch.address, dma_target(r, 0), size);
	} else {
		memset(r->scratch.address, 0x5a, size);
		r->ret = move_scratch(r, true, r->err);
	}
	if (r->ret || *mismatch ||
	    pattern_compare(r->pattern, r->scratch.address, size, where[r->path], mismatch,
			    sizeof(r->mismatch[0])))
		return;
	len = strlen(mismatch);
	snprintf(mismatch + len, sizeof(r->mismatch[0]) - len, "; %s",
		 untouched(r, size)
			 ? "the engine reported success, and nothing arrived: its DMA was "
			   "dropped silently"
			 : "the engine reported success");
}

int dma_guarded(struct dma_run *r, void (*fn)(void *arg), struct error *err)
{
	uintptr_t fault = 0;
	int ret;

	r->ret = 0;
	r->err = err;
	ret = sigbus_guard(fn, r, &fault);
	if (ret == -EFAULT) {
		/* Left in the middle, perhaps of a run. */
		engine_stop(r->e);
		return explain_sigbus(r->b, VIA_DEVICE, fault - (uintptr_t)r->memory, err);
	}
	return ret ? ret : r->ret;
}

int dma_observe_faults(struct dma_run *r, struct record *record, unsigned int before)
{
	kmsg_read(&r->kmsg, r->bdf, r->p->nengines);
	if (r->kmsg.faults == before)
		return 0;
	return record_observe(record, "iommu", "%u lines, the last: %s", r->kmsg.faults - before,
			      r->kmsg.last);
}

int dma_observe_data(struct dma_run *r, enum dma_path path, struct record *record)
{
	const char *mismatch = r->mismatch[*r->mismatch[path] ? path : DMA_HOST];

	record->verification = *mismatch ? VERIFY_FAILED : VERIFY_OK;
	return *mismatch ? record_observe(record, "mismatch", "%s", mismatch) : 0;
}
