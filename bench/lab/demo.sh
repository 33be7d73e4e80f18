#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ./lab demo: from a fresh machine to a table of figures.
set -euo pipefail

LAB_ROOT=${LAB_ROOT:-$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")}
# shellcheck source=bench/lab/common.sh
source "$LAB_ROOT/bench/lab/common.sh"

usage() {
	cat <<'USAGE'
Usage: ./lab demo [--kernel NAME]

Set up everything this machine lacks, boot the lab and run p2p-tool's demo
suite there: about 15 minutes the first time, under half a minute later. The
tables go to standard output, the records to out/demo.jsonl, and as a page to
look at to out/demo.html.
USAGE
}

main() {
	local kernel=lab started=$SECONDS

	parse_arguments demo 0 --kernel=:kernel -- "$@"
	kernel_with_tool "$kernel"
	with_us "$LAB_ROOT/lab" run --kernel "$kernel" --out "$LAB_ROOT/out" -- \
		sh -c "rdma-up && dma-up && p2p-tool bench run demo --buffer bar=$LAB_BAR --output /lab/out/demo.jsonl && p2p-tool bench report /lab/out/demo.jsonl -o /lab/out/demo.html" || exit
	say "done in $(seconds "$started"); the records are in $LAB_ROOT/out/demo.jsonl, as a page in demo.html"
}

main "$@"
