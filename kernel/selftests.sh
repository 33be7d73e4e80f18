# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own selftests of VFIO (tools/testing/selftests/vfio), built from
# the source with series/vfio for a guest that has none of their libraries.
# Sourced.

selftests_dir() {
	local key
	key=$({
		kernel_base_id
		series_hash patched
		gcc --version | sed -n 1p
		declare -f build_selftests
	} | sha256_of | cut -c1-24)
	echo "$LAB_CACHE/selftests/$key"
}

# ensure_selftests - build them unless they are there.
ensure_selftests() {
	ensure_kernel_source
	[[ ! -d $(selftests_dir) ]] || return 0
	ensure_packages kernel
	ensure_packages selftests
	with_lock kernel build_selftests
}

build_selftests() {
	local dir new objects log=$LAB_CACHE/log/build-selftests.log source
	dir=$(selftests_dir)
	[[ ! -d $dir ]] || return 0
	source=$(kernel_base_dir)/git
	objects=$LAB_CACHE/objects/selftests
	new=$dir.new

	say 'kernel selftests: building (half a minute)'
	checkout_source patched
	rm -rf "$new" "$objects"
	mkdir -p "$new" "$objects/programs"
	quietly "$log" kmake "$objects" INSTALL_HDR_PATH="$objects/usr" headers_install ||
		die "kernel selftests: no headers: see $log"
	quietly "$log" make -C "$source/tools/testing/selftests/vfio" OUTPUT="$objects/programs" \
		KHDR_INCLUDES="-isystem $objects/usr/include" LDFLAGS=-static ||
		die "kernel selftests: build failed: see $log"
	find "$objects/programs" -maxdepth 1 -name 'vfio_*_test' -exec cp -t "$new" {} +
	mv "$new" "$dir"
}
