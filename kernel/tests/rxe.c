// SPDX-License-Identifier: GPL-2.0-only
/*
 * rxe [ROUNDS] - an RDMA device that has memory of a BAR registered, by the rxe of
 * series/importers: what it moves is right, and when a revoke, a reset, disabling
 * memory or closing the device has returned it moves nothing any more. ROUNDS of
 * traffic that is cut off follow.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/pattern.h"
#include "core/rdma-link.h"
#include "slices.h"

#define CANARY 0x5a

static struct rdma_device rdma;
static struct rdma_mr host_mr;
static unsigned char *host; /* SLICE_SIZE bytes */

/* The bytes of the slice, through the device. */
static unsigned char *map_slice(const struct vfio_device *dev)
{
	unsigned char *map = map_bar(dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);

	fact(map != NULL, "the BAR maps");
	return map;
}

/* A message between ordinary memory, at a, and mr; "" or why it failed. */
static const char *move(struct rdma_link *link, enum rdma_op op, const struct rdma_mr *a,
			const struct rdma_mr *z, uint32_t length)
{
	const struct rdma_load load = {
		.op = op, .length = length, .messages = 1, .qps = 1, .cq_mod = 1, .a = a, .z = z
	};
	static struct error err;

	error_clear(&err);
	return rdma_link_run(link, &load, "slice", &err) ? err.what : "";
}

static void open_link(struct rdma_link *link)
{
	struct error err = { 0 };

	fact(!rdma_link_open(&rdma, 1, 16, 0, link, &err), "queue pairs connect %s", err.what);
}

/* The same on a new connection, as an error is the end of one. */
static bool fails_with(enum rdma_op op, const struct rdma_mr *a, const struct rdma_mr *z,
		       const char *why, const char *or_why)
{
	struct rdma_link link;
	const char *what;
	bool as_expected;

	open_link(&link);
	what = move(&link, op, a, z, op == RDMA_ATOMIC ? 8 : 3 * PAGE);
	as_expected = strstr(what, why) || (or_why && strstr(what, or_why));
	if (!as_expected)
		printf("'%s' and not '%s'\n", what, why);
	rdma_link_close(&link);
	return as_expected;
}

static void test_data(const struct vfio_device *dev)
{
	/* Two ranges in another order than in the BAR, and messages across their seam */
	const struct vfio_region_dma_range ranges[] = {
		{ SLICE_OFFSET + PAGE, PAGE },
		{ SLICE_OFFSET, PAGE },
	};
	int fd = export_ranges(dev, ACCEL_BAR, ranges, 2, O_RDWR | O_CLOEXEC);
	unsigned char *bar = map_slice(dev), expected[2 * PAGE];
	struct rdma_link link;
	struct rdma_mr mr;
	uint64_t count = 41;
	enum rdma_op op;

	fact(fd >= 0 && !rdma_uverbs_register_dmabuf(&rdma, fd, 2 * PAGE, &mr),
	     "a DMABUF of two ranges is registered");
	close(fd);
	open_link(&link);
	for (op = RDMA_WRITE; op <= RDMA_SEND; op++) {
		pattern_fill(expected, sizeof(expected), op + 1);
		if (op == RDMA_READ) {
			memcpy(bar + PAGE, expected, PAGE);
			memcpy(bar, expected + PAGE, PAGE);
		} else {
			memcpy(host, expected, sizeof(expected));
		}
		fact(!*move(&link, op, &host_mr, &mr, sizeof(expected)), "%s completes",
		     rdma_op_name(op));
		fact(!memcmp(host, expected, sizeof(expected)) &&
			     !memcmp(bar + PAGE, expected, PAGE) &&
			     !memcmp(bar, expected + PAGE, PAGE),
		     "%s moves the right bytes", rdma_op_name(op));
	}
	memcpy(bar + PAGE, &count, sizeof(count));
	fact(!*move(&link, RDMA_ATOMIC, &host_mr, &mr, 8) && !memcmp(host, &count, 8),
	     "atomic: fetches");
	memcpy(&count, bar + PAGE, sizeof(count));
	fact(count == 42, "atomic: adds");
	rdma_link_close(&link);
	fact(!rdma_mr_deregister(&mr), "it is deregistered");
	munmap(bar, SLICE_SIZE);
}

/* What takes access away and leaves the BAR accessible, if not the DMABUF. */
static int take_back(const struct vfio_device *dev, int fd)
{
	return revoke_slice(dev, fd);
}

static int memory_off_and_on(const struct vfio_device *dev, int fd)
{
	int ret = set_memory(dev, false);

	return ret ? ret : set_memory(dev, true);
}

static int reset(const struct vfio_device *dev, int fd)
{
	return vfio_reset(dev, NULL);
}

static const struct taking {
	const char *name;
	int (*take)(const struct vfio_device *dev, int fd);
} takings[] = {
	{ "revoke", take_back },
	{ "memory off and on", memory_off_and_on },
	{ "reset", reset },
};

#define TAKINGS (sizeof(takings) / sizeof(takings[0]))

static void check_dead(const struct rdma_mr *mr, const char *name)
{
	fact(fails_with(RDMA_WRITE, &host_mr, mr, "remote access error", NULL) &&
		     fails_with(RDMA_READ, &host_mr, mr, "remote access error", NULL) &&
		     fails_with(RDMA_ATOMIC, &host_mr, mr, "remote access error", NULL),
	     "%s: remote use is a remote access error", name);
	fact(fails_with(RDMA_WRITE, mr, &host_mr, "local protection error", NULL) &&
		     fails_with(RDMA_SEND, mr, &host_mr, "local protection error", NULL) &&
		     fails_with(RDMA_READ, mr, &host_mr, "local protection error", NULL),
	     "%s: local use is a local protection error", name);
	fact(fails_with(RDMA_SEND, &host_mr, mr, "local protection error",
			"remote operation error"),
	     "%s: so is receiving into it, for the receiver", name);
}

static void test_taking(const struct vfio_device *dev, const struct taking *t)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE), i;
	unsigned char *bar = map_slice(dev);
	struct rdma_mr mr, again;
	bool intact = true;

	fact(!rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE, &mr), "it is registered");
	fact(!t->take(dev, fd), "%s", t->name);
	memset(bar, CANARY, SLICE_SIZE);
	check_dead(&mr, t->name);
	for (i = 0; i < (int)SLICE_SIZE; i++)
		intact = intact && bar[i] == CANARY;
	fact(intact, "%s: nothing is written after it", t->name);
	if (t->take == take_back) {
		fact(rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE, &again) == -ENODEV,
		     "%s: registering is ENODEV then", t->name);
	} else {
		fact(!rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE, &again) &&
			     !rdma_mr_deregister(&again),
		     "%s: it can be registered again", t->name);
	}
	fact(!rdma_mr_deregister(&mr), "%s: the dead one is deregistered", t->name);
	munmap(bar, SLICE_SIZE);
	close(fd);
}

static void test_refusals(const struct vfio_device *dev)
{
	struct vfio_region_dma_range range = { SLICE_OFFSET, SLICE_SIZE };
	int fd = export_ranges(dev, ACCEL_BAR, &range, 1, O_RDONLY | O_CLOEXEC);
	struct rdma_mr mr;

	fact(rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE, &mr) == -EACCES,
	     "what was exported read-only is not registered for writing: EACCES");
	close(fd);
	fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	fact(rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE + PAGE, &mr) == -EINVAL,
	     "nor more than there is: EINVAL");
	fact(!set_memory(dev, false) &&
		     rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE, &mr) == -ENODEV &&
		     !set_memory(dev, true),
	     "nor while memory is disabled: ENODEV");
	close(fd);
}

/* The device goes away below an MR. */
static void test_close(struct vfio_device *dev)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	struct rdma_mr mr;

	fact(!rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE, &mr), "it is registered");
	close(fd);
	vfio_close(dev);
	check_dead(&mr, "close");
	fact(!rdma_mr_deregister(&mr), "close: the dead one is deregistered");
}

/* Traffic that goes on until it fails. */
struct traffic {
	struct rdma_link link;
	struct rdma_mr mr;
	_Atomic unsigned int moved;
	int ret;
};

static void *run_traffic(void *arg)
{
	struct traffic *t = arg;
	const struct rdma_load load = { .op = RDMA_WRITE,
					.length = 2 * PAGE,
					.messages = 4,
					.qps = 1,
					.cq_mod = 1,
					.a = &host_mr,
					.z = &t->mr };

	while (!(t->ret = rdma_link_run(&t->link, &load, "slice", NULL)))
		t->moved++;
	return NULL;
}

/* 0, or what went wrong: nothing, traffic that did not fail as it should, a byte written late. */
static const char *cut_off(const struct vfio_device *dev, const struct taking *t,
			   unsigned int *moved)
{
	int fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	unsigned char *bar = map_slice(dev);
	struct traffic traffic = { 0 };
	const char *wrong = NULL;
	pthread_t thread;
	uint64_t i;

	if (rdma_uverbs_register_dmabuf(&rdma, fd, SLICE_SIZE, &traffic.mr))
		return "it cannot be registered";
	open_link(&traffic.link);
	pthread_create(&thread, NULL, run_traffic, &traffic);
	usleep(1000 + (useconds_t)random() % 20000);
	if (t->take(dev, fd))
		wrong = "it cannot be taken back";
	memset(bar, CANARY, SLICE_SIZE);
	pthread_join(thread, NULL);
	if (traffic.ret != -EIO)
		wrong = "the traffic ended in another way";
	for (i = 0; i < SLICE_SIZE; i++)
		if (bar[i] != CANARY)
			wrong = "a byte was written after it";
	*moved += traffic.moved;
	rdma_link_close(&traffic.link);
	rdma_mr_deregister(&traffic.mr);
	munmap(bar, SLICE_SIZE);
	close(fd);
	return wrong;
}

static void test_traffic(const struct vfio_device *dev, unsigned int rounds)
{
	FILE *results = fdopen(dup(STDOUT_FILENO), "w");
	unsigned int i, moved = 0;
	const char *wrong = NULL;

	memset(host, 0, SLICE_SIZE);
	/* Each round prints facts of its own. */
	if (!freopen("/dev/null", "w", stdout))
		exit(1);
	for (i = 0; i < rounds && !wrong; i++)
		wrong = cut_off(dev, &takings[i % TAKINGS], &moved);
	fprintf(results, "%s %u rounds of traffic are cut off, after %u transfers: %s\n",
		wrong || !moved ? "FAIL" : "ok", i, moved * 4, wrong ? wrong : "nothing after it");
	fclose(results);
	if (wrong || !moved)
		exit(1);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	struct vfio_device dev;
	int before;
	size_t i;

	before = count_dmabufs();
	host = aligned_alloc(PAGE, SLICE_SIZE);
	fact(host && !rdma_device_open(NULL, -1, &rdma, &err) &&
		     !rdma_mr_register_host(&rdma, host, SLICE_SIZE, &host_mr, &err),
	     "there is an RDMA device %s", err.what);
	guest_open(&dev, ACCEL);
	test_data(&dev);
	for (i = 0; i < TAKINGS; i++)
		test_taking(&dev, &takings[i]);
	test_refusals(&dev);
	if (argc > 1)
		test_traffic(&dev, (unsigned int)atoi(argv[1]));
	else
		test_close(&dev);
	rdma_mr_deregister(&host_mr);
	rdma_device_close(&rdma);
	fact(count_dmabufs() == before || argc > 1, "no DMABUF is left");
	return 0;
}
