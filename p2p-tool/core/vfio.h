/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A PCI function through VFIO: the character device and iommufd, or the
 * older group and container.
 */
#ifndef P2P_VFIO_H
#define P2P_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bdf.h"
#include "buffer.h"
#include "error.h"
#include "pci.h"
#include "sysfs.h"

/*
 * The system calls by which VFIO and sysfs are changed, so that a test can
 * play the kernel. All return -errno on failure.
 */
struct vfio_sys {
	int (*open)(void *ctx, const char *path, int flags);
	int (*ioctl)(void *ctx, int fd, unsigned long request, void *arg);
	/* Write text to an attribute; path is relative to /sys. */
	int (*write)(void *ctx, const struct sysfs *sysfs, const char *path, const char *text);
	const char *root; /* where sys/ and proc/ are read: "/", or a captured tree */
	void *ctx;
};

extern const struct vfio_sys vfio_sys_real;

struct vfio_device {
	const struct vfio_sys *sys;
	char name[BDF_STRLEN]; /* for messages, and the name that the group knows it by */
	enum vfio_path path;   /* the one that was taken, not VFIO_PATH_AUTO */
	int fd;
	int iommu_fd;	  /* the iommufd or the container */
	int group_fd;	  /* -1 through the cdev */
	uint32_t devid;	  /* of the device in the iommufd; 0 with a group */
	uint32_t ioas_id; /* of the IOAS it is attached to; 0 with a group */
};

/*
 * Open the function f (with its details), which must be bound to a VFIO
 * driver. sys must outlive the device. 0, or -errno with err saying what is
 * missing; nothing is left open then.
 */
int vfio_open(struct vfio_device *dev, const struct vfio_sys *sys, const struct sysfs *sysfs,
	      const struct pci_function *f, enum vfio_path path, struct error *err);
/*
 * Likewise through the character device, into the iommufd and the IOAS of other,
 * which came through it too. Either may be closed first.
 */
int vfio_open_beside(struct vfio_device *dev, const struct vfio_device *other,
		     const struct sysfs *sysfs, const struct pci_function *f, struct error *err);
void vfio_close(struct vfio_device *dev);

/* A part of a region that can be mmap()ed. */
struct vfio_area {
	uint64_t offset, size;
};

struct vfio_region {
	uint64_t size;	 /* bytes; 0: the device has no such region */
	uint64_t offset; /* of its first byte in the device fd */
	bool mappable;	 /* at least in part */
	struct vfio_area *areas;
	size_t nareas; /* 0: all of a mappable region */
};

/*
 * Ask for a region by its VFIO_PCI_*_REGION_INDEX. 0, or -errno with err
 * filled in. Given back with vfio_region_free().
 */
int vfio_region_read(const struct vfio_device *dev, unsigned int index, struct vfio_region *region,
		     struct error *err);
void vfio_region_free(struct vfio_region *region);
/* Can all of [offset, offset + length) be mmap()ed? */
bool vfio_region_covers(const struct vfio_region *region, uint64_t offset, uint64_t length);

/*
 * Use a device feature: flags is VFIO_DEVICE_FEATURE_GET, _SET or _PROBE with
 * the number of the feature, data its payload of size bytes, which GET
 * overwrites. The result of the ioctl (an fd for DMA_BUF) or -errno; -ENOTTY:
 * the kernel does not know it.
 */
int vfio_feature(const struct vfio_device *dev, uint32_t flags, void *data, size_t size);

/*
 * Export a range of a BAR as a DMABUF made of so many equal parts, in whole
 * pages, the last one first, so that no two are one; as vfio_export() otherwise.
 */
int vfio_export_parts(const struct vfio_device *dev, unsigned int bar, uint64_t offset,
		      uint64_t length, unsigned int parts, int open_flags, struct error *err);

/*
 * Export a range of a BAR as a DMABUF; open_flags is O_RDWR or O_RDONLY, with
 * O_CLOEXEC. The fd, owned by the caller, or -errno with err filled in.
 */
int vfio_export(const struct vfio_device *dev, unsigned int bar, uint64_t offset, uint64_t length,
		int open_flags, struct error *err);

/*
 * Take a DMABUF of this device back for good (VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE in
 * linux/vfio.h): its importers are unmapped and no access through it completes
 * after this has returned. 0, or -errno with err filled in.
 */
int vfio_revoke(const struct vfio_device *dev, int dmabuf_fd, struct error *err);
/* Does the kernel know how to? 0, or -errno with err filled in (EXIT_SKIP). */
int vfio_revoke_probe(const struct vfio_device *dev, struct error *err);

/*
 * Choose the memory attribute of later mappings of a DMABUF of this device
 * (VFIO_DEVICE_FEATURE_DMA_BUF_MEMATTR in linux/vfio.h). 0, or -errno with err filled
 * in: EXIT_SKIP when this kernel has no such choice. -EOPNOTSUPP: not of this BAR.
 */
int vfio_set_memattr(const struct vfio_device *dev, int dmabuf_fd, enum memattr attr,
		     struct error *err);

/* Access to configuration space at offset. 0 or -errno. */
int vfio_config_read(const struct vfio_device *dev, uint64_t offset, void *data, size_t size);
int vfio_config_write(const struct vfio_device *dev, uint64_t offset, const void *data,
		      size_t size);

/* Have the device decode its memory BARs, as it should already. 0 or -errno with err filled in. */
int vfio_enable_memory(const struct vfio_device *dev, struct error *err);
/* Let the device decode its memory BARs, or do DMA, or not: PCI_COMMAND_MEMORY, _MASTER. 0 or -errno. */
int vfio_set_command(const struct vfio_device *dev, uint16_t bits, bool on);

/* Reset the function. 0 or -errno with err filled in. */
int vfio_reset(const struct vfio_device *dev, struct error *err);

#endif
