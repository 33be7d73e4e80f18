/* SPDX-License-Identifier: GPL-2.0-only */
/* A comparison as text for people, JSON, or CSV (the cells only). */
#ifndef P2P_RENDER_COMPARE_H
#define P2P_RENDER_COMPARE_H

#include "compare.h"
#include "table.h"

struct compare_view {
	const struct compare_side *a, *b;
	enum compare_subject subject;
	const struct compare_differences *differences;
	const struct comparison *comparison; /* NULL: refused, only the differences are shown */
	bool changed_only;		     /* leave out cells without a change */
};

/* 0, -ENOTSUP when not built in, -ENOMEM or -EIO. */
int render_comparison(FILE *out, enum format format, const struct compare_view *v);

/* The sentences below the tables. */
void render_compare_summary(FILE *out, const struct compare_view *v);

#endif
