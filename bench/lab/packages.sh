# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Packages the lab needs, by distribution, and a private apt configuration
# for those that are only in another suite. /etc/apt is never touched.

os_release() {
	# shellcheck disable=SC1091
	(. /etc/os-release && printf '%s-%s' "${ID:-unknown}" "${VERSION_ID:-0}")
}

debian_codename() {
	# shellcheck disable=SC1091
	(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
}

as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "$1 needs root: run the lab as root or install sudo"
	fi
}

# Names are the same on Debian 12, 13 and Ubuntu 24.04 but where a case says otherwise.
packages_for_tool() {
	echo gcc make autoconf automake pkg-config libibverbs-dev librdmacm-dev \
		libdrm-dev libjson-c-dev libsmartcols-dev libcmocka-dev
}

packages_for_kernel() {
	echo gcc make ccache flex bison bc libelf-dev libssl-dev cpio rsync kmod \
		xz-utils git python3 python3-ply python3-git perl
}

packages_for_guest() {
	echo cpio kmod busybox-static iproute2 perftest ibverbs-providers pciutils \
		strace util-linux
	case $(os_release) in
	debian-12) ;; # QEMU: see ensure_qemu
	*) echo qemu-system-x86 ;;
	esac
}

packages_for_cross() {
	echo gcc-aarch64-linux-gnu gcc-s390x-linux-gnu
}

packages_for_i386() {
	echo libc6-dev-i386 "lib32gcc-$(gcc -dumpversion)-dev"
}

packages_for_selftests() {
	echo uuid-dev
}

packages_for_test() {
	echo shellcheck clang sparse man-db jq bsdextrautils r-base-core
	case $(os_release) in
	debian-12) echo clang-format ;;
	*) echo clang-format-14 ;;
	esac
	# To see reports: 122 MB, half a minute. Ubuntu's package is a shell for a snap.
	case $(os_release) in
	debian-*) echo chromium fonts-dejavu-core ;;
	esac
}

package_installed() {
	[[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# apt_is_there - this machine has apt and dpkg.
apt_is_there() {
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# ensure_packages PURPOSE - install what is missing of packages_for_PURPOSE.
ensure_packages() {
	local package packages missing=()
	mapfile -t packages < <("packages_for_$1" | tr -s ' ' '\n')
	if ! apt_is_there; then
		say "not a Debian-like machine: if something is missing, install what these packages hold: ${packages[*]}"
		return
	fi
	for package in "${packages[@]}"; do
		package_installed "$package" || missing+=("$package")
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0
	say "installing packages for the $1 (about a minute): ${missing[*]}"
	install_packages "${missing[@]}"
}

# apt has locks of its own.
install_packages() {
	# Not found out below, where messages go to a log.
	[[ $EUID -eq 0 ]] || command -v sudo >/dev/null ||
		die "packages $*: need root: run the lab as root, install sudo, or install them by hand"
	quietly "$LAB_CACHE/log/apt-update.log" as_root apt-get update ||
		say "apt-get update failed: going on with the package lists that are there"
	quietly "$LAB_CACHE/log/apt-install.log" \
		as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@" ||
		die "packages $*: not installed: see $LAB_CACHE/log/apt-install.log, install them by hand and try again"
}

# The machine's own Debian mirror, or nothing.
debian_mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(SITE)|$(RELEASE)' 'Identifier: Packages' 2>/dev/null |
		awk -F'|' '$1 == "Debian" && $2 == "main" && $4 !~ /security/ && !found { print $3; found = 1 }'
}

# private_apt NAME SUITE... - a private apt configuration called NAME with the
# machine's own Debian mirror and these suites; prints its apt options, or
# nothing and status 1 where the machine has no Debian mirror.
private_apt() {
	local dir=$LAB_CACHE/apt/$1 mirror suite
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	shift

	mirror=$(debian_mirror)
	if [[ -z $mirror ]]; then
		# A machine whose lists were never fetched does not know its mirror.
		quietly "$LAB_CACHE/log/apt-update.log" as_root apt-get update || true
		mirror=$(debian_mirror)
	fi
	[[ -n $mirror && -f $keyring ]] || return 1
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	for suite in "$@"; do
		echo "deb [signed-by=$keyring] $mirror $suite main"
	done >"$dir/sources.list"
	printf '%s\n' -o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=/nonexistent \
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root
}

qemu_major() {
	if command -v qemu-system-x86_64 >/dev/null; then
		qemu-system-x86_64 --version | sed -n 's/.*version \([0-9]*\).*/\1/p'
	fi
}

# QEMU 8.0 or newer: the igb device. Debian 12 has it in backports only.
ensure_qemu() {
	local major options
	major=$(qemu_major)
	[[ ${major:-0} -lt 8 ]] || return 0
	if [[ $(os_release) == debian-12 ]]; then
		say "installing QEMU from bookworm-backports (about a minute; /etc/apt is left as it is)"
		mapfile -t options < <(private_apt qemu bookworm bookworm-updates bookworm-backports)
		[[ ${#options[@]} -gt 0 ]] ||
			die "no Debian mirror in apt's sources: install QEMU 8.0 or newer by hand"
		with_lock apt install_backport_qemu "${options[@]}"
		major=$(qemu_major)
	fi
	[[ ${major:-0} -ge 8 ]] ||
		die "qemu-system-x86_64 is ${major:-missing}: install version 8.0 or newer (it has the igb device)"
}

install_backport_qemu() {
	{ quietly "$LAB_CACHE/log/qemu.log" as_root apt-get "$@" update &&
		quietly "$LAB_CACHE/log/qemu.log" as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get "$@" install -y --no-install-recommends -t bookworm-backports qemu-system-x86; } ||
		die "QEMU: not installed: see $LAB_CACHE/log/qemu.log, install qemu-system-x86 8.0 or newer by hand and try again"
}
