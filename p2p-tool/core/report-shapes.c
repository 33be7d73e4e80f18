// SPDX-License-Identifier: GPL-2.0-only
/* How the samples of cells are distributed. */
#include <errno.h>
#include <stdlib.h>

#include "html.h"
#include "render-private.h"
#include "report-private.h"

#define MIN_SAMPLES 3 /* fewer have no shape */

static bool has_shape(const struct report_cell *c)
{
	return c->last->summary.count >= MIN_SAMPLES && c->last->hist;
}

static void describe(FILE *out, const struct ridge *ridge, size_t n, enum unit unit)
{
	char median[NUMBER_STRLEN], p99[NUMBER_STRLEN], min[NUMBER_STRLEN], max[NUMBER_STRLEN];
	size_t i;

	for (i = 0; i < n; i++)
		fprintf(out, "%s%s%smedian %s, 99th percentile %s, from %s to %s.", i ? " " : "",
			ridge[i].name, *ridge[i].name ? ": " : "",
			number_human(ridge[i].median, unit, median),
			number_human(ridge[i].p99, unit, p99),
			number_human(ridge[i].min, unit, min),
			number_human(ridge[i].max, unit, max));
}

static int make_ridges(const struct family *f, struct ridge *ridge, char **name, size_t *n)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct record *r = f->cell[i]->last;

		if (!has_shape(f->cell[i]))
			continue;
		name[*n] = family_text(f, f->cell[i], false, NULL);
		if (!name[*n])
			return -ENOMEM;
		ridge[*n] = (struct ridge){
			.name = name[*n],
			.hist = r->hist,
			.min = r->summary.min,
			.median = r->summary.median,
			.p99 = r->summary.p99,
			.max = r->summary.max,
		};
		(*n)++;
	}
	return 0;
}

static int draw(struct page *p, const struct family *f, const struct ridge *ridge, size_t n)
{
	const struct record *r = f->cell[0]->last;
	char *about = family_text(f, f->cell[0], true, NULL), *desc = NULL;
	size_t size;
	FILE *text = open_memstream(&desc, &size);
	int ret = -ENOMEM;

	if (about && text) {
		describe(text, ridge, n, r->unit);
		ret = fclose(text) ? -ENOMEM : 0;
		text = NULL;
	}
	if (!ret) {
		figure_begin(p, r->measurement, r->medium, about);
		svg_ridges(p->out, ++p->pictures, r->measurement, desc,
			   figure_label(r->unit, r->medium), quantity_of_unit(r->unit), ridge, n);
		figure_end(p);
	}
	if (text)
		fclose(text);
	free(desc);
	free(about);
	return ret;
}

static int write_family(struct page *p, const struct family *f)
{
	struct ridge *ridge = calloc(f->n, sizeof(*ridge));
	char **name = calloc(f->n, sizeof(*name));
	size_t n = 0, i;
	int ret = ridge && name ? make_ridges(f, ridge, name, &n) : -ENOMEM;

	if (!ret && n)
		ret = draw(p, f, ridge, n);
	for (i = 0; name && i < n; i++)
		free(name[i]);
	free(name);
	free(ridge);
	return ret;
}

int section_distributions(struct page *p)
{
	struct families f;
	unsigned int before = p->pictures;
	int ret = families_of(p->report, false, &f);
	size_t i;

	if (ret)
		return ret;
	fputs("<p>Every sample is in the bars; their height is relative within a row. "
	      "<span class=\"key\"><svg aria-hidden=\"true\" viewBox=\"0 0 12 16\" width=\"12\" "
	      "height=\"16\"><line class=\"median\" x1=\"6\" y1=\"0\" x2=\"6\" y2=\"16\"/></svg> "
	      "thick line: median.</span> "
	      "<span class=\"key\"><svg aria-hidden=\"true\" viewBox=\"0 0 12 16\" width=\"12\" "
	      "height=\"16\"><line class=\"p99\" x1=\"6\" y1=\"2\" x2=\"6\" y2=\"16\"/></svg> "
	      "dashed line: 99th percentile.</span> The thin line below goes from the smallest to "
	      "the largest sample. The same figures are in <a href=\"#cells\">Tables</a>.</p>\n"
	      "<div class=\"figures\">\n",
	      p->out);
	for (i = 0; i < f.n && !ret; i++)
		ret = write_family(p, &f.family[i]);
	fputs("</div>\n", p->out);
	if (before == p->pictures)
		fputs("<p>No cell has three samples or more.</p>\n", p->out);
	families_free(&f);
	return ret;
}
