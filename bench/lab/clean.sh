#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ./lab clean: give back the disk space.
set -euo pipefail

LAB_ROOT=${LAB_ROOT:-$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")}
# shellcheck source=bench/lab/common.sh
source "$LAB_ROOT/bench/lab/common.sh"

usage() {
	cat <<'USAGE'
Usage: ./lab clean [--all] [--force]

Remove what the lab made: built kernels, objects, the built tool, logs, out/.
The downloaded source and the compiler cache stay; --all removes these too.
A kernel tree with work that is not in kernel/series/ stops it; --force does
not look. Packages stay installed.
USAGE
}

main() {
	local all='' force=''

	parse_arguments clean 0 --all:all --force:force -- "$@"
	ensure_places
	if [[ -n $all && -z $force && -d $LAB_CACHE/tree ]]; then
		# Says so itself when there is work that would be lost.
		"$LAB_ROOT/lab" kernel tree >/dev/null
	fi
	rm -rf "$LAB_CACHE"/{kernels,objects,tool,log,kvm-probe-*} "$LAB_ROOT/out"
	if [[ -n $all ]]; then
		rm -rf "$LAB_CACHE"
	fi
	say "removed; $(du -sh "$LAB_CACHE" 2>/dev/null | cut -f1 || true) left in $LAB_CACHE"
}

main "$@"
