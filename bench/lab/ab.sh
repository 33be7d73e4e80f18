#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ./lab ab: the same suite on two kernels, side by side.
set -euo pipefail

LAB_ROOT=${LAB_ROOT:-$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")}
# shellcheck source=bench/lab/common.sh
source "$LAB_ROOT/bench/lab/common.sh"
# shellcheck source=bench/lab/packages.sh
source "$LAB_ROOT/bench/lab/packages.sh"
# shellcheck source=kernel/build.sh
source "$LAB_ROOT/kernel/build.sh"

usage() {
	cat <<'USAGE'
Usage: ./lab ab KERNEL_A KERNEL_B --suite SUITE [--counted] [--runs N]
                [--out DIR]

Boot A and B in turn, N times each (default: 1), run the suite on both and
print the medians side by side. Without --counted the figures are times of an
emulated machine: only their ratio means something, and one run is noise.
The records are left in DIR (default: out/ab) as A.1.jsonl, B.1.jsonl, ...
USAGE
}

# side_by_side NAME-A NAME-B RECORDS... - one line a cell: the median over the
# runs of each run's median.
side_by_side() {
	{
		printf 'measurement\tcell\tunit\t%s\t%s\tratio\n' "$1" "$2"
		jq -r -n '
			def cell: [.measurement, ([.buffer] + [.params | to_entries[] | "\(.key)=\(.value)"] | join(" ")), .unit];
			def median: sort | if length % 2 == 1 then .[length / 2 | floor]
				else (.[length / 2 - 1] + .[length / 2]) / 2 end;
			[inputs | select(.type == "record")
				| {side: (input_filename | sub(".*/"; "") | .[0:1]), cell: cell, median: .median, skipped}]
			| group_by(.cell)[]
			| ([.[] | select(.side == "A" and .median != null) | .median]) as $a
			| ([.[] | select(.side == "B" and .median != null) | .median]) as $b
			| .[0].cell + [
				(if $a == [] then "-" else $a | median end),
				(if $b == [] then "-" else $b | median end),
				(if $a == [] or $b == [] or ($a | median) == 0 then "-"
				 else ($b | median) / ($a | median) * 10000 | round / 10000 end)]
			| @tsv' "${@:3}"
	} | column -t -s $'\t' -R 4,5,6
}

main() {
	local suite='' counted='' runs=1 out=$LAB_ROOT/out/ab run side records=()

	parse_arguments ab 2 --suite=:suite --counted:counted --runs=:runs --out=:out -- "$@"
	local kernels=("${arguments[@]}")
	[[ ${#kernels[@]} -eq 2 ]] || usage_error "ab: give two kernels: see './lab ab --help'"
	known_kernel "${kernels[0]}"
	known_kernel "${kernels[1]}"
	[[ -n $suite ]] || usage_error "ab: which suite? './lab ab ${kernels[*]} --suite map'"
	[[ -f $LAB_ROOT/bench/suites/$suite.suite ]] ||
		usage_error "ab: unknown suite '$suite': choose one of $(cd "$LAB_ROOT/bench/suites" && echo *.suite | sed 's/\.suite//g')"
	[[ $runs =~ ^[1-9][0-9]*$ ]] || usage_error "--runs $runs: give a number"

	need_directory --out "$out"
	out=$(realpath -- "$out")
	ensure_places
	ensure_packages comparison
	for ((run = 1; run <= runs; run++)); do
		for side in A B; do
			local kernel=${kernels[0]}
			[[ $side == A ]] || kernel=${kernels[1]}
			say "run $run of $runs: $kernel"
			with_us "$LAB_ROOT/lab" run --kernel "$kernel" ${counted:+--counted} --out "$out" -- \
				p2p-tool bench run "$suite" --buffer "bar=$LAB_BAR" ${counted:+--counted} \
				--output "/lab/out/$side.$run.jsonl" >/dev/null || exit
			records+=("$out/$side.$run.jsonl")
		done
	done
	side_by_side "${kernels[@]}" "${records[@]}"
}

main "$@"
