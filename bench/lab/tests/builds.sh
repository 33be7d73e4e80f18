# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels, and the patches they are made of. Sourced by ../test.sh.
# shellcheck disable=SC2154 # scratch is set by test.sh

test_fetch() {
	"$LAB_ROOT/lab" kernel fetch
}

test_kernel_lab() {
	"$LAB_ROOT/lab" kernel build lab
}

test_kernel_stock() {
	"$LAB_ROOT/lab" kernel build stock
}

test_kernel_patched() {
	"$LAB_ROOT/lab" kernel build patched
}

test_kernel_debug() {
	"$LAB_ROOT/lab" kernel build debug
}

slow_kernel_stock_debug() {
	"$LAB_ROOT/lab" kernel build stock-debug
}

test_kernel_selftests() {
	ensure_selftests
}

test_series_check() {
	"$LAB_ROOT/lab" kernel check --quick
}

slow_series_check_each_patch() {
	"$LAB_ROOT/lab" kernel check
}

# tree -> export changes nothing, and a second round neither.
test_series_round_trip() {
	local series tree=$scratch/tree
	"$LAB_ROOT/lab" kernel tree "$tree"
	cp -r "$LAB_ROOT/kernel/series" "$scratch/before"
	# Export into a copy of the repository, so that a mistake harms nothing.
	mkdir "$scratch/copy"
	cp -r "$LAB_ROOT"/{lab,bench,kernel} "$scratch/copy/"
	rm -f "$scratch"/copy/kernel/series/*/*.patch
	LAB_ROOT=$scratch/copy "$scratch/copy/lab" kernel export "$tree"
	diff -r "$scratch/before" "$scratch/copy/kernel/series"
	for series in vfio importers; do
		[[ $(series_patches "$series" | wc -l) -eq $(find "$scratch/copy/kernel/series/$series" -name '*.patch' | wc -l) ]]
	done
}
