# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What every lab script shares: places, messages, locks. Sourced, with
# LAB_ROOT set to the top of the repository.

LAB_CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vfio-p2p}
export LAB_ROOT LAB_CACHE

# Exit status of the lab itself; a guest command's own status passes through.
# shellcheck disable=SC2034
readonly LAB_SPLAT=120 LAB_TIMEOUT=124 LAB_FAILED=125

# What no message foresaw still ends in one line, and in the lab's own status.
set -E
trap 'printf "lab: failed at %s:%s: %s: this is a mistake in the lab, please report it\n" "${BASH_SOURCE[0]##*/}" "$LINENO" "$BASH_COMMAND" >&2; exit 125' ERR

say() {
	printf 'lab: %s\n' "$*" >&2
}

# die "OBJECT: what happened: what to do" - the lab itself failed.
die() {
	say "$*"
	exit "$LAB_FAILED"
}

usage_error() {
	say "$*"
	exit 2
}

# need_value OPTION ARGUMENT-COUNT - the option's value must be there.
need_value() {
	[[ $2 -ge 2 ]] || usage_error "option '$1' needs a value"
}

# quietly LOG COMMAND... - run with output to LOG; on failure show its end.
quietly() {
	local log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 25 "$log" >&2
		say "failed: $*"
		return 1
	fi
}

# with_lock NAME COMMAND... - one lab at a time does COMMAND (a function or
# program); others wait and say so. Children inherit the lock, so that a make
# whose lab was killed still keeps others away.
with_lock() {
	local lock=$LAB_CACHE/lock/$1 status=0 lock_fd
	shift
	mkdir -p "$LAB_CACHE/lock"
	exec {lock_fd}>"$lock"
	if ! flock -n "$lock_fd"; then
		say "waiting for another lab that holds ${lock##*/}"
		flock "$lock_fd"
	fi
	"$@" || status=$?
	exec {lock_fd}>&-
	return "$status"
}

sha256_of() {
	sha256sum | cut -d' ' -f1
}

seconds() {
	printf '%s' "$((SECONDS - $1)) s"
}

# The accelerator that suites use in the lab: 64 MiB behind the switch.
# shellcheck disable=SC2034
readonly LAB_BAR=vfio:0000:03:00.0/2
