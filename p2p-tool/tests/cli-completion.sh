#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The bash completion offers what the tool has.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/functions.sh"

# The completion runs the tool by its name.
PATH=$(dirname "$P2P_TOOL"):$PATH
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
. "$tests/../completion/p2p-tool" || fail "it cannot be read"

# complete_line LINE: what is offered at its end goes to $tmp/out, one a line.
complete_line()
{
	command="completion of '$1'"
	COMP_LINE=$1
	# shellcheck disable=SC2034
	COMP_POINT=${#1}
	_p2p_tool 2>"$tmp/err"
	printf '%s\n' "${COMPREPLY[@]}" >"$tmp/out"
	expect_no_messages
}

expect_offer()
{
	grep -qxF -- "$1" "$tmp/out" || fail "'$1' is not offered"
}

expect_no_offer()
{
	! grep -qxF -- "$1" "$tmp/out" || fail "'$1' is offered"
}

complete_line 'p2p-tool '
for command_name in $("$P2P_TOOL" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	expect_offer "$command_name"
done
complete_line 'p2p-tool li'
expect_offer list
expect_no_offer map
complete_line 'p2p-tool --v'
expect_offer --version
expect_no_offer --help
complete_line 'p2p-tool list --c'
expect_offer --csv
expect_no_offer --json
complete_line 'p2p-tool list --csv --js'
expect_offer --json
complete_line 'p2p-tool bench '
expect_offer run
expect_offer report
complete_line 'p2p-tool bench run --bu'
expect_offer --buffer
complete_line 'p2p-tool map '
expect_offer vfio:
expect_offer host:
complete_line 'p2p-tool map ho'
expect_offer host:
expect_no_offer vfio:
complete_line 'p2p-tool drm dr'
expect_offer drm:
complete_line 'p2p-tool revoke --importers rdma,'
expect_offer rdma,drm
expect_no_offer drm
complete_line 'p2p-tool bench run --buffer bar='
expect_offer vfio:
expect_offer host:

mkdir -p "$tmp/dir/sub" && : >"$tmp/dir/plain"
complete_line "p2p-tool list --sysroot $tmp/dir/"
expect_offer "$tmp/dir/sub"
expect_no_offer "$tmp/dir/plain"
complete_line "p2p-tool bench run --output $tmp/dir/p"
expect_offer "$tmp/dir/plain"
complete_line "p2p-tool bench report -o $tmp/dir/p"
expect_offer "$tmp/dir/plain"
complete_line "p2p-tool bench report $tmp/dir/p"
expect_offer "$tmp/dir/plain"

# After a colon bash wants only what follows it.
for path in /sys/bus/pci/devices/*; do
	[ -e "$path" ] || continue
	function=${path##*/}
	complete_line 'p2p-tool list '
	expect_offer "$function"
	complete_line "p2p-tool list ${function%%:*}:"
	expect_offer "${function#*:}"
done
run list --pci --csv
bar=$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	$at["mmappable"] == "yes" { print $1 "/" $at["bar"]; exit }' "$tmp/out")
if [ -n "$bar" ]; then
	complete_line "p2p-tool map vfio:"
	expect_offer "$bar"
	complete_line "p2p-tool copy vfio:${bar%.*}"
	expect_offer "${bar##*:}"
	complete_line "p2p-tool bench run -b bar=vfio:${bar%.*}"
	expect_offer "${bar##*:}"
fi

finish
