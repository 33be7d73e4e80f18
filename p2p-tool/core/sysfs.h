/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read attributes of the kernel's objects, on this machine or in a captured
 * tree. Paths are relative to /sys.
 */
#ifndef P2P_SYSFS_H
#define P2P_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct sysfs {
	int fd;		    /* of ROOT/sys */
	bool live;	    /* this machine's own: devices can be asked as well */
	uint64_t page_size; /* bytes; of a captured tree not known, taken as 4096 */
};

/*
 * Open ROOT/sys; root NULL or "/" is this machine. 0 or -errno with err
 * filled in. Given back with sysfs_close().
 */
int sysfs_open(struct sysfs *s, const char *root, struct error *err);
void sysfs_close(struct sysfs *s);

/* The functions below take their path printf style. */
#define SYSFS_PATH(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * The text of an attribute without the newline at its end. Bytes that are
 * not printable become '?' (netdev names can hold any), newlines in between
 * stay. Its length, or -errno; -EOVERFLOW when it does not fit; buf is ""
 * then.
 */
int sysfs_text(const struct sysfs *s, char *buf, size_t size, const char *path, ...)
	SYSFS_PATH(4, 5);

/* A number written as in C: decimal, 0x... or a sign before. 0 or -errno (-EINVAL: not one). */
int sysfs_number(const struct sysfs *s, int64_t *value, const char *path, ...) SYSFS_PATH(3, 4);

/* The text of a symbolic link as it is. 0 or -errno as sysfs_text(). */
int sysfs_link(const struct sysfs *s, char *buf, size_t size, const char *path, ...)
	SYSFS_PATH(4, 5);

/* The last component of a symbolic link: the name of a driver or a group. 0 or -errno. */
int sysfs_link_name(const struct sysfs *s, char *buf, size_t size, const char *path, ...)
	SYSFS_PATH(4, 5);

/*
 * The names in a directory in natural order (eth2 before eth10), those that
 * begin with a dot left out. *names is given back with sysfs_list_free().
 * The count; 0 also when there is no such directory; -errno.
 */
int sysfs_list(const struct sysfs *s, char ***names, const char *path, ...) SYSFS_PATH(3, 4);
void sysfs_list_free(char **names, int count);

#endif
