// SPDX-License-Identifier: GPL-2.0-only
/* The two ways to a VFIO device. */
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vfio-private.h"

#define NOIOMMU "noiommu-"

/* Everything that the steps of opening share. */
struct attempt {
	struct vfio_device *dev;
	const struct vfio_device *beside; /* whose IOAS to join; NULL: a new one */
	const struct vfio_sys *sys;
	const struct sysfs *sysfs;
	const struct pci_function *f;
	bool noiommu;
	bool denied;	/* a node may not be opened */
	char cdev[64];	/* name below /dev/vfio/devices; empty when there is none */
	char group[32]; /* name below /dev/vfio */
	struct error *err;
};

static int do_open(struct attempt *a, const char *node, const char *missing)
{
	int fd = a->sys->open(a->sys->ctx, node, O_RDWR | O_CLOEXEC);

	a->denied = fd == -EACCES;
	if (fd < 0)
		vfio_explain_node(a->sys, a->sysfs, a->f, node, -fd, missing, a->err);
	return fd;
}

static int do_ioctl(struct attempt *a, int fd, unsigned long request, void *arg)
{
	return a->sys->ioctl(a->sys->ctx, fd, request, arg);
}

static int failed(struct attempt *a, const char *step, int ret)
{
	switch (ret) {
	case -EPERM:
		/* What iommufd says of a group that somebody else has a part of, too. */
		if (vfio_explain_group(a->sysfs, a->f, EPERM, a->err))
			return ret;
		return error_set(a->err, EXIT_SKIP, EPERM,
				 "the IOMMU cannot isolate interrupts; if you accept that: "
				 "iommufd.allow_unsafe_interrupts=1 or "
				 "vfio_iommu_type1.allow_unsafe_interrupts=1",
				 "%s: %s: not permitted", a->dev->name, step);
	case -EACCES:
		return error_set(a->err, EXIT_SKIP, EACCES,
				 "its physical function is in use: the VF token is needed",
				 "%s: %s: permission denied", a->dev->name, step);
	case -ENOMEM:
		return error_set(a->err, EXIT_SKIP, ENOMEM,
				 "raise the limit of locked memory (ulimit -l)",
				 "%s: %s: out of memory", a->dev->name, step);
	case -ENOTTY:
		return error_set(a->err, EXIT_SKIP, ENOTTY,
				 "needs Linux 6.6 or newer; try --path group",
				 "%s: %s: this kernel cannot", a->dev->name, step);
	default:
		return error_set(a->err, EXIT_FAILED, -ret, "the kernel log may say more",
				 "%s: %s: %s", a->dev->name, step, strerror(-ret));
	}
}

/* The iommufd: a new one, or that of the other device. An fd or -errno. */
static int open_iommufd(struct attempt *a)
{
	int fd;

	if (!a->beside)
		return do_open(a, "/dev/iommu",
			       "load the iommufd module (CONFIG_IOMMUFD), or try --path group");
	fd = fcntl(a->beside->iommu_fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? failed(a, "sharing an iommufd", -errno) : fd;
}

/* The IOAS in it, likewise. 0 or -errno. */
static int find_ioas(struct attempt *a)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int ret;

	if (a->beside) {
		a->dev->ioas_id = a->beside->ioas_id;
		return 0;
	}
	ret = do_ioctl(a, a->dev->iommu_fd, IOMMU_IOAS_ALLOC, &alloc);
	if (ret)
		return failed(a, "allocating an IOAS", ret);
	a->dev->ioas_id = alloc.out_ioas_id;
	return 0;
}

/* -ENOENT: this way does not exist here. */
static int open_cdev(struct attempt *a)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct vfio_device *dev = a->dev;
	char node[128];
	int ret;

	if (!a->cdev[0])
		return error_set(a->err, EXIT_SKIP, ENOENT,
				 "needs a kernel with CONFIG_VFIO_DEVICE_CDEV, or try --path group",
				 "%s: has no VFIO character device", dev->name);
	snprintf(node, sizeof(node), "/dev/vfio/devices/%s", a->cdev);
	dev->fd = do_open(a, node,
			  "needs a kernel with CONFIG_VFIO_DEVICE_CDEV, or try --path group");
	if (dev->fd < 0)
		return dev->fd;
	dev->iommu_fd = open_iommufd(a);
	if (dev->iommu_fd < 0)
		return dev->iommu_fd == -ENODEV ? -ENOENT : dev->iommu_fd;

	bind.iommufd = dev->iommu_fd;
	ret = do_ioctl(a, dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	/* EINVAL is what the kernel says when the cdev is open already. */
	if (ret == -EBUSY || ret == -EAGAIN || ret == -EINVAL)
		return vfio_explain_busy(a->sys, a->sysfs, a->f, -ret, a->err);
	if (ret)
		return failed(a, "binding to iommufd", ret);
	dev->devid = bind.out_devid;

	ret = find_ioas(a);
	if (ret)
		return ret;
	attach.pt_id = dev->ioas_id;
	ret = do_ioctl(a, dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
	if (ret == -EBUSY)
		return vfio_explain_busy(a->sys, a->sysfs, a->f, EBUSY, a->err);
	if (ret)
		return failed(a, "attaching to the IOAS", ret);
	dev->path = a->noiommu ? VFIO_PATH_NOIOMMU : VFIO_PATH_CDEV;
	return 0;
}

/* The kind of IOMMU driver to ask the container for, or -errno. */
static int choose_iommu(struct attempt *a)
{
	static const int types[] = { VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU };
	int fd = a->dev->iommu_fd, type;
	size_t i;

	if (do_ioctl(a, fd, VFIO_GET_API_VERSION, NULL) != VFIO_API_VERSION)
		return failed(a, "the container's API version", -EPROTO);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		type = a->noiommu ? VFIO_NOIOMMU_IOMMU : types[i];
		if (do_ioctl(a, fd, VFIO_CHECK_EXTENSION, (void *)(uintptr_t)type) > 0)
			return type;
	}
	return error_set(a->err, EXIT_SKIP, ENODEV,
			 a->noiommu ? "set vfio.enable_unsafe_noiommu_mode=1"
				    : "load the vfio_iommu_type1 module",
			 "/dev/vfio/vfio: has no fitting IOMMU driver");
}

/* -ENOENT: this way does not exist here. */
static int open_group(struct attempt *a)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct vfio_device *dev = a->dev;
	char node[64];
	int ret, type;

	dev->iommu_fd = do_open(a, "/dev/vfio/vfio", "load the vfio module (CONFIG_VFIO_GROUP)");
	if (dev->iommu_fd < 0)
		return dev->iommu_fd == -ENODEV ? -ENOENT : dev->iommu_fd;
	type = choose_iommu(a);
	if (type < 0)
		return type;
	snprintf(node, sizeof(node), "/dev/vfio/%s", a->group);
	dev->group_fd = do_open(a, node, "needs a kernel with CONFIG_VFIO_GROUP");
	if (dev->group_fd < 0)
		return dev->group_fd;

	ret = do_ioctl(a, dev->group_fd, VFIO_GROUP_GET_STATUS, &status);
	if (ret)
		return failed(a, "reading the group's status", ret);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return vfio_explain_busy(a->sys, a->sysfs, a->f, EBUSY, a->err);
	ret = do_ioctl(a, dev->group_fd, VFIO_GROUP_SET_CONTAINER, &dev->iommu_fd);
	if (ret == -EBUSY)
		return vfio_explain_busy(a->sys, a->sysfs, a->f, EBUSY, a->err);
	if (ret)
		return failed(a, "putting the group into a container", ret);
	ret = do_ioctl(a, dev->iommu_fd, VFIO_SET_IOMMU, (void *)(uintptr_t)type);
	if (ret)
		return failed(a, "setting the IOMMU driver", ret);
	dev->fd = do_ioctl(a, dev->group_fd, VFIO_GROUP_GET_DEVICE_FD, dev->name);
	if (dev->fd == -EBUSY || dev->fd == -EAGAIN)
		return vfio_explain_busy(a->sys, a->sysfs, a->f, -dev->fd, a->err);
	if (dev->fd < 0)
		return failed(a, "opening the device", dev->fd);
	dev->path = a->noiommu ? VFIO_PATH_NOIOMMU : VFIO_PATH_GROUP;
	return 0;
}

/* What sysfs says of the ways to f. */
static int look_around(struct attempt *a)
{
	char name[64], **names;
	int count = sysfs_list(a->sysfs, &names, "bus/pci/devices/%s/vfio-dev", a->dev->name);

	if (count > 0) {
		snprintf(a->cdev, sizeof(a->cdev), "%s", names[0]);
		sysfs_list_free(names, count);
	} else if (strcmp(a->f->driver, "vfio-pci")) {
		/* Variant drivers have other names, but vfio-dev; old kernels have only the name. */
		return vfio_explain_driver(a->f, a->err);
	}

	a->noiommu = !strncmp(a->cdev, NOIOMMU, strlen(NOIOMMU)) || a->f->iommu_group < 0 ||
		     (sysfs_text(a->sysfs, name, sizeof(name), "kernel/iommu_groups/%d/name",
				 a->f->iommu_group) > 0 &&
		      !strcmp(name, "vfio-noiommu"));
	snprintf(a->group, sizeof(a->group), "%s%d", a->noiommu ? NOIOMMU : "", a->f->iommu_group);
	return 0;
}

int vfio_open(struct vfio_device *dev, const struct vfio_sys *sys, const struct sysfs *sysfs,
	      const struct pci_function *f, enum vfio_path path, struct error *err)
{
	struct attempt a = { .dev = dev, .sys = sys, .sysfs = sysfs, .f = f, .err = err };
	struct error cdev_err = { 0 }, group_err = { 0 };
	const struct error *why = &cdev_err;
	int ret;

	*dev = (struct vfio_device){ .sys = sys, .fd = -1, .iommu_fd = -1, .group_fd = -1 };
	bdf_format(&f->bdf, dev->name);
	ret = look_around(&a);
	if (ret)
		return ret;
	if (a.noiommu != (path == VFIO_PATH_NOIOMMU))
		return vfio_explain_iommu(f, a.noiommu, err);

	ret = -ENOENT;
	if (path != VFIO_PATH_GROUP) {
		a.err = &cdev_err;
		ret = open_cdev(&a);
		if (ret)
			vfio_close(dev);
	}
	/* Somebody may have been given the group's node and not the device's. */
	if ((ret == -ENOENT || a.denied) && path != VFIO_PATH_CDEV) {
		int cdev_ret = ret;

		a.err = &group_err;
		ret = open_group(&a);
		if (ret)
			vfio_close(dev);
		/* Where neither way works, the newer one is what to ask for. */
		if (path == VFIO_PATH_GROUP || (ret != -ENOENT && cdev_ret == -ENOENT))
			why = &group_err;
		else if (ret)
			ret = cdev_ret;
	}
	if (ret)
		return error_set(err, why->status, -ret, why->remedy, "%s", why->what);
	return 0;
}

int vfio_open_beside(struct vfio_device *dev, const struct vfio_device *other,
		     const struct sysfs *sysfs, const struct pci_function *f, struct error *err)
{
	struct attempt a = {
		.dev = dev, .beside = other, .sys = other->sys, .sysfs = sysfs, .f = f, .err = err
	};
	int ret;

	*dev = (struct vfio_device){ .sys = other->sys, .fd = -1, .iommu_fd = -1, .group_fd = -1 };
	bdf_format(&f->bdf, dev->name);
	ret = look_around(&a);
	if (!ret && a.noiommu)
		ret = vfio_explain_iommu(f, true, err);
	if (!ret)
		ret = open_cdev(&a);
	if (ret)
		vfio_close(dev);
	return ret;
}

void vfio_close(struct vfio_device *dev)
{
	int *fds[] = { &dev->fd, &dev->group_fd, &dev->iommu_fd };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
