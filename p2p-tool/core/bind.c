// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bind.h"
#include "interrupt.h"

#define LOCK_FD (STDERR_FILENO + 1) /* of the lock in the watchdog */

struct binding {
	const struct vfio_sys *sys;
	const struct sysfs *sysfs;
	char bdf[BDF_STRLEN];
	char driver[64];   /* that it came from; empty for none */
	char override[64]; /* driver_override as it was; "\n" for none */
	pid_t watchdog;
	int lock;  /* of this device's own, held as long as it is borrowed */
	int alive; /* our end of the pipe: open as long as the device is wanted */
	sigset_t old_mask;
};

/* Write to DIRECTORY/NAME/ATTRIBUTE below /sys/bus/pci. 0 or -errno. */
static int write_attribute(const struct binding *b, const char *directory, const char *name,
			   const char *attribute, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "bus/pci/%s/%s/%s", directory, name, attribute);
	return b->sys->write(b->sys->ctx, b->sysfs, path, text);
}

/* The driver that has the device now; "" for none. */
static void current_driver(const struct binding *b, char driver[64])
{
	sysfs_link_name(b->sysfs, driver, 64, "bus/pci/devices/%s/driver", b->bdf);
}

static int unbind(const struct binding *b)
{
	char driver[64];

	current_driver(b, driver);
	return driver[0] ? write_attribute(b, "drivers", driver, "unbind", b->bdf) : 0;
}

static int take(const struct binding *b)
{
	char driver[64];
	int ret = write_attribute(b, "devices", b->bdf, "driver_override", "vfio-pci");

	if (!ret)
		ret = unbind(b);
	if (!ret)
		ret = b->sys->write(b->sys->ctx, b->sysfs, "bus/pci/drivers_probe", b->bdf);
	/* The kernel does not tell everywhere that the driver refused. */
	current_driver(b, driver);
	return !ret && strcmp(driver, "vfio-pci") ? -ENODEV : ret;
}

/* From wherever take() came to its end, also half-way. */
static int give_back(const struct binding *b)
{
	int ret = write_attribute(b, "devices", b->bdf, "driver_override", b->override);
	char driver[64];

	current_driver(b, driver);
	if (!strcmp(driver, b->driver))
		return ret;
	ret = unbind(b);
	if (!ret && b->driver[0])
		ret = write_attribute(b, "drivers", b->driver, "bind", b->bdf);
	return ret;
}

/* The watchdog process: wait until nobody holds the other end of the pipe any more. */
static void __attribute__((noreturn)) watch(struct binding *b, int pipe_end)
{
	int null = open("/dev/null", O_RDWR);
	struct sysfs sysfs;
	sigset_t all;
	ssize_t len;
	char byte;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	/*
	 * Keep nothing open that others wait for: our output, the pipes of other
	 * watchdogs. The lock has to stay until the device is back.
	 */
	dup2(pipe_end, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (b->lock != LOCK_FD)
		dup2(b->lock, LOCK_FD);
	close_range(LOCK_FD + 1, ~0U, 0);
	if (sysfs_open(&sysfs, b->sys->root, NULL))
		_exit(EIO);
	b->sysfs = &sysfs;
	do {
		len = read(STDIN_FILENO, &byte, 1);
	} while (len < 0 && errno == EINTR);
	_exit(-give_back(b));
}

static int start_watchdog(struct binding *b)
{
	int ends[2], ret;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	b->watchdog = fork();
	if (b->watchdog < 0) {
		ret = -errno;
		close(ends[0]);
		close(ends[1]);
		return ret;
	}
	if (!b->watchdog)
		watch(b, ends[0]);
	close(ends[0]);
	b->alive = ends[1];
	return 0;
}

static int explain_refusal(const struct binding *b, int errnum, struct error *err)
{
	char text[32];

	if (errnum == EACCES || errnum == EPERM || errnum == EROFS)
		return error_set(err, EXIT_SKIP, errnum, "run as root",
				 "%s: its driver cannot be changed: %s", b->bdf, strerror(errnum));
	if (sysfs_link_name(b->sysfs, text, sizeof(text), "bus/pci/devices/%s/iommu_group", b->bdf))
		return error_set(
			err, EXIT_SKIP, errnum,
			"switch the IOMMU on in the firmware and boot with intel_iommu=on, "
			"or set vfio.enable_unsafe_noiommu_mode=1 and use --path noiommu",
			"%s: vfio-pci does not take it, as it has no IOMMU", b->bdf);
	return error_set(err, EXIT_FAILED, errnum, "the kernel log may say more",
			 "%s: vfio-pci does not take it: %s", b->bdf, strerror(errnum));
}

/*
 * The device is ours alone, or -EBUSY: somebody else has borrowed it. Each has
 * a byte of a file that only root can open, so that nobody else can keep it
 * away; the lock belongs to the open file, which the watchdog inherits.
 */
static int lock_device(struct binding *b, const struct bdf *bdf, struct error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	lock.l_start = (off_t)bdf->domain << 16 | bdf->bus << 8 | bdf->device << 3 | bdf->function;
	b->lock = openat(b->sysfs->fd, "bus/pci/drivers_probe", O_WRONLY | O_CLOEXEC);
	if (b->lock < 0)
		return explain_refusal(b, errno, err);
	/* EACCES: a kernel without file locks cannot tell of others. */
	if (!fcntl(b->lock, F_OFD_SETLK, &lock) || errno == EACCES)
		return 0;
	if (errno == EAGAIN)
		return error_set(err, EXIT_SKIP, EBUSY, "wait until that is done",
				 "%s: another p2p-tool has bound it to vfio-pci", b->bdf);
	return error_set(err, EXIT_FAILED, errno, NULL, "%s: cannot be locked: %s", b->bdf,
			 strerror(errno));
}

int binding_borrow(const struct vfio_sys *sys, const struct sysfs *sysfs,
		   const struct pci_function *f, struct binding **out, struct error *err)
{
	char text[64], **names;
	struct binding *b;
	int ret, count;

	*out = NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "binding: out of memory");
	b->sys = sys;
	b->sysfs = sysfs;
	bdf_format(&f->bdf, b->bdf);
	if (pci_is_bridge(f)) {
		b->lock = -1;
		ret = error_set(err, EXIT_USAGE, EINVAL, "choose a device behind it",
				"%s: is a bridge, which vfio-pci does not take", b->bdf);
		goto out_free;
	}
	ret = lock_device(b, &f->bdf, err);
	if (ret)
		goto out_free;
	/* Now: f is what it was before another binding came to its end, perhaps. */
	current_driver(b, b->driver);

	/* Drivers with a part for one device, such as mlx5_vfio_pci, do as well. */
	count = sysfs_list(sysfs, &names, "bus/pci/devices/%s/vfio-dev", b->bdf);
	if (count > 0)
		sysfs_list_free(names, count);
	if (count > 0 || !strcmp(b->driver, "vfio-pci")) {
		ret = 0;
		goto out_free;
	}
	count = sysfs_list(sysfs, &names, "bus/pci/drivers/vfio-pci");
	if (count <= 0) {
		ret = error_set(err, EXIT_SKIP, ENODEV, "modprobe vfio-pci",
				"%s: the vfio-pci driver is not loaded", b->bdf);
		goto out_free;
	}
	sysfs_list_free(names, count);
	ret = sysfs_text(sysfs, text, sizeof(text), "bus/pci/devices/%s/driver_override", b->bdf);
	if (ret < 0) {
		error_set(err, EXIT_FAILED, -ret, NULL, "%s: driver_override: %s", b->bdf,
			  strerror(-ret));
		goto out_free;
	}
	strcpy(b->override, !text[0] || !strcmp(text, "(null)") ? "\n" : text);

	/* Before the fork, so that none can end the watchdog. */
	interrupt_hold(&b->old_mask);
	ret = start_watchdog(b);
	if (ret) {
		interrupt_release(&b->old_mask);
		error_set(err, EXIT_FAILED, -ret, NULL, "%s: the process that gives it back: %s",
			  b->bdf, strerror(-ret));
		goto out_free;
	}
	ret = take(b);
	if (ret) {
		explain_refusal(b, -ret, err);
		binding_restore(b, err);
		return ret;
	}
	*out = b;
	return 0;

out_free:
	if (b->lock >= 0)
		close(b->lock);
	free(b);
	return ret;
}

int binding_restore(struct binding *b, struct error *err)
{
	int status = 0, ret = 0;

	if (!b)
		return 0;
	close(b->alive);
	while (waitpid(b->watchdog, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		ret = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
		ret = error_set(err, EXIT_FAILED, ret,
				"write its address to the 'bind' file of the driver in "
				"/sys/bus/pci/drivers",
				"%s: could not be given back to %s: %s", b->bdf,
				b->driver[0] ? b->driver : "no driver", strerror(ret));
	}
	close(b->lock);
	interrupt_release(&b->old_mask);
	free(b);
	return ret;
}

int binding_interrupted(struct error *err)
{
	return interrupt_check(err);
}
