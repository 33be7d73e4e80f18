/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Borrow a PCI function from its driver: bind it to vfio-pci, and give it
 * back whatever happens.
 *
 * A watchdog process, forked before anything is changed, does the giving
 * back as soon as this process closes its end of a pipe: by binding_restore(),
 * or by dying, even by SIGKILL. It is in a session of its own, out of reach
 * of the terminal's signals. Only who kills both, or the machine, leaves the
 * device with vfio-pci.
 *
 * SIGINT, SIGTERM and SIGHUP are blocked as long as something is borrowed, so
 * that the tool cleans up and gives the device back before it dies of them:
 * long work asks binding_interrupted() now and then.
 */
#ifndef P2P_BIND_H
#define P2P_BIND_H

#include "error.h"
#include "pci.h"
#include "sysfs.h"
#include "vfio.h"

struct binding;

/*
 * Bind f (with its details) to vfio-pci. *out is NULL when a VFIO driver has
 * it already: nothing to give back. 0, or -errno with err filled in and the
 * device as it was: -EBUSY (EXIT_SKIP) while another process has borrowed it.
 * The lock on that is an flock() of the device's directory in sysfs.
 */
int binding_borrow(const struct vfio_sys *sys, const struct sysfs *sysfs,
		   const struct pci_function *f, struct binding **out, struct error *err);

/*
 * Give the device back, which must be closed, and wait until that is done
 * (NULL is fine). Of several, the last one borrowed is the first to go. -errno
 * with err filled in when its driver would not take it. A blocked signal that
 * came in takes effect when the last one is back, so this may not return.
 */
int binding_restore(struct binding *binding, struct error *err);

/*
 * interrupt_check(), for what borrows devices: has a signal come in that should
 * end the tool? Always 0 while nothing holds it back.
 */
int binding_interrupted(struct error *err);

#endif
