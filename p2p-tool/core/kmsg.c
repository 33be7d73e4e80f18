// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"

#define RECORD_MAX 1024 /* the kernel gives one record a read(); longer ones are cut by it */

void kmsg_open(struct kmsg *k)
{
	*k = (struct kmsg){ .fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) };
	if (k->fd >= 0 && lseek(k->fd, 0, SEEK_END) < 0)
		kmsg_close(k);
}

void kmsg_close(struct kmsg *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

bool kmsg_is_fault(const char *text, const struct bdf *bdf)
{
	char full[BDF_STRLEN], brief[16];

	bdf_format(bdf, full);
	/* Intel's driver leaves the domain out. */
	snprintf(brief, sizeof(brief), "[%02x:%02x.%x]", bdf->bus, bdf->device, bdf->function);
	if (strstr(text, "DMAR:") && strstr(text, "fault"))
		return strstr(text, brief) || strstr(text, full);
	if ((strstr(text, "AMD-Vi:") && strstr(text, "IO_PAGE_FAULT")) ||
	    (strstr(text, "arm-smmu") && strstr(text, "event")))
		return strstr(text, full);
	return false;
}

static bool is_fault_of(const char *text, const struct bdf *bdf, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (kmsg_is_fault(text, &bdf[i]))
			return true;
	return false;
}

void kmsg_read(struct kmsg *k, const struct bdf *bdf, size_t count)
{
	char record[RECORD_MAX], *text;
	ssize_t len;

	while (k->fd >= 0) {
		len = read(k->fd, record, sizeof(record) - 1);
		/* EPIPE: some were overwritten before we came; the next ones are there. */
		if (len < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (len <= 0)
			return;
		record[len] = '\0';
		text = strchr(record, ';');
		text = text ? text + 1 : record;
		text[strcspn(text, "\n")] = '\0';
		if (!is_fault_of(text, bdf, count))
			continue;
		k->faults++;
		snprintf(k->last, sizeof(k->last), "%.*s", (int)sizeof(k->last) - 1, text);
	}
}
