# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels by name, built once for each (base, patches, configuration,
# compiler). Sourced by kernel.sh.

KERNEL_NAMES=(stock patched lab debug stock-debug stock-importer kcsan no-zone-device i386)

# Variables for make that are not the same for all kernels: set by who configures
# and builds one.
make_options=()

# The source and the configuration fragments behind a kernel's name.
kernel_source_of() {
	case $1 in
	stock | stock-debug) echo stock ;;
	patched | no-zone-device | i386) echo patched ;;
	stock-importer | mutant-*) echo "$1" ;;
	*) echo lab ;;
	esac
}

kernel_fragments_of() {
	case $1 in
	debug | mutant-*) echo base debug series ;;
	stock-debug) echo base debug ;;
	kcsan | no-zone-device | i386) echo base "$1" ;;
	*) echo base ;;
	esac
}

known_kernel() {
	local name
	for name in "${KERNEL_NAMES[@]}"; do
		[[ $1 != "$name" ]] || return 0
	done
	[[ $1 != mutant-* || ! -f $(mutation_file "$1") ]] || return 0
	usage_error "unknown kernel '$1': choose one of ${KERNEL_NAMES[*]}"
}

# kernel_key NAME - hash of everything the build depends on.
kernel_key() {
	local fragment
	{
		kernel_base_id
		series_hash "$(kernel_source_of "$1")"
		for fragment in $(kernel_fragments_of "$1"); do
			cat "$LAB_ROOT/kernel/config/$fragment.config"
		done
		gcc --version | sed -n 1p
		ld --version | sed -n 1p
		declare -f kmake
	} | sha256_of | cut -c1-24
}

kernel_dir() {
	echo "$LAB_CACHE/kernels/$(kernel_key "$1")"
}

kernel_build() {
	local name
	parse_arguments 'kernel build' "${#KERNEL_NAMES[@]}" -- "$@"
	[[ ${#arguments[@]} -gt 0 ]] || arguments=(lab)
	for name in "${arguments[@]}"; do
		known_kernel "$name"
	done
	ensure_places
	for name in "${arguments[@]}"; do
		ensure_kernel "$name"
		printf '%s %s\n' "$name" "$(kernel_dir "$name")"
	done
}

# ensure_kernel NAME - build it unless it is there.
ensure_kernel() {
	ensure_kernel_source
	[[ ! -f $(kernel_dir "$1")/bzImage ]] || return 0
	ensure_packages kernel
	with_lock kernel build_locked "$1"
}

# kmake OBJECT-DIR MAKE-ARGUMENT... - reproducible and through ccache.
kmake() {
	local objects=$1
	shift
	CCACHE_DIR=$LAB_CACHE/ccache CCACHE_MAXSIZE=10G make -j"$(nproc)" --no-print-directory -C "$(kernel_base_dir)/git" \
		O="$objects" CC="ccache gcc" KBUILD_BUILD_TIMESTAMP=2026-01-01 \
		KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab KBUILD_BUILD_VERSION=1 LOCALVERSION= "$@"
}

# configure_kernel OBJECT-DIR FRAGMENT... - tinyconfig and the fragments, with the
# caller's make_options; every symbol asked for must have survived Kconfig.
configure_kernel() {
	local objects=$1 fragment files=() lost
	shift
	for fragment in "$@"; do
		files+=("$LAB_ROOT/kernel/config/$fragment.config")
	done
	mkdir -p "$objects"
	kmake "$objects" "${make_options[@]}" tinyconfig || return 1
	# The last word on a symbol counts, so a fragment may override an earlier one.
	cat "${files[@]}" >>"$objects/.config"
	kmake "$objects" "${make_options[@]}" olddefconfig || return 1
	lost=$(comm -23 <(wanted_symbols "${files[@]}") <(LC_ALL=C sort "$objects/.config"))
	if [[ -n $lost ]]; then
		echo "Kconfig did not take: ${lost//$'\n'/, }: check the dependencies in kernel/config/"
		return 1
	fi
}

# The last word of the fragments on each symbol, as .config would say it.
wanted_symbols() {
	cat "$@" | awk '
		/^CONFIG_/ { split($0, a, "="); want[a[1]] = $0 }
		/^# CONFIG_.* is not set$/ { want[$2] = "" }
		END { for (s in want) if (want[s] != "") print want[s] }' | LC_ALL=C sort
}

# begin_objects DIR, end_objects DIR - around a make. If it was killed in
# between, make would take half-written objects for good ones: they go, and the
# compiler cache gives back what was done.
begin_objects() {
	[[ ! -e $1.unfinished ]] || rm -rf "$1"
	mkdir -p "$1"
	: >"$1.unfinished"
}

end_objects() {
	rm "$1.unfinished"
}

build_locked() {
	local name=$1 dir new source objects fragments start=$SECONDS log status=0 make_options=()
	[[ $name != i386 ]] || make_options=(ARCH=i386)
	mapfile -t fragments < <(kernel_fragments_of "$name" | tr ' ' '\n')
	dir=$(kernel_dir "$name")
	# Another lab may have built it while we waited for the lock.
	[[ ! -f $dir/bzImage ]] || return 0
	source=$(kernel_source_of "$name")
	objects=$LAB_CACHE/objects/$(kernel_fragments_of "$name" | tr ' ' -)
	log=$LAB_CACHE/log/build-$name.log
	new=$dir.new

	say "kernel $name: building (the first one takes 8 to 15 min on 2 cores, later ones a few)"
	checkout_source "$source"
	begin_objects "$objects"
	quietly "$LAB_CACHE/log/config-$name.log" configure_kernel "$objects" "${fragments[@]}" ||
		die "kernel $name: configuration failed: see $LAB_CACHE/log/config-$name.log"
	show_progress "$log" "kernel $name" kmake "$objects" "${make_options[@]}" bzImage modules || status=$?
	# make that fails leaves nothing half-written, as one that is killed does.
	end_objects "$objects"
	[[ $status -eq 0 ]] || die "kernel $name: build failed: see $log"
	rm -rf "$new"
	mkdir -p "$new/modules"
	cp "$objects/arch/x86/boot/bzImage" "$objects/.config" "$objects/System.map" "$new/"
	if grep -q '=m$' "$objects/.config"; then
		quietly "$LAB_CACHE/log/modules-$name.log" kmake "$objects" \
			INSTALL_MOD_PATH="$new/modules" INSTALL_MOD_STRIP=1 modules_install ||
			die "kernel $name: modules_install failed: see $LAB_CACHE/log/modules-$name.log"
		find "$new/modules" -type l -delete
	fi
	mkdir -p "$(dirname "$dir")"
	rm -rf "$dir"
	mv "$new" "$dir"
	say "kernel $name: built in $(seconds "$start")"
}

# show_progress LOG WHAT COMMAND... - quietly, with a sign of life: the number
# of files compiled, rewritten in place on a terminal, once a minute elsewhere.
# COMMAND is in the foreground, so that ^C ends it.
show_progress() {
	local log=$1 what=$2 ticker status=0
	shift 2
	: >"$log"
	progress_ticks "$log" "$what" &
	ticker=$!
	quietly "$log" "$@" || status=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	[[ ! -t 2 ]] || printf '\n' >&2
	return "$status"
}

progress_ticks() {
	local log=$1 what=$2 files start=$SECONDS
	while sleep 2 && kill -0 "$$" 2>/dev/null; do
		files=$(grep -c '^  CC' "$log" || true)
		if [[ -t 2 ]]; then
			printf '\rlab: %s: %s files compiled, %s ' "$what" "$files" "$(seconds "$start")" >&2
		elif (((SECONDS - start) % 60 < 2)); then
			say "$what: $files files compiled, $(seconds "$start")"
		fi
	done
}
