// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "touch.h"

static __thread sigjmp_buf escape;
static __thread volatile sig_atomic_t armed;

static void on_fault(int sig)
{
	if (armed)
		siglongjmp(escape, 1);
	_exit(99);
}

void touch_begin(void)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

static bool touch(volatile char *p, bool write)
{
	bool ok = false;

	if (!sigsetjmp(escape, 1)) {
		armed = 1;
		if (write)
			*p = 1;
		else
			(void)*p;
		ok = true;
	}
	armed = 0;
	return ok;
}

bool touch_read(volatile char *p)
{
	return touch(p, false);
}

bool touch_write(volatile char *p)
{
	return touch(p, true);
}
