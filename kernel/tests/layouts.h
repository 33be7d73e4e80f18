/* SPDX-License-Identifier: GPL-2.0-only */
/* Address spaces that look different, for tests of where mmap() puts things. */
#ifndef LAYOUTS_H
#define LAYOUTS_H

#include <stdbool.h>
#include <stdint.h>

struct layout {
	const char *name;
	/* Make it; bar: the device fd and where in it a BAR of 64 MiB begins. */
	void (*make)(int fd, uint64_t bar);
};

/* At least 8, up to one without a name. */
extern const struct layout layouts[];

/* Is memory handed out from low to high addresses, as few systems do any more? */
bool layout_is_bottom_up(void);
/*
 * Begin again with main(), bottom-up and with argv[1] set, or end the test. What
 * is to be closed is marked so.
 */
void layout_go_bottom_up(char *program);

#endif
