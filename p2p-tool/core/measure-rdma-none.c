// SPDX-License-Identifier: GPL-2.0-only
/* What a build without libibverbs says. */
#include <errno.h>

#include "measure.h"
#include "rdma-server.h"

int measure_rdma_check(const struct bufspec *spec, const struct rdma_params *p, struct error *err)
{
	return error_set(err, EXIT_SKIP, EOPNOTSUPP,
			 "install libibverbs-dev and librdmacm-dev, and build it again",
			 "this p2p-tool was built without RDMA");
}

int measure_rdma(struct buffer *b, const struct clock *c, const struct rdma_params *p,
		 struct record_set *out, struct error *err)
{
	return measure_rdma_check(&b->spec, p, err);
}

int rdma_server(struct buffer *b, const struct rdma_server_params *p, struct error *err)
{
	return measure_rdma_check(&b->spec, NULL, err);
}

int measure_peers_check(const struct bufspec *spec, const struct peers_params *p, struct error *err)
{
	return measure_rdma_check(spec, &p->rdma, err);
}

int measure_peers(struct buffer *b, const struct clock *c, const struct peers_params *p,
		  struct record_set *out, struct error *err)
{
	return measure_rdma_check(&b->spec, &p->rdma, err);
}
