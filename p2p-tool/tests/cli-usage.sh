#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Help, version, wrong usage and unwritable output, of the tool and every command.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

# Each command's name, from the tool's own help.
commands()
{
	"$P2P_TOOL" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

check_help()
{
	expect_status 0
	expect_no_messages
	[ "$(head -n 1 "$tmp/out")" = "Usage:" ] || fail "no usage"
	expect_output "-h, --help"
	grep -qi 'exit status' "$tmp/out" || fail "no exit status"
	! grep -qE '^.{81}' "$tmp/out" || fail "more than 80 columns"
	! grep -qE ' $' "$tmp/out" || fail "spaces at the end of a line"
}

for option in --help -h; do
	run "$option"
	check_help
done
[ -n "$(commands)" ] || fail "no commands"
for status_number in 0 1 2 3 77; do
	grep -qE "^ +$status_number  [a-z]" "$tmp/out" || fail "exit status $status_number is not explained"
done

for command_name in $(commands); do
	for option in --help -h; do
		run "$command_name" "$option"
		check_help
	done
	expect_output "p2p-tool $command_name"
	run "$command_name" --no-such-option
	expect_error 2 --no-such-option
	command="p2p-tool $command_name --help >/dev/full"
	"$P2P_TOOL" "$command_name" --help >/dev/full 2>"$tmp/err"
	status=$?
	: >"$tmp/out"
	expect_error 1 'standard output' 'No space left on device' incomplete
done

for option in --version -V; do
	run "$option"
	expect_status 0
	expect_no_messages
	grep -qE '^p2p-tool [0-9]+\.[0-9]+' "$tmp/out" || fail "no version"
	for feature in json tables rdma drm; do
		grep -qE "^  $feature +(yes  .*[0-9]|no$)" "$tmp/out" || fail "nothing about $feature"
	done
done

run
expect_error 2 'no command' --help
run frob
expect_error 2 'frob: no such command' --help
run ''
expect_error 2 'no such command'
run --frob
expect_error 2 "'--frob': no such option" "'p2p-tool --help'"
run --ver
expect_status 0
run -x list
expect_error 2 "'-x': no such option"
# Options before the command are the tool's, those after it the command's.
run --json list
expect_error 2 "'--json': no such option"
run list --version
expect_error 2 "'--version': no such option" 'p2p-tool list --help'
run list --
expect_status 0

# Output that cannot be written is a failure even after success.
for arguments in '--version' "list --csv --all --sysroot $(sysroot server)"; do
	command="p2p-tool $arguments >/dev/full"
	# shellcheck disable=SC2086
	"$P2P_TOOL" $arguments >/dev/full 2>"$tmp/err"
	status=$?
	: >"$tmp/out"
	expect_error 1 'standard output' 'No space left on device'
	command="p2p-tool $arguments >&-"
	# shellcheck disable=SC2086
	"$P2P_TOOL" $arguments >&- 2>"$tmp/err"
	status=$?
	expect_error 1 'standard output'
done

finish
