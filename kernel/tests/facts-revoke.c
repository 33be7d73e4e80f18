// SPDX-License-Identifier: GPL-2.0-only
/* Facts 7 to 16: taking a DMABUF back for good. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slices.h"

static void test_revoke(const struct vfio_device *dev)
{
	uint64_t first = SLICE_OFFSET / PAGE;
	int fd, copy, other, again, status, pipe_in[2], pipe_out[2];
	char *map, *second, *alias, *bar, byte = 0;
	pid_t pid;

	fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	other = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
	second = map_fd(fd, 3 * PAGE, PAGE, PROT_READ);
	alias = map_fd(other, 0, SLICE_SIZE, PROT_READ);
	bar = map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
	fact(map && second && alias && bar && mark_at(map) == first, "all of it maps");
	fact(!import(dev, fd, SLICE_SIZE, 0x10000000), "the DMABUF maps into the IOAS");

	fact(!pipe(pipe_in) && !pipe(pipe_out), "pipes");
	pid = fork();
	if (!pid) {
		bool before = none_fault(map, SLICE_SIZE);

		if (write(pipe_out[1], &byte, 1) != 1 || read(pipe_in[0], &byte, 1) != 1)
			_exit(2);
		_exit(!before || !all_fault(map, SLICE_SIZE) || !faults(second));
	}
	fact(read(pipe_out[0], &byte, 1) == 1, "a child has touched its mappings");
	copy = dup(fd);

	fact(!revoke_slice(dev, copy), "fact 7: revoke, and fact 11: through a duplicate");
	fact(all_fault(map, SLICE_SIZE) && faults(second), "fact 7: every mapping raises SIGBUS");
	fact(write(pipe_in[1], &byte, 1) == 1 && waitpid(pid, &status, 0) == pid && !status,
	     "fact 7: in a child as well");
	fact(revoke_slice(dev, fd) == -EBADFD, "fact 8: a second revoke is EBADFD");
	fact(!map_fd(fd, 0, PAGE, PROT_READ) && errno == ENODEV, "fact 9: mmap() is ENODEV");
	fact(import(dev, fd, SLICE_SIZE, 0x20000000) == -ENODEV, "fact 10: a new import is ENODEV");
	fact(iova_is_revoked(dev, 0x10000000), "fact 10: the existing import is gone");
	fact(none_fault(alias, SLICE_SIZE) && mark_at(alias) == first,
	     "fact 12: an aliasing DMABUF is unaffected");
	fact(none_fault(bar, SLICE_SIZE), "fact 12: a mapping of the BAR is unaffected");
	again = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	munmap(second, PAGE);
	second = map_fd(again, 0, PAGE, PROT_READ);
	fact(second && mark_at(second) == first, "fact 13: the range can be exported again");

	fact(revoke_slice(dev, 1) == -EINVAL, "fact 14: not a DMABUF is EINVAL");
	fact(revoke_slice(dev, 1000) == -EBADF, "fact 14: a closed fd is EBADF");
	set_memory(dev, false);
	set_memory(dev, true);
	fact(all_fault(map, SLICE_SIZE) && revoke_slice(dev, fd) == -EBADFD,
	     "fact 27: it stays dead when memory is disabled and enabled");
	fact(none_fault(alias, SLICE_SIZE), "fact 27: the others come back");

	set_memory(dev, false);
	fact(!revoke_slice(dev, other), "fact 16: revoke while memory is disabled");
	set_memory(dev, true);
	fact(all_fault(alias, SLICE_SIZE), "fact 16: dead after memory is enabled");
	fact(none_fault(bar, SLICE_SIZE), "fact 16: the BAR is not");

	munmap(map, SLICE_SIZE);
	munmap(second, PAGE);
	munmap(alias, SLICE_SIZE);
	munmap(bar, SLICE_SIZE);
	close(fd);
	close(copy);
	close(other);
	close(again);
}

static void test_strangers(const struct vfio_device *dev)
{
	struct vfio_device other;
	int fd;

	fd = make_udmabuf(PAGE);
	fact(revoke_slice(dev, fd) == -ENODEV, "fact 14: a udmabuf is ENODEV");
	close(fd);
	guest_open(&other, "0000:06:00.0");
	fd = export_slice(&other, SLICE_OFFSET, PAGE);
	fact(revoke_slice(dev, fd) == -ENODEV, "fact 14: another device's DMABUF is ENODEV");
	fact(!revoke_slice(&other, fd), "fact 14: its own device can");
	close(fd);
	vfio_close(&other);
}

static void test_feature(const struct vfio_device *dev)
{
	struct vfio_device_feature_dma_buf_revoke arg = { .dmabuf_fd = 1 };
	const uint32_t number = VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE;

	fact(vfio_feature(dev, VFIO_DEVICE_FEATURE_PROBE | VFIO_DEVICE_FEATURE_SET | number, NULL,
			  0) == 0,
	     "fact 15: PROBE|SET is 0");
	fact(vfio_feature(dev, VFIO_DEVICE_FEATURE_GET | number, &arg, sizeof(arg)) == -EINVAL,
	     "fact 15: GET is EINVAL");
	fact(vfio_feature(dev, VFIO_DEVICE_FEATURE_SET | number, &arg, 2) == -EINVAL,
	     "fact 15: a short argsz is EINVAL");
}

int main(void)
{
	struct vfio_device dev;

	guest_open(&dev, ACCEL);
	mark_slice(&dev);
	test_revoke(&dev);
	test_strangers(&dev);
	test_feature(&dev);
	vfio_close(&dev);
	return 0;
}
