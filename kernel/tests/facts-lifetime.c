// SPDX-License-Identifier: GPL-2.0-only
/* Facts 17 to 21: who keeps what alive. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slices.h"

static int unbind_and_bind(void *arg)
{
	return write_file("/sys/bus/pci/drivers/vfio-pci/unbind", ACCEL) ||
	       write_file("/sys/bus/pci/drivers/vfio-pci/bind", ACCEL);
}

int main(void)
{
	struct vfio_device dev, again;
	int fd, born, before, module_before;
	char *bar, *map, *second;

	before = count_dmabufs();
	fact(before >= 0, "debugfs counts DMABUFs");
	module_before = count_module();
	guest_open(&dev, ACCEL);
	mark_slice(&dev);
	bar = map_bar(&dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
	fd = export_slice(&dev, SLICE_OFFSET, SLICE_SIZE);
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ);
	fact(bar && map && none_fault(bar, SLICE_SIZE) && none_fault(map, SLICE_SIZE), "both map");

	vfio_close(&dev);
	fact(none_fault(bar, SLICE_SIZE) && none_fault(map, SLICE_SIZE),
	     "fact 17: a mapping of a BAR keeps its device open");
	second = map_fd(fd, 0, PAGE, PROT_READ);
	fact(second && !faults(second), "fact 17: and its DMABUFs usable");
	fact(!munmap(bar, SLICE_SIZE), "the mapping of the BAR goes");
	/* The device is closed by task work, on the way out of munmap(). */
	usleep(100000);
	fact(all_fault(map, SLICE_SIZE) && faults(second),
	     "fact 18: with the last reference to the device mappings raise SIGBUS");
	fact(!map_fd(fd, 0, PAGE, PROT_READ) && errno == ENODEV, "fact 18: mmap() is ENODEV");

	guest_open(&again, ACCEL);
	fact(revoke_slice(&again, fd) == -ENODEV,
	     "fact 18: revoke by the device opened anew is ENODEV");
	fact(all_fault(map, SLICE_SIZE), "fact 18: nor does opening it bring anything back");
	born = export_slice(&again, SLICE_OFFSET, SLICE_SIZE);
	bar = map_fd(born, 0, SLICE_SIZE, PROT_READ);
	fact(bar && none_fault(bar, SLICE_SIZE), "fact 19: a new DMABUF is not born revoked");
	vfio_close(&again);
	fact(all_fault(bar, SLICE_SIZE), "fact 18: closing the device revokes");

	fact(!in_child(unbind_and_bind, NULL, 5000),
	     "fact 20: the driver unbinds while fds and mappings of dead DMABUFs "
	     "remain");
	fact(all_fault(bar, SLICE_SIZE), "fact 20: they raise SIGBUS");
	munmap(bar, SLICE_SIZE);
	munmap(map, SLICE_SIZE);
	munmap(second, PAGE);
	close(fd);
	close(born);
	usleep(100000);
	fact(count_dmabufs() == before, "fact 21: no DMABUF is left (%d, %d before)",
	     count_dmabufs(), before);
	fact(count_module() == module_before,
	     "fact 21: nor a reference to the module (%d, %d before)", count_module(),
	     module_before);
	return 0;
}
