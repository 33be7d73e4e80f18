// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rdma-device.h"

/* The entries of its GID table. wanted 0: the first port that is active. */
static int find_port(struct rdma_device *d, uint8_t wanted)
{
	struct ibv_device_attr device;
	struct ibv_port_attr port;
	uint8_t i;

	if (ibv_query_device(d->ctx, &device))
		return -EIO;
	for (i = 1; i <= device.phys_port_cnt; i++) {
		if ((wanted && i != wanted) || ibv_query_port(d->ctx, i, &port) ||
		    port.state != IBV_PORT_ACTIVE)
			continue;
		d->port = i;
		d->lid = port.lid;
		d->ethernet = port.link_layer == IBV_LINK_LAYER_ETHERNET;
		d->mtu = port.active_mtu;
		return port.gid_tbl_len;
	}
	return -ENETDOWN;
}

static bool is_ipv4(const union ibv_gid *gid)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(gid->raw, prefix, sizeof(prefix));
}

/*
 * -ENOENT: no such GID, or none at all. wanted -1: address if it is given, else the one
 * that serves best.
 */
static int find_gid(struct rdma_device *d, int wanted, const union ibv_gid *address, int entries)
{
	struct ibv_gid_entry entry;
	bool best;
	int i;

	d->gid_index = -1;
	for (i = 0; i < entries; i++) {
		if ((wanted >= 0 && i != wanted) ||
		    ibv_query_gid_ex(d->ctx, d->port, (uint32_t)i, &entry, 0))
			continue;
		if (wanted < 0 && address && memcmp(&entry.gid, address, sizeof(*address)))
			continue;
		best = entry.gid_type == IBV_GID_TYPE_ROCE_V2 && (address || is_ipv4(&entry.gid));
		if (d->gid_index >= 0 && !best)
			continue;
		d->gid_index = i;
		d->gid = entry.gid;
		if (best)
			break;
	}
	return d->gid_index < 0 ? -ENOENT : 0;
}

/* What there is besides ctx, which stays open on failure. */
static int set_up(struct rdma_device *d, uint8_t port, const union ibv_gid *gid, int gid_index,
		  struct error *err)
{
	const char *name = ibv_get_device_name(d->ctx->device);
	int entries = find_port(d, port);
	int ret = entries < 0 ? entries : find_gid(d, gid_index, gid, entries);

	if (ret == -ENETDOWN)
		return error_set(err, EXIT_SKIP, -ret, "bring its link up",
				 "%s: has no active port", name);
	if (ret == -ENOENT && gid_index >= 0)
		return error_set(err, EXIT_USAGE, -ret,
				 "'rdma link' and 'ibv_devinfo -v' show them", "%s: has no GID %d",
				 name, gid_index);
	if (ret == -ENOENT)
		return error_set(err, EXIT_SKIP, -ret, "give its network device an address",
				 "%s: has no GID", name);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: cannot be queried: %s", name,
				 strerror(-ret));
	d->pd = ibv_alloc_pd(d->ctx);
	return d->pd ? 0
		     : error_set(err, EXIT_FAILED, errno, NULL, "%s: protection domain: %s", name,
				 strerror(errno));
}

static int open_one(struct ibv_device *device, int gid_index, struct rdma_device *d,
		    struct error *err)
{
	int ret;

	*d = (struct rdma_device){ .ctx = ibv_open_device(device) };
	if (!d->ctx)
		return error_set(err, EXIT_SKIP, errno ? errno : ENODEV,
				 "load its driver and rdma_ucm, and be allowed to open "
				 "/dev/infiniband/*",
				 "%s: cannot be opened: %s", ibv_get_device_name(device),
				 strerror(errno));
	ret = set_up(d, 0, NULL, gid_index, err);
	if (ret)
		rdma_device_close(d);
	return ret;
}

int rdma_device_borrow(struct ibv_context *ctx, uint8_t port, const union ibv_gid *gid,
		       int gid_index, struct rdma_device *d, struct error *err)
{
	int ret;

	*d = (struct rdma_device){ .ctx = ctx, .borrowed = true };
	ret = set_up(d, port, gid, gid_index, err);
	if (ret)
		rdma_device_close(d);
	return ret;
}

int rdma_device_open(const char *name, int gid_index, struct rdma_device *d, struct error *err)
{
	struct ibv_device **list;
	struct error why = { 0 };
	int count = 0, i, ret = -ENODEV;

	list = ibv_get_device_list(&count);
	for (i = 0; list && i < count && ret; i++) {
		if (name && strcmp(name, ibv_get_device_name(list[i])))
			continue;
		ret = open_one(list[i], gid_index, d, &why);
	}
	if (list)
		ibv_free_device_list(list);
	if (!ret)
		return 0;
	if (why.what[0])
		return error_set(err, why.status, -ret, why.remedy, "%s", why.what);
	if (name)
		return error_set(err, EXIT_SKIP, ENODEV, "'p2p-tool list --rdma' shows them",
				 "%s: there is no such RDMA device", name);
	return error_set(err, EXIT_SKIP, ENODEV,
			 "without a NIC: 'rdma link add rxe0 type rxe netdev NETDEV'",
			 "this machine has no RDMA device");
}

void rdma_device_close(struct rdma_device *d)
{
	if (d->pd)
		ibv_dealloc_pd(d->pd);
	if (d->ctx && !d->borrowed)
		ibv_close_device(d->ctx);
	*d = (struct rdma_device){ 0 };
}
