#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ./lab test: every test, one line each, with a time budget for each group.
set -euo pipefail

LAB_ROOT=${LAB_ROOT:-$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")}
# shellcheck source=bench/lab/common.sh
source "$LAB_ROOT/bench/lab/common.sh"
# shellcheck source=bench/lab/packages.sh
source "$LAB_ROOT/bench/lab/packages.sh"
# shellcheck source=bench/lab/image.sh
source "$LAB_ROOT/bench/lab/image.sh"
# shellcheck source=kernel/source.sh
source "$LAB_ROOT/kernel/source.sh"
# shellcheck source=kernel/series.sh
source "$LAB_ROOT/kernel/series.sh"
# shellcheck source=kernel/build.sh
source "$LAB_ROOT/kernel/build.sh"
# shellcheck source=bench/lab/gates.sh
source "$LAB_ROOT/bench/lab/gates.sh"
# shellcheck source=kernel/selftests.sh
source "$LAB_ROOT/kernel/selftests.sh"

# Groups in the order they run, each a file in bench/lab/tests/, with its
# budget in seconds on 2 cores from nothing. 20 % over fails.
GROUPS_IN_ORDER=(rest builds tool guest)
declare -A BUDGET=([rest]=120 [builds]=1860 [tool]=300 [guest]=800)

# How many of a group run at once. A guest keeps one processor busy, seldom more.
declare -A AT_ONCE=([rest]=1 [builds]=1 [tool]=1 [guest]=$(($(nproc) < 4 ? $(nproc) : 4)))

usage() {
	cat <<'USAGE'
Usage: ./lab test [--full] [--only PATTERN] [--list]

Run the tests: rest (scripts, sources, patch queue), builds (kernels), tool
(p2p-tool on this machine) and guest (in the lab). From nothing that takes
about an hour on 2 cores, a quarter of it when kernels are built. Guests run
side by side, one for each processor, four at most.

  --full          also what is slow: every patch on its own, kernels that
                  show a bug before its fix
  --only PATTERN  only tests whose GROUP/NAME matches the shell pattern
  --list          print their names

A test may have parts, which are shown and counted like tests. A test's
output is in $LAB_CACHE/log/test/GROUP-NAME.log. The last line is
'N passed, N failed, N skipped'.
USAGE
}

full='' only='*' list=''
passed=0 failed=0 skipped=0
# Of the tests that run, by process group: what they are called, and since when.
declare -A running=() started_at=()

# Tests are the functions of a group's file called test_NAME, or slow_NAME for
# --full, which takes the place of test_NAME where there are both; in the order of
# the file. tests_of GROUP - those that were asked for.
tests_of() {
	local function functions
	functions=$(sed -n 's/^\(test_[a-z0-9_]*\)() {.*/\1/p; s/^\(slow_[a-z0-9_]*\)() {.*/\1/p' \
		"$LAB_ROOT/bench/lab/tests/$1.sh")
	for function in $functions; do
		if [[ -n $full ]]; then
			[[ $'\n'$functions$'\n' != *$'\n'"slow_${function#test_}"$'\n'* ]] || continue
		elif [[ $function == slow_* ]]; then
			continue
		fi
		# shellcheck disable=SC2053 # a pattern is wanted
		[[ $(test_name "$1" "$function") != $only ]] || echo "$function"
	done
}

# test_name GROUP FUNCTION
test_name() {
	local name=$1/${2#*_}
	echo "${name//_/-}"
}

# skip REASON - end the test that calls it as skipped.
# shellcheck disable=SC2317 # called by tests
skip() {
	echo "skipped: $*"
	exit 77
}

# fail WHY - end the test that calls it as failed.
# shellcheck disable=SC2317 # called by tests
fail() {
	echo "$*"
	exit 1
}

# Show and count the parts of a test: lines 'ok NAME' or 'FAIL NAME: WHY' that it
# left in $parts.
report_parts() {
	local test=$1 file=$2 status rest
	while read -r status rest; do
		if [[ $status == ok ]]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
		printf '%-5s %s/%s\n' "$status" "$test" "$rest"
	done <"$file"
}

# end_test STATUS - whoever ends the tests ends those that run, and their guests.
# shellcheck disable=SC2317 # called by trap
end_test() {
	local pid
	trap '' INT TERM HUP
	for pid in "${!running[@]}"; do
		kill -- "-$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	exit "$1"
}

log_of() {
	echo "$LAB_CACHE/log/test/${1//\//-}.log"
}

# start_test GROUP FUNCTION
start_test() {
	local function=$2 name log parts
	name=$(test_name "$1" "$function")
	log=$(log_of "$name")
	parts=$log.parts
	mkdir -p "$(dirname "$log")"
	: >"$parts"
	# A process group of its own, all of which end_test can reach.
	set -m
	(
		set +m
		# A test may fail anywhere without being a mistake of the lab.
		trap - ERR
		set -e
		scratch=$(mktemp -d)
		trap 'rm -rf "$scratch"' EXIT
		"$function"
	) </dev/null >"$log" 2>&1 &
	set +m
	running[$!]=$name
	started_at[$!]=$SECONDS
}

# await_test - until one of those that run ends, and tell how.
await_test() {
	local pid name log why status=0
	wait -n -p pid "${!running[@]}" || status=$?
	name=${running[$pid]}
	log=$(log_of "$name")
	unset "running[$pid]"
	report_parts "$name" "$log.parts"
	case $status in
	0)
		passed=$((passed + 1))
		echo "ok    $name ($(seconds "${started_at[$pid]}"))"
		;;
	77)
		skipped=$((skipped + 1))
		echo "skip  $name: $(tail -n 1 "$log")"
		;;
	*)
		failed=$((failed + 1))
		why=$(tail -n 1 "$log")
		echo "FAIL  $name ($(seconds "${started_at[$pid]}"), status $status): $why"
		sed 's/^/      | /' "$log" | tail -n 25
		;;
	esac
}

run_group() {
	local group=$1 function started=$SECONDS used
	# shellcheck source=/dev/null
	source "$LAB_ROOT/bench/lab/tests/$group.sh"
	for function in $(tests_of "$group"); do
		if [[ -n $list ]]; then
			test_name "$group" "$function"
			continue
		fi
		start_test "$group" "$function"
		[[ ${#running[@]} -lt ${AT_ONCE[$group]} ]] || await_test
	done
	[[ -z $list ]] || return 0
	while [[ ${#running[@]} -gt 0 ]]; do
		await_test
	done
	used=$((SECONDS - started))
	if [[ -n $full ]]; then
		echo "time  $group: $used s (no budget with --full)"
	elif ((used * 10 > ${BUDGET[$group]} * 12)); then
		failed=$((failed + 1))
		echo "FAIL  $group/budget: $used s used, ${BUDGET[$group]} s is the budget: make the tests faster or raise it with reasons"
	else
		echo "time  $group: $used s of ${BUDGET[$group]} s"
	fi
}

main() {
	local group started=$SECONDS asked=''

	parse_arguments test 0 --full:full --only=:only --list:list -- "$@"
	for group in "${GROUPS_IN_ORDER[@]}"; do
		asked+=$(tests_of "$group")
	done
	[[ -n $asked ]] ||
		usage_error "test: no test matches '$only': './lab test --list' shows their names, with --full also of slow ones"
	if [[ -z $list ]]; then
		ensure_places
		ensure_packages test
		ensure_packages kernel
		ensure_packages tool
		ensure_packages guest
		ensure_qemu
	fi
	trap 'end_test 130' INT
	trap 'end_test 143' TERM HUP
	for group in "${GROUPS_IN_ORDER[@]}"; do
		run_group "$group"
	done
	[[ -z $list ]] || return 0
	echo "time  all: $(seconds "$started")"
	echo "$passed passed, $failed failed, $skipped skipped"
	[[ $failed -eq 0 ]] || exit 1
}

main "$@"
