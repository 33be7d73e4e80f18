// SPDX-License-Identifier: GPL-2.0-only
/* Finding, opening and closing engines, and their registers. */
#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "clock.h"
#include "engine.h"

static const struct engine_ops *const kinds[] = { &engine_nvme_ops, &engine_igb_ops,
						  &engine_edu_ops };
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct engine_ops *kind_of_name(const char *name)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

static const struct engine_ops *kind_of_function(const struct pci_function *f)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (kinds[i]->matches(f))
			return kinds[i];
	return NULL;
}

int engine_check_name(const char *name, struct error *err)
{
	struct bdf bdf;

	if (kind_of_name(name) || !bdf_parse(name, &bdf, NULL))
		return 0;
	return error_set(err, EXIT_USAGE, EINVAL,
			 "give the address of a PCI function, or nvme, igb or edu",
			 "option --engine '%s': not an engine", name);
}

/* The first function of a kind that VFIO has already: nothing is borrowed by its kind. */
static int find_by_kind(const struct sysfs *sysfs, const struct pci_list *list,
			const struct engine_ops *ops, struct pci_function **out, struct error *err)
{
	char name[BDF_STRLEN], **names;
	size_t i;
	int ret;

	for (i = 0; i < list->count; i++) {
		struct pci_function *f = &list->function[i];

		ret = pci_read_details(sysfs, f);
		if (ret)
			return error_set(err, EXIT_FAILED, -ret, NULL, "engines: out of memory");
		if (!ops->matches(f))
			continue;
		ret = sysfs_list(sysfs, &names, "bus/pci/devices/%s/vfio-dev",
				 bdf_format(&f->bdf, name));
		if (ret <= 0)
			continue;
		sysfs_list_free(names, ret);
		*out = f;
		return 0;
	}
	return error_set(err, EXIT_SKIP, ENODEV,
			 "bind one to vfio-pci, or give its address and --bind",
			 "%s: vfio-pci has no such engine", ops->name);
}

static int find(const struct sysfs *sysfs, const struct pci_list *list, const char *name,
		struct pci_function **out, struct error *err)
{
	const struct engine_ops *ops = kind_of_name(name);
	struct bdf bdf;
	int ret;

	if (ops)
		return find_by_kind(sysfs, list, ops, out, err);
	ret = engine_check_name(name, err);
	if (ret)
		return ret;
	bdf_parse(name, &bdf, NULL);
	*out = pci_list_find(list, &bdf);
	if (!*out)
		return error_set(err, EXIT_SKIP, ENODEV, "'p2p-tool list' shows the functions",
				 "%s: there is no such PCI function", name);
	ret = pci_read_details(sysfs, *out);
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "%s: out of memory", name) : 0;
}

static int map_registers(struct engine *e, struct error *err)
{
	struct vfio_region region;
	int ret = vfio_region_read(&e->dev, 0, &region, err);
	void *p;

	if (ret)
		return ret;
	if (!vfio_region_covers(&region, 0, region.size)) {
		vfio_region_free(&region);
		return error_set(err, EXIT_SKIP, ENXIO, "use another engine",
				 "%s: VFIO does not map its registers", e->dev.name);
	}
	p = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, e->dev.fd,
		 (off_t)region.offset);
	e->regs_size = region.size;
	vfio_region_free(&region);
	if (p == MAP_FAILED)
		return error_set(err, EXIT_FAILED, errno, NULL, "%s: mapping its registers: %s",
				 e->dev.name, strerror(errno));
	e->regs = p;
	return 0;
}

static int explain_command(const struct engine *e, int ret, struct error *err)
{
	return ret ? error_set(err, EXIT_FAILED, -ret, NULL, "%s: configuration space: %s",
			       e->dev.name, strerror(-ret))
		   : 0;
}

/* Into an IOAS: that of first, or a new one. */
static int join(struct engine *e, const struct pci_function *f, struct ioas *ioas,
		struct engine *first, struct error *err)
{
	int ret;

	if (first)
		ret = vfio_open_beside(&e->dev, &first->dev, &e->sysfs, f, err);
	else
		ret = vfio_open(&e->dev, &vfio_sys_real, &e->sysfs, f, VFIO_PATH_CDEV, err);
	if (!ret)
		ret = first ? ioas_joined(ioas, &e->dev, err) : ioas_open(ioas, &e->dev, err);
	if (ret)
		return ret;
	e->ioas = ioas;
	if (ioas->last > e->ops->last)
		ioas->last = e->ops->last;
	return 0;
}

static int open_function(struct engine *e, struct pci_function *f, const struct engine_params *p,
			 struct ioas *ioas, struct engine *first, struct error *err)
{
	char name[BDF_STRLEN];
	int ret = 0;

	e->bdf = f->bdf;
	bdf_format(&f->bdf, name);
	e->ops = kind_of_function(f);
	if (p->not &&!bdf_compare(p->not, &f->bdf))
		return error_set(err, EXIT_USAGE, EBUSY, "give another engine, or another buffer",
				 "%s: is the buffer's own device", name);
	if (!e->ops)
		return error_set(err, EXIT_SKIP, ENODEV,
				 "engines are NVMe controllers, the 82576 (igb) and QEMU's edu",
				 "%s: %04x:%04x is no engine that this tool can drive", name,
				 f->vendor, f->device);
	e->emulated = machine_is_emulated() || pci_is_virtual(f);
	if (p->bind && e->ops->check)
		ret = e->ops->check(&e->sysfs, f, err);
	if (!ret && p->bind)
		ret = binding_borrow(&vfio_sys_real, &e->sysfs, f, &e->binding, err);
	if (!ret && p->bind)
		ret = pci_read_details(&e->sysfs, f);
	if (!ret)
		ret = join(e, f, ioas, first, err);
	if (!ret)
		ret = vfio_enable_memory(&e->dev, err);
	if (!ret)
		ret = map_registers(e, err);
	if (!ret)
		ret = e->ops->open(e, p, err);
	if (!ret)
		ret = explain_command(e, vfio_set_command(&e->dev, PCI_COMMAND_MASTER, true), err);
	if (ret)
		return ret;
	e->running = true;
	return e->ops->start(e, err);
}

int engine_open(const struct engine_params *p, struct ioas *ioas, struct engine *first,
		struct engine **out, struct error *err)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct pci_list list = { 0 };
	struct pci_function *f = NULL;
	int ret;

	if (!e)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "engine: out of memory");
	e->dev.fd = e->dev.iommu_fd = e->dev.group_fd = -1;
	ret = sysfs_open(&e->sysfs, "/", err);
	if (ret) {
		free(e);
		return ret;
	}
	ret = pci_list_read(&e->sysfs, &list, err);
	if (!ret)
		ret = find(&e->sysfs, &list, p->name, &f, err);
	if (!ret)
		ret = open_function(e, f, p, ioas, first, err);
	pci_list_free(&list);
	if (!ret) {
		*out = e;
		return 0;
	}
	engine_close(e, err);
	if (!first)
		ioas_close(ioas);
	return ret;
}

int engine_close(struct engine *e, struct error *err)
{
	struct error reset_err = { 0 };
	int ret = 0, back;

	if (!e)
		return 0;
	if (e->running)
		ret = e->ops->stop(e);
	/* Whatever the engine thinks of it, no DMA passes the bus or outlives a reset. */
	if (e->dev.fd >= 0) {
		vfio_set_command(&e->dev, PCI_COMMAND_MASTER, false);
		if (vfio_reset(&e->dev, &reset_err) && reset_err.status != EXIT_SKIP && !ret)
			ret = -EIO;
	}
	if (ret)
		error_set(err, EXIT_FAILED, -ret,
			  "see the kernel log; reset the device or the machine",
			  "%s: the engine could not be stopped: %s", e->dev.name, strerror(-ret));
	if (e->priv)
		e->ops->free(e);
	if (e->regs)
		munmap((void *)e->regs, e->regs_size);
	vfio_close(&e->dev);
	back = binding_restore(e->binding, err);
	sysfs_close(&e->sysfs);
	free(e);
	return back ? back : ret;
}

uint32_t engine_read32(const struct engine *e, uint32_t offset)
{
	return le32toh(*(const volatile uint32_t *)((const volatile char *)e->regs + offset));
}

void engine_write32(const struct engine *e, uint32_t offset, uint32_t value)
{
	/* What the device is told of must be in memory before. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*(volatile uint32_t *)((volatile char *)e->regs + offset) = htole32(value);
}

void engine_write64(const struct engine *e, uint32_t offset, uint64_t value)
{
	engine_write32(e, offset, (uint32_t)value);
	engine_write32(e, offset + 4, (uint32_t)(value >> 32));
}

int engine_wait32(const struct engine *e, uint32_t offset, uint32_t mask, uint32_t value,
		  unsigned int ms)
{
	const struct timespec nap = { 0, 1000000 };
	unsigned int i;

	for (i = 0; (engine_read32(e, offset) & mask) != value; i++) {
		if (i == ms)
			return -ETIMEDOUT;
		nanosleep(&nap, NULL);
	}
	return 0;
}
