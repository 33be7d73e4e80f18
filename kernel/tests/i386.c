// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact 45 on a 32-bit kernel, where there is no P2PDMA: BAR 0 is mapped, named and
 * zapped as on any other, and nothing is exported. A program of its own, 32 bits
 * and static: it runs beside a busybox and nothing else. File offsets of
 * character devices are 32 bits there, which leaves only BAR 0 in reach.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define IGB   "0000:04:00.0"
#define ACCEL "0000:03:00.0"
#define PCI   "/sys/bus/pci/devices/"
#define PAGE  4096

static void fact(bool holds, const char *what)
{
	printf("%s fact 45: %s", holds ? "ok" : "FAIL", what);
	if (!holds)
		printf(" (errno: %s)", strerror(errno));
	printf("\n");
	fflush(stdout);
	if (!holds)
		exit(1);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

/* Its character device, bound to an iommufd; or the test ends. */
static int open_device(const char *bdf)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	char path[512];
	struct dirent *entry = NULL;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), PCI "%s/vfio-dev", bdf);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) && strncmp(entry->d_name, "vfio", 4))
		;
	fact(entry, "VFIO has the device");
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	closedir(dir);
	fd = open(path, O_RDWR);
	bind.iommufd = open("/dev/iommu", O_RDWR);
	fact(fd >= 0 && !ioctl(fd, VFIO_DEVICE_BIND_IOMMUFD, &bind), "it opens");
	return fd;
}

static uint32_t read32(const char *map, size_t offset)
{
	return *(const volatile uint32_t *)(map + offset);
}

static long count_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static bool has_name(const char *name)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f))
		found = found || strstr(line, name);
	if (f)
		fclose(f);
	return found;
}

static void test_igb(void)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = 0 };
	struct vfio_device_feature feature = { .argsz = sizeof(feature),
					       .flags = VFIO_DEVICE_FEATURE_PROBE |
							VFIO_DEVICE_FEATURE_GET |
							VFIO_DEVICE_FEATURE_DMA_BUF };
	char *bar, *part, *truth;
	long faults;
	int fd, resource;

	put(PCI IGB "/driver_override", "vfio-pci");
	put(PCI IGB "/driver/unbind", IGB);
	put("/sys/bus/pci/drivers_probe", IGB);
	fd = open_device(IGB);
	fact(!ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info) && info.size == 0x20000,
	     "BAR 0 of igb has 128 KiB");
	bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)info.offset);
	fact(bar != MAP_FAILED, "BAR 0 maps");
	part = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)info.offset + 5 * PAGE);
	fact(part != MAP_FAILED, "so does a page of it");
	resource = open(PCI IGB "/resource0", O_RDWR | O_SYNC);
	truth = mmap(NULL, info.size, PROT_READ, MAP_SHARED, resource, 0);
	fact(truth != MAP_FAILED, "sysfs maps it as well");
	/* The MAC address */
	fact(read32(truth, 0x5400) && read32(bar, 0x5400) == read32(truth, 0x5400) &&
		     read32(part, 0x400) == read32(truth, 0x5400),
	     "both read what sysfs reads");
	fact(has_name("/dmabuf:vfio"), "the mapping has a name");

	fact(!ioctl(fd, VFIO_DEVICE_RESET), "the device is reset");
	faults = count_faults();
	fact(read32(bar, 0x5400) == read32(truth, 0x5400) && count_faults() == faults + 1,
	     "which zaps, and the page can be touched again");
	fact(ioctl(fd, VFIO_DEVICE_FEATURE, &feature) && errno == ENOTTY, "export is ENOTTY");
	munmap(bar, info.size);
	munmap(part, PAGE);
	close(fd);
}

static void test_accel(void)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = 0 };
	int fd = open_device(ACCEL);
	char *bar;

	fact(!ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info) && info.size == 256,
	     "BAR 0 of the accelerator has 256 bytes");
	bar = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)info.offset);
	fact(bar != MAP_FAILED, "it maps");
	read32(bar, 0);
	fact(true, "and can be touched");
	munmap(bar, PAGE);
	info.index = 2;
	fact(!ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info), "BAR 2 is there");
	bar = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)info.offset);
	fact(bar == MAP_FAILED && errno == EOVERFLOW, "and out of reach, as on stock kernels");
	close(fd);
}

int main(void)
{
	fact(sizeof(void *) == 4, "this is a 32-bit program");
	/* Interrupts are not remapped with 32 bits. */
	put("/sys/module/iommufd/parameters/allow_unsafe_interrupts", "Y");
	test_igb();
	test_accel();
	return 0;
}
