#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Every option that a command's --help prints is in the manual page and in the
# completion, and neither has others.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

page=$tests/../man/p2p-tool.1
. "$tests/../completion/p2p-tool"

# The long options of a command by its own help.
options_of()
{
	# shellcheck disable=SC2086
	"$P2P_TOOL" $1 --help | sed -nE 's/^ (-., |    )--([a-z-]+).*/--\2/p' | sort
}

# The text below the headings of the manual page that match, without markup.
section()
{
	awk -v heading="^[.]S[SH] ($1)\$" '
		/^[.]S[SH]/ { inside = $0 ~ heading }
		inside' "$page" | sed 's/\\-/-/g; s/\\f.//g'
}

# The long options of a command by its parts of the manual page.
manual_of()
{
	case $1 in
	'') section OPTIONS ;;
	map | copy | rdma | drm | dma | revoke | vend) section "$1|Options of what measures|Output of what measures" ;;
	'bench run' | peers) section "$1|Output of what measures" ;;
	*) section "$1" ;;
	esac | grep -E '^[.](B|BR|BI) ' | grep -oE -- '--[a-z-]+' | sort -u
}

check_options()
{
	command="p2p-tool${1:+ $1} --help"
	options_of "$1" >"$tmp/help"
	[ "$(wc -l <"$tmp/help")" -ge 2 ] || fail "no options found"

	# --help is explained once for all.
	{ manual_of "$1" && echo --help; } | sort -u >"$tmp/manual"
	diff "$tmp/help" "$tmp/manual" >"$tmp/out" || fail "the manual page has other options"
	_p2p_tool_options "$1" | tr -s ' ' '\n' | sort >"$tmp/completion"
	diff "$tmp/help" "$tmp/completion" >"$tmp/out" || fail "the completion has other options"
	echo "compared: $command"
}

: >"$tmp/out"
: >"$tmp/err"
check_options ''
{
	"$P2P_TOOL" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -vx bench
	"$P2P_TOOL" bench --help | sed -n '/^Sub-commands:/,/^$/s/^  \([a-z]*\) .*/bench \1/p'
} >"$tmp/commands"
while read -r name; do
	check_options "$name"
	command="p2p-tool(1)"
	grep -q "^[.]B p2p.-tool $name" "$page" || fail "the synopsis lacks $name"
	grep -q "^[.]SS $name\$" "$page" || fail "$name has no section"
done <"$tmp/commands"

# What the manual page says of exit codes and the environment.
for text in 0 1 2 3 77; do
	section 'EXIT STATUS' | grep -qx ".B $text" || fail "exit status $text is missing"
done
for text in P2P_TOOL_SUITES P2P_TOOL_ENVIRONMENT; do
	section ENVIRONMENT | grep -qx ".B $text" || fail "$text is missing"
done

if command -v groff >/dev/null; then
	command="groff -ww"
	groff -man -Tutf8 -ww -z "$page" >"$tmp/out" 2>&1 || fail "it fails"
	[ ! -s "$tmp/out" ] || fail "it has something to say about the manual page"
fi

finish
