/* SPDX-License-Identifier: GPL-2.0-only */
/* Slices of a BAR as DMABUFs: what the tests of series/vfio share. */
#ifndef SLICES_H
#define SLICES_H

#include <linux/vfio.h>

#include "guest.h"

#define PAGE 4096ULL
/* Where slices begin: BAR 2 and an offset above 0 catch what only works at the
 * beginning. */
#define SLICE_OFFSET 0x30000ULL
#define SLICE_PAGES  16
#define SLICE_SIZE   (SLICE_PAGES * PAGE)

/* Export ranges of a BAR; the fd or -errno. */
int export_ranges(const struct vfio_device *dev, unsigned int bar,
		  const struct vfio_region_dma_range *ranges, unsigned int nr, int open_flags);
/* The same of ACCEL_BAR, with flags, of which there are none yet. */
int export_flags(const struct vfio_device *dev, const struct vfio_region_dma_range *range,
		 uint32_t flags);
/* Export one range of ACCEL_BAR, or end the test. */
int export_slice(const struct vfio_device *dev, uint64_t offset, uint64_t size);
/* VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE: 0 or -errno. */
int revoke_slice(const struct vfio_device *dev, int fd);
/* VFIO_DEVICE_FEATURE_DMA_BUF_MEMATTR, VFIO_DMA_BUF_MEMATTR_*: 0 or -errno. */
int set_memattr(const struct vfio_device *dev, int fd, uint32_t memattr);

/* Map size bytes of a DMABUF into the device's IOAS at iova: 0 or -errno. */
int import(const struct vfio_device *dev, int fd, uint64_t size, uint64_t iova);
/* Is what was imported at iova revoked by its exporter? */
bool iova_is_revoked(const struct vfio_device *dev, uint64_t iova);

/* A udmabuf, or end the test. */
int make_udmabuf(uint64_t size);

/* Where size bytes are free, skew (less than align) above a multiple of align, or end the test. */
char *free_place(uint64_t size, uint64_t align, uint64_t skew);

/* mmap() shared; NULL with errno set on failure. */
void *map_fd(int fd, uint64_t offset, uint64_t size, int prot);
void *map_bar(const struct vfio_device *dev, unsigned int bar, uint64_t offset, uint64_t size);

/* Reads of the first and the last byte; all_fault: both raise SIGBUS,
 * none_fault: neither. */
bool all_fault(const char *map, uint64_t size);
bool none_fault(const char *map, uint64_t size);

/* Put page numbers into the slice of the BAR, through the device. */
void mark_slice(const struct vfio_device *dev);
/* The mark of a page, as found at p: the BAR's page number. */
uint64_t mark_at(const void *p);

/* How a mapping reads in /proc/self/maps: the end of its line, in buf. */
const char *maps_name(const void *addr, char *buf, size_t size);

#endif
