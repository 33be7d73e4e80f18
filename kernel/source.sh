# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel source: fetched once, kept as a git repository whose tag 'base'
# is the release and whose work tree all builds share. Sourced by kernel.sh.

# Git for the kernel repositories: no user or system configuration, so that
# commits and patches come out the same on every machine.
kgit() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null \
		git -c gc.auto=0 -c core.autocrlf=false -c advice.detachedHead=false \
		-c advice.mergeConflict=false "$@"
}

# base_field NAME - a value of kernel/base.
base_field() {
	sed -n "s/^$1=//p" "$LAB_ROOT/kernel/base"
}

# The base in use: a directory with 'git' (the repository), 'id' and 'pinned'.
kernel_base_dir() {
	echo "$LAB_CACHE/base"
}

# One word that names the exact base in use, part of every build's key.
kernel_base_id() {
	cat "$(kernel_base_dir)/id"
}

# "pinned" or "unpinned": on an unpinned base no performance gate holds.
kernel_base_state() {
	cat "$(kernel_base_dir)/state"
}

# shellcheck disable=SC2120 # kernel.sh passes the command line
kernel_fetch() {
	local tarball='' tree=''

	parse_arguments 'kernel fetch' 0 --kernel-tarball=:tarball --kernel-tree=:tree -- "$@"
	[[ -z $tarball || -z $tree ]] || usage_error "kernel fetch: a tarball and a tree: give one of them"
	[[ -z $tarball || -f $tarball ]] || usage_error "$tarball: no such file: give a kernel source tarball"
	[[ -z $tree || -f $tree/Makefile ]] || usage_error "$tree: not a kernel tree: give the directory that holds its Makefile"
	if [[ -n $tree ]] && is_git_tree "$tree" && [[ -n $(git -C "$tree" status --porcelain) ]]; then
		usage_error "$tree: its last commit is what would be taken, without the changes that 'git status' shows there: commit or stash them"
	fi
	ensure_places
	ensure_packages kernel
	with_lock kernel fetch_locked "$tarball" "$tree"
}

# Make sure that some base is there; a chosen one is kept.
ensure_kernel_source() {
	[[ -f $(kernel_base_dir)/id ]] || kernel_fetch
}

# is_git_tree DIR - the top of a git repository that we may read.
is_git_tree() {
	local up
	up=$(git -C "$1" rev-parse --show-cdup 2>/dev/null) && [[ -z $up ]]
}

# fetch_locked TARBALL TREE - at most one is given; none means the pinned package.
# In a subshell: however it ends, nothing half-made stays.
fetch_locked() (
	local tarball=$1 tree=$2 new=$LAB_CACHE/base.new version id state=unpinned

	if [[ -z $tarball && -z $tree && -f $(kernel_base_dir)/id && $(kernel_base_state) == pinned &&
		$(kernel_base_id) == "$(base_field package_version)" ]]; then
		say "kernel source $(kernel_base_id): already there"
		return
	fi
	# It borrows the objects of the base that would go.
	[[ ! -d $LAB_CACHE/tree ]] || (need_exported "$LAB_CACHE/tree")
	# What a killed lab left behind.
	rm -rf "$new" "$LAB_CACHE/base.old"
	trap 'rm -rf "$new"' EXIT
	mkdir -p "$new/git"
	if [[ -n $tree ]]; then
		say "kernel source: copying $tree"
		if is_git_tree "$tree"; then
			git -C "$tree" archive HEAD | tar -x -C "$new/git"
		else
			tar -c -C "$tree" --exclude=./.git . | tar -x -C "$new/git"
		fi
		id=tree
	elif [[ -n $tarball ]]; then
		unpack_tarball "$tarball" "$new/git"
		id=tarball-$(sha256_of <"$tarball" | cut -c1-12)
	elif debian_mirror >/dev/null 2>&1 && private_apt source "$(base_field suite)" >/dev/null; then
		fetch_package "$new"
		id=$(cat "$new/package_version")
		[[ $id != "$(base_field package_version)" ]] || state=pinned
	else
		fetch_release "$new"
		id=kernel.org-$(base_field version)
	fi

	version=$(make -s -C "$new/git" kernelversion 2>/dev/null | tail -n 1) || true
	[[ $version == 7.3.* ]] ||
		die "kernel source: this is ${version:-not a kernel}, not a 7.3.y release: give one with './lab kernel fetch --kernel-tarball FILE'"
	say "kernel source $version ($id, $state): making a git repository (about 30 s)"
	kgit -C "$new/git" init -q
	# Debian's packaging ignores all files, which would keep new ones out of commits.
	[[ ! -f $new/git/.gitignore ]] || sed -i '\|^/\*$|d' "$new/git/.gitignore"
	# -f: the tree's own .gitignore must not leave out shipped files.
	kgit -C "$new/git" add -A -f .
	GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' \
		kgit -C "$new/git" -c user.name=lab -c user.email=lab@localhost \
		commit -q -m "Linux $version ($id)"
	kgit -C "$new/git" tag base
	[[ $id != tree ]] || id=tree-$(kgit -C "$new/git" rev-parse --short=12 'base^{tree}')
	[[ $state == pinned ]] ||
		say "kernel source $version is not the pinned $(base_field package_version): results will say base=unpinned, gates are off"
	echo "$state" >"$new/state"
	echo "$id" >"$new/id"
	# Not removed in place: a base that is half gone must not look like one.
	[[ ! -e $(kernel_base_dir) ]] || mv "$(kernel_base_dir)" "$LAB_CACHE/base.old"
	mv "$new" "$(kernel_base_dir)"
	rm -rf "$LAB_CACHE/base.old"
	# The developer's tree was made of the old base.
	[[ ! -d $LAB_CACHE/tree ]] || say "$LAB_CACHE/tree belongs to the former base: './lab kernel tree --force' makes it anew"
)

unpack_tarball() {
	say "kernel source: unpacking ${1##*/} (about 15 s)"
	tar -xf "$1" -C "$2" --strip-components=1 ||
		die "$1: cannot be unpacked: is it whole? Give a kernel source tarball"
}

# fetch_package DIR - the pinned Debian package, or the newest 7.3.y where
# the archive has moved on. apt resumes an interrupted download.
fetch_package() {
	local dir=$1 options package version wanted deb sum unpacked
	package=$(base_field package)
	wanted=$(base_field package_version)

	mapfile -t options < <(private_apt source "$(base_field suite)")
	say "kernel source: looking for $package $wanted"
	quietly "$LAB_CACHE/log/fetch.log" apt-get "${options[@]}" update ||
		die "$package: the package lists cannot be fetched: check the network, or './lab kernel fetch --kernel-tarball FILE'"
	version=$wanted
	if ! apt-cache "${options[@]}" show "$package=$wanted" >/dev/null 2>&1; then
		version=$(apt-cache "${options[@]}" policy "$package" | sed -n 's/ *Candidate: //p')
		[[ -n $version && $version != '(none)' ]] ||
			die "$package: not in $(base_field suite): give the source with './lab kernel fetch --kernel-tarball FILE'"
		say "$package $wanted is gone from the archive: taking $version"
	fi
	say "kernel source: downloading $package $version (167 MB)"
	mkdir -p "$LAB_CACHE/download"
	(cd "$LAB_CACHE/download" && apt-get -q "${options[@]}" download "$package=$version" >&2) ||
		die "$package: download failed: run the command again, it resumes"
	deb=$(find "$LAB_CACHE/download" -name "${package}_*.deb" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2-)
	if [[ $version == "$wanted" ]]; then
		sum=$(sha256_of <"$deb")
		if [[ $sum != "$(base_field sha256)" ]]; then
			rm -f "$deb"
			die "$package: sha256 is $sum, not the one in kernel/base: the download was removed, run the command again"
		fi
	fi
	unpacked=$dir/unpacked
	dpkg-deb -x "$deb" "$unpacked"
	unpack_tarball "$(find "$unpacked/usr/src" -name 'linux-source-*.tar.xz')" "$dir/git"
	rm -rf "$unpacked"
	echo "$version" >"$dir/package_version"
}

# fetch_release DIR - the release from kernel.org, its signature checked: for
# machines whose apt knows no Debian mirror.
fetch_release() {
	local dir=$1 version url download
	version=$(base_field version)
	url=https://cdn.kernel.org/pub/linux/kernel/v${version%%.*}.x/linux-$version.tar
	download=$LAB_CACHE/download
	if ! command -v curl >/dev/null || ! command -v gpg >/dev/null; then
		die "kernel source: needs curl and gpg to fetch it from kernel.org: install them, or './lab kernel fetch --kernel-tarball FILE'"
	fi
	mkdir -p "$download"
	say "kernel source: downloading linux-$version from kernel.org (about 150 MB)"
	if ! curl -fL -C - -o "$download/linux-$version.tar.xz" "$url.xz" ||
		! curl -fsSL -o "$download/linux-$version.tar.sign" "$url.sign"; then
		die "linux-$version: download failed: run the command again, it resumes"
	fi
	(
		GNUPGHOME=$(mktemp -d)
		export GNUPGHOME
		trap 'rm -rf "$GNUPGHOME"' EXIT
		gpg -q --locate-keys torvalds@kernel.org gregkh@kernel.org sashal@kernel.org &&
			xz -cd "$download/linux-$version.tar.xz" | gpg --trust-model tofu --verify "$download/linux-$version.tar.sign" -
	) 2>"$LAB_CACHE/log/signature.log" ||
		die "linux-$version: signature not verified: see $LAB_CACHE/log/signature.log"
	unpack_tarball "$download/linux-$version.tar.xz" "$dir/git"
}
