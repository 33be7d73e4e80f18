#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fuzz the readers in a directory that was configured for it:
#
#   configure CC=clang CFLAGS='-g -O1 -fsanitize=fuzzer-no-link,address,undefined
#       -fno-sanitize-recover=all'
#   p2p-tool/tests/fuzz.sh BUILD-DIR [EXECUTIONS]
#
# 1 million executions of each unless told otherwise. Ends with 1 when one crashes,
# leaks, hangs for ten seconds or has undefined behaviour; libFuzzer then says which
# input does it, and keeps it in BUILD-DIR.
set -euo pipefail

build=$1
runs=${2:-1000000}
source=$(dirname "$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")")
cd "$build"
make -s p2p-tool/p2p-tool p2p-tool/tests/fuzz-{record,suite,texts}

corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
mkdir "$corpus"/{record,suite,texts}
cp "$source"/bench/suites/*.suite "$corpus/suite/"
printf '%s\n' vfio:0000:01:00.0/2+1M:64K >"$corpus/texts/vfio"
printf '%s\n' heap:system:4M >"$corpus/texts/heap"
printf '%s\n' base=pinned qemu=10.0 >"$corpus/texts/lines"
printf '%s\n' '0x00007f0000000000-0x00007f0000200000 2M USR RW PCD PSE x pmd' >"$corpus/texts/pagetable"
p2p-tool/p2p-tool map host:4K --repeat 3 --json >"$corpus/record/map" || [[ $? -eq 77 ]]
p2p-tool/p2p-tool copy host:4K --repeat 3 --json >"$corpus/record/copy"
cat "$corpus/record/map" "$corpus/record/copy" >"$corpus/record/both"
for target in record suite texts; do
	echo "fuzz-$target: $runs executions"
	"p2p-tool/tests/fuzz-$target" -runs="$runs" -seed=1 -timeout=10 -max_len=8192 \
		-artifact_prefix="fuzz-$target-" -verbosity=0 -print_final_stats=1 "$corpus/$target"
done
