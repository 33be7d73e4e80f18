#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Print what 'p2p-tool list' reads of this machine's sysfs (or of ROOT/sys) as
# lines of text, which unpack-sysroot.sh makes a tree of again, for --sysroot:
# for a bug report, or as data of a test. No serial numbers, no addresses of
# the network but the node GUIDs.
# Usage: capture-sysroot.sh [ROOT] >NAME.sysroot
set -u

if [ $# -gt 1 ] || [ ! -d "${1-}/sys" ]; then
	echo "usage: ${0##*/} [ROOT], which holds sys/" >&2
	exit 2
fi
cd "${1-}/" || exit 1

# An attribute: PATH=CONTENT, with \n and \\ for newlines and backslashes.
attribute()
{
	content=$(cat "$1" 2>/dev/null) || return 0
	content=$(printf '%s\n' "$content" | sed -e 's/\\/\\\\/g' -e ':a' -e '$!{' -e 'N' -e 'ba' -e '}' -e 's/\n/\\n/g')
	printf '%s=%s\n' "$1" "$content"
}

# A symbolic link: PATH -> TARGET.
link()
{
	[ ! -L "$1" ] || printf '%s -> %s\n' "$1" "$(readlink "$1")"
}

# The directory below sys/ that a link in sys/A/B/ or sys/A/B/C/ leads to.
real()
{
	echo "sys/devices/$(readlink "$1" | sed 's|^.*\.\./devices/||')"
}

capture_function()
{
	for name in class vendor device subsystem_vendor subsystem_device resource numa_node \
		current_link_speed current_link_width max_link_speed max_link_width \
		reset_method p2pmem/size p2pmem/available p2pmem/published; do
		attribute "$1/$name"
	done
	link "$1/driver"
	link "$1/iommu_group"
	for netdev in "$1"/net/*; do
		[ ! -d "$netdev" ] || printf '%s/\n' "$netdev"
	done
}

capture_rdma()
{
	link "$1/device"
	attribute "$1/node_guid"
	attribute "$1/parent"
	for port in "$1"/ports/*; do
		for name in state link_layer gid_attrs/ndevs/0; do
			attribute "$port/$name"
		done
	done
}

capture_drm()
{
	link "$1/device"
	# The parent's driver, unless it is a PCI function, which has its own lines.
	[ -e "$1/device/vendor" ] || link "${1%/*/*}/driver"
}

echo "# What p2p-tool reads of sysfs; made by capture-sysroot.sh."
for entry in sys/bus/pci/devices/*; do
	[ -L "$entry" ] || continue
	printf '\n'
	link "$entry"
	capture_function "$(real "$entry")"
done
for entry in sys/class/infiniband/*; do
	[ -L "$entry" ] || continue
	printf '\n'
	link "$entry"
	capture_rdma "$(real "$entry")"
done
for entry in sys/class/drm/* sys/class/accel/*; do
	[ -L "$entry" ] || continue
	printf '\n'
	link "$entry"
	capture_drm "$(real "$entry")"
done
