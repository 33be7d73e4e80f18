// SPDX-License-Identifier: GPL-2.0-only
/* Lines without axes. */
#include <math.h>

#include "html.h"
#include "svg.h"

#define WIDTH  120
#define HEIGHT 28
#define EDGE   3

void svg_spark(FILE *out, const char *title, double room, const double *value, size_t n)
{
	double min = INFINITY, max = -INFINITY, missing;
	struct axis y;
	size_t i;

	for (i = 0; i < n; i++) {
		min = fmin(min, value[i]);
		max = fmax(max, value[i]);
	}
	missing = fmax(room * fabs(max) - (max - min), 0);
	y = (struct axis){ SCALE_LINEAR, min - missing / 2, max + missing / 2, HEIGHT - EDGE,
			   EDGE };
	if (y.high <= y.low)
		y.high = y.low + 1;
	fprintf(out,
		"<svg class=\"spark\" role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" aria-label=\"",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	html_text(out, title);
	fputs("\"><polyline class=\"l s0\" points=\"", out);
	for (i = 0; i < n; i++)
		fprintf(out, "%s%.1f,%.1f", i ? " " : "",
			n > 1 ? EDGE + (WIDTH - 2.0 * EDGE) * (double)i / (double)(n - 1)
			      : WIDTH / 2.0,
			axis_at(&y, value[i]));
	fputs("\"/></svg>", out);
}
