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

  --kernel NAME    stock, patched, lab, debug, stock-debug, stock-importer,
                   kcsan, no-zone-device or i386 (default: lab)
  --counted        the TSC counts instructions exactly; one CPU only
  --smp N          number of CPUs (default: 1)
  --mem SIZE       memory (default: 2G)
  --bar-size SIZE  BAR 2 of 0000:03:00.0 (default: 64M), a power of two from
                   1M to 16G; the host gives memory for what is used of it
  --copy PATH      put a file or directory into the guest's /lab/in/, under
                   its own name (may be given again with another name). If
                   PATH is a link, what it points to; links inside a
                   directory stay links
  --out DIR        bring back what COMMAND writes to /lab/out/
  --timeout S      give up after S seconds (default: 600; shell: a day)
  --append ARGS    add to the kernel's command line
  --console FILE   keep the kernel's messages in FILE

Exit status: that of COMMAND, or
  2    the arguments are wrong
  120  the kernel complained (WARN, BUG, KASAN, lockdep, ...), which is printed
  124  time-out
  125  the lab itself failed
USAGE
}

# Options and their defaults, set by parse_options.
kernel=lab counted='' smp=1 memory=2G bar_size=64M copies=() out='' limit='' append='' console='' interactive=''
# What cleanup has to end and remove.
run='' stage='' qemu='' readers=() terminal='' disk=''

parse_options() {
	parse_arguments run + --kernel=:kernel --counted:counted --smp=:smp --mem=:memory --bar-size=:bar_size \
		'--copy=:copies[]' --out=:out --timeout=:limit --append=:append \
		--console=:console -- "$@"
	command=("${arguments[@]}")

	known_kernel "$kernel"
	[[ $smp =~ ^[1-8]$ ]] || usage_error "--smp $smp: give a number of CPUs from 1 to 8"
	[[ -z $counted || $smp == 1 ]] || usage_error "--counted counts on one CPU: leave out --smp $smp"
	[[ $memory =~ ^[0-9]+[MG]$ ]] || usage_error "--mem $memory: give a size such as 2G or 1536M"
	check_bar_size ||
		usage_error "--bar-size $bar_size: give a power of two from 1M to 16G, such as 64M or 1G"
	[[ -n $limit ]] || limit=$([[ -n $interactive ]] && echo 86400 || echo 600)
	[[ $limit =~ ^[1-9][0-9]*$ ]] || usage_error "--timeout $limit: give a number of seconds"
	if [[ -n $interactive ]]; then
		[[ -z $counted ]] || usage_error "shell cannot be counted: './lab run --counted -- COMMAND' can"
		[[ ${#command[@]} -eq 0 ]] || usage_error "shell takes no command: './lab run -- COMMAND' does"
	elif [[ ${#command[@]} -eq 0 ]]; then
		usage_error "no command: './lab run -- COMMAND', see './lab run --help'"
	fi
	check_copies
	[[ -z $console ]] || check_console
	[[ -z $out ]] || need_directory --out "$out"
	[[ -z $out ]] || out=$(realpath -- "$out")
}

# A size as p2p-tool takes it; becomes bytes.
check_bar_size() {
	local units=KMGTPE unit value
	[[ ${bar_size^^} =~ ^(0X[0-9A-F]{1,15}|[0-9]{1,18})([$units]?)$ ]] || return
	value=${BASH_REMATCH[1]} unit=${BASH_REMATCH[2]}
	[[ $value == 0X* ]] || value=10#$value
	value=$((value))
	# Else its bytes might not fit.
	((value <= 16 << 30)) || return
	[[ -z $unit ]] || units=${units%"$unit"*} value=$((value << 10 * (${#units} + 1)))
	((value >= 1 << 20 && value <= 16 << 30 && (value & value - 1) == 0)) || return
	bar_size=$value
}

check_copies() {
	local path name
	local -A taken=()
	for path in "${copies[@]}"; do
		[[ -e $path ]] || usage_error "--copy $path: no such file or directory"
		name=$(guest_name "$path")
		[[ $name != / ]] || usage_error "--copy $path: not the whole machine: choose a directory"
		[[ -z ${taken[$name]:-} ]] ||
			usage_error "--copy $path: would be /lab/in/$name, as ${taken[$name]} is: rename one, or copy a directory that holds both"
		taken[$name]=$path
	done
}

# An ordinary file is renamed to its name when it is whole; anything else (a
# device, a pipe) is just written to.
console_is_a_file() {
	[[ $console != /dev/* ]] && [[ -f $console || ! -e $console ]]
}

check_console() {
	if console_is_a_file; then
		console=$(realpath -m -- "$console")
		can_write "$(dirname "$console")"
	else
		[[ ! -d $console && -w $console ]]
	fi || usage_error "--console $console: cannot be written: choose another file"
}

# shellcheck disable=SC2317 # called by trap
cleanup() {
	local status=$?
	trap - EXIT
	trap '' INT TERM HUP
	[[ -z $qemu ]] || kill "$qemu" 2>/dev/null || true
	[[ ${#readers[@]} -eq 0 ]] || kill "${readers[@]}" 2>/dev/null || true
	wait 2>/dev/null || true
	[[ -z $terminal ]] || stty "$terminal" || true
	[[ -z $run ]] || rm -rf "$run"
	[[ -z $stage ]] || rm -rf "$stage"
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
	local accel status=0 result=0 arguments=()

	if [[ ${1:-} == --interactive ]]; then
		interactive=yes
		shift
	fi
	parse_options "$@"
	ensure_places
	ensure_packages guest
	ensure_qemu
	ensure_kernel "$kernel"
	[[ $kernel == i386 ]] || ensure_tool
	[[ $kernel != i386 ]] || ensure_i386

	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	run=$(mktemp -d "$TMPDIR/vfio-p2p-run.XXXXXX")
	mkdir "$run/out"
	accel=$(choose_accel "$(kernel_dir "$kernel")" "$run")
	[[ -z $counted ]] || accel=tcg

	if [[ $kernel == i386 ]]; then
		make_initramfs_i386 "$run/initramfs"
	else
		make_initramfs "$run/initramfs"
	fi
	if [[ -d $(kernel_dir "$kernel")/modules/lib ]]; then
		pack "$(kernel_dir "$kernel")/modules" >>"$run/initramfs"
	fi
	make_payload "$run/payload" copies "$(environment "$accel")" "${command[@]}"
	cat "$run/payload" >>"$run/initramfs"
	rm "$run/payload"

	make_disk "$run"
	mapfile -t arguments < <(
		machine_arguments "$run" "$smp" "$memory" "$disk" "$bar_size"
		accel_arguments "$accel" "$counted"
	)
	arguments+=(-kernel "$(kernel_dir "$kernel")/bzImage" -initrd "$run/initramfs"
		-append "$(kernel_arguments "$counted") $append")
	say "booting $kernel ($([[ $accel == kvm ]] && echo KVM || echo 'TCG, software emulation')$([[ -z $counted ]] || echo ', counted'))"

	SECONDS=0
	if [[ -n $interactive ]]; then
		run_shell "${arguments[@]}"
	else
		run_command "${arguments[@]}"
	fi
	verdict "$status" "$SECONDS"

	# Whatever becomes of the files, the verdict has been printed.
	if [[ -n $console ]] && ! keep_console; then
		say "--console $console: could not be written: choose another file"
		[[ $result -ne 0 ]] || result=$LAB_FAILED
	fi
	if [[ -n $out ]] && ! bring_back; then
		say "--out $out: could not be written: is the disk full? Choose another directory"
		[[ $result -ne 0 ]] || result=$LAB_FAILED
	fi
	exit "$result"
}

# start_qemu ARGUMENT... - QEMU ends with us, whatever ends us: timeout passes
# signals on, and both die with their parent. Sets qemu. How it ends is for who
# waits for it, not for the trap.
start_qemu() {
	(trap - ERR; exec setpriv --pdeathsig TERM timeout --foreground -k 5 "$limit" \
		setpriv --pdeathsig KILL qemu-system-x86_64 "$@") <&0 &
	qemu=$!
}

# Both set the status of main.
run_shell() {
	[[ ! -t 0 ]] || terminal=$(stty -g)
	start_qemu "$@" -chardev stdio,id=tty,signal=off \
		-device virtconsole,bus=vser.0,chardev=tty 2>"$run/qemu.log"
	wait "$qemu" || status=$?
	qemu=''
}

run_command() {
	local ports ended out_pipe err_pipe

	mkfifo "$run/stdout" "$run/stderr"
	# Held open until QEMU has ended, which may never open them.
	exec {out_pipe}<>"$run/stdout" {err_pipe}<>"$run/stderr"
	cat "$run/stdout" {out_pipe}>&- {err_pipe}>&- &
	readers+=($!)
	cat "$run/stderr" >&2 {out_pipe}>&- {err_pipe}>&- &
	readers+=($!)
	mapfile -t ports < <(port_arguments "$run")
	start_qemu "$@" "${ports[@]}" </dev/null >"$run/qemu.log" 2>&1 {out_pipe}>&- {err_pipe}>&-
	# When nobody takes the output any more, the run ends.
	wait -n -p ended "$qemu" "${readers[@]}" || status=$?
	[[ $ended == "$qemu" ]] || die_unread
	qemu=''
	exec {out_pipe}>&- {err_pipe}>&-
	wait "${readers[0]}" || die_unread
	wait "${readers[1]}" || die_unread
	readers=()
}

die_unread() {
	die 'the output cannot be written any more: the run was ended'
}

# verdict QEMU-STATUS SECONDS - say what came of it; sets the result of main.
verdict() {
	local qemu_status=$1 guest remedy
	guest=$(cat "$run/status" 2>/dev/null || true)

	if find_splat; then
		result=$LAB_SPLAT
		return
	fi
	# The console may end too early, without a splat that there was.
	die_if_full
	if [[ ! -s $run/console && $qemu_status -ne 0 && $2 -lt $limit ]]; then
		result=$LAB_FAILED
		remedy="mend what it names; if that is memory, give less than --mem $memory"
		! grep -q 'initrd is too large' "$run/qemu.log" ||
			remedy="the guest's files do not fit: give more than --mem $memory"
		say "QEMU did not start: $(tail -n 1 "$run/qemu.log"): $remedy"
	elif [[ $guest =~ ^[0-9]+$ ]]; then
		result=$guest
	elif [[ $qemu_status -eq 124 || $qemu_status -eq 137 && $2 -ge $limit ]]; then
		result=$LAB_TIMEOUT
		say "time-out after $limit s: '${command[*]:-the shell}' had not ended: --timeout gives it longer; the console's last lines:"
		tail -n 5 "$run/console" >&2 || true
	elif [[ -z $interactive || $qemu_status -ne 0 ]]; then
		result=$LAB_FAILED
		tail -q -n 15 "$run/console" "$run/qemu.log" >&2 || true
		say "the guest stopped without a status (QEMU's status $qemu_status): see the lines above"
	fi
}

# Whole or not at all.
keep_console() {
	if ! console_is_a_file; then
		cat "$run/console" >>"$console"
		return
	fi
	stage=$console.$$
	if ! { cat "$run/console" >"$stage" && mv -T -- "$stage" "$console"; }; then
		rm -f -- "$stage"
		return 1
	fi
	stage=''
}

# All of it is on the disk of --out before any of it has its name.
bring_back() {
	local path
	stage=$(mktemp -d "$out/.lab.XXXXXX") &&
		cp -r "$run/out/." "$stage/" &&
		find "$stage" -mindepth 1 -type d -printf '%P\0' | (cd "$out" && xargs -0 -r mkdir -p --) &&
		find "$stage" ! -type d -printf '%P\0' | while IFS= read -r -d '' path; do
			mv -T -- "$stage/$path" "$out/$path" || return
		done
}

main "$@"
