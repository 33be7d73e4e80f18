// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ioas.h"

/* Where a large mapping may use large pages of the IOMMU. */
#define LARGE_PAGE (2ULL << 20)

static int do_ioctl(const struct ioas *ioas, unsigned long request, void *arg)
{
	return ioas->sys->ioctl(ioas->sys->ctx, ioas->fd, request, arg);
}

/* The ranges that the kernel allows, to be freed. 0 or -errno. */
static int read_ranges(const struct ioas *ioas, struct iova_range **out, size_t *count,
		       uint64_t *align)
{
	struct iommu_ioas_iova_ranges get = { .size = sizeof(get), .ioas_id = ioas->id };
	struct iommu_iova_range *allowed = NULL;
	struct iova_range *ranges;
	uint32_t i;
	int ret = do_ioctl(ioas, IOMMU_IOAS_IOVA_RANGES, &get);

	if (ret == -EMSGSIZE) {
		allowed = calloc(get.num_iovas, sizeof(*allowed));
		if (!allowed)
			return -ENOMEM;
		get.allowed_iovas = (uintptr_t)allowed;
		ret = do_ioctl(ioas, IOMMU_IOAS_IOVA_RANGES, &get);
	}
	ranges = ret ? NULL : calloc(get.num_iovas + 1, sizeof(*ranges));
	if (!ranges) {
		free(allowed);
		return ret ? ret : -ENOMEM;
	}
	for (i = 0; allowed && i < get.num_iovas; i++)
		ranges[i] = (struct iova_range){ allowed[i].start, allowed[i].last };
	*count = allowed ? get.num_iovas : 0;
	*align = get.out_iova_alignment;
	*out = ranges;
	free(allowed);
	return 0;
}

static int explain_ranges(const struct vfio_device *dev, int ret, struct error *err)
{
	return error_set(err, EXIT_FAILED, -ret, NULL, "%s: the IOVAs it can use: %s", dev->name,
			 strerror(-ret));
}

int ioas_open(struct ioas *ioas, const struct vfio_device *dev, struct error *err)
{
	struct iova_range *ranges = NULL;
	uint64_t align = 0;
	size_t count = 0;
	int ret;

	*ioas = (struct ioas){ .sys = dev->sys, .id = dev->ioas_id, .last = UINT64_MAX };
	ioas->page = (uint64_t)sysconf(_SC_PAGESIZE);
	ioas->fd = fcntl(dev->iommu_fd, F_DUPFD_CLOEXEC, 0);
	ret = ioas->fd < 0 ? -errno : read_ranges(ioas, &ranges, &count, &align);
	if (!ret && align > ioas->page)
		ret = -EPROTO; /* linux/iommufd.h: never above the page size */
	if (!ret)
		ret = iova_space_init(&ioas->space, ranges, count);
	free(ranges);
	if (!ret)
		return 0;
	ioas_close(ioas);
	return explain_ranges(dev, ret, err);
}

int ioas_joined(struct ioas *ioas, const struct vfio_device *dev, struct error *err)
{
	struct iova_range *ranges = NULL;
	uint64_t align;
	size_t count;
	int ret = read_ranges(ioas, &ranges, &count, &align);

	if (!ret)
		ret = iova_space_restrict(&ioas->space, ranges, count);
	free(ranges);
	return ret ? explain_ranges(dev, ret, err) : 0;
}

void ioas_close(struct ioas *ioas)
{
	if (ioas->fd >= 0)
		close(ioas->fd);
	ioas->fd = -1;
	iova_space_free(&ioas->space);
}

static int choose(struct ioas *ioas, uint64_t length, struct ioas_mapping *m, struct error *err)
{
	uint64_t align = length >= LARGE_PAGE ? LARGE_PAGE : ioas->page;
	int ret = iova_space_take(&ioas->space, length, align, ioas->last, &m->iova);

	if (ret == -ENOSPC)
		return error_set(err, EXIT_SKIP, ENOSPC, "use less of the buffer",
				 "no IOVAs for %llu bytes up to 0x%llx, where the engine's end",
				 (unsigned long long)length, (unsigned long long)ioas->last);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "IOVAs for %llu bytes: %s",
				 (unsigned long long)length, strerror(-ret));
	m->length = length;
	return 0;
}

static void forget(struct ioas *ioas, struct ioas_mapping *m)
{
	if (m->length)
		iova_space_give(&ioas->space, m->iova, m->length);
	*m = (struct ioas_mapping){ 0 };
}

int ioas_map_memory(struct ioas *ioas, void *address, uint64_t length, struct ioas_mapping *m,
		    struct error *err)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas->id,
		.user_va = (uintptr_t)address,
		.length = length,
	};
	int ret = choose(ioas, length, m, err);

	if (ret)
		return ret;
	map.iova = m->iova;
	ret = do_ioctl(ioas, IOMMU_IOAS_MAP, &map);
	if (!ret)
		return 0;
	forget(ioas, m);
	if (ret == -ENOMEM)
		return error_set(err, EXIT_SKIP, ENOMEM,
				 "raise the limit of locked memory (ulimit -l)",
				 "%llu bytes of memory cannot be pinned for DMA",
				 (unsigned long long)length);
	return error_set(err, EXIT_FAILED, -ret, NULL, "mapping %llu bytes of memory for DMA: %s",
			 (unsigned long long)length, strerror(-ret));
}

static int explain_dmabuf(const struct bufspec *b, int ret, struct error *err)
{
	char text[128];

	bufspec_format(b, text, sizeof(text));
	switch (ret) {
	case -EOPNOTSUPP:
		if (b->kind != BUFFER_VFIO)
			return error_set(err, EXIT_SKIP, EOPNOTSUPP, "use host:LENGTH",
					 "%s: iommufd maps no DMABUFs but those of VFIO", text);
		return error_set(err, EXIT_SKIP, EOPNOTSUPP,
				 "needs a kernel with CONFIG_VFIO_PCI_DMABUF",
				 "%s: iommufd cannot map this DMABUF", text);
	case -EINVAL:
	case -ENOTTY:
		return error_set(err, EXIT_SKIP, -ret, "needs a newer kernel: Linux 7.3 can",
				 "%s: this kernel's iommufd cannot map DMABUFs", text);
	case -ENODEV:
		return error_set(err, EXIT_FAILED, ENODEV,
				 "its memory is disabled or asleep, or it was revoked",
				 "%s: its exporter does not let it be mapped for DMA now", text);
	default:
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: mapping it for DMA: %s", text,
				 strerror(-ret));
	}
}

int ioas_map_dmabuf(struct ioas *ioas, const struct bufspec *b, int fd, uint64_t start,
		    uint64_t length, struct ioas_mapping *m, struct error *err)
{
	struct iommu_ioas_map_file map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas->id,
		.fd = fd,
		.start = start,
		.length = length,
	};
	int ret = choose(ioas, length, m, err);

	if (ret)
		return ret;
	map.iova = m->iova;
	ret = do_ioctl(ioas, IOMMU_IOAS_MAP_FILE, &map);
	if (!ret)
		return 0;
	forget(ioas, m);
	return explain_dmabuf(b, ret, err);
}

int ioas_unmap(struct ioas *ioas, struct ioas_mapping *m)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas->id,
		.iova = m->iova,
		.length = m->length,
	};
	int ret = m->length ? do_ioctl(ioas, IOMMU_IOAS_UNMAP, &unmap) : 0;

	/* What could not be unmapped must not be given to anybody else. */
	if (!ret)
		forget(ioas, m);
	return ret;
}

int ioas_memory_new(struct ioas *ioas, size_t length, struct ioas_memory *m, struct error *err)
{
	int ret;

	*m = (struct ioas_memory){ 0 };
	length = (length + ioas->page - 1) & -ioas->page;
	m->address = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (m->address == MAP_FAILED) {
		m->address = NULL;
		return error_set(err, EXIT_FAILED, ENOMEM,
				 "give smaller --sizes or a smaller --depth",
				 "%zu bytes of memory for DMA: out of memory", length);
	}
	ret = ioas_map_memory(ioas, m->address, length, &m->map, err);
	if (!ret)
		return 0;
	munmap(m->address, length);
	m->address = NULL;
	return ret;
}

void ioas_memory_free(struct ioas *ioas, struct ioas_memory *m)
{
	uint64_t length = m->map.length;

	if (!m->address)
		return;
	/* A device that could still reach it keeps its pages: they are pinned. */
	ioas_unmap(ioas, &m->map);
	munmap(m->address, length);
	*m = (struct ioas_memory){ 0 };
}
