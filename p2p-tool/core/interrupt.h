/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SIGINT, SIGTERM and SIGHUP, held back while there is something to put in
 * order first. Long work asks now and then whether one has come in. Whoever
 * ignores one of them (nohup) wants the work to go on, and is not asked.
 */
#ifndef P2P_INTERRUPT_H
#define P2P_INTERRUPT_H

#include <signal.h>

#include "error.h"

/* Hold them back; *old is for interrupt_release(). Can be nested. */
void interrupt_hold(sigset_t *old);
/* A signal that came in takes effect here, so this may not return. */
void interrupt_release(const sigset_t *old);
/* Has one come in? -EINTR with err filled in (EXIT_FAILED) if so, else 0. */
int interrupt_check(struct error *err);

#endif
