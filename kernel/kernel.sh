#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ./lab kernel: from the pinned release to a built kernel, and back to patches.
set -euo pipefail

LAB_ROOT=${LAB_ROOT:-$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")}
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
# shellcheck source=kernel/check.sh
source "$LAB_ROOT/kernel/check.sh"
# shellcheck source=kernel/matrix.sh
source "$LAB_ROOT/kernel/matrix.sh"

usage() {
	cat <<'USAGE'
Usage: ./lab kernel fetch [--kernel-tarball FILE | --kernel-tree DIR]
       ./lab kernel tree [--force] [DIR]
       ./lab kernel build [NAME]...
       ./lab kernel export [DIR]
       ./lab kernel check [--quick]

  fetch   get the source of the pinned release (kernel/base). A tarball or a
          tree of your own (7.3.y) is remembered until the next fetch; of a
          git tree its last commit is taken, which must hold all changes
  tree    make a git tree with one commit for each patch: branch 'vfio' on
          the base, branch 'importers' on top of it; --force gives up what
          is in DIR and not exported. DIR is $LAB_CACHE/tree when not given
  build   build kernels by name (default: lab) and print where they are:
            stock        the base
            patched      stock + series/vfio
            lab          patched + series/importers
            debug        lab with KASAN, lockdep and more
            stock-debug  stock with the configuration of debug
            stock-importer
                         stock with the importer of DMABUFs for tests
            kcsan        lab, looking for data races
            no-zone-device
                         patched, without ZONE_DEVICE and P2PDMA
            i386         patched, 32 bits
  export  write the commits of both branches back to kernel/series/
  check   the series applies without fuzz, passes checkpatch --strict, and
          what it touches builds without new warnings (W=1, sparse) after
          every patch, and so do 32-bit kernels, kernels without ZONE_DEVICE
          and all drivers on top of vfio-pci-core (x86, arm64, s390);
          --quick: after the last patch of series/vfio only, on x86
USAGE
}

main() {
	local command=${1:-}

	case $command in
	fetch | tree | build | export | check)
		shift
		"kernel_$command" "$@"
		;;
	-h | --help) usage ;;
	'') usage_error "kernel: what? See './lab kernel --help'" ;;
	*) usage_error "kernel: unknown command '$command': see './lab kernel --help'" ;;
	esac
}

main "$@"
