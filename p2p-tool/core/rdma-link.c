// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "rdma-link.h"

static int connect_all(struct rdma_link *l, struct error *err)
{
	struct rdma_address a, z;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < l->a.nqps && !ret; i++) {
		rdma_side_address(&l->a, i, &a);
		rdma_side_address(&l->z, i, &z);
		ret = rdma_side_connect(&l->a, i, &z, err);
		if (!ret)
			ret = rdma_side_connect(&l->z, i, &a, err);
	}
	return ret;
}

int rdma_link_open(const struct rdma_device *d, unsigned int qps, unsigned int depth,
		   unsigned int max_inline, struct rdma_link *l, struct error *err)
{
	int ret;

	*l = (struct rdma_link){ 0 };
	ret = rdma_side_open(d, qps, depth, max_inline, &l->a, err);
	if (!ret)
		ret = rdma_side_open(d, qps, depth, max_inline, &l->z, err);
	if (!ret)
		ret = connect_all(l, err);
	if (!ret && (rdma_flow_init(&l->flow[0], &l->a) || rdma_flow_init(&l->flow[1], &l->z)))
		ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "rdma: out of memory");
	if (ret)
		rdma_link_close(l);
	return ret;
}

void rdma_link_close(struct rdma_link *l)
{
	rdma_side_close(&l->a);
	rdma_side_close(&l->z);
	rdma_flow_free(&l->flow[0]);
	rdma_flow_free(&l->flow[1]);
}

/* What a sends, or z. */
static struct rdma_traffic traffic_of(const struct rdma_load *load, bool z)
{
	const struct rdma_mr *remote = z ? load->a : load->z;

	return (struct rdma_traffic){
		.op = load->op,
		.length = load->length,
		.messages = load->messages,
		.qps = load->qps,
		.cq_mod = load->cq_mod,
		.inline_data = load->inline_data,
		.sends = !z || load->bidir,
		.receives = z || load->bidir,
		.local = z ? load->z : load->a,
		.remote_addr = remote->addr,
		.rkey = remote->rkey,
		.offset = z ? load->back : 0,
		.in_offset = z ? 0 : load->back,
	};
}

int rdma_link_run(struct rdma_link *l, const struct rdma_load *load, const char *what,
		  struct error *err)
{
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++) {
		struct rdma_traffic t = traffic_of(load, i);

		ret = rdma_flow_prepare(&l->flow[i], &t, what, err);
	}
	for (i = 0; i < 2 && !ret; i++)
		ret = rdma_flow_start(&l->flow[i], what, err);
	return ret ? ret : rdma_flow_wait(l->flow, 2, what, NULL, err);
}
