/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel tests share. They run in the lab's guest, as root, on its
 * devices (docs/lab.md); each prints a line a fact and ends at the first one
 * that does not hold.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/vfio.h"

/* Accelerator with a BAR2 of 64 MiB, behind the switch. */
#define ACCEL	  "0000:03:00.0"
#define ACCEL_BAR 2

/* Print "ok FACT", or "FAIL FACT: errno text" and exit(1). fmt names the fact. */
void fact(bool holds, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Open a device or exit with the reason. */
void guest_open(struct vfio_device *dev, const char *bdf);

/* Bind a device to a driver, or end the test. */
void bind_driver(const char *bdf, const char *driver);
/*
 * Open the character device of bdf with the iommufd and IOAS of another device,
 * which stays open longer. Only fd of dev is its own. 0 or -errno.
 */
int open_beside(struct vfio_device *dev, const struct vfio_device *other, const char *bdf);

/* Does reading a byte at addr raise SIGBUS? */
bool faults(const volatile void *addr);

/* Is nothing mapped at addr, not even by a stale TLB entry? */
bool unmapped(const void *addr);

/* Switch the memory bit of PCI_COMMAND; returns as vfio_config_write(). */
int set_memory(const struct vfio_device *dev, bool on);

/* Run fn in a child; its exit status, or -ETIMEDOUT after ms (the child is left alone). */
int in_child(int (*fn)(void *arg), void *arg, unsigned int ms);

/* Write text to a file; 0 or -errno. */
int write_file(const char *path, const char *text);

/* DMABUFs that exist, by debugfs; -1 when that cannot be read. */
int count_dmabufs(void);
/* References to the module of vfio-pci-core; 0 when it is built in. */
int count_module(void);

uint64_t now_ms(void);

#endif
