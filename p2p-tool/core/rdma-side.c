// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rdma-side.h"

/* In the units of the InfiniBand specification: 4.096 us << 14 is 67 ms. */
#define ACK_TIMEOUT   14
#define RETRIES	      7
#define RNR_RETRIES   7	 /* without end */
#define RNR_TIMER     12 /* 0.64 ms */
#define READS_AT_ONCE 16

static struct ibv_qp *create_qp(struct rdma_side *s)
{
	struct ibv_qp_init_attr init = {
		.send_cq = s->cq,
		.recv_cq = s->cq,
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = s->depth,
			 .max_recv_wr = s->depth,
			 .max_send_sge = 1,
			 .max_recv_sge = 1,
			 .max_inline_data = s->max_inline },
	};
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT,
				    .port_num = s->dev->port,
				    .qp_access_flags = RDMA_ACCESS };
	struct ibv_qp *qp = ibv_create_qp(s->dev->pd, &init);
	int ret;

	if (!qp)
		return NULL;
	ret = ibv_modify_qp(qp, &attr,
			    IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	if (ret) {
		ibv_destroy_qp(qp);
		errno = ret;
		return NULL;
	}
	return qp;
}

int rdma_side_open(const struct rdma_device *d, unsigned int nqps, unsigned int depth,
		   unsigned int max_inline, struct rdma_side *s, struct error *err)
{
	const char *name = ibv_get_device_name(d->ctx->device);
	int ret;

	*s = (struct rdma_side){ .dev = d, .depth = depth, .max_inline = max_inline };
	s->qp = calloc(nqps, sizeof(*s->qp));
	if (!s->qp)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", name);
	s->cq = ibv_create_cq(d->ctx, (int)(2 * nqps * depth), NULL, NULL, 0);
	if (!s->cq) {
		ret = error_set(err, EXIT_USAGE, errno, "give fewer --qps or a smaller --depth",
				"%s: completion queue of %u entries: %s", name, 2 * nqps * depth,
				strerror(errno));
		goto failed;
	}
	for (; s->nqps < nqps; s->nqps++) {
		s->qp[s->nqps] = create_qp(s);
		if (s->qp[s->nqps])
			continue;
		ret = error_set(err, EXIT_USAGE, errno,
				"give fewer --qps, a smaller --depth or --inline",
				"%s: queue pair %u: %s", name, s->nqps, strerror(errno));
		goto failed;
	}
	return 0;

failed:
	rdma_side_close(s);
	return ret;
}

void rdma_side_close(struct rdma_side *s)
{
	unsigned int i;

	for (i = 0; i < s->nqps; i++)
		ibv_destroy_qp(s->qp[i]);
	free(s->qp);
	if (s->cq)
		ibv_destroy_cq(s->cq);
	*s = (struct rdma_side){ 0 };
}

void rdma_side_address(const struct rdma_side *s, unsigned int i, struct rdma_address *a)
{
	*a = (struct rdma_address){
		.gid = s->dev->gid,
		.qpn = s->qp[i]->qp_num,
		.psn = s->qp[i]->qp_num & 0xffffff,
		.lid = s->dev->lid,
		.mtu = (uint8_t)s->dev->mtu,
	};
}

static int to_receive(struct rdma_side *s, unsigned int i, const struct rdma_address *peer)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTR,
		.path_mtu = peer->mtu < s->dev->mtu ? peer->mtu : s->dev->mtu,
		.dest_qp_num = peer->qpn,
		.rq_psn = peer->psn,
		.max_dest_rd_atomic = READS_AT_ONCE,
		.min_rnr_timer = RNR_TIMER,
		.ah_attr = { .dlid = peer->lid,
			     .port_num = s->dev->port,
			     .is_global = s->dev->ethernet,
			     .grh = { .dgid = peer->gid,
				      .sgid_index = (uint8_t)s->dev->gid_index,
				      .hop_limit = 64 } },
	};

	return -ibv_modify_qp(s->qp[i], &attr,
			      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				      IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				      IBV_QP_MIN_RNR_TIMER);
}

static int to_send(struct rdma_side *s, unsigned int i)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_RTS,
		.sq_psn = s->qp[i]->qp_num & 0xffffff,
		.timeout = ACK_TIMEOUT,
		.retry_cnt = RETRIES,
		.rnr_retry = RNR_RETRIES,
		.max_rd_atomic = READS_AT_ONCE,
	};

	return -ibv_modify_qp(s->qp[i], &attr,
			      IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
				      IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC);
}

int rdma_side_connect(struct rdma_side *s, unsigned int i, const struct rdma_address *peer,
		      struct error *err)
{
	int ret = to_receive(s, i, peer);

	if (!ret)
		ret = to_send(s, i);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret,
				 "check that --gid is an address that reaches the other end",
				 "%s: connecting queue pair %u: %s",
				 ibv_get_device_name(s->dev->ctx->device), i, strerror(-ret));
	return 0;
}

int rdma_side_post(struct rdma_side *s, unsigned int i, const struct rdma_work *w, uint64_t id,
		   bool signaled)
{
	static const enum ibv_wr_opcode opcode[RDMA_OPS] = {
		[RDMA_WRITE] = IBV_WR_RDMA_WRITE,
		[RDMA_WRITE_IMM] = IBV_WR_RDMA_WRITE_WITH_IMM,
		[RDMA_READ] = IBV_WR_RDMA_READ,
		[RDMA_SEND] = IBV_WR_SEND,
		[RDMA_ATOMIC] = IBV_WR_ATOMIC_FETCH_AND_ADD,
	};
	struct ibv_sge sge = { .addr = w->local->addr + w->offset,
			       .length = w->length,
			       .lkey = w->local->lkey };
	struct ibv_send_wr wr = { .wr_id = id,
				  .sg_list = &sge,
				  .num_sge = 1,
				  .opcode = opcode[w->op],
				  .send_flags = (signaled ? IBV_SEND_SIGNALED : 0) |
						(w->inline_data ? IBV_SEND_INLINE : 0) },
			   *bad;

	if (w->op == RDMA_ATOMIC) {
		wr.wr.atomic.remote_addr = w->remote_addr + w->offset;
		wr.wr.atomic.rkey = w->rkey;
		wr.wr.atomic.compare_add = 1;
	} else {
		wr.wr.rdma.remote_addr = w->remote_addr + w->offset;
		wr.wr.rdma.rkey = w->rkey;
	}
	return -ibv_post_send(s->qp[i], &wr, &bad);
}

int rdma_side_receive(struct rdma_side *s, unsigned int i, const struct rdma_mr *mr,
		      uint64_t offset, uint32_t length, uint64_t id)
{
	struct ibv_sge sge = { .addr = mr->addr + offset, .length = length, .lkey = mr->lkey };
	struct ibv_recv_wr wr = { .wr_id = id, .sg_list = &sge, .num_sge = 1 }, *bad;

	return -ibv_post_recv(s->qp[i], &wr, &bad);
}
