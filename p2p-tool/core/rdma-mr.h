/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory regions: of ordinary memory, and of a DMABUF. */
#ifndef P2P_RDMA_MR_H
#define P2P_RDMA_MR_H

#include <stddef.h>

#include "buffer.h"
#include "rdma-device.h"

struct rdma_mr {
	const struct rdma_device *dev; /* NULL: not registered */
	struct ibv_mr *mr;	       /* NULL when only the kernel knows it */
	uint32_t handle, driver;       /* its name and enum rdma_driver_id there, then */
	uint32_t lkey, rkey;
	uint64_t addr; /* of byte 0, for work requests */
	void *memory;  /* the same for this process; NULL when it is a DMABUF */
	uint64_t length;
};

/* All that is measured, for either side: local write, remote write, read and atomics. */
#define RDMA_ACCESS                                                                  \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | \
	 IBV_ACCESS_REMOTE_ATOMIC)

/* Register length bytes at addr. 0, or -errno with err filled in. */
int rdma_mr_register_host(const struct rdma_device *d, void *addr, size_t length,
			  struct rdma_mr *mr, struct error *err);
/*
 * Register the first length bytes of the DMABUF fd, exported from spec:
 * ibv_reg_dmabuf_mr(), and where the provider library of the device lacks that,
 * UVERBS_METHOD_REG_DMABUF_MR of rdma/ib_user_ioctl_cmds.h. 0, or -errno with err
 * saying what is missing (EXIT_SKIP when this machine lacks it). fd stays the
 * caller's, and may be closed.
 */
int rdma_mr_register_dmabuf(const struct rdma_device *d, const struct bufspec *spec, int fd,
			    size_t length, struct rdma_mr *mr, struct error *err);
/* 0 or -errno; mr may be all zero. */
int rdma_mr_deregister(struct rdma_mr *mr);

/* The kernel's way to do it, for rdma_mr_register_dmabuf(). 0 or -errno. */
int rdma_uverbs_register_dmabuf(const struct rdma_device *d, int fd, size_t length,
				struct rdma_mr *mr);
int rdma_uverbs_deregister(struct rdma_mr *mr);

#endif
