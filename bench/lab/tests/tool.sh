# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# p2p-tool built and tested on this machine. Sourced by ../test.sh.
# shellcheck disable=SC2154,SC2164 # scratch and set -e come from test.sh

# build_and_check CONFIGURE-ARGUMENT... - out of tree, all warnings errors.
build_and_check() {
	mkdir -p "$scratch/build"
	cd "$scratch/build"
	"$LAB_ROOT/configure" --enable-werror "$@" || { cat config.log; return 1; }
	make -j"$(nproc)"
	make -j"$(nproc)" check || { cat test-suite.log; return 1; }
}

test_build() {
	with_lock tool build_tool
}

test_check_gcc() {
	build_and_check CC=gcc
}

test_check_clang() {
	build_and_check CC=clang
}

test_check_sanitizers() {
	build_and_check CC=gcc CFLAGS='-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all'
}

# Without any optional library it still builds, and says what is missing.
test_check_minimal() {
	build_and_check --without-json --without-tables --without-rdma --without-drm --without-cmocka
	./p2p-tool/p2p-tool --version | grep -q 'json.*no' || { ./p2p-tool/p2p-tool --version; fail "--version does not say that JSON is left out"; }
}

# An independent implementation finds the same.
test_statistics_against_r() {
	local dir
	with_lock tool build_tool
	dir=$(tool_build_dir)
	make -C "$dir" p2p-tool/tests/stats-cases
	P2P_TOOL=$dir/p2p-tool/p2p-tool "$LAB_ROOT/p2p-tool/tests/stats.sh" || return 1
	# And the comparison can fail.
	"$dir/p2p-tool/tests/stats-cases" | sed '0,/^test 5 5 /s//&1/' >"$scratch/cases"
	! Rscript --vanilla "$LAB_ROOT/p2p-tool/tests/stats.R" <"$scratch/cases"
}

# Readers of files and texts get what nobody would write.
test_fuzz() {
	mkdir -p "$scratch/build"
	cd "$scratch/build"
	"$LAB_ROOT/configure" CC=clang \
		CFLAGS='-g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
	"$LAB_ROOT/p2p-tool/tests/fuzz.sh" . 20000
}

test_distcheck() {
	local dir
	dir=$(tool_build_dir)
	make -C "$dir" -j"$(nproc)" distcheck
}
