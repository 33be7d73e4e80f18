// SPDX-License-Identifier: GPL-2.0-only
/* Fact 55: addresses that suit huge pages are as random as others. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "slices.h"

#define MIB	 0x100000ULL
#define HUGE	 (2 * MIB)
#define BAR_SIZE (64 * MIB)
#define RUNS	 64

static int compare(const void *a, const void *b)
{
	const uintptr_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where a new program maps size bytes of fd from offset on; it runs this file with arguments. */
static uintptr_t address_in_new_program(int fd, uint64_t offset)
{
	char command[128];
	unsigned long long address = 0;
	FILE *f;

	snprintf(command, sizeof(command), "/lab/tests/facts-random %d %llu", fd,
		 (unsigned long long)offset);
	f = popen(command, "re");
	fact(f && fscanf(f, "%llx", &address) == 1 && !pclose(f), "a new program maps it");
	return (uintptr_t)address;
}

static int print_address(int fd, uint64_t offset)
{
	char *map = map_fd(fd, offset, BAR_SIZE, PROT_READ);

	printf("%llx\n", (unsigned long long)(uintptr_t)map);
	return !map;
}

static void test(int fd, uint64_t offset, const char *kind)
{
	uintptr_t address[RUNS];
	unsigned int i, distinct = 1, good = 0;

	fact(!fcntl(fd, F_SETFD, 0), "new programs inherit a %s", kind);
	for (i = 0; i < RUNS; i++) {
		address[i] = address_in_new_program(fd, offset);
		good += !(address[i] & (HUGE - 1));
	}
	qsort(address, RUNS, sizeof(address[0]), compare);
	for (i = 1; i < RUNS; i++)
		distinct += address[i] != address[i - 1];
	fact(good == RUNS, "fact 55: %s: %u of %u addresses suit huge pages", kind, good, RUNS);
	fact(distinct >= RUNS - 3, "fact 55: %s: %u of %u addresses differ", kind, distinct, RUNS);
}

int main(int argc, char **argv)
{
	struct vfio_region region;
	struct vfio_device dev;
	int fd;

	if (argc == 3)
		return print_address(atoi(argv[1]), strtoull(argv[2], NULL, 10));

	guest_open(&dev, ACCEL);
	fact(!vfio_region_read(&dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	test(dev.fd, region.offset, "BAR");
	vfio_region_free(&region);
	fd = export_slice(&dev, 0, BAR_SIZE);
	test(fd, 0, "DMABUF");
	close(fd);
	vfio_close(&dev);
	return 0;
}
