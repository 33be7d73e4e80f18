#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ./lab ab: the same suite on two kernels, compared.
set -euo pipefail

LAB_ROOT=${LAB_ROOT:-$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")}
# shellcheck source=bench/lab/common.sh
source "$LAB_ROOT/bench/lab/common.sh"
# shellcheck source=bench/lab/packages.sh
source "$LAB_ROOT/bench/lab/packages.sh"
# shellcheck source=bench/lab/image.sh
source "$LAB_ROOT/bench/lab/image.sh"
# shellcheck source=kernel/build.sh
source "$LAB_ROOT/kernel/build.sh"

usage() {
	cat <<'USAGE'
Usage: ./lab ab KERNEL_A KERNEL_B --suite SUITE [--counted] [--runs N]
                [--json] [--changed] [--out DIR] [--timeout S]

Boot A and B in turn, N times each, run the suite, and compare the records by
'p2p-tool bench compare --subject kernel': whether B is slower than A.

  --counted    count instructions, which repeat exactly: one run is enough
  --runs N     runs of each kernel (default: 1 when counted, else 10)
  --json       print the comparison as JSON
  --changed    show only what has changed
  --out DIR    leave the records in DIR (default: out/ab) as A.1.jsonl,
               B.1.jsonl, ...
  --timeout S  give up a run after S seconds (default: 600)

Exit status: that of the comparison (0; 1: something is slower or was lost in
B; 3: not comparable), or what './lab run' ends with.
USAGE
}

# The guest's command for a suite.
suite_command() {
	local setup=''

	# A software NIC and DMA engines, where the suite or one that it includes wants them.
	! grep -qwE 'rdma|peers|include' "$LAB_ROOT/bench/suites/$1.suite" || setup='rdma-up && '
	! grep -qE '^(dma|include) ' "$LAB_ROOT/bench/suites/$1.suite" || setup+='dma-up && '
	printf '%sexec p2p-tool bench run %s --buffer bar=%s %s --output /lab/out/%s' \
		"$setup" "$1" "$LAB_BAR" "${2:+--counted}" "$3"
}

main() {
	local suite='' counted='' runs='' out=$LAB_ROOT/out/ab json='' changed='' limit=600
	local run side order file kernel tool status=0 known
	local -A records=()

	parse_arguments ab 2 --suite=:suite --counted:counted --runs=:runs --json:json \
		--changed:changed --out=:out --timeout=:limit -- "$@"
	local -A kernels=([A]=${arguments[0]:-} [B]=${arguments[1]:-})
	[[ ${#arguments[@]} -eq 2 ]] || usage_error "ab: give two kernels: see './lab ab --help'"
	known_kernel "${kernels[A]}"
	known_kernel "${kernels[B]}"
	kernel_with_tool "${kernels[A]}"
	kernel_with_tool "${kernels[B]}"
	[[ -n $suite ]] || usage_error "ab: which suite? './lab ab ${arguments[*]} --suite map'"
	known=$(cd "$LAB_ROOT/bench/suites" && echo *.suite | sed 's/\.suite//g')
	[[ " $known " == *" $suite "* ]] || usage_error "ab: unknown suite '$suite': choose one of $known"
	[[ -n $runs ]] || runs=$([[ -n $counted ]] && echo 1 || echo 10)
	[[ $runs =~ ^[1-9][0-9]{0,3}$ ]] || usage_error "--runs $runs: give a number from 1 to 9999"
	[[ $limit =~ ^[1-9][0-9]*$ ]] || usage_error "--timeout $limit: give a number of seconds"

	need_directory --out "$out"
	out=$(realpath -- "$out")
	ensure_places
	ensure_tool
	tool=$(tool_build_dir)/p2p-tool/p2p-tool
	for ((run = 1; run <= runs; run++)); do
		# A B B A: what drifts meets both alike.
		order='A B'
		((run % 2)) || order='B A'
		for side in $order; do
			kernel=${kernels[$side]}
			file=$side.$run.jsonl
			say "run $run of $runs: $side, $kernel"
			# 77: no cell of the suite can be measured by this kernel, and the records say why.
			with_us "$LAB_ROOT/lab" run --kernel "$kernel" ${counted:+--counted} --timeout "$limit" \
				--out "$out" -- sh -c "$(suite_command "$suite" "$counted" "$file")" >/dev/null ||
				status=$?
			[[ $status -eq 0 || $status -eq 77 ]] || exit "$status"
			status=0
			records[$side]+="$out/$file "
		done
	done
	say "A is ${kernels[A]}, B is ${kernels[B]}; the records are in $out"
	# shellcheck disable=SC2086 # a list; places have no blanks, see ensure_places
	"$tool" bench compare --subject kernel ${json:+--json} ${changed:+--changed} \
		${records[A]} vs ${records[B]} || exit
}

main "$@"
