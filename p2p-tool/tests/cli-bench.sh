#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "bench run" with the real commands, on memory that every machine has.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

shipped=$tests/../../bench/suites
P2P_TOOL_SUITES=$shipped
export P2P_TOOL_SUITES
unset P2P_TOOL_ENVIRONMENT

# The suites that we ship: listed, described, and in need of nothing but a BAR.
run bench run --list
expect_status 0
for suite in "$shipped"/*.suite; do
	suite=$(basename "$suite" .suite)
	grep -qE "^${suite}[[:space:]]+[A-Z]" "$tmp/out" || fail "$suite is not listed with what it is for"
done
for suite in demo map; do
	run bench run "$suite" --list
	expect_status 0
	expect_output 'map @bar'
	run bench run "$suite"
	expect_error 2 "$suite.suite:" '@bar' 'no buffer' '--buffer bar=SPEC'
	# Every line is right: only the device is missing.
	run bench run "$suite" --buffer bar=vfio:ffff:ff:1f.7/2 --repeat 1
	[ "$status" -eq 77 ] || [ "$status" -eq 0 ] || fail "a line of $suite is wrong"
done
run bench run no-such-suite
expect_error 2 'no-such-suite: no such suite' 'known there: demo, '

# A suite of our own, by name and by path.
P2P_TOOL_SUITES=$tmp/suites
mkdir "$P2P_TOOL_SUITES"
# The shorter buffer makes these lines say the same.
printf 'map @b:%s --via device --repeat 1\n' 8K 16K >"$P2P_TOOL_SUITES/short.suite"
run bench run short --buffer b=host:8K --csv
expect_status 0
expect_output ',map.mmap,host:8K,cpu,via=device;align=0,'
expect_output ',map.mmap,host:8K,cpu,via=device;align=0;again=2,'
cat >"$P2P_TOOL_SUITES/own.suite" <<'SUITE'
about Memory only
buffer memory host:64K
map @memory --repeat 3 --warmup 1
map vfio:ffff:ff:1f.7/2 --repeat 3
copy @memory --sizes 4K --repeat 2 --warmup 0
SUITE
cd "$tmp" || exit 1
for suite in own suites/own.suite; do
	run bench run "$suite" --csv
	expect_status 0
	expect_no_messages
	expect_output 'p2p-tool/1,map.mmap,host:64K,cpu,via=device;'
	expect_output 'p2p-tool/1,copy.write,host:64K,'
	expect_output 'p2p-tool/1,map,vfio:ffff:ff:1f.7/2,,line=map vfio:ffff:ff:1f.7/2 --repeat 3,'
done
run bench run own
expect_status 0
expect_no_messages
for text in 'map: buffer host:64K' MEDIAN touch_all 'Not measured:' 'vfio:ffff:ff:1f.7/2'; do
	expect_output "$text"
done

# Overrides reach every line; the samples tell.
run bench run own --csv --repeat 5 --buffer memory=host:8K
expect_status 0
[ "$(grep -c ',ns,5,' "$tmp/out")" -ge 6 ] || fail "--repeat did not reach map"
expect_output ',copy.read,host:8K,'
expect_no_output_of host:64K

# A wrong line anywhere, and nothing runs.
cat >"$P2P_TOOL_SUITES/wrong.suite" <<'SUITE'
map host:64K
map host:64K --repaet 3
SUITE
run bench run wrong --csv --output wrong.csv
expect_error 2 'wrong.suite:2: ' repaet
[ ! -e wrong.csv ] || fail "a file was made"
printf 'map host:64K --output x\n' >"$P2P_TOOL_SUITES/wrong.suite"
run bench run wrong
expect_error 2 'wrong.suite:1: ' output
printf 'list\n' >"$P2P_TOOL_SUITES/wrong.suite"
run bench run wrong
expect_error 2 "wrong.suite:1: 'list' does not measure"
printf 'bench run own\n' >"$P2P_TOOL_SUITES/wrong.suite"
run bench run wrong
expect_error 2 "wrong.suite:1: 'bench' does not measure"

# Record files.
if feature json; then
	echo 'base=pinned' >environment
	P2P_TOOL_ENVIRONMENT=$tmp/environment
	export P2P_TOOL_ENVIRONMENT
	run bench run own --output own.jsonl
	expect_status 0
	expect_output MEDIAN
	head -n 1 own.jsonl | grep -q '^{"schema":"p2p-tool/1","type":"environment",.*"base":"pinned","records":"[0-9]*"}$' ||
		fail "the first line is not the environment"
	lines=$(wc -l <own.jsonl)
	[ "$(grep -c '^{"schema":"p2p-tool/1","type":"record",.*}$' own.jsonl)" -eq $((lines - 1)) ] ||
		fail "there is something else in the file"
	run bench run own --output own.jsonl --append
	expect_status 0
	[ "$(wc -l <own.jsonl)" -eq $((2 * lines)) ] || fail "appending lost or made up lines"
	# Ended in the middle: what was measured is beside the file, which is as it was.
	cp own.jsonl before.jsonl
	printf '%s\n' 'map host:4K --repeat 2' 'map host:64M --repeat 100000' >"$P2P_TOOL_SUITES/long.suite"
	command='p2p-tool bench run long, ended'
	"$P2P_TOOL" bench run long --output own.jsonl --append >"$tmp/out" 2>"$tmp/err" &
	sleep 2
	kill -TERM $!
	wait $!
	status=$?
	expect_status 143
	grep -q 'long.suite:2: interrupted: Terminated; what was measured is in own.jsonl.partial' "$tmp/err" ||
		fail 'no word of what was kept'
	cmp -s own.jsonl before.jsonl || fail 'the file has changed'
	[ "$(grep -c '"measurement":"map' own.jsonl.partial)" -eq "$(grep -o '"records":"[0-9]*"' own.jsonl.partial | tr -dc 0-9)" ] ||
		fail 'the records are not those announced'
	grep -q '"partial":"' own.jsonl.partial || fail 'the partial run is not marked'
	run bench compare own.jsonl own.jsonl.partial
	expect_status 3
	echo 'time=never' >environment
	run bench run own
	expect_error 2 "$tmp/environment:1: " "'time'"
	unset P2P_TOOL_ENVIRONMENT
else
	run bench run own --output own.jsonl
	expect_error 77 'JSON is not built in' --csv
	[ ! -e own.jsonl ] || fail "a file was made"
fi
[ -z "$(find . -name '.p2p-tool.*')" ] || fail "a temporary file was left"

finish
