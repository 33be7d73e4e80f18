// SPDX-License-Identifier: GPL-2.0-only
/* What it takes to map a buffer into an IOAS, and to unmap it. */
#include <errno.h>
#include <string.h>

#include "measure-dma-private.h"
#include "size.h"

struct maps {
	struct samples in, out, host_in, host_out;
};

static int time_map(struct dma_run *r, uint64_t length, bool host, struct samples *in,
		    struct samples *out, bool measured, struct error *err)
{
	struct ioas_mapping m = { 0 };
	uint64_t start = clock_now(r->c), mapped, unmapped;
	int ret;

	if (host)
		ret = ioas_map_memory(&r->ioas, r->host.address, length, &m, err);
	else
		ret = dma_map_buffer(r, length, &m, err);
	mapped = clock_now(r->c);
	if (ret)
		return ret;
	ret = ioas_unmap(&r->ioas, &m);
	unmapped = clock_now(r->c);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "unmapping %llu bytes from DMA: %s",
				 (unsigned long long)length, strerror(-ret));
	if (measured) {
		samples_add(in, mapped - start);
		samples_add(out, unmapped - mapped);
	}
	return 0;
}

static int add_record(struct dma_run *r, const char *name, uint64_t length, struct samples *s,
		      struct samples *host, struct record_set *out, struct error *err)
{
	struct record *record = cell_new_by(r->b, "dma", name, r->c->unit);
	char size[32];
	int ret;

	size_format(length, size, sizeof(size));
	ret = record ? record_param(record, "size", "%s", size) : -ENOMEM;
	if (ret) {
		record_free(record);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	cell_baseline(record, s, host);
	return cell_finish(record, r->c, s, out, err);
}

static int measure_size(struct dma_run *r, struct maps *m, uint64_t length, struct record_set *out,
			struct error *err)
{
	unsigned int i;
	int ret = 0;

	m->in.count = m->out.count = m->host_in.count = m->host_out.count = 0;
	for (i = 0; i < r->p->warmup + r->p->repeat && !ret; i++) {
		bool measured = i >= r->p->warmup;

		ret = binding_interrupted(err);
		if (!ret)
			ret = time_map(r, length, false, &m->in, &m->out, measured, err);
		if (!ret && !r->own)
			ret = time_map(r, length, true, &m->host_in, &m->host_out, measured, err);
	}
	if (!ret)
		ret = add_record(r, "dma.map", length, &m->in, &m->host_in, out, err);
	if (!ret)
		ret = add_record(r, "dma.unmap", length, &m->out, &m->host_out, out, err);
	return ret;
}

/* Once for sizes that need the same pages. */
static bool measured_before(const struct dma_run *r, size_t i, uint64_t length)
{
	while (i--)
		if (((r->sizes[i] + r->ioas.page - 1) & -r->ioas.page) == length)
			return true;
	return false;
}

int dma_measure_maps(struct dma_run *r, struct record_set *out, struct error *err)
{
	struct maps m = { 0 };
	uint64_t length;
	int ret = 0;
	size_t i;

	if (samples_init(&m.in, r->p->repeat) || samples_init(&m.out, r->p->repeat) ||
	    samples_init(&m.host_in, r->p->repeat) || samples_init(&m.host_out, r->p->repeat))
		ret = error_set(err, EXIT_FAILED, ENOMEM, "give a smaller --repeat",
				"samples: out of memory");
	for (i = 0; i < r->nsizes && !ret; i++) {
		length = (r->sizes[i] + r->ioas.page - 1) & -r->ioas.page;
		if (!measured_before(r, i, length))
			ret = measure_size(r, &m, length, out, err);
	}
	samples_free(&m.in);
	samples_free(&m.out);
	samples_free(&m.host_in);
	samples_free(&m.host_out);
	return ret;
}
