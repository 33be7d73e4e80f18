#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# bench compare: which files it takes, and its exit status.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

run bench compare --help
expect_status 0
expect_output 'p2p-tool bench compare [OPTION]... A B'
! grep -qE '^.{81}' "$tmp/out" || fail "more than 80 columns"
run bench compare
expect_error 2 'the files are missing'
run bench compare one
expect_error 2 'files of a side are missing'
run bench compare vs two
expect_error 2 'files of a side are missing'
run bench compare one two three
expect_error 2 "'vs' between"
run bench compare --subject weather a b
expect_error 2 "'weather'" 'kernel, tool, config or none'
for percent in '' -1 x 1x nan inf 1001; do
	run bench compare --floor "$percent" a b
	expect_error 2 "option --floor '$percent'"
done
run bench compare --json --csv a b
expect_error 2 '--json and --csv'
feature json || {
	run bench compare a b
	expect_status 77
	skip 'JSON is not built in'
}
run bench compare /nonexistent/a /nonexistent/b
expect_error 2 '/nonexistent/a: No such file'

# group KERNEL MEDIAN [FIELD]: a run of one cell with that many instructions.
group()
{
	printf '{"schema":"p2p-tool/1","type":"environment","kernel_release":"%s","records":"1"%s}\n' "$1" "${3-}"
	printf '{"schema":"p2p-tool/1","type":"record","measurement":"map.mmap","buffer":"host:4K",'
	printf '"initiator":"cpu","params":{"via":"device"},"medium":"emulated","unit":"insn","count":1,'
	printf '"min":%s,"median":%s,"p99":%s,"p99.9":%s,"max":%s,"mean":%s,"stdev":0,' "$2" "$2" "$2" "$2" "$2" "$2"
	printf '"page_order":null,"memattr":null,"verification":"none","baseline":null,"observed":{},'
	printf '"skipped":null,"histogram":[[%s,%s,1]]}\n' "$2" "$(($2 + 1))"
}

cd "$tmp" || exit 1
group 1 100 >a
group 1 110 >bit
group 1 125 >slow
group 2 100 >other
run bench compare a a
expect_status 0
expect_output equal
run bench compare a bit
expect_status 0
expect_output '+10.0 %'
run bench compare a slow
expect_status 1
expect_output regression
grep -q '1 cell is slower' "$tmp/err" || fail 'the verdict is missing'
run bench compare slow a
expect_status 0
expect_output improvement
run bench compare --gate 30 a slow
expect_status 0
run bench compare --changed a a
expect_no_output_of host:4K
run bench compare a other
expect_status 3
expect_output kernel_release
grep -q 'subject none.*kernel_release' "$tmp/err" || fail 'the field is not named'
run bench compare --subject kernel a other
expect_status 0
run bench compare --subject tool a other
expect_status 3
run bench compare --force a other
expect_status 0
run bench compare --json a slow
expect_status 1
expect_output '"regression"'
expect_output '"a_median"'
run bench compare --csv a slow
expect_status 1
expect_output 'map.mmap,host:4K,cpu,via=device,insn,1,100,'
run bench compare a a vs bit slow
expect_status 0
expect_output '117.5'

# Partial runs are left out, or all there is.
{ group 1 100; group 1 125 ',"partial":"interrupted"'; } >both
run bench compare a both
expect_status 0
expect_output equal
grep -q 'both:3: left out, a partial run (interrupted)' "$tmp/err" || fail 'no word of the partial run'
run bench compare --partial a both
expect_output '112.5'
group 1 125 ',"partial":"interrupted"' >part
run bench compare a part
expect_status 3
grep -q 'all its runs are partial' "$tmp/err" || fail 'no reason'

# Bad files; test-record-read has more of them.
: >empty
run bench compare empty a
expect_error 2 'empty: is empty'
head -c 300 a >short
run bench compare a short
expect_error 2 'short:2: '
sed 's/"max":100/"max":101/' a >edited
run bench compare a edited
expect_error 2 "edited:2: 'max' and 'histogram' do not agree"
sed 's/insn/ns/' a >timed
cat timed timed >twice
run bench compare a twice
expect_error 2 'twice:3: the same run as twice:1'
run bench compare timed timed
expect_status 0
expect_output 'too few runs'
expect_output 'no change, however large'

finish
