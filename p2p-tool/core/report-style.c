// SPDX-License-Identifier: GPL-2.0-only
/* How a report looks. */
#include "report-private.h"

#define TEXT	4.5
#define GRAPHIC 3.0

const struct colour report_colours[] = {
	{ "bg", "#ffffff", "#14181d", 0 },
	{ "fg", "#1b1f24", "#e6e9ed", TEXT },
	{ "soft", "#57606a", "#a3acb6", TEXT }, /* text of axes, captions */
	{ "link", "#0b5cad", "#7ab8f5", TEXT },
	{ "warn", "#9a3412", "#f5a97a", TEXT },
	{ "good", "#11663c", "#63cf98", TEXT },
	{ "frame", "#7b848d", "#67717b", GRAPHIC }, /* axes, badges, what can be focused */
	{ "rule", "#dfe3e7", "#2c333b", 0 },	    /* grids and lines of tables, only to guide */
	{ "shade", "#f4f6f8", "#1b2027", 0 },	    /* behind headings */
	{ "s0", "#0b62a8", "#6db3f2", GRAPHIC },
	{ "s1", "#b3410b", "#f0955c", GRAPHIC },
	{ "s2", "#00724e", "#4fc99a", GRAPHIC },
	{ "s3", "#8a3a9b", "#cf9be0", GRAPHIC },
	{ "s4", "#7a5a00", "#d9b64a", GRAPHIC },
	{ "s5", "#00707c", "#5cc6d0", GRAPHIC },
	{ "s6", "#b02a63", "#f08bb0", GRAPHIC },
	{ "s7", "#555b61", "#b8bcc4", GRAPHIC },
	{ 0 },
};

static const char rules[] =
	"*{box-sizing:border-box}\n"
	"html{background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif;"
	"-webkit-text-size-adjust:100%}\n"
	"body{max-width:80rem;margin:0 auto;padding:1rem}\n"
	"h1{font-size:1.6rem;margin:.5rem 0}\n"
	"h2{font-size:1.25rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;"
	"border-bottom:2px solid var(--rule)}\n"
	"h3{font-size:1.05rem;margin:1.5rem 0 .5rem}\n"
	"p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}\n"
	"a{color:var(--link)}\n"
	":focus-visible{outline:3px solid var(--link);outline-offset:2px}\n"
	".skip{position:absolute;left:-99rem}\n"
	".skip:focus{left:1rem;background:var(--bg);padding:.5rem}\n"
	"nav ul,.legend{list-style:none;margin:.5rem 0;padding:0;display:flex;flex-wrap:wrap;"
	"gap:.35rem 1rem}\n"
	".note{border-left:4px solid var(--frame);background:var(--shade);padding:.5rem .75rem}\n"
	".note.warn{border-color:var(--warn)}\n"
	".note.warn strong,.bad{color:var(--warn)}\n"
	".good{color:var(--good)}\n"
	".badge{font-size:.75rem;border:1px solid var(--frame);border-radius:1rem;"
	"padding:0 .5rem;color:var(--soft);white-space:nowrap}\n"
	".figures{display:grid;gap:1.5rem;align-items:start;"
	"grid-template-columns:repeat(auto-fill,minmax(min(100%,23rem),1fr))}\n"
	"figure{margin:0;min-width:0}\n"
	"figcaption{font-size:.875rem;color:var(--soft);overflow-wrap:anywhere;"
	"margin-bottom:.35rem}\n"
	"figcaption strong{color:var(--fg);font-size:1rem}\n"
	"figure>svg{display:block;width:100%;height:auto;max-width:30rem}\n"
	".legend{font-size:.8125rem;gap:.15rem 1rem}\n"
	".legend li{display:flex;gap:.4rem;align-items:center;overflow-wrap:anywhere}\n"
	".legend svg{flex:none}\n"
	"details{margin:.35rem 0;font-size:.875rem}\n"
	"summary{cursor:pointer;color:var(--link)}\n"
	".scroll{overflow-x:auto;margin:.75rem 0;max-width:100%}\n"
	"table{border-collapse:collapse;font-size:.8125rem;font-variant-numeric:tabular-nums}\n"
	"caption{text-align:left;color:var(--soft);padding:.25rem 0;max-width:calc(100vw - 2rem)}\n"
	"th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--rule);"
	"vertical-align:top;font-weight:400}\n"
	"td{white-space:nowrap}\n"
	"tbody th:not(.n),td.w{min-width:11rem;white-space:normal;overflow-wrap:anywhere}\n"
	"thead th{background:var(--shade);font-weight:600;white-space:nowrap}\n"
	"th.n,td.n{text-align:right;white-space:nowrap}\n"
	"svg text{font:11px system-ui,sans-serif;fill:var(--soft)}\n"
	"svg .label{font-size:11px}\n"
	"svg .name,svg .marked{fill:var(--fg)}\n"
	"svg .marked{font-weight:600}\n"
	"svg .grid{stroke:var(--rule);stroke-width:1}\n"
	"svg .axis,svg .zero{stroke:var(--frame);stroke-width:1}\n"
	"svg .l{fill:none;stroke-width:1.6;stroke-linejoin:round}\n"
	"svg .m{stroke:var(--bg)!important;stroke-width:.8}\n"
	"svg .bar{fill:var(--s0)}\n"
	"svg .range{stroke:var(--s7);stroke-width:1}\n"
	"svg .median{stroke:var(--s1);stroke-width:2.4}\n"
	"svg .p99{stroke:var(--s3);stroke-width:2;stroke-dasharray:3 2}\n"
	"svg .mark{stroke:var(--s1);stroke-width:1.6;stroke-dasharray:5 3}\n"
	"svg .floor{fill:var(--shade)}\n"
	"svg .interval{stroke-width:2.2}\n"
	"svg .same{stroke:var(--s7)}svg .same .m{fill:var(--s7)}\n"
	"svg .worse{stroke:var(--s1)}svg .worse .m{fill:var(--s1)}\n"
	"svg .better{stroke:var(--s2)}svg .better .m{fill:var(--s2)}\n"
	"@media print{.scroll{overflow:visible}nav,.skip{display:none}}\n";

static void write_colours(FILE *out, bool dark)
{
	const struct colour *c;

	for (c = report_colours; c->name; c++)
		fprintf(out, "--%s:%s;", c->name, dark ? c->dark : c->light);
}

void report_style(FILE *out)
{
	static const char *const dashes[SVG_SERIES] = { "none", "7 3", "2 3",	  "9 3 2 3",
							"12 4", "4 2", "1 3 5 3", "3 5" };
	unsigned int i;

	fputs(":root{color-scheme:light dark;", out);
	write_colours(out, false);
	fputs("}\n@media(prefers-color-scheme:dark){:root{", out);
	write_colours(out, true);
	fputs("}}\n", out);
	fputs(rules, out);
	for (i = 0; i < SVG_SERIES; i++)
		fprintf(out,
			"svg .l.s%u{stroke:var(--s%u);stroke-dasharray:%s}svg "
			".m.s%u{fill:var(--s%u)}\n",
			i, i, dashes[i], i, i);
}
