/* SPDX-License-Identifier: GPL-2.0-only */
/* The way into a vfio: buffer that a test can take with a kernel of its own. */
#ifndef P2P_BUFFER_VFIO_H
#define P2P_BUFFER_VFIO_H

#include "buffer.h"
#include "vfio.h"

/* As buffer_vfio_ops.open(), on the kernel that sys reaches. */
int buffer_vfio_open(struct buffer *b, const struct access_params *access,
		     const struct vfio_sys *sys, struct error *err);

/*
 * Hold spec against the BAR that sysfs below root shows, and fill in its length
 * if it is 0: the rest of the BAR, but no more than at_most bytes unless that is
 * 0. Opens nothing. 0, or -errno with err filled in (EXIT_SKIP: such a device
 * could be there).
 */
int buffer_vfio_check(struct bufspec *spec, uint64_t at_most, const char *root, struct error *err);

/* The device behind a vfio: buffer. */
struct vfio_device *buffer_vfio_device(struct buffer *b);

#endif
