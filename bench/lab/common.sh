# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What every lab script shares: places, messages, locks. Sourced, with
# LAB_ROOT set to the top of the repository.

# Without HOME, ~ is what the password file says.
[[ -n ${HOME:-} ]] || unset HOME
LAB_CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-~/.cache}/vfio-p2p}
TMPDIR=${TMPDIR:-/tmp}
export LAB_ROOT LAB_CACHE TMPDIR

# Exit status of the lab itself; a guest command's own status passes through.
# shellcheck disable=SC2034
readonly LAB_SPLAT=120 LAB_TIMEOUT=124 LAB_FAILED=125

# What no message foresaw still ends in one line, and in the lab's own status.
set -E
trap 'unforeseen $? "${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR

# unforeseen STATUS WHERE
unforeseen() {
	# A subshell or another script of the lab has said it already.
	[[ $1 -ne $LAB_FAILED ]] || exit "$LAB_FAILED"
	# HUP, INT, TERM: a program ended as this script is about to.
	[[ $1 -ne 129 && $1 -ne 130 && $1 -ne 143 ]] || exit "$1"
	die_if_full
	die "failed at $2: this is a mistake in the lab, please report it"
}

say() {
	printf 'lab: %s\n' "$*" >&2
}

# die "OBJECT: what happened: what to do" - the lab itself failed.
die() {
	say "$*"
	exit "$LAB_FAILED"
}

# die_if_full - the usual reason for what nobody foresees.
die_if_full() {
	local name free
	for name in TMPDIR LAB_CACHE; do
		free=$(df --output=avail -- "${!name}" 2>/dev/null | tail -n 1) || continue
		((free >= 64)) ||
			die "${!name}: the disk is full: make room, or set $name to a directory on another one"
	done
}

usage_error() {
	say "$*"
	exit 2
}

# can_write DIR - found out by trying: permissions tell root nothing.
can_write() {
	{ : >"$1/.lab.$$" && rm -- "$1/.lab.$$"; } 2>/dev/null
}

# need_directory OPTION DIR - DIR is made if need be, and can be written.
need_directory() {
	{ mkdir -p -- "$2" 2>/dev/null && can_write "$2"; } ||
		usage_error "$1 $2: cannot be written: choose another directory"
}

# parse_arguments COMMAND WORDS OPTION:VARIABLE... -- ARGUMENT...
# '--flag:v' sets v=yes, '--option=:v' takes a value, '--option=:v[]' appends it
# to an array. Words that are no options are left in the array $arguments: at
# most WORDS of them, or '+': the first word ends the options, as in getopt.
parse_arguments() {
	local command=$1 words=$2 variable
	local -A variable_of=()
	shift 2
	while [[ $1 != -- ]]; do
		variable_of[${1%:*}]=${1##*:}
		shift
	done
	shift

	arguments=()
	while [[ $# -gt 0 ]]; do
		case $1 in
		-h | --help)
			usage
			exit 0
			;;
		--)
			shift
			break
			;;
		-*)
			if [[ -n ${variable_of[$1]:-} ]]; then
				printf -v "${variable_of[$1]}" yes
			elif [[ -n ${variable_of[$1=]:-} ]]; then
				# Nothing to add is what a script's empty variable means.
				[[ $# -ge 2 && (-n $2 || $1 == --append) ]] ||
					usage_error "$command: option '$1' needs a value"
				variable=${variable_of[$1=]}
				if [[ $variable == *'[]' ]]; then
					local -n array=${variable%'[]'}
					array+=("$2")
				else
					printf -v "$variable" %s "$2"
				fi
				shift
			else
				usage_error "$command: unknown option '$1': see './lab $command --help'"
			fi
			;;
		*)
			[[ $words != + ]] || break
			arguments+=("$1")
			;;
		esac
		shift
	done
	arguments+=("$@")
	[[ $words == + || ${#arguments[@]} -le $words ]] ||
		usage_error "$command: unknown argument '${arguments[words]}': see './lab $command --help'"
}

# ensure_places - for every command that makes something, once its arguments
# are read. make, configure and QEMU do not take every path.
ensure_places() {
	local name
	LAB_CACHE=$(realpath -m -- "$LAB_CACHE")
	TMPDIR=$(realpath -m -- "$TMPDIR")
	for name in LAB_ROOT LAB_CACHE TMPDIR; do
		[[ ${!name} == *[[:space:]\"\'\`\\\#\$\&:,]* ]] || continue
		[[ $name != LAB_ROOT ]] ||
			die "$LAB_ROOT: a checkout cannot be built at a path with spaces or \"'\`\\#\$&:, in it: move it"
		die "$name=${!name}: a path with spaces or \"'\`\\#\$&:, does not work: choose another directory"
	done
	{ mkdir -p "$LAB_CACHE" 2>/dev/null && can_write "$LAB_CACHE"; } ||
		die "LAB_CACHE=$LAB_CACHE: cannot be written: set LAB_CACHE to a directory of yours"
	can_write "$TMPDIR" ||
		die "TMPDIR=$TMPDIR: not a directory that can be written: set TMPDIR to one that can"
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
	local lock=$LAB_CACHE/lock/$1 lock_fd
	shift
	mkdir -p "$LAB_CACHE/lock"
	exec {lock_fd}>"$lock"
	if ! flock -n "$lock_fd"; then
		say "waiting for another lab that holds ${lock##*/}"
		flock "$lock_fd"
	fi
	# Not in a condition: there bash would go on after what fails in COMMAND.
	"$@"
	exec {lock_fd}>&-
}

# make_scratch - sets $scratch to a directory that goes when this script ends.
make_scratch() {
	trap 'rm -rf "$scratch"' EXIT
	scratch=$(mktemp -d)
}

# with_us COMMAND... - a program that ends when this script does, however that
# happens. Not for functions.
with_us() {
	setpriv --pdeathsig TERM "$@"
}

# kernel_with_tool NAME - one whose guest can run p2p-tool.
kernel_with_tool() {
	[[ $1 != i386 ]] || usage_error "kernel i386: its guest has no p2p-tool: choose another one"
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
