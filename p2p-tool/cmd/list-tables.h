/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables that "list" prints; one file each. */
#ifndef P2P_LIST_TABLES_H
#define P2P_LIST_TABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/bdf.h"
#include "core/devices.h"
#include "core/error.h"
#include "core/sysfs.h"
#include "core/table.h"

struct list_filter {
	bool all;	 /* also what cannot become a DMABUF */
	struct bdf *bdf; /* only these functions and what belongs to them */
	size_t count;	 /* 0: every function */
};

static inline bool list_wants(const struct list_filter *filter, const struct bdf *bdf)
{
	size_t i;

	for (i = 0; i < filter->count; i++)
		if (!bdf_compare(&filter->bdf[i], bdf))
			return true;
	return !filter->count;
}

/*
 * Each makes a new table, which the caller frees. 0, or -errno with err
 * filled in: -ENODEV and EXIT_SKIP when a function asked for does not exist.
 */
int list_pci_table(const struct sysfs *s, const struct list_filter *filter, struct table **out,
		   struct error *err);
int list_rdma_table(const struct sysfs *s, const struct list_filter *filter, bool probe,
		    struct table **out, struct error *err);
int list_drm_table(const struct sysfs *s, const struct list_filter *filter, bool probe,
		   struct table **out, struct error *err);

#endif
