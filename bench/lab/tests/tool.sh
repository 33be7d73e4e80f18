# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# p2p-tool built and tested on this machine. Sourced by ../test.sh.
# shellcheck disable=SC2154,SC2164 # scratch and set -e come from test.sh
# shellcheck source=bench/lab/browser.sh
source "$LAB_ROOT/bench/lab/browser.sh"

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

# run_of DAY NS - a run of two cells, the first of which took so long.
run_of() {
	local length ns=$2
	printf '{"schema":"p2p-tool/1","type":"environment","time":"2026-01-%02dT00:00:00Z","records":"2"}\n' "$1"
	for length in 4 64; do
		printf '{"schema":"p2p-tool/1","type":"record","measurement":"map.mmap","buffer":"host:%dK",' "$length"
		printf '"initiator":"cpu","params":{},"medium":"emulated","unit":"ns","count":1,"min":%d,' "$ns"
		printf '"median":%d,"p99":%d,"p99.9":%d,"max":%d,"mean":%d,"stdev":0,"page_order":null,' "$ns" "$ns" "$ns" "$ns" "$ns"
		printf '"memattr":null,"verification":"none","baseline":null,"observed":{},"skipped":null,'
		printf '"histogram":[[%d,%d,1]]}\n' "$ns" "$((ns + 1))"
		ns=$((200 + $1 % 3))
	done
}

# bench report in a browser: figures of this machine, a history with changes, A and B.
test_report_in_a_browser() {
	local tool day
	need_browser
	with_lock tool build_tool
	tool=$(tool_build_dir)/p2p-tool/p2p-tool
	cd "$scratch"
	cat >own.suite <<-'SUITE'
		map host:64K --repeat 30
		map host:1M --repeat 30
		map host:4M --repeat 30
		copy host:1M --sizes 64..1M --repeat 30
		map vfio:ffff:ff:1f.7/2 --repeat 3
	SUITE
	"$tool" bench run ./own.suite --output one.jsonl >/dev/null
	"$tool" bench run ./own.suite --output two.jsonl >/dev/null
	for day in {1..24}; do
		run_of "$day" $((day < 9 || day > 16 ? 100 + day % 3 : 130 + day % 3))
	done >many.jsonl
	"$tool" bench report one.jsonl -o one.html
	"$tool" bench report many.jsonl -o many.html
	"$tool" bench report one.jsonl vs two.jsonl -o sides.html
	grep -q 'from run 9 on' many.html
	looks_good "$scratch/one.html" 15
	looks_good "$scratch/many.html" 2
	looks_good "$scratch/sides.html" 20
	# What is wrong would be found.
	sed 's/overflow-x:auto//' one.html >wide.html
	looks_wrong "$scratch/wide.html" 'the page is .* wide'
	sed -E 's/(class="tick" text-anchor="middle" x=")[0-9.]+/\1100/' one.html >heap.html
	looks_wrong "$scratch/heap.html" 'lies on'
	sed 's/<main /<img src="nothing.png"><main /' one.html >image.html
	looks_wrong "$scratch/image.html" 'there are elements that load'
}

test_distcheck() {
	local dir
	dir=$(tool_build_dir)
	make -C "$dir" -j"$(nproc)" distcheck
}

# Whoever has the tarball has what the repository has, and it works there.
test_dist_is_whole() {
	local dir archive
	with_lock tool build_tool
	dir=$(tool_build_dir)
	make -C "$dir" dist
	archive=$(echo "$dir"/p2p-tool-*.tar.xz)
	tar -tf "$archive" | sed 's|^[^/]*/||; /\/$/d' | LC_ALL=C sort >"$scratch/packed"
	git -C "$LAB_ROOT" ls-files | LC_ALL=C sort >"$scratch/files"
	LC_ALL=C comm -23 "$scratch/files" "$scratch/packed" >"$scratch/missing"
	[[ ! -s $scratch/missing ]] || { cat "$scratch/missing"; fail 'the lines above are not in the tarball'; }
	tar -xf "$archive" -C "$scratch" --strip-components=1 --one-top-level=unpacked
	"$scratch/unpacked/lab" --help | grep '^Usage: ./lab'
	"$scratch/unpacked/lab" test --list | grep '^tool/dist-is-whole'
}
