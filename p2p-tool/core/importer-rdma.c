// SPDX-License-Identifier: GPL-2.0-only
/* An RDMA device that writes to the DMABUF, from ordinary memory. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "importer.h"
#include "rdma-link.h"

#define DEPTH	    16	 /* writes in flight */
#define PATIENCE    10	 /* seconds without a completion */
#define NO_STATUS   (-1) /* none came */
#define POLLS_AHEAD 1024 /* between looks at the time */

/* Writes over one connection. The first that fails is the end of it. */
struct stream {
	struct rdma_link link;
	struct rdma_work work;
	const struct importer *i;
	uint64_t round;
	unsigned int limit; /* so many writes; 0: until one fails, or stop */
	_Atomic bool stop;
	_Atomic uint64_t completed;
	uint64_t reachable; /* of them, posted after the revoke had returned */
	_Atomic bool ended;
	int status; /* enum ibv_wc_status, or NO_STATUS */
};

struct rdma {
	struct rdma_device dev;
	char *host;
	struct rdma_mr host_mr, mr;
	struct stream to, from; /* the DMABUF: remote and local use of its MR */
	pthread_t thread;
	bool running;
};

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The id of a write says whether it came too late. */
static bool post(struct stream *s)
{
	bool late = atomic_load(&s->i->shared->returned) >= s->round;

	return !rdma_side_post(&s->link.a, 0, &s->work, late, true);
}

/* True: go on. */
static bool completed(struct stream *s, const struct ibv_wc *wc)
{
	s->status = (int)wc->status;
	if (wc->status != IBV_WC_SUCCESS)
		return false;
	s->completed++;
	s->reachable += wc->wr_id;
	if (wc->wr_id || (s->limit && s->completed >= s->limit))
		return false;
	return post(s);
}

static void *run_stream(void *arg)
{
	bool alone = sysconf(_SC_NPROCESSORS_ONLN) == 1, go_on = true;
	time_t since = seconds_now();
	unsigned int i, idle = 0;
	struct stream *s = arg;
	struct ibv_wc wc;
	int n;

	s->status = NO_STATUS;
	for (i = 0; go_on && i < (s->limit ? s->limit : DEPTH); i++)
		go_on = post(s);
	while (go_on && !atomic_load(&s->stop)) {
		n = ibv_poll_cq(s->link.a.cq, 1, &wc);
		if (n > 0) {
			idle = 0;
			go_on = completed(s, &wc);
			continue;
		}
		if (n < 0)
			break;
		if (alone)
			sched_yield();
		if (++idle % POLLS_AHEAD)
			continue;
		if (idle == POLLS_AHEAD)
			since = seconds_now();
		if (seconds_now() - since < PATIENCE)
			continue;
		s->status = NO_STATUS;
		break;
	}
	atomic_store(&s->ended, true);
	return NULL;
}

static int open_stream(struct importer *i, struct stream *s, const struct rdma_mr *local,
		       const struct rdma_mr *remote, uint64_t round, struct error *err)
{
	struct rdma *r = i->priv;

	*s = (struct stream){ .i = i, .round = round };
	s->work = (struct rdma_work){
		.op = RDMA_WRITE,
		.local = local,
		.remote_addr = remote->addr,
		.rkey = remote->rkey,
		.length = (uint32_t)(i->length < IMPORTER_BYTES ? i->length : IMPORTER_BYTES)
	};
	return rdma_link_open(&r->dev, 1, DEPTH, 0, &s->link, err);
}

static void join(struct rdma *r)
{
	if (r->running)
		pthread_join(r->thread, NULL);
	r->running = false;
}

static void let_go(struct rdma *r)
{
	atomic_store(&r->to.stop, true);
	join(r);
	rdma_link_close(&r->to.link);
	rdma_link_close(&r->from.link);
	rdma_mr_deregister(&r->mr);
}

static int rdma_importer_open(struct importer *i, struct error *err)
{
	struct rdma *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "importer rdma: out of memory");
	i->priv = r;
	ret = rdma_device_open(i->device, -1, &r->dev, err);
	if (ret)
		return ret;
	r->host = mmap(NULL, IMPORTER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	if (r->host == MAP_FAILED) {
		r->host = NULL;
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "importer rdma: out of memory");
	}
	return rdma_mr_register_host(&r->dev, r->host, IMPORTER_BYTES, &r->host_mr, err);
}

static void rdma_importer_close(struct importer *i)
{
	struct rdma *r = i->priv;

	if (!r)
		return;
	let_go(r);
	rdma_mr_deregister(&r->host_mr);
	if (r->host)
		munmap(r->host, IMPORTER_BYTES);
	rdma_device_close(&r->dev);
	free(r);
	i->priv = NULL;
}

static const char *status_text(int status)
{
	return status == NO_STATUS ? "no completion within 10 s"
				   : ibv_wc_status_str((enum ibv_wc_status)status);
}

static int explain(const struct importer *i, int status, struct error *err)
{
	const struct rdma *r = i->priv;
	char text[128];

	bufspec_format(i->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, EIO, NULL, "%s: %s: writing to it before the revoke: %s",
			 text, ibv_get_device_name(r->dev.ctx->device), status_text(status));
}

/* Not before the first write has arrived is it busy. */
static int start_traffic(struct importer *i, struct error *err)
{
	struct rdma *r = i->priv;
	int ret = pthread_create(&r->thread, NULL, run_stream, &r->to);

	if (ret)
		return error_set(err, EXIT_FAILED, ret, NULL, "importer rdma: thread: %s",
				 strerror(ret));
	r->running = true;
	while (!atomic_load(&r->to.completed) && !atomic_load(&r->to.ended))
		sched_yield();
	if (!atomic_load(&r->to.ended))
		return 0;
	join(r);
	return explain(i, r->to.status, err);
}

static int rdma_importer_import(struct importer *i, int fd, uint64_t round, struct error *err)
{
	struct rdma *r = i->priv;
	int ret = rdma_mr_register_dmabuf(&r->dev, i->spec, fd, i->length, &r->mr, err);

	if (!ret)
		ret = open_stream(i, &r->to, &r->host_mr, &r->mr, round, err);
	if (!ret)
		ret = open_stream(i, &r->from, &r->mr, &r->host_mr, round, err);
	if (ret)
		return ret;
	if (i->busy)
		return start_traffic(i, err);
	r->to.limit = 1;
	run_stream(&r->to);
	return r->to.status == IBV_WC_SUCCESS ? 0 : explain(i, r->to.status, err);
}

static void use(struct importer *i, struct stream *s, const char *what)
{
	s->limit = 1;
	s->completed = 0;
	run_stream(s);
	importer_note(i, what, status_text(s->status));
	i->reachable += s->reachable;
}

static void register_again(struct importer *i, int fd)
{
	struct rdma *r = i->priv;
	struct rdma_mr mr;
	int ret = rdma_mr_register_dmabuf(&r->dev, i->spec, fd, i->length, &mr, NULL);

	importer_note(i, "registering again", ret ? strerror(-ret) : "works");
	if (ret)
		return;
	i->reachable++;
	rdma_mr_deregister(&mr);
}

static int rdma_importer_check(struct importer *i, int fd, struct error *err)
{
	struct rdma *r = i->priv;

	if (i->busy) {
		join(r);
		importer_note(i, "writing to it", status_text(r->to.status));
		i->completed += r->to.completed;
		i->reachable += r->to.reachable;
	} else {
		use(i, &r->to, "writing to it");
	}
	use(i, &r->from, "writing from it");
	register_again(i, fd);
	let_go(r);
	return 0;
}

const struct importer_ops importer_rdma_ops = {
	.open = rdma_importer_open,
	.import = rdma_importer_import,
	.check = rdma_importer_check,
	.close = rdma_importer_close,
};
