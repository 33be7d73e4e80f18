// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure-private.h"
#include "size.h"

const char *via_name(enum map_via via)
{
	return via == VIA_DMABUF ? "dmabuf" : "device";
}

struct record *cell_new_by(const struct buffer *b, const char *initiator, const char *measurement,
			   enum unit unit)
{
	char text[128];

	bufspec_format(&b->spec, text, sizeof(text));
	return record_new(measurement, text, initiator, unit,
			  b->emulated ? MEDIUM_EMULATED : MEDIUM_HARDWARE);
}

struct record *cell_new(const struct buffer *b, const char *measurement, enum unit unit,
			enum map_via via)
{
	struct record *r = cell_new_by(b, "cpu", measurement, unit);

	if (r && (record_param(r, "via", "%s", via_name(via)) ||
		  (via == VIA_DMABUF && b->rdonly && record_param(r, "read_only", "yes")))) {
		record_free(r);
		r = NULL;
	}
	return r;
}

int cell_memattr(struct record *r, enum memattr_choice choice, enum memattr attr)
{
	if (choice == MEMATTRS_UC)
		return 0;
	return record_param(r, "memattr", "%s", attr == MEMATTR_WC ? "wc" : "uc");
}

int cell_entry(struct record *r, const struct buffer *b, const struct pagetable_entry *entry,
	       enum memattr_choice choice)
{
	char orders[32] = "";
	size_t used = 0;
	int order;

	r->page_order = entry->order;
	snprintf(r->memattr, sizeof(r->memattr), "%s", entry->memattr);
	for (order = 0; order < 32; order++)
		if (entry->orders & 1U << order && used < sizeof(orders))
			used += (size_t)snprintf(orders + used, sizeof(orders) - used, "%s%d",
						 used ? "," : "", order);
	if (entry->orders && entry->order < 0 && record_observe(r, "page_orders", "%s", orders))
		return -ENOMEM;
	if (choice == MEMATTRS_UC || entry->memattr[0] || b->spec.kind != BUFFER_VFIO)
		return 0;
	return record_observe(r, "warning",
			      "which memory attribute is in force could not be read back (page "
			      "tables in debugfs: %s); be root, mount debugfs, boot a kernel with "
			      "CONFIG_PTDUMP_DEBUGFS",
			      strerror(-entry->error));
}

int check_copy_sizes(const struct bufspec *spec, const uint64_t *sizes, size_t nsizes,
		     struct error *err)
{
	char text[128], size[32];
	size_t i;

	bufspec_format(spec, text, sizeof(text));
	for (i = 0; i < nsizes; i++) {
		size_format(sizes[i], size, sizeof(size));
		if (!sizes[i] || (spec->length && sizes[i] > spec->length))
			return error_set(err, EXIT_USAGE, EINVAL, "give --sizes that fit into it",
					 "%s: cannot copy %s", text, size);
	}
	return 0;
}

int check_memattr(const struct buffer *b, const struct pagetable_entry *entry, enum memattr attr,
		  struct error *err)
{
	bool agrees = attr == MEMATTR_WC ? !strcmp(entry->memattr, "WC")
					 : strcmp(entry->memattr, "WC") != 0 &&
						   strcmp(entry->memattr, "mixed") != 0;
	char text[128];

	/* Whoever owns other memory maps it as they like: vgem write-combining, for one */
	if (b->spec.kind != BUFFER_VFIO || !entry->memattr[0] || agrees)
		return 0;
	bufspec_format(&b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, EPROTO, "report it",
			 "%s: the kernel agreed to write-combining %s, the page table says %s",
			 text, attr == MEMATTR_WC ? "mappings" : "elsewhere only", entry->memattr);
}

void cell_baseline(struct record *r, struct samples *s, struct samples *baseline)
{
	struct summary own, host;

	if (samples_summarise(s, &own) || samples_summarise(baseline, &host) || host.median <= 0)
		return;
	r->has_baseline = true;
	r->baseline_median = host.median;
	r->baseline_ratio = own.median / host.median;
}

int cell_finish(struct record *r, const struct clock *c, struct samples *s, struct record_set *out,
		struct error *err)
{
	int ret = record_set_samples(r, s);

	if (!ret)
		ret = record_observe(r, "clock_overhead", "%" PRIu64 " %s", c->overhead,
				     unit_name(c->unit));
	if (ret) {
		record_free(r);
		return error_set(err, EXIT_FAILED, -ret, NULL, "record: %s", strerror(-ret));
	}
	if (record_set_add(out, r))
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	return 0;
}

int cell_skip(struct record *r, const struct error *why, struct record_set *out, struct error *err)
{
	if (asprintf(&r->skipped, "%s%s%s", why->what, why->remedy[0] ? "; " : "", why->remedy) <
	    0) {
		r->skipped = NULL;
		record_free(r);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	if (record_set_add(out, r))
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	return 0;
}

int explain_sigbus(const struct buffer *b, enum map_via via, uint64_t offset, struct error *err)
{
	char text[128];

	bufspec_format(&b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, EFAULT,
			 "its memory is disabled or asleep, or it was revoked",
			 "%s: access at offset 0x%" PRIx64 " through its %s raised SIGBUS", text,
			 offset, via_name(via));
}
