# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Is the series fit to be sent? Sourced by kernel.sh.

kernel_check() {
	local quick=''
	parse_arguments 'kernel check' 0 --quick:quick -- "$@"
	ensure_places
	ensure_kernel_source
	ensure_packages kernel
	[[ -n $quick ]] || ensure_packages cross
	with_lock kernel check_locked "$([[ -n $quick ]] || echo yes)"
}

check_locked() {
	local full=$1 failed=0
	check_apply || failed=1
	check_style || failed=1
	check_build "$full" || failed=1
	[[ -z $full ]] || check_matrix || failed=1
	[[ $failed -eq 0 ]] || exit 1
	say 'kernel check: all good'
}

# git am takes no fuzz; on the pinned base it gets no three-way merge either.
check_apply() {
	local name git
	git=$(kernel_base_dir)/git
	checkout_source stock
	for name in vfio importers; do
		# In a subshell: a series that does not apply ends it.
		(apply_series "$git" "$name") || return 1
		say "series/$name: $(series_patches "$name" | wc -l) patches apply to $(kernel_base_id)"
	done
}

check_style() {
	local patch ignore git
	git=$(kernel_base_dir)/git
	# Whoever submits adds the Signed-off-by; the tree has no history to look commits up
	# in. The PATH is for the distribution's python, which has spdxcheck's modules.
	for patch in $(series_patches vfio) $(series_patches importers); do
		ignore=UNKNOWN_COMMIT_ID,FILE_PATH_CHANGES
		# kselftest declares fixtures by macros that are no expressions
		[[ $patch != *-selftests-* ]] || ignore+=,COMPLEX_MACRO
		printf '%s\0%s\0' "$ignore" "$patch"
	done | (
		cd "$git"
		PATH=/usr/bin:/bin xargs -0 -n 2 -P "$(nproc)" perl scripts/checkpatch.pl --strict \
			--no-signoff --terse --show-types --no-summary --ignore
	) >&2 || {
		say 'checkpatch: warnings above'
		return 1
	}
}

# The directories a range of commits touches that hold something to build.
touched_directories() {
	local git=$1 range=$2 dir
	kgit -C "$git" diff --name-only "$range" -- 'drivers/*.[ch]' 'kernel/*.[ch]' 'mm/*.[ch]' 'arch/x86/*.[ch]' 'fs/*.[ch]' |
		xargs -r -n1 dirname | LC_ALL=C sort -u |
		while read -r dir; do
			[[ ! -f $git/$dir/Makefile ]] || echo "$dir/"
		done
}

# What the series touches compiles without a new warning at W=1 and under
# sparse: after each patch, or (not full) after the last one of series/vfio.
check_build() {
	local full=$1 git objects=$LAB_CACHE/objects/check commit commits dirs status=0
	git=$(kernel_base_dir)/git
	checkout_source lab
	mapfile -t dirs < <(touched_directories "$git" base..HEAD)
	[[ ${#dirs[@]} -gt 0 ]] || return 0
	checkout_source patched
	mapfile -t commits < <(kgit -C "$git" rev-list --reverse base..HEAD)
	checkout_source lab
	[[ -z $full ]] || mapfile -t commits < <(kgit -C "$git" rev-list --reverse base..HEAD)
	[[ -n $full || ${#commits[@]} -eq 0 ]] || commits=("${commits[-1]}")

	begin_objects "$objects"
	quietly "$LAB_CACHE/log/config-check.log" configure_kernel "$objects" base check ||
		die "kernel check: configuration failed: see $LAB_CACHE/log/config-check.log"
	# Warnings that are the base's own do not count.
	kgit -C "$git" checkout -q -f --detach base
	build_warnings "$objects" "${dirs[@]}" >"$objects/warnings.base"
	for commit in "${commits[@]}"; do
		kgit -C "$git" checkout -q -f --detach "$commit"
		build_warnings "$objects" "${dirs[@]}" >"$objects/warnings" || status=1
		if comm -13 "$objects/warnings.base" "$objects/warnings" | grep . >&2; then
			say "$(kgit -C "$git" log -1 --format=%s "$commit"): the warnings above are new"
			status=1
		else
			say "builds clean (W=1, sparse): $(kgit -C "$git" log -1 --format=%s "$commit")"
		fi
	done
	end_objects "$objects"
	return "$status"
}

# Warnings of gcc at W=1 and of sparse for some directories, without line
# numbers, sorted. Released versions of sparse do not know __typeof_unqual__ and
# the kernel then leaves sparse out without failing.
build_warnings() {
	local objects=$1 log=$LAB_CACHE/log/check-build.log
	shift
	touch_sources "$@"
	if ! { kmake "$objects" prepare && kmake "$objects" W=1 C=1 CHECK="sparse -D__typeof_unqual__=__typeof__" "$@"; } >"$log" 2>&1; then
		tail -n 25 "$log" >&2
		say "kernel check: build failed: see $log"
		return 1
	fi
	# "bad constant expression" is sparse's opinion of every MODULE_ macro.
	sed -nE "/: (warning|error):/ { /bad constant expression/d
		s|$(kernel_base_dir)/git/||; s/:[0-9]+:[0-9]+:/:/; p }" "$log" | LC_ALL=C sort -u
}

# sparse looks at files that are compiled: let make compile them all again.
touch_sources() {
	local dir git
	git=$(kernel_base_dir)/git
	for dir in "$@"; do
		find "$git/$dir" -maxdepth 1 -name '*.c' -exec touch {} +
	done
}
