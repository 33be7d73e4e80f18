// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "rdma-mr.h"

static int finish(const struct rdma_device *d, struct ibv_mr *verbs, void *memory, size_t length,
		  struct rdma_mr *mr)
{
	*mr = (struct rdma_mr){ .dev = d,
				.mr = verbs,
				.lkey = verbs->lkey,
				.rkey = verbs->rkey,
				.addr = (uintptr_t)memory,
				.memory = memory,
				.length = length };
	return 0;
}

int rdma_mr_register_host(const struct rdma_device *d, void *addr, size_t length,
			  struct rdma_mr *mr, struct error *err)
{
	struct ibv_mr *verbs = ibv_reg_mr(d->pd, addr, length, RDMA_ACCESS);
	const char *name = ibv_get_device_name(d->ctx->device);
	int ret = errno;

	if (verbs)
		return finish(d, verbs, addr, length, mr);
	if (ret == ENOMEM)
		return error_set(err, EXIT_SKIP, ret, "raise 'ulimit -l', or use less memory",
				 "%s: cannot lock %zu bytes of memory", name, length);
	return error_set(err, EXIT_FAILED, ret, NULL, "%s: registering %zu bytes of memory: %s",
			 name, length, strerror(ret));
}

/* What stands between a NIC and a DMABUF, by how the registration failed. */
static int explain(const struct rdma_device *d, const struct bufspec *spec, int ret,
		   bool asked_kernel, struct error *err)
{
	const char *name = ibv_get_device_name(d->ctx->device);
	bool vfio = spec->kind == BUFFER_VFIO;
	char text[128];

	bufspec_format(spec, text, sizeof(text));
	switch (-ret) {
	case EOPNOTSUPP:
		if (!asked_kernel)
			break;
		if (vfio)
			return error_set(
				err, EXIT_SKIP, -ret,
				"use a NIC whose driver imports peer-to-peer DMABUFs and "
				"takes revocation (mlx5, irdma; rxe with series/importers)",
				"%s: %s cannot register it: its driver has no "
				"reg_user_mr_dmabuf, or the attachment lacks peer2peer or "
				"invalidate_mappings",
				text, name);
		return error_set(err, EXIT_SKIP, -ret, "use a NIC whose driver imports DMABUFs",
				 "%s: %s cannot register it: its driver has no "
				 "reg_user_mr_dmabuf, or refuses this exporter",
				 text, name);
	case EREMOTEIO:
		return error_set(err, EXIT_SKIP, -ret,
				 "put both below one PCIe switch, switch off ACS redirection "
				 "there, or use a root complex that p2pdma knows",
				 "%s: %s cannot reach it: no peer-to-peer path that p2pdma allows",
				 text, name);
	case ENODEV:
		return error_set(err, EXIT_FAILED, -ret,
				 "enable its memory, wake it up, or export it again",
				 "%s: %s cannot register it: it is revoked", text, name);
	case ENOMEM:
		return error_set(err, EXIT_SKIP, -ret, "raise 'ulimit -l', or use less",
				 "%s: %s cannot register it: out of memory, or of what may be "
				 "locked",
				 text, name);
	case EACCES:
	case EPERM:
		return error_set(err, EXIT_FAILED, -ret,
				 "export it for writing, too, or use more rights",
				 "%s: %s cannot register it: permission denied", text, name);
	}
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: %s cannot register it: %s", text, name,
			 strerror(-ret));
}

int rdma_mr_register_dmabuf(const struct rdma_device *d, const struct bufspec *spec, int fd,
			    size_t length, struct rdma_mr *mr, struct error *err)
{
	struct ibv_mr *verbs = ibv_reg_dmabuf_mr(d->pd, 0, length, 0, fd, RDMA_ACCESS);
	bool asked_kernel = false;
	int ret = verbs ? 0 : -errno;

	if (verbs)
		return finish(d, verbs, NULL, length, mr);
	if (ret == -EOPNOTSUPP || ret == -ENOSYS || ret == -EPROTONOSUPPORT) {
		asked_kernel = true;
		ret = rdma_uverbs_register_dmabuf(d, fd, length, mr);
	}
	return ret ? explain(d, spec, ret, asked_kernel, err) : 0;
}

int rdma_mr_deregister(struct rdma_mr *mr)
{
	int ret = 0;

	if (mr->mr)
		ret = -ibv_dereg_mr(mr->mr);
	else if (mr->dev)
		ret = rdma_uverbs_deregister(mr);
	*mr = (struct rdma_mr){ 0 };
	return ret;
}
