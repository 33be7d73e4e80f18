// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/sigbus.h"
#include "guest.h"
#include "touch.h"

void fact(bool holds, const char *fmt, ...)
{
	int errnum = errno;
	va_list args;

	printf("%s ", holds ? "ok" : "FAIL");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	if (!holds)
		printf(" (errno: %s)", strerror(errnum));
	printf("\n");
	fflush(stdout);
	if (!holds)
		exit(1);
}

void guest_open(struct vfio_device *dev, const char *bdf)
{
	struct error err = { 0 };
	struct pci_list list = { 0 };
	struct pci_function *f;
	struct sysfs sysfs;
	struct bdf addr;
	int ret;

	ret = bdf_parse(bdf, &addr, NULL);
	if (!ret)
		ret = sysfs_open(&sysfs, "/", &err);
	if (!ret)
		ret = pci_list_read(&sysfs, &list, &err);
	f = ret ? NULL : pci_list_find(&list, &addr);
	if (f && !pci_read_details(&sysfs, f))
		ret = vfio_open(dev, &vfio_sys_real, &sysfs, f, VFIO_PATH_CDEV, &err);
	fact(f && !ret, "%s opens%s%s", bdf, err.what[0] ? ": " : "", err.what);
	pci_list_free(&list);
	sysfs_close(&sysfs);
}

void bind_driver(const char *bdf, const char *driver)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", bdf);
	fact(!write_file(path, driver), "%s is for %s", bdf, driver);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", bdf);
	write_file(path, bdf); /* if it has a driver */
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/%s", driver, bdf);
	fact(!write_file("/sys/bus/pci/drivers_probe", bdf) && !access(path, F_OK),
	     "%s is bound to %s", bdf, driver);
}

int open_beside(struct vfio_device *dev, const struct vfio_device *other, const char *bdf)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind),
						 .iommufd = other->iommu_fd };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach),
							.pt_id = other->ioas_id };
	char path[128];
	glob_t found;
	int ret = 0;

	*dev = *other;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/vfio*", bdf);
	if (glob(path, 0, NULL, &found))
		return -ENOENT;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	dev->fd = open(path, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0 || ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind) ||
	    ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		ret = -errno;
	return ret;
}

static void read_byte(void *addr)
{
	*(const volatile char *)addr;
}

bool faults(const volatile void *addr)
{
	uintptr_t where;

	return sigbus_guard(read_byte, (void *)(uintptr_t)addr, &where) != 0;
}

bool unmapped(const void *addr)
{
	/* Not by a system call: the TLB can have other entries for the kernel, as QEMU's has. */
	touch_begin();
	return !touch_read((volatile char *)(uintptr_t)addr);
}

int set_memory(const struct vfio_device *dev, bool on)
{
	uint16_t command;
	int ret;

	ret = vfio_config_read(dev, PCI_COMMAND, &command, sizeof(command));
	if (ret)
		return ret;
	command = on ? command | PCI_COMMAND_MEMORY : command & ~PCI_COMMAND_MEMORY;
	return vfio_config_write(dev, PCI_COMMAND, &command, sizeof(command));
}

int in_child(int (*fn)(void *arg), void *arg, unsigned int ms)
{
	uint64_t end = now_ms() + ms;
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fn(arg));
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (now_ms() > end)
			return -ETIMEDOUT;
		usleep(5000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

int write_file(const char *path, const char *text)
{
	ssize_t n;
	int fd;
	int ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		ret = -errno;
	close(fd);
	return ret;
}

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int count_dmabufs(void)
{
	char line[256];
	int count = -1;
	FILE *f = fopen("/sys/kernel/debug/dma_buf/bufinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Total %d objects", &count) == 1)
			break;
	if (f)
		fclose(f);
	return count;
}

int count_module(void)
{
	int count = 0;
	FILE *f = fopen("/sys/module/vfio_pci_core/refcnt", "re");

	if (f) {
		fact(fscanf(f, "%d", &count) == 1, "the module counts references");
		fclose(f);
	}
	return count;
}
