#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make the tree that a text of capture-sysroot.sh describes, below DIR:
#   PATH=CONTENT     a file (\n and \\ stand for a newline and a backslash)
#   PATH -> TARGET   a symbolic link
#   PATH/            an empty directory
# Usage: unpack-sysroot.sh FILE DIR
set -eu

if [ $# -ne 2 ] || [ ! -f "$1" ]; then
	echo "usage: ${0##*/} FILE DIR" >&2
	exit 2
fi
exec <"$1"
mkdir -p "$2/sys"
cd "$2"

leads_out()
{
	echo "${0##*/}: $1: a path leads out of the tree: $line" >&2
	exit 1
}

last=
while IFS= read -r line; do
	path=${line%%=*}
	path=${path%% -> *}
	case $path in
	'' | '#'*) continue ;;
	/* | .. | ../* | */../* | */..) leads_out "$1" ;;
	esac
	# Nor through a link: those of a captured machine only lie at the end.
	parent=$path
	while [ "$parent" != "${parent%/*}" ]; do
		parent=${parent%/*}
		[ ! -L "$parent" ] || leads_out "$1"
	done
	if [ "${path%/*}" != "$last" ]; then
		last=${path%/*}
		mkdir -p "$last"
	fi
	case $line in
	"$path -> "*) ln -sfn "${line#"$path -> "}" "$path" ;;
	"$path="*)
		[ ! -L "$path" ] || leads_out "$1"
		printf '%b\n' "${line#"$path="}" >"$path"
		;;
	*/) ;;
	*)
		echo "${0##*/}: $1: neither a file nor a link: $line" >&2
		exit 1
		;;
	esac
done
