# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What is built besides the kernels that the lab boots. Sourced by kernel.sh.

# NAME WHAT FRAGMENTS MAKE-OPTIONS: WHAT is link (kernel and modules) or compile (the
# directories of the drivers). Drivers on top of vfio-pci-core exist for three
# architectures.
MATRIX=(
	'i386-modules link base,i386,vfio-modules ARCH=i386'
	'no-zone-device-modules link base,no-zone-device,vfio-modules'
	'variants compile base,variants'
	'variants-arm64 compile arm64 ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-'
	'variants-s390 compile s390 ARCH=s390 CROSS_COMPILE=s390x-linux-gnu-'
)
MATRIX_DIRECTORIES=(drivers/vfio/ drivers/pci/ drivers/dma-buf/ mm/)

# check_matrix - all of it builds with both series; the kernel lock is held.
check_matrix() {
	local entry status=0
	checkout_source lab
	for entry in "${MATRIX[@]}"; do
		# shellcheck disable=SC2086 # it is a list of words
		check_matrix_entry $entry || status=1
	done
	return "$status"
}

check_matrix_entry() {
	local name=$1 what=$2 fragments targets log=$LAB_CACHE/log/check-$1.log objects=$LAB_CACHE/objects/check-$1 start=$SECONDS
	local option make_options=()
	mapfile -t fragments < <(tr , '\n' <<<"$3")
	shift 3
	make_options=("$@")
	for option; do
		[[ $option != CROSS_COMPILE=* ]] || make_options+=("CC=ccache ${option#*=}gcc")
	done
	targets=("${MATRIX_DIRECTORIES[@]}")
	[[ $what == compile ]] || targets=(bzImage modules)
	begin_objects "$objects"
	quietly "$log" configure_kernel "$objects" "${fragments[@]}" ||
		die "kernel check: $name: configuration failed: see $log"
	if ! { quietly "$log" kmake "$objects" "${make_options[@]}" prepare &&
		show_progress "$log" "$name" kmake "$objects" "${make_options[@]}" "${targets[@]}"; }; then
		end_objects "$objects"
		say "kernel check: $name does not build: see $log"
		return 1
	fi
	end_objects "$objects"
	say "builds: $name ($what, $(seconds "$start"))"
}
