#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The statistics of "bench compare" against R.
command -v Rscript >/dev/null || {
	echo "SKIPPED: R is not here: install r-base-core"
	exit 77
}
cases=$(mktemp) || exit 1
trap 'rm -f "$cases"' EXIT
"$(dirname "$P2P_TOOL")/tests/stats-cases" >"$cases" || exit 1
Rscript --vanilla "$(dirname "$0")/stats.R" <"$cases"
