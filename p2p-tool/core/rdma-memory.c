// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "copy-routines.h"
#include "dmabuf.h"
#include "measure-private.h"
#include "pattern.h"
#include "rdma-memory.h"
#include "sigbus.h"

bool rdma_memory_is_own(const struct rdma_memory *m)
{
	return !m->b || m->b->spec.kind == BUFFER_HOST;
}

static int map_buffer(struct rdma_memory *m, struct error *err)
{
	enum map_via via = m->b->ops->source ? VIA_DEVICE : VIA_DMABUF;
	char text[128];
	int ret = buffer_probe_mmap(m->b, via, err);

	if (ret)
		return ret;
	ret = buffer_map(m->b, via, 0, m->length, PROT_READ | PROT_WRITE, (void **)&m->map);
	if (!ret)
		return 0;
	bufspec_format(&m->b->spec, text, sizeof(text));
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: mmap(): %s", text, strerror(-ret));
}

static int map_anonymous(size_t length, char **out, struct error *err)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return error_set(err, EXIT_FAILED, ENOMEM, "give smaller --sizes",
				 "rdma: out of memory");
	*out = p;
	return 0;
}

int rdma_memory_open(const struct rdma_device *d, struct buffer *b, size_t length,
		     struct rdma_memory *m, struct error *err)
{
	int ret;

	*m = (struct rdma_memory){ .b = b, .length = length };
	ret = map_anonymous(length, &m->work, err);
	if (!ret)
		ret = b ? map_buffer(m, err) : map_anonymous(length, &m->map, err);
	if (!ret)
		ret = rdma_memory_register(d, m, &m->mr, err);
	if (ret)
		rdma_memory_close(m);
	return ret;
}

void rdma_memory_close(struct rdma_memory *m)
{
	rdma_mr_deregister(&m->mr);
	if (m->map)
		munmap(m->map, m->length);
	if (m->work)
		munmap(m->work, m->length);
	*m = (struct rdma_memory){ 0 };
}

int rdma_memory_register(const struct rdma_device *d, const struct rdma_memory *m,
			 struct rdma_mr *mr, struct error *err)
{
	int fd;

	if (rdma_memory_is_own(m))
		return rdma_mr_register_host(d, m->map, m->length, mr, err);
	fd = buffer_dmabuf(m->b, err);
	return fd < 0 ? fd : rdma_mr_register_dmabuf(d, &m->b->spec, fd, m->length, mr, err);
}

struct access {
	char *to;
	const char *from;
	size_t size;
	bool write;
};

static void access_memory(void *arg)
{
	const struct copy_routine *plain = copy_routine_find("plain");
	struct access *a = arg;

	if (a->write) {
		plain->write(a->to, a->from, a->size);
		copy_drain();
	} else {
		plain->read(a->to, a->from, a->size);
	}
}

/* The memory may go away. */
static int guarded(struct rdma_memory *m, struct access *a, struct error *err)
{
	int fd = rdma_memory_is_own(m) ? -1 : m->b->dmabuf_fd, ret = 0;
	uintptr_t fault;

	if (fd >= 0)
		ret = dmabuf_begin_access(fd, a->write);
	if (!ret && sigbus_guard(access_memory, a, &fault))
		return m->b ? explain_sigbus(m->b, VIA_DEVICE, fault - (uintptr_t)m->map, err)
			    : error_set(err, EXIT_FAILED, EFAULT, NULL, "rdma: lost memory");
	if (fd >= 0 && !ret)
		ret = dmabuf_end_access(fd, a->write);
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "DMA_BUF_IOCTL_SYNC: %s",
			       strerror(-ret))
		   : 0;
}

int rdma_memory_write(struct rdma_memory *m, uint64_t at, const void *data, size_t size,
		      struct error *err)
{
	struct access a = { .to = m->map + at, .from = data, .size = size, .write = true };

	return guarded(m, &a, err);
}

int rdma_memory_read(struct rdma_memory *m, uint64_t at, void *data, size_t size, struct error *err)
{
	struct access a = { .to = data, .from = m->map + at, .size = size };

	return guarded(m, &a, err);
}

int rdma_memory_fill(struct rdma_memory *m, uint64_t at, size_t size, uint64_t seed,
		     struct error *err)
{
	pattern_fill(m->work + at, size, seed);
	return rdma_memory_write(m, at, m->work + at, size, err);
}

int rdma_memory_spoil(struct rdma_memory *m, uint64_t at, size_t size, uint64_t seed,
		      struct error *err)
{
	size_t i;

	pattern_fill(m->work + at, size, seed);
	for (i = 0; i < size; i++)
		m->work[at + i] = (char)~m->work[at + i];
	return rdma_memory_write(m, at, m->work + at, size, err);
}

int rdma_memory_compare(struct rdma_memory *m, uint64_t at, size_t size, uint64_t seed,
			const char *where, char *text, size_t text_size, struct error *err)
{
	char *expected = malloc(size);
	int ret;

	if (!expected)
		return error_set(err, EXIT_FAILED, ENOMEM, "give smaller --sizes",
				 "rdma: out of memory");
	pattern_fill(expected, size, seed);
	ret = rdma_memory_read(m, at, m->work + at, size, err);
	if (!ret)
		pattern_compare(expected, m->work + at, size, where, text, text_size);
	free(expected);
	return ret;
}
