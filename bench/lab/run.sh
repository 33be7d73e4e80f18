#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ./lab run and ./lab shell: boot a kernel and run a command in the guest.
set -euo pipefail

LAB_ROOT=${LAB_ROOT:-$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")}
# shellcheck source=bench/lab/common.sh
source "$LAB_ROOT/bench/lab/common.sh"
# shellcheck source=bench/lab/packages.sh
source "$LAB_ROOT/bench/lab/packages.sh"
# shellcheck source=kernel/source.sh
source "$LAB_ROOT/kernel/source.sh"
# shellcheck source=kernel/series.sh
source "$LAB_ROOT/kernel/series.sh"
# shellcheck source=kernel/build.sh
source "$LAB_ROOT/kernel/build.sh"
# shellcheck source=bench/lab/image.sh
source "$LAB_ROOT/bench/lab/image.sh"
# shellcheck source=bench/lab/machine.sh
source "$LAB_ROOT/bench/lab/machine.sh"

usage() {
	cat <<'USAGE'
Usage: ./lab run [OPTION]... -- COMMAND [ARGUMENT]...
       ./lab shell [OPTION]...

Boot a kernel in the virtual lab, run COMMAND there with its output here, and
exit with its status; or give an interactive shell (leave it with 'exit').

  --kernel NAME    stock, patched, lab, debug or stock-debug (default: lab)
  --counted        the TSC counts instructions exactly; one CPU only
  --smp N          number of CPUs (default: 1)
  --mem SIZE       memory (default: 2G)
  --copy PATH      put a file or directory into the guest's /lab/in/
                   (may be given again)
  --out DIR        bring back what COMMAND writes to /lab/out/
  --timeout S      give up after S seconds (default: 600)
  --append ARGS    add to the kernel's command line
  --console FILE   keep the kernel's messages in FILE

Exit status: that of COMMAND, or
  2    the arguments are wrong
  120  the kernel complained (WARN, BUG, KASAN, lockdep, ...), which is printed
  124  time-out
  125  the lab itself failed
USAGE
}

# Defaults of the options, set by parse_options.
kernel=lab counted='' smp=1 memory=2G copies=() out='' limit=600 append='' console='' interactive=''
run='' qemu=''

parse_options() {
	while [[ $# -gt 0 ]]; do
		case $1 in
		--counted) counted=yes ;;
		--kernel | --smp | --mem | --copy | --out | --timeout | --append | --console)
			need_value "$1" $#
			case $1 in
			--kernel) kernel=$2 ;;
			--smp) smp=$2 ;;
			--mem) memory=$2 ;;
			--copy) copies+=("$2") ;;
			--out) out=$2 ;;
			--timeout) limit=$2 ;;
			--append) append=$2 ;;
			--console) console=$2 ;;
			esac
			shift
			;;
		-h | --help)
			usage
			exit 0
			;;
		--)
			shift
			break
			;;
		-*) usage_error "unknown option '$1': see './lab run --help'" ;;
		*) break ;;
		esac
		shift
	done
	command=("$@")

	known_kernel "$kernel"
	[[ $smp =~ ^[1-8]$ ]] || usage_error "--smp $smp: give a number of CPUs from 1 to 8"
	[[ -z $counted || $smp == 1 ]] || usage_error "--counted counts on one CPU: leave out --smp $smp"
	[[ $memory =~ ^[0-9]+[MG]$ ]] || usage_error "--mem $memory: give a size such as 2G or 1536M"
	[[ $limit =~ ^[1-9][0-9]*$ ]] || usage_error "--timeout $limit: give a number of seconds"
	local path
	for path in "${copies[@]}"; do
		[[ -e $path ]] || usage_error "--copy $path: no such file or directory"
	done
	if [[ -n $out ]]; then
		mkdir -p "$out" 2>/dev/null || usage_error "--out $out: cannot be made: choose a directory that can be written"
	fi
	if [[ -n $interactive ]]; then
		[[ -z $counted ]] || usage_error "shell cannot be counted: './lab run --counted -- COMMAND' can"
		[[ ${#command[@]} -eq 0 ]] || usage_error "shell takes no command: './lab run -- COMMAND' does"
	elif [[ ${#command[@]} -eq 0 ]]; then
		usage_error "no command: './lab run -- COMMAND', see './lab run --help'"
	fi
}

# shellcheck disable=SC2317 # called by trap
cleanup() {
	local status=$?
	trap - EXIT INT TERM HUP
	[[ -z $qemu ]] || kill "$qemu" 2>/dev/null || true
	wait 2>/dev/null || true
	[[ -z $run ]] || rm -rf "$run"
	exit "$status"
}

# The identity of what ran, for the records: key=value lines.
environment() {
	local accel=$1
	cat <<END
lab_kernel=$kernel
kernel_sha256=$(sha256_of <"$(kernel_dir "$kernel")/bzImage")
initramfs_sha256=$(sha256_of <"$run/initramfs")
qemu=$(qemu-system-x86_64 --version | sed -n 's/.*version //p')
accel=$accel
counted=${counted:-no}
smp=$smp
base=$(kernel_base_state)
base_id=$(kernel_base_id)
END
}

# Print the splat, if the console holds one; status 0 when it does.
find_splat() {
	local line
	line=$(grep -s -n -m1 -E -f "$LAB_ROOT/bench/lab/splats" "$run/console" | cut -d: -f1) || return 1
	say "the kernel complained (console line $line; --console FILE keeps all of it):"
	sed -n "$line,$((line + 59))p" "$run/console" >&2
}

main() {
	local accel status=0 arguments=() started=$SECONDS

	if [[ ${1:-} == --interactive ]]; then
		interactive=yes
		limit=86400
		shift
	fi
	parse_options "$@"

	ensure_packages guest
	ensure_qemu
	ensure_kernel "$kernel"
	ensure_tool

	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	trap 'die "the output cannot be written any more: the run was ended"' USR1
	run=$(mktemp -d "${TMPDIR:-/tmp}/vfio-p2p-run.XXXXXX")
	mkdir "$run/out"
	accel=$(choose_accel "$(kernel_dir "$kernel")")
	[[ -z $counted ]] || accel=tcg

	make_initramfs "$run/initramfs"
	if [[ -d $(kernel_dir "$kernel")/modules/lib ]]; then
		pack "$(kernel_dir "$kernel")/modules" >>"$run/initramfs"
	fi
	make_payload "$run/payload" copies "$(environment "$accel")" "${command[@]}"
	cat "$run/payload" >>"$run/initramfs"
	rm "$run/payload"

	mapfile -t arguments < <(
		machine_arguments "$run" "$smp" "$memory"
		accel_arguments "$accel" "$counted"
	)
	arguments+=(-kernel "$(kernel_dir "$kernel")/bzImage" -initrd "$run/initramfs"
		-append "$(kernel_arguments "$counted") $append")
	say "booting $kernel ($([[ $accel == kvm ]] && echo KVM || echo 'TCG, software emulation')$([[ -z $counted ]] || echo ', counted'))"

	if [[ -n $interactive ]]; then
		run_shell "${arguments[@]}" || status=$?
	else
		run_command "${arguments[@]}" || status=$?
	fi
	[[ -z $console ]] || cp "$run/console" "$console"
	[[ -z $out ]] || cp -r "$run/out/." "$out/" || die "$out: cannot be written: choose another directory"
	verdict "$status" "$((SECONDS - started))"
}

run_shell() {
	qemu-system-x86_64 "$@" -chardev stdio,id=tty,signal=off \
		-device virtconsole,bus=vser.0,chardev=tty 2>"$run/qemu.log"
}

# QEMU ends with us, whatever ends us: timeout passes signals on, and both
# die with their parent.
run_command() {
	local status=0 readers=() port
	mkfifo "$run/stdout" "$run/stderr"
	# When nobody takes the output any more, the run ends.
	{ cat "$run/stdout" || kill -USR1 $$; } &
	readers+=($!)
	{ cat "$run/stderr" >&2 || kill -USR1 $$; } &
	readers+=($!)
	mapfile -t ports < <(port_arguments "$run")
	setpriv --pdeathsig TERM timeout -k 5 "$limit" \
		setpriv --pdeathsig KILL qemu-system-x86_64 "$@" "${ports[@]}" </dev/null >"$run/qemu.log" 2>&1 &
	qemu=$!
	wait "$qemu" || status=$?
	qemu=''
	# QEMU may have died before it opened the pipes.
	for port in stdout stderr; do
		: 1<>"$run/$port"
	done
	wait "${readers[@]}" || true
	return "$status"
}

# verdict QEMU-STATUS SECONDS - the exit status of the run.
verdict() {
	local qemu_status=$1 guest
	guest=$(cat "$run/status" 2>/dev/null || true)

	if find_splat; then
		exit "$LAB_SPLAT"
	elif [[ -n $interactive ]]; then
		[[ $qemu_status -eq 0 ]] || { cat "$run/qemu.log" >&2; die "the guest's shell ended with QEMU's status $qemu_status: see the lines above"; }
		exit 0
	elif [[ $guest =~ ^[0-9]+$ ]]; then
		exit "$guest"
	elif [[ $qemu_status -eq 124 || $qemu_status -eq 137 ]]; then
		say "time-out after $limit s: '${command[*]}' had not ended: --timeout gives it longer; the console's last lines:"
		tail -n 5 "$run/console" >&2
		exit "$LAB_TIMEOUT"
	fi
	tail -n 15 "$run/console" "$run/qemu.log" >&2
	die "the guest stopped without a status (QEMU's status $qemu_status): see the lines above"
}

main "$@"
