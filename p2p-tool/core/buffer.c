// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "buffer-vfio.h"
#include "clock.h"
#include "dmabuf.h"

static const struct buffer_ops *const ops_of[] = {
	[BUFFER_VFIO] = &buffer_vfio_ops,	[BUFFER_HOST] = &buffer_host_ops,
	[BUFFER_UDMABUF] = &buffer_udmabuf_ops, [BUFFER_HEAP] = &buffer_heap_ops,
	[BUFFER_DRM] = &buffer_drm_ops,
};

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes that can be allocated before the kernel starts to end processes; UINT64_MAX: unknown. */
static uint64_t available_memory(void)
{
	unsigned long long kib;
	uint64_t bytes = UINT64_MAX;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			bytes = kib * 1024;
	if (f)
		fclose(f);
	return bytes;
}

/* Lengths of memory that is allocated; those of a BAR are checked against the BAR. */
static int check_length(const struct bufspec *spec, struct error *err)
{
	char text[128];

	bufspec_format(spec, text, sizeof(text));
	if (spec->length == 0 || spec->length % page_size())
		return error_set(err, EXIT_USAGE, EINVAL, "give a multiple of the page size",
				 "%s: %llu bytes are not whole pages of %zu bytes", text,
				 (unsigned long long)spec->length, page_size());
	if (spec->length > PTRDIFF_MAX)
		return error_set(err, EXIT_USAGE, EOVERFLOW, "give a smaller length",
				 "%s: does not fit into the address space", text);
	if (spec->length > available_memory())
		return error_set(err, EXIT_SKIP, ENOMEM, "give a smaller length",
				 "%s: this machine has less memory available", text);
	return 0;
}

int buffer_check(const struct bufspec *spec, struct error *err)
{
	struct bufspec copy = *spec;

	return spec->kind == BUFFER_VFIO ? buffer_vfio_check(&copy, 0, "/", err)
					 : check_length(spec, err);
}

int buffer_open(const struct bufspec *spec, const struct access_params *access, struct buffer **out,
		struct error *err)
{
	struct buffer *b;
	int ret;

	if (spec->kind != BUFFER_VFIO) {
		ret = check_length(spec, err);
		if (ret)
			return ret;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "buffer: out of memory");
	b->spec = *spec;
	b->ops = ops_of[spec->kind];
	b->emulated = machine_is_emulated();
	b->rdonly = access->rdonly;
	b->ranges = access->ranges;
	b->dmabuf_fd = -1;
	ret = b->ops->open(b, access, err);
	if (ret) {
		free(b);
		return ret;
	}
	*out = b;
	return 0;
}

int buffer_close(struct buffer *b, struct error *err)
{
	int ret;

	if (!b)
		return 0;
	if (b->dmabuf_fd >= 0)
		close(b->dmabuf_fd);
	ret = b->ops->close(b, err);
	free(b);
	return ret;
}

size_t buffer_map_length(const struct buffer *b)
{
	size_t page = page_size();

	return (b->spec.length + page - 1) & ~(page - 1);
}

int buffer_map_source(struct buffer *b, enum map_via via, struct map_source *source)
{
	if (via == VIA_DMABUF) {
		*source = (struct map_source){ buffer_dmabuf(b, NULL), MAP_SHARED, 0 };
		return source->fd < 0 ? source->fd : 0;
	}
	if (!b->ops->source)
		return -EOPNOTSUPP;
	b->ops->source(b, source);
	return 0;
}

int buffer_map(struct buffer *b, enum map_via via, uint64_t offset, size_t length, int prot,
	       void **out)
{
	size_t whole = buffer_map_length(b);
	struct map_source source;
	void *p;
	int ret;

	if (!length || offset % page_size() || offset > whole || length > whole - offset)
		return -EINVAL;
	ret = buffer_map_source(b, via, &source);
	if (ret)
		return ret;
	p = mmap(NULL, length, prot, source.flags, source.fd, (off_t)(source.offset + offset));
	if (p == MAP_FAILED)
		return -errno;
	*out = p;
	return 0;
}

int buffer_export(struct buffer *b, struct error *err)
{
	char text[128];

	if (b->ops->export)
		return b->ops->export(b, err);
	bufspec_format(&b->spec, text, sizeof(text));
	return error_set(err, EXIT_SKIP, EOPNOTSUPP, "use udmabuf:LENGTH or heap:NAME:LENGTH",
			 "%s: this kind of memory has no DMABUF", text);
}

int buffer_dmabuf(struct buffer *b, struct error *err)
{
	int fd;

	if (b->dmabuf_fd < 0) {
		fd = buffer_export(b, err);
		if (fd < 0)
			return fd;
		b->dmabuf_fd = fd;
	}
	return b->dmabuf_fd;
}

int buffer_set_memattr(struct buffer *b, enum memattr attr, struct error *err)
{
	char text[128];
	int fd;

	if (!b->ops->set_memattr) {
		bufspec_format(&b->spec, text, sizeof(text));
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "use vfio:BDF/BAR",
				 "%s: this kind of memory has no choice of memory attributes",
				 text);
	}
	fd = buffer_dmabuf(b, err);
	return fd < 0 ? fd : b->ops->set_memattr(b, fd, attr, err);
}

int buffer_probe_mmap(struct buffer *b, enum map_via via, struct error *err)
{
	char text[128];
	int fd, ret;

	bufspec_format(&b->spec, text, sizeof(text));
	if (via == VIA_DEVICE) {
		if (b->ops->source)
			return 0;
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, "use --via dmabuf",
				 "%s: this kind of memory has only a DMABUF", text);
	}
	fd = buffer_dmabuf(b, err);
	if (fd < 0)
		return fd;
	ret = dmabuf_probe_mmap(fd, page_size(), PROT_READ);
	if (ret == -EINVAL && b->spec.kind == BUFFER_VFIO)
		error_set(err, EXIT_SKIP, EINVAL, "boot a kernel with series/vfio",
			  "%s: this kernel has no mmap() for VFIO DMABUFs", text);
	else if (ret == -EINVAL)
		error_set(err, EXIT_SKIP, EINVAL, "use --via device",
			  "%s: its exporter has no mmap() for DMABUFs", text);
	else if (ret)
		error_set(err, EXIT_FAILED, -ret, NULL, "%s: mmap() of the DMABUF: %s", text,
			  strerror(-ret));
	return ret;
}
