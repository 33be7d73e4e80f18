/* SPDX-License-Identifier: GPL-2.0-only */
/* A directory with a made-up sys/ and proc/ for a test, and a PCI function in it. */
#ifndef P2P_TESTS_TREE_H
#define P2P_TESTS_TREE_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char tree_root[] = "/tmp/p2p-tool-test-XXXXXX";

static inline int tree_setup(void **state)
{
	strcpy(strchr(tree_root, 0) - 6, "XXXXXX");
	assert_non_null(mkdtemp(tree_root));
	return 0;
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *ftw)
{
	return remove(path);
}

static inline int tree_teardown(void **state)
{
	return nftw(tree_root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The full path of path in the tree, its directories made. */
static inline const char *tree_path(const char *path, char full[256])
{
	size_t i, start = strlen(tree_root) + 1;

	assert_in_range(snprintf(full, 256, "%s/%s", tree_root, path), 1, 255);
	for (i = start; full[i]; i++) {
		if (full[i] != '/')
			continue;
		full[i] = '\0';
		mkdir(full, 0755);
		full[i] = '/';
	}
	return full;
}

static inline void tree_write(const char *path, const char *text)
{
	char full[256];
	FILE *f = fopen(tree_path(path, full), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static inline void tree_read(const char *path, char *text, size_t size)
{
	char full[256];
	FILE *f = fopen(tree_path(path, full), "r");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, size - 1, f);
	text[len] = '\0';
	fclose(f);
}

static inline void tree_link(const char *path, const char *target)
{
	char full[256];

	unlink(tree_path(path, full));
	assert_int_equal(symlink(target, full), 0);
}

static inline void tree_remove(const char *path)
{
	char full[256];

	remove(tree_path(path, full));
}

/* Open file descriptors of this process: a test that leaks one notices. */
static inline int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

#define TREE_DEVICE "sys/bus/pci/devices/0000:01:00.0/"

/*
 * 0000:01:00.0 with a 256-byte BAR 0, 32 I/O ports in BAR 1, a 64 KiB 64-bit
 * BAR 2, and a BAR 4 that got no address; in IOMMU group 7, bound to vfio-pci
 * with the cdev vfio0.
 */
static inline void tree_add_function(void)
{
	tree_write(TREE_DEVICE "class", "0x050000\n");
	tree_write(TREE_DEVICE "vendor", "0x8086\n");
	tree_write(TREE_DEVICE "device", "0x1110\n");
	tree_write(TREE_DEVICE "subsystem_vendor", "0x8086\n");
	tree_write(TREE_DEVICE "driver_override", "(null)\n");
	tree_write(TREE_DEVICE "resource",
		   "0x00000000fe000000 0x00000000fe0000ff 0x0000000000040200\n"
		   "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n"
		   "0x0000004000000000 0x000000400000ffff 0x000000000014220c\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		   "0x0000000000000000 0x0000000000000fff 0x0000000020040200\n"
		   "0x0000000000000000 0x0000000000000000 0x0000000000000000\n");
	tree_link(TREE_DEVICE "driver", "../../../../bus/pci/drivers/vfio-pci");
	tree_link(TREE_DEVICE "iommu_group", "../../../../kernel/iommu_groups/7");
	tree_write(TREE_DEVICE "vfio-dev/vfio0/dev", "510:0\n");
	tree_link("sys/kernel/iommu_groups/7/devices/0000:01:00.0", "../../../../devices/x");
	tree_write("sys/bus/pci/drivers/vfio-pci/bind", "");
	tree_write("sys/bus/pci/drivers_probe", "");
}

#endif
