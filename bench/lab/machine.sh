# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The lab's machine, as QEMU arguments. Addresses are those of docs/lab.md.
# Sourced.

# make_disk RUN-DIR - the content of the NVMe disk: lines of 16 bytes, the first one
# 100000000000000, each one more. In RAM if there is room; the file goes with the
# last who has it open. Sets disk, a file descriptor.
make_disk() {
	local path=$1/nvme.img
	if [[ -w /dev/shm && $(df -k --output=avail /dev/shm | tail -n 1) -gt 131072 ]]; then
		path=$(mktemp /dev/shm/vfio-p2p-nvme.XXXXXX)
	fi
	seq 100000000000000 100000004194303 >"$path"
	exec {disk}<>"$path"
	rm "$path"
}

# machine_arguments RUN-DIR SMP MEMORY DISK BAR-SIZE - one argument a line.
machine_arguments() {
	local run=$1 smp=$2 memory=$3 disk=$4 bar_size=$5

	# EPYC: p2pdma takes Zen host bridges for granted.
	printf '%s\n' -nodefaults -no-user-config -display none -no-reboot \
		-machine q35,kernel-irqchip=split -cpu EPYC -smp "$smp" -m "$memory" \
		-device intel-iommu,intremap=on,caching-mode=on

	# 00:03.0 root port -> switch 01:00.0 -> downstream ports 02:00.0 to 02:02.0
	printf '%s\n' -device pcie-root-port,id=rp1,bus=pcie.0,addr=3,chassis=1,slot=1 \
		-device x3130-upstream,id=up,bus=rp1 \
		-device xio3130-downstream,id=dp0,bus=up,addr=0,chassis=10,slot=10 \
		-device xio3130-downstream,id=dp1,bus=up,addr=1,chassis=11,slot=11 \
		-device xio3130-downstream,id=dp2,bus=up,addr=2,chassis=12,slot=12

	# 03:00.0 accelerator, BAR2 64 MiB unless told otherwise; 05:00.0 a spare one beside it
	printf '%s\n' -object "memory-backend-ram,id=accel0,size=$bar_size,share=on" \
		-device ivshmem-plain,memdev=accel0,bus=dp0 \
		-object memory-backend-ram,id=spare,size=1M,share=on \
		-device ivshmem-plain,memdev=spare,bus=dp2

	# 04:00.0 igb: FLR, power management, memory BARs 0, 1 and 3
	printf '%s\n' -netdev hubport,id=net0,hubid=0 -device igb,netdev=net0,bus=dp1,romfile=

	# 06:00.0 accelerator behind a root port of its own, BAR2 16 MiB
	printf '%s\n' -device pcie-root-port,id=rp2,bus=pcie.0,addr=4,chassis=2,slot=2 \
		-object memory-backend-ram,id=accel1,size=16M,share=on \
		-device ivshmem-plain,memdev=accel1,bus=rp2

	# 07:00.0 NVMe with a CMB; its second namespace is slow, so that requests are
	# under way for a while
	printf '%s\n' -device pcie-root-port,id=rp3,bus=pcie.0,addr=5,chassis=3,slot=3 \
		-blockdev "driver=file,filename=/dev/fd/$disk,node-name=nvme0" \
		-device nvme,id=nvme,serial=lab,drive=nvme0,cmb_size_mb=16,mdts=9,bus=rp3 \
		-object throttle-group,id=slow,x-iops-total=100 \
		-blockdev driver=null-co,node-name=zeroes,size=16777216,read-zeroes=on \
		-blockdev driver=throttle,node-name=nvme1,throttle-group=slow,file=zeroes \
		-device nvme-ns,drive=nvme1,nsid=2,bus=nvme

	# 08:00.0 and 08:00.1: two functions that are reset together
	printf '%s\n' -device pcie-root-port,id=rp4,bus=pcie.0,addr=6,chassis=4,slot=4 \
		-object memory-backend-ram,id=pair0,size=1M,share=on \
		-object memory-backend-ram,id=pair1,size=1M,share=on \
		-device ivshmem-plain,memdev=pair0,bus=rp4,addr=0.0,multifunction=on \
		-device ivshmem-plain,memdev=pair1,bus=rp4,addr=0.1

	# 00:07.0 edu
	printf '%s\n' -device edu,dma_mask=0xffffffffffff,bus=pcie.0,addr=7

	# The lab's own: console, output, status, /lab/out
	printf '%s\n' -chardev "file,id=console,path=$run/console" -serial chardev:console \
		-device virtio-serial-pci,id=vser,bus=pcie.0,addr=8 \
		-fsdev "local,id=out,path=$run/out,security_model=none" \
		-device virtio-9p-pci,fsdev=out,mount_tag=out,bus=pcie.0,addr=9
}

# port_arguments RUN-DIR - the three ports of a command: output, errors, status.
port_arguments() {
	local name
	for name in stdout stderr status; do
		printf '%s\n' -chardev "file,id=$name,path=$1/$name" \
			-device "virtserialport,bus=vser.0,chardev=$name,name=lab.$name"
	done
}

# accel_arguments ACCEL COUNTED - counted: -icount makes the TSC an exact
# count of instructions.
accel_arguments() {
	if [[ -n $2 ]]; then
		printf '%s\n' -accel tcg -icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01,clock=vm
	elif [[ $1 == kvm ]]; then
		printf '%s\n' -accel kvm
	else
		# One thread: with several, QEMU can abort when one vCPU switches a
		# device's memory decoding while another uses the BAR.
		printf '%s\n' -accel tcg,thread=single
	fi
}

# kernel_arguments COUNTED - the guest kernel's command line.
kernel_arguments() {
	printf '%s' 'console=ttyS0 loglevel=6 oops=panic panic=-1 no_timer_check intel_iommu=on'
	[[ -z $1 ]] || printf '%s' ' nokaslr norandmaps lab.counted'
}

# choose_accel KERNEL-DIR RUN-DIR - "kvm" where a probe has booted that kernel
# with it, else "tcg". /dev/kvm that opens is no proof: see docs/lab.md.
choose_accel() {
	local verdict key
	[[ -w /dev/kvm ]] || { echo tcg; return; }
	key=$({ uname -r; qemu-system-x86_64 --version; grep -m1 'model name' /proc/cpuinfo; } | sha256_of | cut -c1-16)
	verdict=$LAB_CACHE/kvm-probe-$key
	if [[ ! -f $verdict ]]; then
		say 'probing KVM: booting the kernel with it once (10 s at most)'
		probe_kvm "$1" "$2/probe" >"$verdict.$$"
		mv "$verdict.$$" "$verdict"
	fi
	cat "$verdict"
}

# probe_kvm KERNEL-DIR CONSOLE
probe_kvm() {
	with_us timeout --foreground -k 1 10 setpriv --pdeathsig KILL \
		qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-machine q35,kernel-irqchip=split -accel kvm -cpu EPYC -m 512M \
		-kernel "$1/bzImage" -append 'console=ttyS0 panic=-1' -serial "file:$2" >/dev/null 2>&1 || true
	# Without an initramfs the kernel boots up to the point where it misses its root.
	if grep -q -s 'Kernel panic - not syncing: VFS' "$2"; then echo kvm; else echo tcg; fi
}
