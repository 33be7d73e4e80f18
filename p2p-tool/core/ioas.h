/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An I/O address space of iommufd (linux/iommufd.h): what the devices attached to
 * it can reach by DMA, and at which addresses (IOVAs).
 */
#ifndef P2P_IOAS_H
#define P2P_IOAS_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "iova-space.h"
#include "vfio.h"

struct ioas {
	const struct vfio_sys *sys;
	int fd; /* a duplicate of the devices' iommufd */
	uint32_t id;
	struct iova_space space; /* what the kernel allows and nobody has */
	uint64_t last;		 /* no address above it; lowered for engines that have fewer bits */
	uint64_t page;		 /* bytes; what every address and length is a multiple of */
};

/* A range of IOVAs that is mapped, or length 0. */
struct ioas_mapping {
	uint64_t iova, length;
};

/* Ordinary memory of ours that devices reach. */
struct ioas_memory {
	void *address;
	struct ioas_mapping map;
};

/* The IOAS that dev is attached to, dev being its only user so far. 0, or -errno with err filled in. */
int ioas_open(struct ioas *ioas, const struct vfio_device *dev, struct error *err);
/* Another device has been attached: what it cannot reach is not used any more. As ioas_open(). */
int ioas_joined(struct ioas *ioas, const struct vfio_device *dev, struct error *err);
/* Mappings go with the last device. */
void ioas_close(struct ioas *ioas);

/*
 * Map length bytes at address, both multiples of the page, for reading and
 * writing by devices (IOMMU_IOAS_MAP). 0, or -errno with err filled in.
 */
int ioas_map_memory(struct ioas *ioas, void *address, uint64_t length, struct ioas_mapping *m,
		    struct error *err);
/*
 * Map [start, start + length) of a DMABUF of b (IOMMU_IOAS_MAP_FILE), likewise. The
 * kernel takes DMABUFs of one range of a VFIO device. The mapping is dead for good
 * once the exporter has revoked it, be it for a reset only: unmap it and map again.
 */
int ioas_map_dmabuf(struct ioas *ioas, const struct bufspec *b, int fd, uint64_t start,
		    uint64_t length, struct ioas_mapping *m, struct error *err);
/* 0 or -errno; nothing for a mapping of length 0, which it is afterwards. */
int ioas_unmap(struct ioas *ioas, struct ioas_mapping *m);

/* New memory, zeroed, of at least length bytes, mapped. 0 or -errno with err filled in. */
int ioas_memory_new(struct ioas *ioas, size_t length, struct ioas_memory *m, struct error *err);
void ioas_memory_free(struct ioas *ioas, struct ioas_memory *m);

#endif
