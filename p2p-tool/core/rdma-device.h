/* SPDX-License-Identifier: GPL-2.0-only */
/* An RDMA device with an active port, and what every user of it needs. */
#ifndef P2P_RDMA_DEVICE_H
#define P2P_RDMA_DEVICE_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct rdma_device {
	struct ibv_context *ctx;
	bool borrowed; /* ctx is somebody else's */
	struct ibv_pd *pd;
	uint8_t port;
	int gid_index;
	union ibv_gid gid;
	uint16_t lid; /* InfiniBand; 0 on Ethernet */
	bool ethernet;
	enum ibv_mtu mtu;
};

/*
 * Open the device called name, or with NULL the first one that has an active
 * port. gid_index -1: a RoCE v2 GID that is an IPv4 address, else the first GID
 * there is. 0, or -errno with err filled in (EXIT_SKIP where there is none).
 */
int rdma_device_open(const char *name, int gid_index, struct rdma_device *d, struct error *err);
/*
 * Use a device that the connection manager has opened, and chosen port and address of;
 * gid_index -1: that address. 0, or -errno with err filled in; ctx stays the caller's.
 */
int rdma_device_borrow(struct ibv_context *ctx, uint8_t port, const union ibv_gid *gid,
		       int gid_index, struct rdma_device *d, struct error *err);
/* d may be all zero. */
void rdma_device_close(struct rdma_device *d);

#endif
