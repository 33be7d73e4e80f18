/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel for struct vfio_sys that expects a list of calls, in order. */
#ifndef P2P_TESTS_VFIO_SCRIPT_H
#define P2P_TESTS_VFIO_SCRIPT_H

#include <errno.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/vfio.h"
#include "tree.h"

/* Where the regions are in the file that stands in for a device. */
#define CONFIG_OFFSET 0x1000
#define BAR2_OFFSET   0x10000
#define DEVICE_SIZE   0x20000

#define NEW_FD 1000 /* result of a call: a new file, as large as the device */

struct step {
	const char *open;      /* path that is opened; NULL: an ioctl */
	unsigned long request; /* of the ioctl */
	int result;	       /* -errno, a number, or NEW_FD */
	void (*fill)(void *arg);
};

struct script {
	const struct step *step; /* the next one */
	size_t left;
};

static inline int script_result(const struct step *step)
{
	int fd;

	if (step->result != NEW_FD)
		return step->result;
	fd = memfd_create("device", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, DEVICE_SIZE), 0);
	return fd;
}

static inline const struct step *script_next(void *ctx)
{
	struct script *script = ctx;

	if (!script->left)
		fail_msg("a call more than expected");
	script->left--;
	return script->step++;
}

static inline int script_open(void *ctx, const char *path, int flags)
{
	const struct step *step = script_next(ctx);

	if (!step->open)
		fail_msg("open of %s where ioctl %#lx was expected", path, step->request);
	assert_string_equal(path, step->open);
	return script_result(step);
}

static inline int script_ioctl(void *ctx, int fd, unsigned long request, void *arg)
{
	const struct step *step = script_next(ctx);

	if (step->open)
		fail_msg("ioctl %#lx where open of %s was expected", request, step->open);
	if (request != step->request)
		fail_msg("ioctl %#lx where %#lx was expected", request, step->request);
	if (step->fill)
		step->fill(arg);
	return script_result(step);
}

static inline int script_write(void *ctx, const struct sysfs *sysfs, const char *path,
			       const char *text)
{
	fail_msg("write of '%s' to %s, unasked", text, path);
	return -EIO;
}

/* A struct vfio_sys that plays the steps of an array. */
#define SCRIPT(steps)                                                              \
	{                                                                          \
		.open = script_open, .ioctl = script_ioctl, .write = script_write, \
		.root = tree_root, .ctx = &(struct script)                         \
		{                                                                  \
			.step = steps, .left = ARRAY_SIZE(steps)                   \
		}                                                                  \
	}

static inline void assert_script_done(const struct vfio_sys *sys)
{
	assert_int_equal(((struct script *)sys->ctx)->left, 0);
}

static inline void fill_bind(void *arg)
{
	struct vfio_device_bind_iommufd *bind = arg;

	assert_true(bind->iommufd >= 0);
	bind->out_devid = 5;
}

static inline void fill_ioas(void *arg)
{
	((struct iommu_ioas_alloc *)arg)->out_ioas_id = 6;
}

static inline void check_attach(void *arg)
{
	assert_int_equal(((struct vfio_device_attach_iommufd_pt *)arg)->pt_id, 6);
}

static inline void fill_config_region(void *arg)
{
	struct vfio_region_info *info = arg;

	assert_int_equal(info->index, VFIO_PCI_CONFIG_REGION_INDEX);
	info->offset = CONFIG_OFFSET;
	info->size = 4096;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
}

#define OPEN_CDEV                                                              \
	{ .open = "/dev/vfio/devices/vfio0", .result = NEW_FD },               \
		{ .open = "/dev/iommu", .result = NEW_FD },                    \
		{ .request = VFIO_DEVICE_BIND_IOMMUFD, .fill = fill_bind },    \
		{ .request = IOMMU_IOAS_ALLOC, .fill = fill_ioas },            \
	{                                                                      \
		.request = VFIO_DEVICE_ATTACH_IOMMUFD_PT, .fill = check_attach \
	}

#endif
