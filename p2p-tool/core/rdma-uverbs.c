// SPDX-License-Identifier: GPL-2.0-only
/*
 * MRs of DMABUFs by the kernel's own interface (rdma/ib_user_ioctl_cmds.h and
 * rdma/rdma_user_ioctl_cmds.h): provider libraries that know nothing of the call,
 * as those of software devices, are left out.
 */
#include <errno.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <string.h>
#include <sys/ioctl.h>

#include "rdma-mr.h"

#define ATTRIBUTES_MAX 9
#define DRIVERS_MAX    64

/* The attributes of a header follow it; C has no name for such a pair. */
union command {
	struct ib_uverbs_ioctl_hdr header;
	char room[sizeof(struct ib_uverbs_ioctl_hdr) +
		  ATTRIBUTES_MAX * sizeof(struct ib_uverbs_attr)];
};

/* Values of up to 8 bytes are in the attribute itself, others behind a pointer. */
static struct ib_uverbs_attr *add(union command *c, uint16_t id, uint16_t length, uint64_t value)
{
	struct ib_uverbs_attr *attr = &c->header.attrs[c->header.num_attrs++];

	attr->attr_id = id;
	attr->len = length;
	attr->flags = UVERBS_ATTR_F_MANDATORY;
	attr->data = value;
	return attr;
}

static int run(const struct rdma_device *d, union command *c, uint32_t driver, uint16_t object,
	       uint16_t method)
{
	c->header.driver_id = driver;
	c->header.object_id = object;
	c->header.method_id = method;
	c->header.length =
		(uint16_t)(sizeof(c->header) + c->header.num_attrs * sizeof(struct ib_uverbs_attr));
	return ioctl(d->ctx->cmd_fd, RDMA_VERBS_IOCTL, &c->header) ? -errno : 0;
}

/*
 * The kernel wants to be told the driver (enum rdma_driver_id), as a check, and tells
 * nobody but the provider library: try with a call that does nothing, and that drivers
 * may not even have. 0 or -EINVAL.
 */
static int find_driver(const struct rdma_device *d, uint32_t *driver)
{
	for (*driver = 0; *driver < DRIVERS_MAX; ++*driver) {
		union command c = { .room = { 0 } };

		if (run(d, &c, *driver, UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT) !=
		    -EINVAL)
			return 0;
	}
	return -EINVAL;
}

int rdma_uverbs_register_dmabuf(const struct rdma_device *d, int fd, size_t length,
				struct rdma_mr *mr)
{
	union command c = { .room = { 0 } };
	struct ib_uverbs_attr *handle;
	uint32_t lkey, rkey, driver;
	int ret = find_driver(d, &driver);

	if (ret)
		return ret;
	handle = add(&c, UVERBS_ATTR_REG_DMABUF_MR_HANDLE, 0, 0);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, 0, d->pd->handle);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_OFFSET, sizeof(uint64_t), 0);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_LENGTH, sizeof(uint64_t), length);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_IOVA, sizeof(uint64_t), 0);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_FD, sizeof(uint32_t), (uint32_t)fd);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, sizeof(uint32_t), RDMA_ACCESS);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, sizeof(lkey), (uintptr_t)&lkey);
	add(&c, UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, sizeof(rkey), (uintptr_t)&rkey);
	ret = run(d, &c, driver, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR);
	if (ret)
		return ret;
	*mr = (struct rdma_mr){ .dev = d,
				.handle = (uint32_t)handle->data,
				.driver = driver,
				.lkey = lkey,
				.rkey = rkey,
				.length = length };
	return 0;
}

int rdma_uverbs_deregister(struct rdma_mr *mr)
{
	union command c = { .room = { 0 } };

	add(&c, UVERBS_ATTR_DESTROY_MR_HANDLE, 0, mr->handle);
	return run(mr->dev, &c, mr->driver, UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY);
}
