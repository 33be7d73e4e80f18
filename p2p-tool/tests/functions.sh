# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the CLI tests share. A test sources this file, runs the tool with run(),
# says what it expects, and ends with finish(): exit 0 passed, 1 failed,
# 77 skipped. UPDATE=1 in the environment writes the expected files anew.
#
# By hand: P2P_TOOL=BUILD/p2p-tool/p2p-tool p2p-tool/tests/cli-list.sh

tests=$(cd "$(dirname "$0")" && pwd)
: "${P2P_TOOL:?path of the p2p-tool to test}"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failures=0
LC_ALL=C
export LC_ALL

# fail TEXT: note a failure with what the tool was told and said.
fail()
{
	failures=$((failures + 1))
	echo "FAILED: $command: $1"
	sed 's/^/  stdout: /' "$tmp/out"
	sed 's/^/  stderr: /' "$tmp/err"
}

# run ARGUMENT...: run the tool; its output goes to $tmp/out and $tmp/err.
run()
{
	command="p2p-tool $*"
	"$P2P_TOOL" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	echo "ran: $command: exit $status"
}

expect_status()
{
	[ "$status" -eq "$1" ] || fail "exit status $status instead of $1"
}

# expect_error STATUS TEXT...: nothing on stdout, one line with every TEXT on stderr.
expect_error()
{
	expect_status "$1"
	shift
	[ ! -s "$tmp/out" ] || fail "an error has output"
	[ "$(wc -l <"$tmp/err")" -eq 1 ] || fail "an error is one line"
	for text in "p2p-tool: " "$@"; do
		grep -qF -- "$text" "$tmp/err" || fail "the error lacks '$text'"
	done
}

# expect_output TEXT: it is somewhere in the output.
expect_output()
{
	grep -qF -- "$1" "$tmp/out" || fail "the output lacks '$1'"
}

expect_no_output_of()
{
	! grep -qF -- "$1" "$tmp/out" || fail "the output has '$1'"
}

expect_no_messages()
{
	[ ! -s "$tmp/err" ] || fail "there are messages"
}

# Take out what a library's version decides: spaces at line ends of a table,
# white space between the tokens of JSON.
normalise()
{
	case $1 in
	*.json) tr -d '[:space:]' <"$2" ;;
	*) sed 's/ *$//' "$2" ;;
	esac
}

# expect_file NAME: a success whose output is that of expected/NAME.
expect_file()
{
	expect_status 0
	[ -z "${UPDATE-}" ] || normalise .txt "$tmp/out" >"$tests/expected/$1"
	normalise "$1" "$tests/expected/$1" >"$tmp/expected"
	normalise "$1" "$tmp/out" >"$tmp/normal"
	if ! cmp -s "$tmp/expected" "$tmp/normal"; then
		fail "the output is not that of expected/$1:"
		diff "$tests/expected/$1" "$tmp/out"
	fi
}

# Was a feature built in? As "p2p-tool --version" says.
feature()
{
	"$P2P_TOOL" --version | grep -q "^  $1 *yes"
}

# The captured machine NAME as a tree; prints its path.
sysroot()
{
	[ -d "$tmp/$1" ] || "$tests/unpack-sysroot.sh" "$tests/sysroot/$1.sysroot" "$tmp/$1"
	echo "$tmp/$1"
}

skip()
{
	echo "SKIPPED: $1"
	exit 77
}

finish()
{
	[ "$failures" -eq 0 ] || echo "$failures failed"
	[ "$failures" -eq 0 ]
	exit
}
