// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "nvme-use.h"

/* The block device of a namespace: with multipathing, "nvme0c1n1" is a path to nvme0n1. */
static void disk_name(const char *namespace, char disk[64])
{
	const char *c = strchr(namespace + strlen("nvme"), 'c');
	const char *n = c ? strchr(c, 'n') : NULL;

	if (n)
		snprintf(disk, 64, "%.*s%s", (int)(c - namespace), namespace, n);
	else
		snprintf(disk, 64, "%s", namespace);
}

static int check_disk(const char *bdf, const char *namespace, struct error *err)
{
	char disk[64], path[80];
	int fd;

	disk_name(namespace, disk);
	snprintf(path, sizeof(path), "/dev/%s", disk);
	/* The kernel's own word on it: one who has it, or a part of it, for himself excludes all others. */
	fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == ENOENT || errno == ENXIO)
		return 0;
	if (errno == EBUSY)
		return error_set(err, EXIT_SKIP, EBUSY, "unmount it, or choose another SSD",
				 "%s: its disk %s is in use", bdf, disk);
	return error_set(err, EXIT_SKIP, errno, "run as root",
			 "%s: whether its disk %s is in use cannot be seen: %s", bdf, disk,
			 strerror(errno));
}

int nvme_check_unused(const struct sysfs *sysfs, const struct pci_function *f, struct error *err)
{
	char bdf[BDF_STRLEN], **controllers, **namespaces;
	int i, j, count, disks, ret = 0;

	bdf_format(&f->bdf, bdf);
	count = sysfs_list(sysfs, &controllers, "bus/pci/devices/%s/nvme", bdf);
	for (i = 0; i < count && !ret; i++) {
		disks = sysfs_list(sysfs, &namespaces, "bus/pci/devices/%s/nvme/%s", bdf,
				   controllers[i]);
		for (j = 0; j < disks && !ret; j++)
			if (!strncmp(namespaces[j], "nvme", strlen("nvme")) &&
			    strchr(namespaces[j] + strlen("nvme"), 'n'))
				ret = check_disk(bdf, namespaces[j], err);
		if (disks > 0)
			sysfs_list_free(namespaces, disks);
	}
	if (count > 0)
		sysfs_list_free(controllers, count);
	return ret;
}
