# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's files: the tool, programs of this machine with their libraries,
# busybox, all in one reproducible initramfs. Sourced.

# Programs of this machine that the guest gets. busybox's applets call each
# other and nothing else, so what starts programs must not be one of them.
GUEST_PROGRAMS=(bash env find nice nohup setsid timeout xargs
	ip rdma lspci kmod strace taskset setpriv
	ib_write_bw ib_write_lat ib_read_bw ib_read_lat ib_send_bw ib_send_lat)

tool_build_dir() {
	# One for each checkout.
	echo "$LAB_CACHE/tool/$(printf '%s' "$LAB_ROOT" | sha256_of | cut -c1-12)"
}

# ensure_tool - build p2p-tool and the guest's test programs out of tree.
ensure_tool() {
	ensure_packages tool
	with_lock tool build_tool
}

build_tool() {
	local dir log=$LAB_CACHE/log/tool.log
	dir=$(tool_build_dir)
	mkdir -p "$dir"
	[[ -f $dir/p2p-tool/p2p-tool ]] ||
		say 'p2p-tool: building it and the programs of the guest (about 15 s)'
	if [[ ! -x $LAB_ROOT/configure || $LAB_ROOT/configure.ac -nt $LAB_ROOT/configure ]]; then
		quietly "$log" "$LAB_ROOT/autogen.sh" || die "p2p-tool: autogen.sh failed: see $log"
	fi
	if [[ ! -f $dir/Makefile ]]; then
		(cd "$dir" && quietly "$log" "$LAB_ROOT/configure" --enable-werror --prefix=/usr) ||
			die "p2p-tool: configure failed: see $log"
	fi
	# Two calls: 'all' is a recursive make, and would race with 'guest'.
	{ quietly "$log" make -C "$dir" -j"$(nproc)" all &&
		quietly "$log" make -C "$dir" -j"$(nproc)" guest; } ||
		die "p2p-tool: build failed: see $log"
}

# libraries_of FILE... - the shared libraries they load. Of a static program, which ldd
# does not like, none.
libraries_of() {
	{ ldd "$@" 2>/dev/null || true; } | awk '/=> \// { print $3 } /^[ \t]*\/.*\(0x/ { print $1 }' | LC_ALL=C sort -u
}

# install_libraries_of ROOT FILE... - each to its own path below ROOT.
install_libraries_of() {
	local root=$1 library
	shift
	for library in $(libraries_of "$@"); do
		[[ -e $root$library ]] || install -D "$library" "$root$library"
	done
}

# pack DIR - DIR as a reproducible newc archive on standard output.
pack() {
	(
		cd "$1" || exit
		find . -exec touch -h -d @0 {} +
		find . -mindepth 1 -print0 | LC_ALL=C sort -z |
			cpio --null --quiet -o -H newc -R 0:0 --reproducible
	)
}

# make_initramfs OUT - everything that does not depend on the kernel or on
# what is run. Made of OUT.root, which the caller removes if we are ended.
make_initramfs() {
	local root build program path applet
	root=$1.root
	build=$(tool_build_dir)

	mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,root,etc,lab/bin,lab/in,lab/out,lab/suites,lab/tests}
	install "$LAB_ROOT/bench/lab/guest/init" "$root/init"
	install "$LAB_ROOT/bench/lab/guest/rdma-up" "$root/lab/bin/rdma-up"
	install "$LAB_ROOT/bench/lab/guest/dma-up" "$root/lab/bin/dma-up"
	install "$LAB_ROOT/bench/lab/guest/rdma-two" "$root/lab/bin/rdma-two"
	install "$(command -v busybox)" "$root/bin/busybox"
	for applet in $("$root/bin/busybox" --list); do
		[[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
	done
	# busybox's own shell would prefer its applets to the programs below.
	rm -f "$root/bin/sh"
	install "$(command -v dash)" "$root/bin/sh"
	install_libraries_of "$root" "$root/bin/sh"

	for program in "${GUEST_PROGRAMS[@]}"; do
		path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$program") ||
			die "$program: not found: install the package that holds it"
		install -D "$(realpath "$path")" "$root/lab/bin/$program"
		install_libraries_of "$root" "$path"
	done
	ln -s kmod "$root/lab/bin/modprobe"
	ln -s kmod "$root/lab/bin/rmmod"
	# The RDMA providers are loaded by name and are in no program's list.
	for path in /usr/lib/*/libibverbs/lib{rxe,siw}-*.so; do
		install -D "$path" "$root$path"
		install_libraries_of "$root" "$path"
	done
	mkdir "$root/etc/libibverbs.d"
	cp /etc/libibverbs.d/{rxe,siw}.driver "$root/etc/libibverbs.d/"

	install "$build/p2p-tool/p2p-tool" "$root/lab/bin/p2p-tool"
	install_libraries_of "$root" "$build/p2p-tool/p2p-tool"
	find "$LAB_ROOT/bench/suites" -name '*.suite' -exec install -m 644 {} "$root/lab/suites/" \;
	for program in $(make -s -C "$build" print-guest-programs); do
		install "$build/$program" "$root/lab/tests/"
		install_libraries_of "$root" "$build/$program"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"

	pack "$root" >"$1"
	rm -rf "$root"
}

# A guest of 32 bits has a busybox, which is Debian's own, and one program.
ensure_i386() {
	ensure_packages i386
	mkdir -p "$LAB_CACHE/i386"
	with_lock tool build_i386
}

build_i386() {
	local dir=$LAB_CACHE/i386 options log=$LAB_CACHE/log/i386.log
	if [[ ! -f $dir/busybox ]]; then
		mapfile -t options < <(private_apt i386 "$(debian_codename)")
		[[ ${#options[@]} -gt 0 ]] ||
			die "no Debian mirror in apt's sources: put a static busybox for i386 at $dir/busybox"
		options+=(-o APT::Architectures::=amd64 -o APT::Architectures::=i386)
		rm -f "$dir"/*.deb
		{ quietly "$log" apt-get "${options[@]}" update &&
			(cd "$dir" && quietly "$log" apt-get "${options[@]}" download busybox-static:i386); } ||
			die "busybox for i386: not downloaded: see $log, or put a static one at $dir/busybox"
		dpkg-deb -x "$dir"/busybox-static_*_i386.deb "$dir/unpacked"
		mv "$(find "$dir/unpacked" -path '*/bin/busybox')" "$dir/busybox"
		rm -rf "$dir/unpacked" "$dir"/*.deb
	fi
	# Without gcc-multilib, which no cross compiler is installed beside, asm/ is
	# not where 32-bit programs look for it.
	quietly "$log" gcc -m32 -static -O2 -Wall -Wextra -std=gnu11 -D_FILE_OFFSET_BITS=64 \
		-isystem "$LAB_ROOT/p2p-tool/uapi/include" -idirafter "/usr/include/$(gcc -print-multiarch)" \
		-o "$dir/test" "$LAB_ROOT/kernel/tests/i386.c" ||
		die "kernel/tests/i386.c: does not build: see $log"
}

# As make_initramfs.
make_initramfs_i386() {
	local root=$1.root dir=$LAB_CACHE/i386

	mkdir -p "$root"/{bin,proc,sys,dev,tmp,root,etc,lab/bin,lab/in,lab/out,lab/tests}
	install "$dir/busybox" "$root/bin/busybox"
	# It is not run here: not every machine runs 32-bit programs.
	printf '%s\n' '#!/bin/busybox sh' '/bin/busybox --install -s /bin' 'exec /bin/busybox sh /lab/init' >"$root/init"
	install "$LAB_ROOT/bench/lab/guest/init" "$root/lab/init"
	chmod 755 "$root/init"
	install "$dir/test" "$root/lab/tests/i386"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
	pack "$root" >"$1"
	rm -rf "$root"
}

# quote WORD... - for the guest's shell, which is not bash.
quote() {
	local word
	for word in "$@"; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

# guest_name PATH - its name in /lab/in/.
guest_name() {
	case $(basename -- "$1") in
	. | ..) basename -- "$(realpath -- "$1")" ;;
	*) basename -- "$1" ;;
	esac
}

# make_payload OUT PATHS-ARRAY ENVIRONMENT CMD... - what this one run adds. As
# with make_initramfs, OUT.root may be left.
make_payload() {
	local out=$1 root=$1.root path environment=$3
	local -n paths=$2
	shift 3
	mkdir -p "$root/lab/in"
	for path in "${paths[@]}"; do
		cp -aHT -- "$path" "$root/lab/in/$(guest_name "$path")" ||
			die "--copy $path: cannot be copied into the guest: check that all of it can be read"
	done
	printf '%s\n' "$environment" >"$root/lab/environment"
	[[ $# -eq 0 ]] || printf 'exec %s\n' "$(quote "$@")" >"$root/lab/cmd"
	pack "$root" >"$out"
	rm -rf "$root"
}
