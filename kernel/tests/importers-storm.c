// SPDX-License-Identifier: GPL-2.0-only
/*
 * importers-storm SECONDS - RDMA traffic to a slice, and reads of its GEM object, all
 * the while that access is taken away: by a revoke, by disabling memory, by a reset, by
 * closing the device and by unbinding its driver. What completes well has moved the
 * right data, and when access is gone nothing is moved or read any more.
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
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "core/pattern.h"
#include "core/rdma-link.h"
#include "slices.h"

#define DEVICE "0000:06:00.0"
#define UNBIND "/sys/bus/pci/drivers/vfio-pci/unbind"
#define CANARY 0x5a
#define LENGTH (2 * PAGE)

static struct rdma_device rdma;
static struct rdma_mr out_mr, in_mr;
static char *out, *in; /* LENGTH bytes each */
static int drm;

/* One slice, and who uses it. */
struct scene {
	struct vfio_device dev;
	int fd;
	struct rdma_mr mr;
	struct rdma_link link;
	uint32_t handle;
	char *gem;
	atomic_bool gone, done; /* access by the GEM object; the scene */
	atomic_uint moved, read;
	const char *wrong;
};

static int move(struct scene *s, enum rdma_op op, const struct rdma_mr *mr)
{
	const struct rdma_load load = { .op = op,
					.length = LENGTH,
					.messages = 1,
					.qps = 1,
					.cq_mod = 1,
					.a = mr,
					.z = &s->mr };

	return rdma_link_run(&s->link, &load, "slice", NULL);
}

/* Until it fails, as it has to: writes, and reads what it has written. */
static void *run_traffic(void *arg)
{
	struct scene *s = arg;
	uint64_t seed = 0;
	char why[64];
	int ret;

	do {
		pattern_fill(out, LENGTH, ++seed);
		memset(in, 0, LENGTH);
		ret = move(s, RDMA_WRITE, &out_mr);
		if (!ret)
			ret = move(s, RDMA_READ, &in_mr);
		if (!ret && !pattern_compare(out, in, LENGTH, "", why, sizeof(why)))
			s->wrong = "a transfer that completed has moved wrong data";
		s->moved++;
	} while (!ret);
	if (ret != -EIO)
		s->wrong = "the traffic did not end with an error completion";
	return NULL;
}

static void *touch_gem(void *arg)
{
	struct scene *s = arg;
	size_t page;

	for (page = 0; !s->done; page = (page + 1) % SLICE_PAGES) {
		bool gone = s->gone;

		if (faults(s->gem + page * PAGE))
			continue;
		s->read++;
		/* Not given back in between */
		if (gone && s->gone)
			s->wrong = "the GEM object is read after access was taken";
	}
	return NULL;
}

static void take_back(struct scene *s)
{
	if (revoke_slice(&s->dev, s->fd))
		s->wrong = "it is not revoked";
	s->gone = true;
}

static void memory_off(struct scene *s)
{
	if (set_memory(&s->dev, false))
		s->wrong = "memory is not disabled";
	s->gone = true;
	usleep(1000);
	s->gone = false;
	if (set_memory(&s->dev, true))
		s->wrong = "memory is not enabled";
}

/* The GEM object can be read again afterwards, the MR is dead all the same. */
static void reset(struct scene *s)
{
	if (vfio_reset(&s->dev, NULL))
		s->wrong = "it is not reset";
}

static void close_device(struct scene *s)
{
	vfio_close(&s->dev);
	s->gone = true;
}

static void *write_unbind(void *arg)
{
	return (void *)(intptr_t)write_file(UNBIND, DEVICE);
}

/* Unbinding waits for whoever has the device open, not for whoever has a DMABUF. */
static void unbind(struct scene *s)
{
	pthread_t thread;
	void *ret;

	pthread_create(&thread, NULL, write_unbind, NULL);
	usleep(2000);
	close_device(s);
	pthread_join(thread, &ret);
	if (ret)
		s->wrong = "the driver is not unbound";
}

static const struct taking {
	const char *name;
	void (*take)(struct scene *s);
	bool closed, unbound;
} takings[] = {
	{ "revokes", take_back, false, false },	   { "memory off", memory_off, false, false },
	{ "resets", reset, false, false },	   { "closes", close_device, true, false },
	{ "unbound drivers", unbind, true, true },
};
#define TAKINGS (sizeof(takings) / sizeof(takings[0]))

static void set_up(struct scene *s)
{
	struct error err = { 0 };
	uint64_t offset;

	guest_open(&s->dev, DEVICE);
	s->fd = export_slice(&s->dev, SLICE_OFFSET, SLICE_SIZE);
	fact(!rdma_uverbs_register_dmabuf(&rdma, s->fd, SLICE_SIZE, &s->mr), "it is registered");
	fact(!rdma_link_open(&rdma, 1, 16, 0, &s->link, &err), "queue pairs connect");
	fact(!drmPrimeFDToHandle(drm, s->fd, &s->handle) &&
		     !drmModeMapDumbBuffer(drm, s->handle, &offset),
	     "vgem imports it");
	s->gem = mmap(NULL, SLICE_SIZE, PROT_READ, MAP_SHARED, drm, (off_t)offset);
	fact(s->gem != MAP_FAILED, "the GEM object maps");
}

static void tear_down(struct scene *s)
{
	rdma_link_close(&s->link);
	fact(!rdma_mr_deregister(&s->mr), "the dead MR is deregistered");
	munmap(s->gem, SLICE_SIZE);
	drmCloseBufferHandle(drm, s->handle);
	close(s->fd);
	vfio_close(&s->dev);
}

/* One round; NULL, or what went wrong. */
static const char *play(const struct taking *t, unsigned int *moved, unsigned int *read)
{
	struct scene s = { 0 };
	pthread_t traffic, toucher;
	unsigned char *bar;
	size_t i;

	set_up(&s);
	pthread_create(&traffic, NULL, run_traffic, &s);
	pthread_create(&toucher, NULL, touch_gem, &s);
	usleep(1000 + (useconds_t)random() % 20000);
	t->take(&s);
	if (t->unbound)
		bind_driver(DEVICE, "vfio-pci");
	if (t->closed)
		guest_open(&s.dev, DEVICE);
	bar = map_bar(&s.dev, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE);
	fact(bar != NULL, "the BAR maps");
	memset(bar, CANARY, SLICE_SIZE);
	pthread_join(traffic, NULL);
	s.done = true;
	pthread_join(toucher, NULL);
	for (i = 0; i < SLICE_SIZE; i++)
		if (bar[i] != CANARY)
			s.wrong = "a byte was written after access was taken";
	munmap(bar, SLICE_SIZE);
	tear_down(&s);
	*moved += s.moved;
	*read += s.read;
	return s.wrong;
}

int main(int argc, char **argv)
{
	uint64_t end = now_ms() + 1000 * (uint64_t)(argc > 1 ? atoi(argv[1]) : 10);
	unsigned int rounds = 0, moved = 0, read = 0;
	const char *wrong = NULL, *by = "nothing";
	struct error err = { 0 };
	int before = count_dmabufs();
	FILE *results;

	drm = open("/dev/dri/card0", O_RDWR | O_CLOEXEC);
	out = aligned_alloc(PAGE, LENGTH);
	in = aligned_alloc(PAGE, LENGTH);
	fact(drm >= 0 && out && in && !rdma_device_open(NULL, -1, &rdma, &err) &&
		     !rdma_mr_register_host(&rdma, out, LENGTH, &out_mr, &err) &&
		     !rdma_mr_register_host(&rdma, in, LENGTH, &in_mr, &err),
	     "there are a DRM and an RDMA device %s", err.what);
	/* Each round prints facts of its own. */
	results = fdopen(dup(STDOUT_FILENO), "w");
	if (!results || !freopen("/dev/null", "w", stdout))
		return 1;
	while (!wrong && (now_ms() < end || rounds < TAKINGS)) {
		by = takings[rounds % TAKINGS].name;
		wrong = play(&takings[rounds++ % TAKINGS], &moved, &read);
	}
	rdma_mr_deregister(&out_mr);
	rdma_mr_deregister(&in_mr);
	rdma_device_close(&rdma);
	close(drm);
	if (!wrong && count_dmabufs() != before) {
		by = "the end";
		wrong = "a DMABUF is left";
	}
	fprintf(results, "%s %u rounds, %u transfers, %u reads of GEM objects; %s: %s\n",
		wrong || !moved || !read ? "FAIL" : "ok", rounds, moved, read, by,
		wrong ? wrong : "nothing after it");
	fclose(results);
	return wrong || !moved || !read;
}
