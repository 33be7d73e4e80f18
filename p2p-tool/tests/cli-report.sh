#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# bench report: which files it takes, and that the page is there completely or not at all.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

run bench report --help
expect_status 0
expect_output 'p2p-tool bench report -o FILE RECORDS...'
! grep -qE '^.{81}' "$tmp/out" || fail "more than 80 columns"
run bench report
expect_error 2 'no record files given'
run bench report -o x
expect_error 2 'no record files given'
run bench report a
expect_error 2 'where should the page go' '-o report.html'
run bench report a -o
expect_error 2 '-o'
run bench report --json a -o x
expect_error 2 "'--json'"
run bench report -o x vs b
expect_error 2 'files of A are missing'
run bench report -o x a vs
expect_error 2 'files of B are missing'
run bench report -o x vs
expect_error 2 'files of A are missing'

cd "$tmp" || exit 1
feature json || {
	echo x >a
	run bench report a -o page.html
	expect_status 77
	[ ! -e page.html ] || fail "a page was made"
	skip 'JSON is not built in'
}

# group TIME MEDIAN [BUFFER]: a run of one cell that took so many ns.
group()
{
	printf '{"schema":"p2p-tool/1","type":"environment","time":"%s","records":"1"}\n' "$1"
	printf '{"schema":"p2p-tool/1","type":"record","measurement":"map.mmap","buffer":"%s",' "${3-host:4K}"
	printf '"initiator":"cpu","params":{"via":"device"},"medium":"emulated","unit":"ns","count":1,'
	printf '"min":%s,"median":%s,"p99":%s,"p99.9":%s,"max":%s,"mean":%s,"stdev":0,' "$2" "$2" "$2" "$2" "$2" "$2"
	printf '"page_order":null,"memattr":null,"verification":"none","baseline":null,"observed":{},'
	printf '"skipped":null,"histogram":[[%s,%s,1]]}\n' "$2" "$(($2 + 1))"
}

group 1 100 >one
run bench report one -o page.html
expect_status 0
expect_no_messages
[ ! -s "$tmp/out" ] || fail "something was printed"
[ "$(head -n 1 page.html)" = '<!DOCTYPE html>' ] || fail "it is no page"
[ "$(tail -n 1 page.html)" = '</html>' ] || fail "the page is not complete"
grep -q 'never bandwidths' page.html || fail "emulated results are not called that"
run bench report --output again.html one
expect_status 0
cmp -s page.html again.html || fail "the same records gave another page"
run bench report one -o -
expect_status 0
cmp -s page.html ./- || fail "'-' is a file as others are"

# Records as texts.
group 2 100 '<script>alert(1)</script>' >evil
run bench report evil -o evil.html
expect_status 0
! grep -q '<script' evil.html || fail "a text became an element"
grep -q '&lt;script&gt;alert(1)' evil.html || fail "a text is missing"

# A change at the eleventh of 24 runs.
for day in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33; do
	group "$day" $((day < 20 ? 100 + day % 3 : 150 + day % 3))
done >many
run bench report many -o many.html
expect_status 0
grep -q 'from run 11 on' many.html || fail "the change is not marked"
group 99 100 >late
run bench report -o sides.html one vs late
expect_status 0
grep -q '<h2 id="compare">' sides.html || fail "A and B are not compared"

# What compare refuses is refused here with the same words, and leaves the old page.
cp page.html old.html
cat one one >twice
head -c 300 one >short
sed 's/"median":100/"median":200/' one >wrong
: >empty
for bad in twice short wrong empty /nonexistent /; do
	run bench report "$bad" -o page.html
	expect_error 2 "$bad"
	cp "$tmp/err" report.err
	run bench compare one "$bad" --force
	[ "$bad" = twice ] || cmp -s "$tmp/err" report.err || fail "not the words of compare"
	cmp -s page.html old.html || fail "the old page has gone"
done
run bench report one one -o page.html
expect_error 2 'the same run as'

run bench report one -o /nonexistent/page.html
expect_error 1 '/nonexistent/page.html' directory
run bench report one -o /dev/full
expect_error 1 '/dev/full' 'No space left'
run bench report one -o .
expect_error 2 '.'
[ -z "$(find . -name '.p2p-tool.*')" ] || fail "a temporary file was left"

finish
