// SPDX-License-Identifier: GPL-2.0-only
/* Facts 22 to 28: memory disabled, power states, resets. BAR 2, offset above 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "slices.h"

struct maps {
	char *bar, *slice, *dead;
	int fd, dead_fd;
};

static void make_maps(const struct vfio_device *dev, struct maps *m)
{
	m->fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	m->dead_fd = export_slice(dev, SLICE_OFFSET, SLICE_SIZE);
	m->bar = map_bar(dev, SLICE_OFFSET, SLICE_SIZE);
	m->slice = map_fd(m->fd, 0, SLICE_SIZE, PROT_READ);
	m->dead = map_fd(m->dead_fd, 0, SLICE_SIZE, PROT_READ);
	fact(m->bar && m->slice && m->dead && none_fault(m->dead, SLICE_SIZE) &&
		     !revoke_slice(dev, m->dead_fd),
	     "mappings of the BAR, of a DMABUF, of a dead DMABUF");
	fact(none_fault(m->bar, SLICE_SIZE) && none_fault(m->slice, SLICE_SIZE), "are touched");
}

static void drop_maps(struct maps *m)
{
	munmap(m->bar, SLICE_SIZE);
	munmap(m->slice, SLICE_SIZE);
	munmap(m->dead, SLICE_SIZE);
	close(m->fd);
	close(m->dead_fd);
}

static void expect_gone(const struct maps *m, const char *what)
{
	fact(all_fault(m->bar, SLICE_SIZE) && all_fault(m->slice, SLICE_SIZE),
	     "%s: both mappings raise SIGBUS", what);
}

static void expect_back(const struct vfio_device *dev, const struct maps *m, const char *what)
{
	fact(none_fault(m->bar, SLICE_SIZE) && none_fault(m->slice, SLICE_SIZE),
	     "%s: both fault in again", what);
	fact(all_fault(m->dead, SLICE_SIZE) && revoke_slice(dev, m->dead_fd) == -EBADFD,
	     "fact 27: %s: the dead one stays dead", what);
}

/* Page faults that reading the first and the last byte takes: none where both
 * are mapped. */
static unsigned int fault_count(const char *map)
{
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	none_fault(map, SLICE_SIZE);
	getrusage(RUSAGE_SELF, &after);
	return (unsigned int)(after.ru_minflt - before.ru_minflt);
}

static void test_command(const struct vfio_device *dev)
{
	struct maps m;
	char *late;

	make_maps(dev, &m);
	fact(!set_memory(dev, false), "fact 22: memory off");
	expect_gone(&m, "fact 22: memory off");
	late = map_bar(dev, SLICE_OFFSET, PAGE);
	fact(late && faults(late), "fact 26: memory off: mmap() of the BAR succeeds and faults");
	fact(!map_fd(m.fd, 0, PAGE, PROT_READ) && errno == ENODEV,
	     "fact 26: memory off: mmap() of a DMABUF is ENODEV");
	fact(!set_memory(dev, true), "fact 22: memory on");
	expect_back(dev, &m, "fact 22: memory on");
	fact(!faults(late), "fact 26: memory on: the late mapping works");
	munmap(late, PAGE);
	drop_maps(&m);
}

static void test_reset(const struct vfio_device *dev)
{
	struct maps m;

	make_maps(dev, &m);
	fact(!fault_count(m.bar) && !fault_count(m.slice), "pages are mapped before the reset");
	fact(!vfio_reset(dev, NULL), "fact 24: VFIO_DEVICE_RESET");
	fact(fault_count(m.bar) == 2 && fault_count(m.slice) == 2,
	     "fact 24: reset: both mappings are zapped and fault in again");
	expect_back(dev, &m, "fact 24: reset");
	drop_maps(&m);
}

int main(void)
{
	struct vfio_device dev;

	guest_open(&dev, ACCEL);
	mark_slice(&dev);
	test_command(&dev);
	test_reset(&dev);
	vfio_close(&dev);
	return 0;
}
