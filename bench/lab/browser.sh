# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Pages of 'bench report' in a headless browser. Sourced by tests.
# shellcheck disable=SC2154 # scratch is set by test.sh

# browser ARGUMENT... - Chromium without a window, on files that are ours.
browser() {
	timeout 240 chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
		--allow-file-access-from-files --user-data-dir="$scratch/profile" "$@" 2>"$scratch/browser"
}

need_browser() {
	command -v chromium >/dev/null || skip 'chromium is not here: install it to see what reports look like'
}

# look WIDTH light|dark PAGE - what is wrong with a page, as lines 'WRONG: ...'.
look() {
	local scheme=1
	[[ $2 == light ]] || scheme=0
	browser --blink-settings=preferredColorScheme=$scheme --window-size=1400,2000 --dump-dom \
		"file://$LAB_ROOT/bench/lab/tests/report-check.html?$1,$3" |
		sed -n '/<pre id="findings">/,/<\/pre>/{s/<[^>]*>//g;p}'
}

# looks_good PAGE MIN-CHARTS - on a phone in light, and on a desk in dark.
looks_good() {
	looks_good_as 390 light 'rgb(255, 255, 255)' "$@"
	looks_good_as 1280 dark 'rgb(20, 24, 29)' "$@"
}

# looks_good_as WIDTH light|dark BACKGROUND PAGE MIN-CHARTS
looks_good_as() {
	look "$1" "$2" "$4" >"$scratch/findings"
	sed "s/^/$1 $2: /" "$scratch/findings"
	! grep -q WRONG "$scratch/findings" || fail "$4, $1 wide, $2: see above"
	[[ $(sed -n 's/^looked at \([0-9]*\) charts/\1/p' "$scratch/findings") -ge $5 ]] ||
		{ cat "$scratch/browser"; fail "$4: fewer than $5 charts were looked at"; }
	grep -qF "background $3" "$scratch/findings" || fail "$4: not $2"
}

# looks_wrong PAGE PATTERN - on a phone, and the finding is one with that in it.
looks_wrong() {
	look 390 light "$1" >"$scratch/findings"
	grep -q "WRONG: .*$2" "$scratch/findings" || { cat "$scratch/findings"; fail "$1: '$2' was not found"; }
}
