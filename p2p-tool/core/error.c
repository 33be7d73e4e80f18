// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

int error_set(struct error *err, enum exit_status status, int errnum, const char *remedy,
	      const char *fmt, ...)
{
	va_list ap;

	if (!err || err->what[0])
		return -errnum;
	err->status = status;
	va_start(ap, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, ap);
	va_end(ap);
	snprintf(err->remedy, sizeof(err->remedy), "%s", remedy ? remedy : "");
	return -errnum;
}

void error_clear(struct error *err)
{
	*err = (struct error){ EXIT_OK, "", "" };
}
