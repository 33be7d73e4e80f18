// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts 22 to 28: memory disabled, power states, resets. All of them with BARs
 * other than 0 and offsets above 0 (fact 25), on a device whose function is reset
 * through its port and on one that has FLR and power management.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sysfs.h"
#include "slices.h"

struct target {
	const char *bdf;
	unsigned int bar;
	uint64_t offset, size;
};

static const struct target accel = { ACCEL, ACCEL_BAR, SLICE_OFFSET, SLICE_SIZE };
static const struct target igb = { "0000:04:00.0", 1, 3 * PAGE, 8 * PAGE };
static const struct target pair[] = {
	{ "0000:08:00.0", 2, 5 * PAGE, SLICE_SIZE },
	{ "0000:08:00.1", 2, 7 * PAGE, SLICE_SIZE },
};

struct maps {
	const struct target *target;
	struct vfio_device *dev;
	char *bar, *slice, *dead;
	int fd, dead_fd;
};

static int export(const struct maps *m)
{
	struct vfio_region_dma_range range = { m->target->offset, m->target->size };

	return export_ranges(m->dev, m->target->bar, &range, 1, O_RDWR | O_CLOEXEC);
}

static void make_maps(struct maps *m, const struct target *target, struct vfio_device *dev)
{
	*m = (struct maps){ .target = target, .dev = dev };
	m->fd = export(m);
	m->dead_fd = export(m);
	m->bar = map_bar(dev, target->bar, target->offset, target->size);
	m->slice = map_fd(m->fd, 0, target->size, PROT_READ);
	m->dead = map_fd(m->dead_fd, 0, target->size, PROT_READ);
	fact(m->bar && m->slice && m->dead && none_fault(m->dead, target->size) &&
		     !revoke_slice(dev, m->dead_fd),
	     "%s: mappings of the BAR, of a DMABUF, of a dead DMABUF", target->bdf);
	fact(none_fault(m->bar, target->size) && none_fault(m->slice, target->size), "are touched");
}

static void drop_maps(struct maps *m)
{
	munmap(m->bar, m->target->size);
	munmap(m->slice, m->target->size);
	munmap(m->dead, m->target->size);
	close(m->fd);
	close(m->dead_fd);
}

/* Facts are about the target at hand and, as it has such a BAR and offset, fact 25. */
static void fact_of(const struct maps *m, bool holds, int number, const char *what)
{
	fact(holds, "fact %d, fact 25: %s BAR %u: %s", number, m->target->bdf, m->target->bar,
	     what);
}

static void expect_gone(const struct maps *m, int number, const char *what)
{
	fact_of(m, all_fault(m->bar, m->target->size) && all_fault(m->slice, m->target->size),
		number, what);
}

static void expect_back(const struct maps *m, int number, const char *what)
{
	fact_of(m, none_fault(m->bar, m->target->size) && none_fault(m->slice, m->target->size),
		number, what);
	fact(all_fault(m->dead, m->target->size) && revoke_slice(m->dev, m->dead_fd) == -EBADFD,
	     "fact 27: %s: the dead one stays dead", m->target->bdf);
}

/*
 * Page faults that reading the first and the last byte takes: none where both
 * are mapped. Once in vain, so that the stack has none of its own.
 */
static unsigned int fault_count(const struct maps *m, const char *map)
{
	struct rusage before, after = { 0 };

	getrusage(RUSAGE_SELF, &before);
	none_fault((const char *)&after, sizeof(after));
	getrusage(RUSAGE_SELF, &before);
	none_fault(map, m->target->size);
	getrusage(RUSAGE_SELF, &after);
	return (unsigned int)(after.ru_minflt - before.ru_minflt);
}

static void expect_zapped(const struct maps *m, const char *what)
{
	fact_of(m, fault_count(m, m->bar) == 2 && fault_count(m, m->slice) == 2, 24, what);
	expect_back(m, 24, "after a reset mappings fault in again");
}

static void test_command(const struct target *target, struct vfio_device *dev)
{
	struct maps m;
	char *late;

	make_maps(&m, target, dev);
	fact_of(&m, !set_memory(dev, false), 22, "memory off");
	expect_gone(&m, 22, "memory off: both mappings raise SIGBUS");
	late = map_bar(dev, target->bar, target->offset, PAGE);
	fact(late && faults(late), "fact 26: memory off: mmap() of the BAR succeeds and faults");
	fact(!map_fd(m.fd, 0, PAGE, PROT_READ) && errno == ENODEV,
	     "fact 26: memory off: mmap() of a DMABUF is ENODEV");
	fact_of(&m, !set_memory(dev, true), 22, "memory on");
	expect_back(&m, 22, "memory on: both fault in again");
	fact(!faults(late), "fact 26: memory on: the late mapping works");
	munmap(late, PAGE);
	drop_maps(&m);
}

/*
 * The next write to config space fails, also on hardware where that does not
 * happen; only on a kernel with VFIO_PCI_INJECT.
 */
static bool arm_config_error(void)
{
	const char *const dir = "/sys/kernel/debug/vfio_pci_inject/fail_config_write/";
	char path[128];
	int ret;

	snprintf(path, sizeof(path), "%sprobability", dir);
	ret = write_file(path, "100");
	if (ret == -ENOENT)
		return false;
	snprintf(path, sizeof(path), "%stimes", dir);
	fact(!ret && !write_file(path, "1"), "the next write to config space is to fail");
	return true;
}

static void test_config_error(const struct target *target, struct vfio_device *dev)
{
	struct maps m;

	make_maps(&m, target, dev);
	if (!arm_config_error())
		goto out;
	fact_of(&m, set_memory(dev, false) == -EIO, 28, "memory off fails");
	expect_back(&m, 28, "memory off failed: mappings are usable");
	fact_of(&m, !set_memory(dev, false), 28, "memory off works the next time");
	expect_gone(&m, 28, "memory off: both mappings raise SIGBUS");
	arm_config_error();
	fact_of(&m, set_memory(dev, true) == -EIO, 28, "memory on fails");
	expect_gone(&m, 28, "memory on failed: both mappings raise SIGBUS");
	fact_of(&m, !set_memory(dev, true), 28, "memory on works the next time");
	expect_back(&m, 28, "memory on: both fault in again");
out:
	drop_maps(&m);
}

static void test_reset(const struct target *target, struct vfio_device *dev)
{
	struct maps m;

	make_maps(&m, target, dev);
	fact(!fault_count(&m, m.bar) && !fault_count(&m, m.slice),
	     "pages are mapped before the reset");
	fact_of(&m, !vfio_reset(dev, NULL), 24, "VFIO_DEVICE_RESET");
	expect_zapped(&m, "reset: both mappings are zapped");
	drop_maps(&m);
}

/* Whoever touches what is mapped during a reset waits for the end of it. */
static void test_touch_during_reset(const struct target *target, struct vfio_device *dev)
{
	volatile bool *stop =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct maps m;
	int status, i;
	pid_t pid;

	make_maps(&m, target, dev);
	pid = fork();
	if (!pid) {
		while (!*stop)
			if (faults(m.bar) || faults(m.slice))
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < 5; i++)
		fact_of(&m, !vfio_reset(dev, NULL), 24, "VFIO_DEVICE_RESET");
	*stop = true;
	fact_of(&m, waitpid(pid, &status, 0) == pid && !status, 24,
		"who touches mappings all the while is not interrupted");
	munmap((void *)(uintptr_t)stop, PAGE);
	drop_maps(&m);
}

/* A hot reset of what dev is reset with, all of which belongs to its iommufd. */
static int hot_reset(const struct vfio_device *dev)
{
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) };

	return ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &reset) ? -errno : 0;
}

static void test_hot_reset(const struct target *target, struct vfio_device *dev)
{
	struct maps m;

	make_maps(&m, target, dev);
	fact_of(&m, !hot_reset(dev), 24, "hot reset");
	expect_zapped(&m, "hot reset: both mappings are zapped");
	drop_maps(&m);
}

/* Both functions of a slot are mapped, the first one is asked to reset. */
static void test_hot_reset_of_two(void)
{
	struct vfio_device dev[2];
	struct maps m[2];
	int i;

	guest_open(&dev[0], pair[0].bdf);
	fact(!open_beside(&dev[1], &dev[0], pair[1].bdf), "%s opens in the same iommufd",
	     pair[1].bdf);
	for (i = 0; i < 2; i++)
		make_maps(&m[i], &pair[i], &dev[i]);
	fact_of(&m[0], !hot_reset(&dev[0]), 24, "hot reset of two functions");
	for (i = 0; i < 2; i++) {
		expect_zapped(&m[i], "hot reset of two functions: mappings are zapped");
		drop_maps(&m[i]);
	}
	close(dev[1].fd);
	vfio_close(&dev[0]);
}

static void test_low_power(const struct target *target, struct vfio_device *dev)
{
	const uint32_t set = VFIO_DEVICE_FEATURE_SET;
	struct maps m;

	make_maps(&m, target, dev);
	fact_of(&m, !vfio_feature(dev, set | VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY, NULL, 0), 23,
		"LOW_POWER_ENTRY");
	expect_gone(&m, 23, "low power: both mappings raise SIGBUS");
	fact_of(&m, !vfio_feature(dev, set | VFIO_DEVICE_FEATURE_LOW_POWER_EXIT, NULL, 0), 23,
		"LOW_POWER_EXIT");
	expect_back(&m, 23, "low power left: both fault in again");
	drop_maps(&m);
}

/* Entering low power returns before the device is there; what is not asleep cannot be woken. */
static bool falls_asleep(const char *bdf)
{
	struct error err = { 0 };
	char status[32] = "";
	struct sysfs sysfs;
	int i;

	if (sysfs_open(&sysfs, "/", &err))
		return false;
	for (i = 0; i < 1000 && strcmp(status, "suspended"); i++) {
		usleep(10000);
		sysfs_text(&sysfs, status, sizeof(status),
			   "bus/pci/devices/%s/power/runtime_status", bdf);
	}
	sysfs_close(&sysfs);
	return !strcmp(status, "suspended");
}

/* Reading a register wakes the device up, and its mappings with it. */
static void test_wakeup(const struct target *target, struct vfio_device *dev)
{
	struct vfio_device_low_power_entry_with_wakeup entry = {
		.wakeup_eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	uint64_t wakeups = 0;
	struct maps m;
	uint16_t id;

	make_maps(&m, target, dev);
	fact_of(&m,
		!vfio_feature(dev,
			      VFIO_DEVICE_FEATURE_SET |
				      VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP,
			      &entry, sizeof(entry)),
		23, "LOW_POWER_ENTRY_WITH_WAKEUP");
	expect_gone(&m, 23, "low power: both mappings raise SIGBUS");
	fact(falls_asleep(target->bdf), "%s falls asleep", target->bdf);
	fact(!vfio_config_read(dev, PCI_VENDOR_ID, &id, sizeof(id)), "a register is read");
	fact_of(&m,
		read(entry.wakeup_eventfd, &wakeups, sizeof(wakeups)) == sizeof(wakeups) &&
			wakeups == 1,
		23, "the device wakes up");
	expect_back(&m, 23, "woken up: both fault in again");
	close(entry.wakeup_eventfd);
	drop_maps(&m);
}

/* Offset of the power management capability, 0 if there is none. */
static uint8_t find_pm(const struct vfio_device *dev)
{
	uint8_t header[2] = { 0 };
	uint8_t at;

	if (vfio_config_read(dev, PCI_CAPABILITY_LIST, &at, sizeof(at)))
		return 0;
	while (at && !vfio_config_read(dev, at, header, sizeof(header)) &&
	       header[0] != PCI_CAP_ID_PM)
		at = header[1];
	return at;
}

static int set_power_state(const struct vfio_device *dev, uint8_t pm, uint16_t state)
{
	uint16_t control;
	int ret;

	ret = vfio_config_read(dev, pm + PCI_PM_CTRL, &control, sizeof(control));
	if (ret)
		return ret;
	control = (control & ~PCI_PM_CTRL_STATE_MASK) | state;
	return vfio_config_write(dev, pm + PCI_PM_CTRL, &control, sizeof(control));
}

static void test_d3hot(const struct target *target, struct vfio_device *dev)
{
	uint8_t pm = find_pm(dev);
	struct maps m;

	make_maps(&m, target, dev);
	fact(pm, "%s has power management", target->bdf);
	fact_of(&m, !set_power_state(dev, pm, 3), 23, "D3hot");
	expect_gone(&m, 23, "D3hot: both mappings raise SIGBUS");
	fact_of(&m, !set_power_state(dev, pm, 0), 23, "D0");
	/* Some devices lose the bit on the way; VFIO lets its user notice. */
	fact(!set_memory(dev, true), "memory on");
	expect_back(&m, 23, "D0: both fault in again");

	/* What is revoked already is revoked for another reason. */
	fact(!set_power_state(dev, pm, 3) && !set_memory(dev, false), "D3hot, memory off");
	fact(!set_power_state(dev, pm, 0), "D0, memory still off");
	expect_gone(&m, 22, "D0, memory off: both mappings raise SIGBUS");
	fact(!set_memory(dev, true), "memory on");
	expect_back(&m, 22, "memory on: both fault in again");
	drop_maps(&m);
}

int main(void)
{
	struct vfio_device dev;

	guest_open(&dev, accel.bdf);
	test_command(&accel, &dev);
	test_config_error(&accel, &dev);
	test_reset(&accel, &dev);
	test_touch_during_reset(&accel, &dev);
	test_hot_reset(&accel, &dev);
	test_low_power(&accel, &dev);
	vfio_close(&dev);

	bind_driver(igb.bdf, "vfio-pci");
	guest_open(&dev, igb.bdf);
	test_command(&igb, &dev);
	test_config_error(&igb, &dev);
	test_reset(&igb, &dev);
	test_touch_during_reset(&igb, &dev);
	test_low_power(&igb, &dev);
	test_wakeup(&igb, &dev);
	test_d3hot(&igb, &dev);
	vfio_close(&dev);

	test_hot_reset_of_two();
	return 0;
}
