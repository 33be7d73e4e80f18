#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# p2p-tool list on captured machines, in every format.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

for machine in server lab odd; do
	root=$(sysroot "$machine") || exit 1
	if feature tables; then
		run list --sysroot "$root"
		expect_file "list-$machine.txt"
	fi
	if feature json; then
		run list --sysroot "$root" --all --json
		expect_file "list-$machine.json"
		expect_no_messages
	fi
	run list --sysroot "$root" --csv
	expect_file "list-$machine.csv"
	expect_no_messages
done

if feature tables; then
	run list --sysroot "$(sysroot server)" --all --pci
	expect_file list-server-all.txt
	run list --sysroot "$(sysroot server)" 0000:18:00.0 1:c1:0.0
	expect_file list-server-two.txt
fi

# The form without libsmartcols has the same cells.
if ! feature tables; then
	run list --sysroot "$(sysroot server)" --drm
	expect_status 0
	expect_output "$(printf 'card1\t0001:c1:00.0\tamdgpu')"
fi

# A machine without anything is not an error.
run list --sysroot "$(sysroot empty)"
expect_status 0
grep -q 'no such device here' "$tmp/err" || fail "it does not say that there is nothing"
[ ! -s "$tmp/out" ] || fail "there is output"
if feature json; then
	run list --sysroot "$(sysroot empty)" --json
	expect_file list-empty.json
	expect_no_messages
else
	run list --sysroot "$(sysroot empty)" --json
	expect_error 77 'not built in' 'json-c'
fi

# A captured machine that would write elsewhere than into its tree.
mkdir "$tmp/outside"
echo kept >"$tmp/outside/file"
for lines in "sys/a -> $tmp/outside\nsys/a/file=changed" "sys/a -> $tmp/outside\nsys/a/b/file=new" \
	"sys/a -> $tmp/outside\nsys/a/b/" "sys/a -> $tmp/outside/file\nsys/a=changed" '../new=x' '.. -> x'; do
	# shellcheck disable=SC2059 # the newline is wanted
	printf "$lines\n" >"$tmp/evil"
	rm -rf "$tmp/inside"
	command="unpack-sysroot.sh: $lines"
	"$tests/unpack-sysroot.sh" "$tmp/evil" "$tmp/inside" >"$tmp/out" 2>"$tmp/err"
	status=$?
	expect_status 1
	grep -q 'leads out of the tree' "$tmp/err" || fail "the error does not say why"
	[ "$(ls "$tmp/outside"; cat "$tmp/outside/file")" = "file
kept" ] || fail "it wrote outside"
done

finish
