// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "interrupt.h"

static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP };
#define NSIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

void interrupt_hold(sigset_t *old)
{
	struct sigaction action;
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < NSIGNALS; i++)
		if (!sigaction(ending_signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(&set, ending_signals[i]);
	sigprocmask(SIG_BLOCK, &set, old);
}

void interrupt_release(const sigset_t *old)
{
	sigprocmask(SIG_SETMASK, old, NULL);
}

int interrupt_check(struct error *err)
{
	sigset_t pending;
	size_t i;

	sigpending(&pending);
	for (i = 0; i < NSIGNALS; i++)
		if (sigismember(&pending, ending_signals[i]))
			return error_set(err, EXIT_FAILED, EINTR, NULL, "interrupted: %s",
					 strsignal(ending_signals[i]));
	return 0;
}
