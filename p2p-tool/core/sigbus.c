// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

#include "sigbus.h"

struct guard {
	sigjmp_buf env;
	uintptr_t addr;
};

/* A signal handler gets no argument of ours; set only inside sigbus_guard(). */
static __thread struct guard *active;

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	if (!active) {
		/* Not ours: with the default action back, the access dies as it should. */
		signal(SIGBUS, SIG_DFL);
		return;
	}
	active->addr = (uintptr_t)info->si_addr;
	siglongjmp(active->env, 1);
}

int sigbus_guard(void (*fn)(void *arg), void *arg, uintptr_t *addr)
{
	struct sigaction action = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };
	struct sigaction old;
	struct guard guard;
	volatile int ret = 0;

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGBUS, &action, &old))
		return -errno;
	if (!sigsetjmp(guard.env, 1)) {
		active = &guard;
		fn(arg);
	} else {
		ret = -EFAULT;
		if (addr)
			*addr = guard.addr;
	}
	active = NULL;
	sigaction(SIGBUS, &old, NULL);
	return ret;
}
