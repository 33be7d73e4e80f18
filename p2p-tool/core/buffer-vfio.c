// SPDX-License-Identifier: GPL-2.0-only
/* vfio:BDF/BAR[+OFFSET][:LENGTH] - a part of a PCI BAR. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bind.h"
#include "buffer-vfio.h"
#include "size.h"

struct vfio_buffer {
	struct sysfs sysfs;
	struct vfio_device device;
	struct vfio_region region; /* of the BAR */
	bool prefetchable;	   /* is the BAR */
	struct binding *binding;   /* NULL: not borrowed */
};

static int no_such_function(const struct bufspec *spec, struct error *err)
{
	char name[BDF_STRLEN];

	return error_set(err, EXIT_SKIP, ENODEV, "'p2p-tool list' shows the functions",
			 "%s: there is no such PCI function", bdf_format(&spec->bdf, name));
}

/* Does the machine have such a BAR at all? Known before the device is touched. */
static int check_bar(const struct pci_function *f, unsigned int bar, const char *name,
		     struct error *err)
{
	const struct pci_resource *r = &f->resource[bar];
	bool listed = pci_has_memory(f);

	if (pci_is_bridge(f))
		return error_set(err, EXIT_USAGE, EINVAL,
				 "choose a function that 'p2p-tool list' shows without --all",
				 "%s: is a bridge, which vfio-pci does not take", name);
	if (!r->size)
		return error_set(
			err, EXIT_USAGE, ENOENT,
			listed ? "'p2p-tool list' shows the BARs"
			       : "'p2p-tool list --all' shows the BARs",
			"%s: there is no BAR %u%s", name, bar,
			bar && f->resource[bar - 1].wide ? ", the one before takes its place" : "");
	if (!r->memory)
		return error_set(err, EXIT_USAGE, EINVAL, "choose a memory BAR",
				 "%s: BAR %u has I/O ports, not memory", name, bar);
	if (!r->assigned)
		return error_set(err, EXIT_SKIP, ENXIO,
				 "the firmware or the kernel found no room for it: pci=realloc",
				 "%s: BAR %u has no address", name, bar);
	return 0;
}

/* Fill in the length that was left out, and hold the range against the BAR's bytes. */
static int check_range(struct bufspec *spec, uint64_t bytes, const char *name, struct error *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char size[32];

	size_format(bytes, size, sizeof(size));
	if (spec->offset >= bytes)
		return error_set(err, EXIT_USAGE, EINVAL, "give a smaller offset",
				 "%s: offset 0x%" PRIx64 " is beyond BAR %u, which has %s", name,
				 spec->offset, spec->bar, size);
	if (!spec->length)
		spec->length = bytes - spec->offset;
	if (spec->length > bytes - spec->offset)
		return error_set(err, EXIT_USAGE, EINVAL, "give a smaller length",
				 "%s: offset 0x%" PRIx64 " + length 0x%" PRIx64
				 " is beyond BAR %u, which has %s",
				 name, spec->offset, spec->length, spec->bar, size);
	/* The end of a BAR that is smaller than a page is as good as a page's. */
	if (spec->offset % page || (spec->length % page && spec->length + spec->offset != bytes))
		return error_set(err, EXIT_USAGE, EINVAL, "give multiples of the page size",
				 "%s: offset 0x%" PRIx64 ", length 0x%" PRIx64
				 " are not whole pages of %" PRIu64 " bytes",
				 name, spec->offset, spec->length, page);
	if (spec->length > PTRDIFF_MAX)
		return error_set(err, EXIT_USAGE, EOVERFLOW, "give a smaller length",
				 "%s: BAR %u does not fit into the address space", name, spec->bar);
	return 0;
}

/* VFIO may keep part of a BAR to itself. */
static int check_mappable(const struct bufspec *spec, const struct vfio_region *region,
			  const char *name, struct error *err)
{
	if (vfio_region_covers(region, spec->offset, spec->length))
		return 0;
	return error_set(err, EXIT_SKIP, EINVAL,
			 region->nareas
				 ? "choose a range outside of what the driver keeps for itself"
				 : "choose a BAR of at least a page",
			 "%s: VFIO does not map this range of BAR %u", name, spec->bar);
}

/* Can the slice be made of so many equal parts? */
static int check_ranges(const struct buffer *b, const char *name, struct error *err)
{
	uint64_t pages = b->spec.length / (uint64_t)sysconf(_SC_PAGESIZE);

	if (b->ranges < 2 || (b->ranges <= pages && pages % b->ranges == 0))
		return 0;
	return error_set(err, EXIT_USAGE, EINVAL, "give a number that divides its pages",
			 "%s: %" PRIu64 " pages cannot be made of %u equal ranges", name, pages,
			 b->ranges);
}

/* Everything that needs what sysfs knows of the function. */
static int open_function(struct buffer *b, struct pci_function *f,
			 const struct access_params *access, const struct vfio_sys *sys,
			 struct error *err)
{
	struct vfio_buffer *v = b->priv;
	char name[BDF_STRLEN];
	int ret;

	bdf_format(&f->bdf, name);
	ret = check_bar(f, b->spec.bar, name, err);
	if (!ret)
		ret = check_range(&b->spec, f->resource[b->spec.bar].size, name, err);
	if (ret)
		return ret;
	ret = pci_read_details(&v->sysfs, f);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, NULL, "%s: out of memory", name);
	if (access->bind) {
		ret = binding_borrow(sys, &v->sysfs, f, &v->binding, err);
		if (ret)
			return ret;
		ret = pci_read_details(&v->sysfs, f);
		if (ret)
			return error_set(err, EXIT_FAILED, -ret, NULL, "%s: out of memory", name);
	}
	ret = vfio_open(&v->device, sys, &v->sysfs, f, access->path, err);
	if (ret)
		return ret;
	ret = vfio_region_read(&v->device, b->spec.bar, &v->region, err);
	if (ret)
		return ret;
	ret = check_mappable(&b->spec, &v->region, name, err);
	if (!ret)
		ret = check_ranges(b, name, err);
	if (ret)
		return ret;
	v->prefetchable = f->resource[b->spec.bar].prefetchable;
	b->phys_congruence = f->resource[b->spec.bar].start + b->spec.offset;
	b->emulated = b->emulated || pci_is_virtual(f);
	return vfio_enable_memory(&v->device, err);
}

static int vfio_buffer_close(struct buffer *b, struct error *err)
{
	struct vfio_buffer *v = b->priv;
	int ret;

	vfio_close(&v->device);
	vfio_region_free(&v->region);
	ret = binding_restore(v->binding, err);
	sysfs_close(&v->sysfs);
	free(v);
	return ret;
}

int buffer_vfio_open(struct buffer *b, const struct access_params *access,
		     const struct vfio_sys *sys, struct error *err)
{
	struct vfio_buffer *v = calloc(1, sizeof(*v));
	struct pci_function *f;
	struct pci_list list;
	int ret;

	if (!v)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "vfio: out of memory");
	v->device.fd = v->device.iommu_fd = v->device.group_fd = -1;
	ret = sysfs_open(&v->sysfs, sys->root, err);
	if (ret) {
		free(v);
		return ret;
	}
	b->priv = v;
	ret = pci_list_read(&v->sysfs, &list, err);
	if (ret)
		goto out;
	f = pci_list_find(&list, &b->spec.bdf);
	if (f)
		ret = open_function(b, f, access, sys, err);
	else
		ret = no_such_function(&b->spec, err);
	pci_list_free(&list);
out:
	if (ret)
		vfio_buffer_close(b, err);
	return ret;
}

int buffer_vfio_check(struct bufspec *spec, uint64_t at_most, const char *root, struct error *err)
{
	struct pci_list list = { 0 };
	const struct pci_function *f;
	char name[BDF_STRLEN];
	struct sysfs sysfs;
	uint64_t size;
	int ret;

	ret = sysfs_open(&sysfs, root, err);
	if (ret)
		return ret;
	ret = pci_list_read(&sysfs, &list, err);
	if (ret)
		goto out;
	f = pci_list_find(&list, &spec->bdf);
	if (!f) {
		ret = no_such_function(spec, err);
		goto out;
	}
	bdf_format(&f->bdf, name);
	ret = check_bar(f, spec->bar, name, err);
	if (ret)
		goto out;
	size = f->resource[spec->bar].size;
	if (!spec->length && at_most && spec->offset < size && size - spec->offset > at_most)
		spec->length = at_most;
	ret = check_range(spec, size, name, err);
out:
	pci_list_free(&list);
	sysfs_close(&sysfs);
	return ret;
}

static int vfio_buffer_open(struct buffer *b, const struct access_params *access, struct error *err)
{
	return buffer_vfio_open(b, access, &vfio_sys_real, err);
}

struct vfio_device *buffer_vfio_device(struct buffer *b)
{
	return &((struct vfio_buffer *)b->priv)->device;
}

static void vfio_buffer_source(const struct buffer *b, struct map_source *source)
{
	const struct vfio_buffer *v = b->priv;

	*source =
		(struct map_source){ v->device.fd, MAP_SHARED, v->region.offset + b->spec.offset };
}

static int vfio_buffer_export(struct buffer *b, struct error *err)
{
	struct vfio_buffer *v = b->priv;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	if (b->spec.length % page)
		return error_set(err, EXIT_SKIP, EINVAL, "choose a BAR of at least a page",
				 "%s: BAR %u is smaller than a page and cannot become a DMABUF",
				 v->device.name, b->spec.bar);
	return vfio_export_parts(&v->device, b->spec.bar, b->spec.offset, b->spec.length,
				 b->ranges ? b->ranges : 1,
				 (b->rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC, err);
}

static int vfio_buffer_set_memattr(struct buffer *b, int dmabuf_fd, enum memattr attr,
				   struct error *err)
{
	const struct vfio_buffer *v = b->priv;
	struct error why = { 0 };
	int ret = vfio_set_memattr(&v->device, dmabuf_fd, attr, &why);

	if (ret == -EOPNOTSUPP && !v->prefetchable)
		return error_set(err, EXIT_SKIP, EOPNOTSUPP,
				 "choose a prefetchable BAR: 'p2p-tool list BDF' shows which are",
				 "%s: BAR %u is not prefetchable: no write-combining mappings",
				 v->device.name, b->spec.bar);
	if (ret == -EOPNOTSUPP)
		return error_set(err, EXIT_SKIP, EOPNOTSUPP,
				 "on x86 boot without nopat; let vfio-pci drive it, no variant",
				 "%s: BAR %u is prefetchable, but has no write-combining mappings",
				 v->device.name, b->spec.bar);
	return ret ? error_set(err, why.status, -ret, why.remedy, "%s", why.what) : 0;
}

const struct buffer_ops buffer_vfio_ops = {
	.open = vfio_buffer_open,
	.source = vfio_buffer_source,
	.export = vfio_buffer_export,
	.set_memattr = vfio_buffer_set_memattr,
	.close = vfio_buffer_close,
};
