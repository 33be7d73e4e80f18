#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Refresh the vendored uapi headers from a kernel tree and record its version.
# Usage: refresh.sh KERNEL_TREE   (for example the tree of './lab kernel tree')
set -euo pipefail

headers=(dma-buf.h dma-heap.h iommufd.h stddef.h udmabuf.h vfio.h)

if [[ $# -ne 1 || ! -f $1/Makefile ]]; then
	echo "usage: ${0##*/} KERNEL_TREE" >&2
	exit 2
fi
tree=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

make -s -C "$tree" O="$scratch" INSTALL_HDR_PATH="$scratch/usr" headers_install
mkdir -p "$here/include/linux"
rm -f "$here"/include/linux/*.h
for h in "${headers[@]}"; do
	cp "$scratch/usr/include/linux/$h" "$here/include/linux/$h"
done
make -s -C "$tree" O="$scratch" kernelversion | tail -n 1 >"$here/VERSION"
echo "uapi headers of Linux $(cat "$here/VERSION"): ${headers[*]}"
