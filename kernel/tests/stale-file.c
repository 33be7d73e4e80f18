// SPDX-License-Identifier: GPL-2.0-only
/*
 * A DMABUF whose file is gone but whose dentry an O_PATH descriptor keeps
 * (series/vfio: "Clear dmabuf->file when the file is released" and "Detach
 * DMABUFs whose file is gone"). On stock, KASAN reports a use-after-free when
 * the device is closed; with the pointer merely cleared, unbind hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slices.h"

#define IOVA 0x10000000

static int export_page(const struct vfio_device *dev, uint64_t page)
{
	struct error err = { 0 };
	int fd;

	fd = vfio_export(dev, ACCEL_BAR, page * PAGE, PAGE, O_RDWR | O_CLOEXEC, &err);
	fact(fd >= 0, "page %u of BAR %u is exported%s", (unsigned int)page, ACCEL_BAR, err.what);
	return fd;
}

/* An O_PATH descriptor of the same dentry. */
static int path_of(int fd)
{
	char name[32];
	int path;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	path = open(name, O_PATH | O_CLOEXEC);
	fact(path >= 0, "O_PATH descriptor of the DMABUF");
	return path;
}

/* Export a page, keep its dentry only. */
static int stale_export(const struct vfio_device *dev, uint64_t page)
{
	int fd = export_page(dev, page);
	int path = path_of(fd);

	close(fd);
	/* The file is freed by task work and RCU. */
	usleep(100000);
	return path;
}

static void test_memory_disable(const struct vfio_device *dev)
{
	int stale, path, fd;
	void *map;

	stale = stale_export(dev, 1);
	map = map_bar(dev, ACCEL_BAR, PAGE, PAGE);
	fact(map, "BAR %u maps through the device", ACCEL_BAR);
	fact(!faults(map), "the BAR can be read");
	fd = export_page(dev, 2);
	path = path_of(fd);
	fact(!import(dev, fd, PAGE, IOVA), "the DMABUF maps into the IOAS");
	close(fd);
	usleep(100000);
	fact(!iova_is_revoked(dev, IOVA), "an importer keeps its mapping when the fd is closed");

	fact(!set_memory(dev, false), "memory is disabled beside a stale DMABUF");
	fact(faults(map), "the mapping of the BAR is gone");
	fact(iova_is_revoked(dev, IOVA),
	     "the importer's mapping of a DMABUF with an O_PATH fd is gone");
	fact(!set_memory(dev, true), "memory is enabled again");
	fact(!faults(map), "the BAR can be read again");
	munmap(map, PAGE);
	close(path);
	close(stale);
}

static int unbind_and_bind(void *arg)
{
	return write_file("/sys/bus/pci/drivers/vfio-pci/unbind", ACCEL) ||
	       write_file("/sys/bus/pci/drivers/vfio-pci/bind", ACCEL);
}

int main(void)
{
	struct vfio_device dev;
	uint64_t start;
	int path, ret;

	guest_open(&dev, ACCEL);
	test_memory_disable(&dev);
	path = stale_export(&dev, 1);
	start = now_ms();
	vfio_close(&dev);
	fact(now_ms() - start < 1000, "the device closes within a second beside a stale DMABUF");

	guest_open(&dev, ACCEL);
	close(export_page(&dev, 1));
	vfio_close(&dev);

	start = now_ms();
	ret = in_child(unbind_and_bind, NULL, 10000);
	fact(!ret && now_ms() - start < 1000,
	     "the driver unbinds within a second beside a stale DMABUF (%s, %u ms)",
	     ret == -ETIMEDOUT ? "hangs" : "ended", (unsigned int)(now_ms() - start));

	close(path);
	usleep(100000);
	guest_open(&dev, ACCEL);
	close(export_page(&dev, 1));
	vfio_close(&dev);
	fact(true, "the DMABUF goes after its device has gone");
	return 0;
}
