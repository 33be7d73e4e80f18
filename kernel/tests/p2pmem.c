// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a driver publishes for P2P, here the CMB of the NVMe controller: its
 * size, allocating some by mmap(), and unbinding the driver below it. The lines
 * without "ok" are to be the same on every kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slices.h"

#define NVME   "0000:07:00.0"
#define P2PMEM "/sys/bus/pci/devices/" NVME "/p2pmem/"

/* The number in an attribute, or -1. */
static long long attribute(const char *name)
{
	char path[128];
	long long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), P2PMEM "%s", name);
	f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%lld", &value) != 1)
			value = -1;
		fclose(f);
	}
	return value;
}

static void show(const char *when)
{
	printf("%s: size %lld, available %lld, published %lld\n", when, attribute("size"),
	       attribute("available"), attribute("published"));
}

static int unbind(void *arg)
{
	(void)arg;
	return write_file("/sys/bus/pci/drivers/nvme/unbind", NVME);
}

int main(void)
{
	unsigned int i;
	uint64_t *map;
	int fd;

	/* The driver probes while we boot. */
	for (i = 0; i < 100 && attribute("published") != 1; i++)
		usleep(100000);
	show("bound");
	fact(attribute("size") > 0, "the controller has memory for P2P");

	fd = open(P2PMEM "allocate", O_RDWR | O_CLOEXEC);
	map = map_fd(fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
	fact(map, "some of it is allocated by mmap()");
	for (i = 0; i < SLICE_SIZE / sizeof(*map); i++)
		map[i] = i;
	for (i = 0; i < SLICE_SIZE / sizeof(*map) && map[i] == i; i++)
		;
	fact(i == SLICE_SIZE / sizeof(*map), "and keeps what is written to it");
	show("allocated");

	fact(!in_child(unbind, NULL, 10000), "the driver unbinds below the mapping");
	fact(attribute("size") == -1, "and takes the memory along");
	fact(faults(map), "access raises SIGBUS");
	munmap(map, SLICE_SIZE);
	close(fd);
	fact(!write_file("/sys/bus/pci/drivers/nvme/bind", NVME), "the driver binds again");
	for (i = 0; i < 100 && attribute("published") != 1; i++)
		usleep(100000);
	show("bound again");
	return 0;
}
