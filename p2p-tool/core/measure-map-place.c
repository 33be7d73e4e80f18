// SPDX-License-Identifier: GPL-2.0-only
/* Where mappings are made: what the kernel does there depends on the address. */
#include <errno.h>
#include <sys/mman.h>

#include "measure-map-private.h"
#include "sigbus.h"
#include "size.h"

#define SIZE_2M (1UL << 21)
#define SIZE_1G (1UL << 30)
#define ENTRIES 512 /* of a page table */

/*
 * An address with the wanted residue and nothing mapped within margin bytes
 * around the mapping. 0 or -errno.
 */
static int find_room(const struct run *r, size_t margin, void **addr)
{
	size_t span = r->length;
	uintptr_t start;
	void *area;

	if (__builtin_add_overflow(span, (size_t)r->align, &span) ||
	    __builtin_add_overflow(span, 2 * margin, &span))
		return -ENOMEM;
	area = mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return -errno;
	/* Free again: what is measured is a mapping where there was none. */
	munmap(area, span);
	start = (uintptr_t)area + margin;
	start += (r->residue - start) & (r->align - 1);
	*addr = (void *)start;
	return 0;
}

/* What one page table maps, for the pages that this mapping has. */
static size_t table_span(const struct run *r)
{
	size_t reach = r->step ? r->step : r->length; /* of one fault, at most */
	size_t page = reach >= SIZE_1G ? SIZE_1G : reach >= SIZE_2M ? SIZE_2M : r->page;

	return page * ENTRIES;
}

/* Find the page that prepares the page table for the one after it. */
static int find_pair(struct run *r)
{
	uintptr_t start = (uintptr_t)r->addr;
	size_t span = table_span(r), i;

	for (i = 0; r->step && (i + 1) * r->step < r->length && i < 2; i++) {
		r->first = i * r->step;
		if ((start + r->first) / span == (start + r->first + r->step) / span)
			return 0;
	}
	return -ENXIO;
}

static void touch_everything(void *arg)
{
	struct run *r = arg;
	const char *p;

	for (p = r->map; p < r->map + r->length; p += r->page)
		touch(p);
}

/* The distance at which a touch faults again. */
static void find_step(void *arg)
{
	struct run *r = arg;
	/* Neighbours of a page cache page can come along with it, 16 at a time. */
	const size_t steps[] = { r->page, 16 * r->page, SIZE_2M, SIZE_1G };
	uint64_t before;
	size_t i;

	r->step = 0;
	touch(r->map);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && steps[i] < r->length; i++) {
		before = count_faults();
		touch(r->map + steps[i]);
		if (count_faults() != before) {
			r->step = steps[i];
			return;
		}
	}
}

/* Run fn on a mapping of its own, at r->addr; *start is where it was. */
static int with_mapping(struct run *r, void (*fn)(void *arg), uintptr_t *start, struct error *err)
{
	uint64_t unused;
	uintptr_t fault;
	int ret;

	ret = run_map(r, &unused);
	if (ret)
		return explain_step(r, "mmap()", ret, err);
	*start = (uintptr_t)r->map;
	ret = sigbus_guard(fn, r, &fault);
	if (ret == -EFAULT)
		explain_sigbus(r->b, r->via, fault - *start, err);
	munmap(r->map, r->length);
	r->map = NULL;
	return ret;
}

int probe_mapping(struct run *r, struct error *err)
{
	uintptr_t start;
	int ret;

	r->addr = NULL;
	if (r->p->align) {
		/* And does not modulo twice that: then larger pages never fit. */
		r->align = 2 * r->p->align;
		r->residue = r->b->phys_congruence + r->p->align;
		ret = find_room(r, 0, &r->addr);
		if (ret == -ENOMEM) {
			char text[128], align[32];

			bufspec_format(&r->b->spec, text, sizeof(text));
			size_format(r->p->align, align, sizeof(align));
			return error_set(err, EXIT_USAGE, ENOMEM, "give a smaller --align",
					 "%s: has no room in the address space at a multiple of %s",
					 text, align);
		}
		if (ret)
			return explain_step(r, "finding an aligned address", ret, err);
	}
	/* The first one fills the page cache of a memfd, after which faults look different. */
	ret = with_mapping(r, touch_everything, &start, err);
	if (!ret)
		ret = with_mapping(r, find_step, &start, err);
	if (!ret && !r->p->align) {
		/* Pages cannot be larger than the mapping; a small one goes anywhere. */
		r->align = r->length >= SIZE_1G ? SIZE_1G : SIZE_2M;
		r->residue = r->length >= SIZE_2M ? start : r->page;
	}
	return ret;
}

static int explain_no_pair(const struct run *r, const char *text, struct error *err)
{
	/* One huge page, which a BAR has not at every address. */
	if (!r->step && r->b->spec.kind == BUFFER_VFIO &&
	    (r->length == SIZE_2M || r->length == SIZE_1G))
		return error_set(err, EXIT_SKIP, ENXIO,
				 r->length == SIZE_1G ? "give --align 2M, or use a larger buffer"
						      : "give --align 4K, or use a larger buffer",
				 "%s: one page fault at most maps all of it", text);
	/* No page is as large as that, unless it is all of the mapping. */
	if (!r->step && r->length > SIZE_2M && r->length != SIZE_1G)
		return error_set(err, EXIT_SKIP, ENXIO,
				 "what mapping it costs is in mmap and first_touch_no_table",
				 "%s: is mapped all at once, whatever its size", text);
	if (!r->step && r->length > r->page)
		return error_set(err, EXIT_SKIP, ENXIO,
				 "use a larger buffer, unless it is of a kind that is always "
				 "mapped all at once, as udmabuf and heap can be",
				 "%s: one page fault at most maps all of it", text);
	return error_set(err, EXIT_SKIP, ENXIO, "use a larger buffer",
			 "%s: has no two pages in one page table that take a page fault each",
			 text);
}

int place_mapping(struct run *r, struct error *err)
{
	bool own_table = r->scenario->own_table;
	char text[128];
	int ret = 0;

	r->addr = NULL;
	bufspec_format(&r->b->spec, text, sizeof(text));
	if (own_table || (r->p->align && r->scenario != &export_scenario))
		ret = find_room(r, own_table ? table_span(r) : 0, &r->addr);
	if (ret == -ENOMEM)
		return error_set(err, EXIT_SKIP, ENXIO, "use a smaller buffer",
				 "%s: has no room in the address space", text);
	if (!ret && r->scenario->pair && find_pair(r))
		return explain_no_pair(r, text, err);
	return ret;
}
