# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Patch files to commits and back. Sourced by kernel.sh.
# shellcheck disable=SC2154 # scratch is set by make_scratch

# series_patches NAME - the patch files of a series, in order; may be none. 'importer'
# is the one of series/importers that needs no other.
series_patches() {
	local dir=$1 name=''
	[[ $1 != importer ]] || { dir=importers name=dma-buf-Lab-Add-an-importer; }
	find "$LAB_ROOT/kernel/series/$dir" -name "[0-9][0-9][0-9][0-9]-$name*.patch" | LC_ALL=C sort
}

# source_series SOURCE - the series that make up a kernel source.
source_series() {
	case $1 in
	stock) ;;
	stock-importer) echo importer ;;
	patched) echo vfio ;;
	lab | mutant-*) echo vfio importers ;;
	esac
}

# mutation_file KERNEL-NAME - the bug in 'mutant-BUG', else nothing.
mutation_file() {
	[[ $1 != mutant-* ]] || echo "$LAB_ROOT/kernel/mutations/${1#mutant-}.patch"
}

# series_hash SOURCE - hash of what the patches of a source say.
series_hash() {
	local series mutation
	mutation=$(mutation_file "$1")
	{
		for series in $(source_series "$1"); do
			series_patches "$series" | xargs -r cat
		done
		[[ -z $mutation ]] || sed '1,/^---$/d' "$mutation"
	} | sha256_of
}

# apply_series GIT-DIR NAME - git am onto the commit checked out there.
apply_series() {
	local git=$1 name=$2 patches fallback=()

	mapfile -t patches < <(series_patches "$name")
	[[ ${#patches[@]} -gt 0 ]] || return 0
	# On the pinned base a patch that does not fit exactly is a mistake.
	[[ $(kernel_base_state) == pinned ]] || fallback=(-3)
	if ! quietly "$LAB_CACHE/log/am-$name.log" kgit -C "$git" \
		-c user.name=lab -c user.email=lab@localhost \
		am --quiet --committer-date-is-author-date "${fallback[@]}" "${patches[@]}"; then
		kgit -C "$git" am --abort 2>/dev/null || true
		die "series/$name: does not apply to $(kernel_base_id): see $LAB_CACHE/log/am-$name.log"
	fi
}

# apply_mutation GIT-DIR FILE - put a bug back.
apply_mutation() {
	kgit -C "$1" apply --index "$2" ||
		die "$2: does not apply to the series any more: make the bug anew"
	kgit -C "$1" -c user.name=lab -c user.email=lab@localhost commit -q -m "Lab: $(basename "$2" .patch)"
}

# checkout_source SOURCE - put the shared work tree at that source (the
# kernel lock is held). Applied once, then found again by what it is made of.
checkout_source() {
	local git tag mutation
	git=$(kernel_base_dir)/git
	mutation=$(mutation_file "$1")
	tag=source-$(series_hash "$1" | cut -c1-16)
	# What a killed lab left behind: a half-applied series, half-written files.
	rm -rf "$git/.git/rebase-apply"
	find "$git/.git" -name '*.lock' -delete
	if ! kgit -C "$git" rev-parse -q --verify "refs/tags/$tag" >/dev/null; then
		local series
		kgit -C "$git" checkout -q -f --detach base
		# New files of a patch that was being applied.
		kgit -C "$git" clean -q -f -d -x
		for series in $(source_series "$1"); do
			apply_series "$git" "$series"
		done
		[[ -z $mutation ]] || apply_mutation "$git" "$mutation"
		kgit -C "$git" tag "$tag"
	fi
	kgit -C "$git" checkout -q -f --detach "$tag"
}

project_identity() {
	local name email
	name=$(git -C "$LAB_ROOT" config user.name || echo 'VFIO P2P stack maintainers')
	email=$(git -C "$LAB_ROOT" config user.email || echo maintainers@localhost)
	kgit -C "$1" config user.name "$name"
	kgit -C "$1" config user.email "$email"
}

kernel_tree() {
	local dir force=''

	parse_arguments 'kernel tree' 1 --force:force -- "$@"
	ensure_places
	dir=$(realpath -m -- "${arguments[0]:-$LAB_CACHE/tree}")
	ensure_kernel_source
	with_lock kernel make_tree "$dir" "$force"
	echo "$dir"
}

# need_exported DIR - the kernel tree holds nothing that kernel/series/ does
# not, or the lab ends.
need_exported() {
	local dir=$1
	make_scratch
	if ! { kgit -C "$dir" rev-parse -q --verify vfio >/dev/null && export_to "$dir" "$scratch" &&
		diff -r -q -x cover.md -x .gitkeep "$scratch" "$LAB_ROOT/kernel/series" >/dev/null &&
		[[ -z $(kgit -C "$dir" status --porcelain) ]]; }; then
		die "$dir: holds work that kernel/series/ does not: './lab kernel export' saves it, './lab kernel tree --force' gives it up"
	fi
}

# make_tree DIR FORCE - a repository of its own, which borrows the objects of
# the base, with branches vfio and importers.
make_tree() {
	local dir=$1 force=$2 new=$1.unfinished

	if [[ -e $dir && -z $force ]]; then
		[[ -e $dir/.git ]] || die "$dir: exists and is not a kernel tree: choose another directory"
		need_exported "$dir"
		say "$dir: up to date"
		return
	fi
	say "$dir: making the kernel tree (about 20 s)"
	rm -rf "$new"
	kgit clone -q --shared --no-checkout "$(kernel_base_dir)/git" "$new" ||
		die "$dir: cannot be made: choose another directory"
	kgit -C "$new" checkout -q -B vfio base
	project_identity "$new"
	apply_series "$new" vfio
	kgit -C "$new" checkout -q -B importers
	apply_series "$new" importers
	rm -rf "$dir"
	mv -T "$new" "$dir"
}

kernel_export() {
	local dir series old status=0
	parse_arguments 'kernel export' 1 -- "$@"
	ensure_places
	dir=${arguments[0]:-$LAB_CACHE/tree}
	[[ -e $dir/.git ]] || die "$dir: not a kernel tree: './lab kernel tree' makes one"

	make_scratch
	export_to "$dir" "$scratch" || status=$?
	if [[ $status -eq 0 ]]; then
		for series in vfio importers; do
			old=$(series_patches "$series")
			[[ -z $old ]] || xargs rm -f <<<"$old"
			find "$scratch/$series" -name '*.patch' -exec cp {} "$LAB_ROOT/kernel/series/$series/" \;
			say "series/$series: $(series_patches "$series" | wc -l) patches"
		done
	fi
	[[ $status -eq 0 ]] || exit "$LAB_FAILED"
}

# export_to TREE DIR - both branches as patch files in DIR/vfio and DIR/importers.
export_to() {
	local tree=$1 dir=$2
	# No commits of its own: importers simply follows vfio.
	if kgit -C "$tree" merge-base --is-ancestor importers vfio; then
		kgit -C "$tree" update-ref refs/heads/importers vfio
	fi
	if ! kgit -C "$tree" merge-base --is-ancestor vfio importers; then
		say "$tree: branch importers is not on top of vfio: 'git rebase --onto vfio OLD-VFIO importers' there, then export again"
		return 1
	fi
	format_patches "$tree" base..vfio "$dir/vfio"
	format_patches "$tree" vfio..importers "$dir/importers"
}

# Byte-stable: nothing here depends on the machine, the date or git's version.
format_patches() {
	mkdir -p "$3"
	kgit -C "$1" -c diff.algorithm=myers -c diff.noprefix=false -c diff.mnemonicPrefix=false \
		format-patch -q --zero-commit --no-signature --full-index --no-renames --no-base \
		--no-numbered --no-cover-letter --stat=79 -o "$3" "$2"
}
