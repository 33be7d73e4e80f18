# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Scripts and sources. Sourced by ../test.sh.
# shellcheck disable=SC2154,SC2164,SC2016 # scratch and set -e come from test.sh

test_shellcheck() {
	cd "$LAB_ROOT"
	git ls-files -- '*.sh' lab autogen.sh .ci/run bench/lab/guest/init bench/lab/guest/dma-up bench/lab/guest/rdma-up bench/lab/guest/rdma-two p2p-tool/completion/p2p-tool |
		grep -v '^kernel/series/' | xargs shellcheck -x
}

test_clang_format() {
	local format
	format=$(command -v clang-format-14 || command -v clang-format) ||
		skip "clang-format 14 is not here: install clang-format-14"
	"$format" --version | grep -q 'version 14\.' ||
		skip "clang-format is $("$format" --version | sed 's/.*version //'), the sources are made for 14"
	cd "$LAB_ROOT"
	git ls-files -- '*.[ch]' | grep -v '^p2p-tool/uapi/' | xargs "$format" --dry-run -Werror
}

test_spdx() {
	local file
	cd "$LAB_ROOT"
	git ls-files | grep -vE '^(COPYING|LICENSES/|kernel/series/|p2p-tool/uapi/VERSION|bench/lab/splats|p2p-tool/tests/(expected|sysroot)/)' |
		while read -r file; do
			head -n 3 "$file" | grep -q SPDX-License-Identifier || echo "$file: no SPDX line"
		done >"$scratch/missing"
	[[ ! -s $scratch/missing ]] || { cat "$scratch/missing"; return 1; }
}

test_lab_help() {
	local command
	"$LAB_ROOT/lab" --help | grep -q '^Usage: ./lab COMMAND'
	for command in demo test run ab shell kernel clean; do
		"$LAB_ROOT/lab" "$command" --help >"$scratch/help"
		head -n 1 "$scratch/help" | grep -q "^Usage: ./lab $command\|^Usage: ./lab run"
		! grep -qE '.{81}' "$scratch/help" || fail "lab $command --help: a line is longer than 80 columns"
	done
}

# expect_usage_error ARGUMENT... - status 2 and one line.
expect_usage_error() {
	local status=0
	"$LAB_ROOT/lab" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
	[[ $status -eq 2 ]] || fail "lab $*: status $status instead of 2: $(cat "$scratch/err")"
	[[ ! -s $scratch/out ]] || fail "lab $*: wrote to standard output"
}

test_lab_usage_errors() {
	local option size
	expect_usage_error
	expect_usage_error frobnicate
	expect_usage_error run
	expect_usage_error run --kernel nonesuch -- true
	expect_usage_error run --counted --smp 2 -- true
	expect_usage_error run --smp 0 -- true
	expect_usage_error run --mem lots -- true
	# What p2p-tool takes for a size; the option after it is wrong.
	for size in 64M 64m 1024M 1G 16G 65536K 1048576 0x4000000 0x100000k 0016M; do
		expect_usage_error run --bar-size "$size" --timeout 0 -- true
		grep -q -e '--timeout' "$scratch/err" || fail "--bar-size $size: $(cat "$scratch/err")"
	done
	for size in 512K 32G 3M 0 -1M 1.5G 64MB 0x 17179869184G 16E 0x1000000000000000 99999999999999999999; do
		expect_usage_error run --bar-size "$size" --timeout 0 -- true
		grep -q -e "--bar-size $size: give a power of two" "$scratch/err" || fail "$(cat "$scratch/err")"
	done
	expect_usage_error run --timeout 0 -- true
	expect_usage_error run --copy /nonexistent -- true
	expect_usage_error run --out /proc/nowhere -- true
	expect_usage_error run --frobnicate -- true
	expect_usage_error run --kernel
	for option in --out --console --copy --timeout --mem --smp --kernel; do
		expect_usage_error run "$option" '' -- true
		grep -q "'$option' needs a value" "$scratch/err" || fail "run $option '': $(cat "$scratch/err")"
	done
	expect_usage_error shell -- true
	expect_usage_error ab stock
	expect_usage_error ab stock patched
	expect_usage_error ab stock patched --suite nonesuch
	expect_usage_error ab stock patched --suite map --runs 0
	expect_usage_error ab stock patched --suite map --timeout never
	expect_usage_error ab stock i386 --suite map
	expect_usage_error demo --kernel nonesuch
	expect_usage_error demo --kernel i386
	expect_usage_error kernel
	expect_usage_error kernel build nonesuch
	expect_usage_error kernel fetch --kernel-tarball /nonexistent
	expect_usage_error kernel fetch --kernel-tree /nonexistent
	expect_usage_error kernel fetch --kernel-tarball ''
	expect_usage_error kernel fetch --kernel-tree ''
	expect_usage_error demo --frobnicate
	expect_usage_error test --frobnicate
	expect_usage_error test --only nosuch --list
	grep -q "'nosuch'.*--list" "$scratch/err" || fail "test --only nosuch: does not name the pattern and --list"
	expect_usage_error clean --frobnicate
}

# A source that is refused leaves nothing behind; nor is part of a tree taken.
test_kernel_fetch_refuses() {
	local cache=$scratch/cache tree=$scratch/tree status=0
	mkdir "$tree"
	printf 'kernelversion:\n\t@echo 6.0.0\n' >"$tree/Makefile"
	tar -C "$scratch" -cf "$scratch/tree.tar" tree
	LAB_CACHE=$cache "$LAB_ROOT/lab" kernel fetch --kernel-tarball "$scratch/tree.tar" 2>"$scratch/err" || status=$?
	[[ $status -eq 125 ]] || fail "status $status: $(cat "$scratch/err")"
	grep 'this is 6.0.0, not a 7.3.y release' "$scratch/err"
	! ls -d "$cache"/base* || fail 'the line above is left'

	git -C "$tree" init -q
	git -C "$tree" add .
	git -C "$tree" -c user.name=lab -c user.email=lab@localhost commit -q -m base
	echo >>"$tree/Makefile"
	expect_usage_error kernel fetch --kernel-tree "$tree"
	grep 'commit or stash' "$scratch/err"
}

# Whoever interrupts the lab is not told of a mistake in it.
test_lab_interrupted() {
	local signal status
	printf '%s\n' 'source "$LAB_ROOT/bench/lab/common.sh"' '(sh -c "kill -$1 \$\$"; true); true' >"$scratch/script"
	for signal in HUP INT TERM; do
		status=0
		# A script's background jobs, which we may be one of, ignore SIGINT otherwise.
		LAB_ROOT=$LAB_ROOT env --default-signal=INT,HUP,TERM bash -euo pipefail "$scratch/script" "$signal" 2>"$scratch/err" || status=$?
		[[ $status -eq $((128 + $(kill -l "$signal"))) ]] || fail "$signal: status $status: $(cat "$scratch/err")"
		! grep 'mistake' "$scratch/err" || fail "$signal: the line above"
	done
}

# The mirror of one machine must not end up in the repository.
test_no_mirror_names() {
	local host
	cd "$LAB_ROOT"
	for host in $(apt-get indextargets --format '$(SITE)' 2>/dev/null | sed 's|.*//||; s|/.*||' | sort -u); do
		! git grep -nIF -- "$host" || fail "the lines above name this machine's mirror"
	done
}
