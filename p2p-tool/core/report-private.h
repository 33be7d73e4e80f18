/* SPDX-License-Identifier: GPL-2.0-only */
/* What the sections of a report share. */
#ifndef P2P_REPORT_PRIVATE_H
#define P2P_REPORT_PRIVATE_H

#include "report.h"
#include "svg.h"

struct page {
	FILE *out;
	const struct report *report;
	unsigned int pictures; /* drawn so far: their ids */
};

/* Cells that are shown together. */
struct family {
	const struct report_cell **cell;
	size_t n;
};
struct families {
	struct family *family;
	size_t n;
};
/* All measured cells, in families of those that agree in (kind: part before the dot of) measurement, unit and medium. 0 or -ENOMEM. */
int families_of(const struct report *r, bool kind, struct families *out);
void families_free(struct families *f);

/* The length of a buffer's text without its length: "host" of "host:4K". */
size_t buffer_stem(const char *buffer);
/* What stands for the length of the buffer among keys of parameters. */
#define KEY_LENGTH "buffer length"
/*
 * What tells a cell from the others of its family, or with common set what is the same in all:
 * buffer, initiator, parameters, but for the one called except (may be NULL). To be freed;
 * NULL when out of memory.
 */
char *family_text(const struct family *f, const struct report_cell *cell, bool common,
		  const char *except);
/* All of that, with the measurement. */
char *cell_text(const struct record *r);
/* Do these agree in all but that? */
bool same_but(const struct record *a, const struct record *b, const char *except);

/* "median time", with what it is not when it is emulated. */
const char *figure_label(enum unit unit, enum medium medium);
/* The start of a figure: "TITLE", a badge when emulated, and what it is about (may be ""). */
void figure_begin(const struct page *p, const char *title, enum medium medium, const char *about);
void figure_end(const struct page *p);

/* "before / after" as a change in percent, "+5.2 %". */
#define CHANGE_STRLEN 24
const char *change_text(double before, double after, char buf[CHANGE_STRLEN]);
/* Is a larger value worse? */
bool more_is_worse(enum unit unit);

/* The style sheet, and the colours in it: "#rrggbb" on each background. */
struct colour {
	const char *name, *light, *dark;
	double contrast; /* at least, to the background: WCAG 2.1, 1.4.3 and 1.4.11 */
};
extern const struct colour
	report_colours[]; /* the first one is the background; ends with a NULL name */
void report_style(FILE *out);

/* Sections: 0 or -ENOMEM. */
int section_environment(struct page *p);
int section_cells(struct page *p);
int section_distributions(struct page *p);
int section_sweeps(struct page *p);
int section_scale(struct page *p);
int section_history(struct page *p);
int section_compare(struct page *p);
/* Are there any? */
bool has_history(const struct report *r);
bool has_sides(const struct report *r);

#endif
