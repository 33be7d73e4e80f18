// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vfio-private.h"

/* The nodes by which f can be opened. */
struct nodes {
	char cdev[128], group[32], noiommu[32];
};

static void find_nodes(const struct sysfs *sysfs, const struct pci_function *f, struct nodes *nodes)
{
	char bdf[BDF_STRLEN], **names;
	int count;

	*nodes = (struct nodes){ 0 };
	count = sysfs_list(sysfs, &names, "bus/pci/devices/%s/vfio-dev", bdf_format(&f->bdf, bdf));
	if (count > 0) {
		snprintf(nodes->cdev, sizeof(nodes->cdev), "/dev/vfio/devices/%s", names[0]);
		sysfs_list_free(names, count);
	}
	snprintf(nodes->group, sizeof(nodes->group), "/dev/vfio/%d", f->iommu_group);
	snprintf(nodes->noiommu, sizeof(nodes->noiommu), "/dev/vfio/noiommu-%d", f->iommu_group);
}

/* Does a file descriptor in the directory fds lead to one of the nodes? */
static bool has_open(const char *fds, const struct nodes *nodes)
{
	struct dirent *entry;
	bool found = false;
	char target[128];
	ssize_t len;
	DIR *dir = opendir(fds);

	if (!dir)
		return false;
	while (!found && (entry = readdir(dir))) {
		len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		found = !strcmp(target, nodes->cdev) || !strcmp(target, nodes->group) ||
			!strcmp(target, nodes->noiommu);
	}
	closedir(dir);
	return found;
}

/* Name the process other than this one that has the device open: "NAME (pid N)". */
static void find_holder(const char *root, const struct nodes *nodes, char who[64])
{
	char path[PATH_MAX], comm[32] = "";
	struct dirent *entry;
	bool found = false;
	FILE *f;
	DIR *dir;
	int pid;

	strcpy(who, "another process");
	snprintf(path, sizeof(path), "%s/proc", root);
	dir = opendir(path);
	if (!dir)
		return;
	while (!found && (entry = readdir(dir))) {
		pid = atoi(entry->d_name);
		if (pid <= 0 || pid == getpid())
			continue;
		snprintf(path, sizeof(path), "%s/proc/%d/fd", root, pid);
		found = has_open(path, nodes);
	}
	closedir(dir);
	if (!found)
		return;
	snprintf(path, sizeof(path), "%s/proc/%d/comm", root, pid);
	f = fopen(path, "re");
	if (f) {
		if (fgets(comm, sizeof(comm), f))
			comm[strcspn(comm, "\n")] = '\0';
		fclose(f);
	}
	snprintf(who, 64, "%s (pid %d)", comm, pid);
}

/* Drivers that leave a device's DMA to whoever owns the group. */
static bool driver_is_harmless(const char *driver)
{
	return strstr(driver, "vfio") || !strcmp(driver, "pci-stub") || !strcmp(driver, "pcieport");
}

/*
 * The other functions of the IOMMU group, as "BDF (DRIVER), ...": those whose
 * drivers stand in the way, or those that a VFIO driver has.
 */
static void list_members(const struct sysfs *sysfs, const struct pci_function *f, bool vfio,
			 char *text, size_t size)
{
	char driver[64], bdf[BDF_STRLEN], **names;
	size_t len = 0;
	int count, i;

	text[0] = '\0';
	bdf_format(&f->bdf, bdf);
	count = sysfs_list(sysfs, &names, "kernel/iommu_groups/%d/devices", f->iommu_group);
	for (i = 0; i < count && len < size; i++) {
		if (!strcmp(names[i], bdf) ||
		    sysfs_link_name(sysfs, driver, sizeof(driver), "bus/pci/devices/%s/driver",
				    names[i]) ||
		    (vfio ? strncmp(driver, "vfio", 4) != 0 : driver_is_harmless(driver)))
			continue;
		len += (size_t)snprintf(text + len, size - len, "%s%s (%s)", len ? ", " : "",
					names[i], driver);
	}
	if (count > 0)
		sysfs_list_free(names, count);
}

/* -errnum when drivers of other functions keep the group from being used, else 0. */
static int explain_not_viable(const struct sysfs *sysfs, const struct pci_function *f, int errnum,
			      struct error *err)
{
	char bdf[BDF_STRLEN], members[160];

	list_members(sysfs, f, false, members, sizeof(members));
	if (!members[0])
		return 0;
	return error_set(err, EXIT_SKIP, errnum,
			 "unbind these from their drivers, or bind them to vfio-pci",
			 "%s: IOMMU group %d is not viable because of %s", bdf_format(&f->bdf, bdf),
			 f->iommu_group, members);
}

int vfio_explain_group(const struct sysfs *sysfs, const struct pci_function *f, int errnum,
		       struct error *err)
{
	char bdf[BDF_STRLEN], members[160];
	int ret = explain_not_viable(sysfs, f, errnum, err);

	if (ret)
		return ret;
	list_members(sysfs, f, true, members, sizeof(members));
	if (!members[0])
		return 0;
	return error_set(err, EXIT_SKIP, errnum, "wait until whoever has these open closes them",
			 "%s: IOMMU group %d is shared with %s and not permitted",
			 bdf_format(&f->bdf, bdf), f->iommu_group, members);
}

int vfio_explain_busy(const struct vfio_sys *sys, const struct sysfs *sysfs,
		      const struct pci_function *f, int errnum, struct error *err)
{
	char bdf[BDF_STRLEN], who[64];
	struct nodes nodes;
	int ret = explain_not_viable(sysfs, f, errnum, err);

	if (ret)
		return ret;
	find_nodes(sysfs, f, &nodes);
	find_holder(sys->root, &nodes, who);
	return error_set(err, EXIT_SKIP, errnum, "wait until it is closed there",
			 "%s: is open in %s", bdf_format(&f->bdf, bdf), who);
}

int vfio_explain_node(const struct vfio_sys *sys, const struct sysfs *sysfs,
		      const struct pci_function *f, const char *node, int errnum,
		      const char *missing, struct error *err)
{
	switch (errnum) {
	case EBUSY:
		return vfio_explain_busy(sys, sysfs, f, errnum, err);
	case EACCES:
		return error_set(err, EXIT_SKIP, errnum,
				 "run as root, or get read and write access to it",
				 "%s: permission denied", node);
	case EPERM:
		return error_set(err, EXIT_SKIP, errnum, "run as root (CAP_SYS_RAWIO)",
				 "%s: not permitted", node);
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return error_set(err, EXIT_SKIP, errnum, missing, "%s: %s", node, strerror(errnum));
	default:
		return error_set(err, EXIT_FAILED, errnum, NULL, "%s: %s", node, strerror(errnum));
	}
}

int vfio_explain_driver(const struct pci_function *f, struct error *err)
{
	char bdf[BDF_STRLEN];

	bdf_format(&f->bdf, bdf);
	if (f->driver[0])
		return error_set(err, EXIT_SKIP, ENODEV,
				 "use --bind to borrow it for the time of the command",
				 "%s: bound to %s, not to vfio-pci", bdf, f->driver);
	return error_set(err, EXIT_SKIP, ENODEV, "use --bind, or bind it to vfio-pci",
			 "%s: not bound to vfio-pci", bdf);
}

int vfio_explain_iommu(const struct pci_function *f, bool wanted, struct error *err)
{
	char bdf[BDF_STRLEN];

	bdf_format(&f->bdf, bdf);
	if (wanted)
		return error_set(err, EXIT_SKIP, ENODEV,
				 "switch it on in the firmware and boot with intel_iommu=on, or "
				 "use --path noiommu",
				 "%s: has no IOMMU", bdf);
	return error_set(err, EXIT_USAGE, EINVAL, "leave out --path noiommu", "%s: has an IOMMU",
			 bdf);
}
