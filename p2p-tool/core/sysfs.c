// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"

int sysfs_open(struct sysfs *s, const char *root, struct error *err)
{
	char path[PATH_MAX];

	s->live = !root || !strcmp(root, "/");
	s->page_size = s->live ? (uint64_t)sysconf(_SC_PAGESIZE) : 4096;
	if (snprintf(path, sizeof(path), "%s/sys", s->live ? "" : root) >= (int)sizeof(path))
		return error_set(err, EXIT_USAGE, ENAMETOOLONG, NULL, "the path of the sysroot: %s",
				 strerror(ENAMETOOLONG));
	s->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->fd >= 0)
		return 0;
	if (s->live)
		return error_set(err, EXIT_SKIP, errno, "mount it: mount -t sysfs sysfs /sys",
				 "/sys: %s", strerror(errno));
	return error_set(err, EXIT_USAGE, errno, "name the directory that holds the captured sys/",
			 "%s: %s", path, strerror(errno));
}

void sysfs_close(struct sysfs *s)
{
	close(s->fd);
}

static void make_printable(char *text)
{
	for (; *text; text++)
		if ((*text < ' ' || *text > '~') && *text != '\n')
			*text = '?';
}

static int read_text(const struct sysfs *s, char *buf, size_t size, const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	buf[0] = '\0';
	if (vsnprintf(path, sizeof(path), fmt, ap) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = openat(s->fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size);
	if (len < 0)
		len = -errno;
	else if ((size_t)len == size)
		len = -EOVERFLOW;
	close(fd);
	if (len > 0 && buf[len - 1] == '\n')
		len--;
	buf[len > 0 ? len : 0] = '\0';
	make_printable(buf);
	return (int)len;
}

int sysfs_text(const struct sysfs *s, char *buf, size_t size, const char *path, ...)
{
	va_list ap;
	int ret;

	va_start(ap, path);
	ret = read_text(s, buf, size, path, ap);
	va_end(ap);
	return ret;
}

int sysfs_number(const struct sysfs *s, int64_t *value, const char *path, ...)
{
	char text[64], *end;
	va_list ap;
	int ret;

	va_start(ap, path);
	ret = read_text(s, text, sizeof(text), path, ap);
	va_end(ap);
	if (ret < 0)
		return ret;
	errno = 0;
	*value = strtoll(text, &end, 0);
	return errno || end == text || *end ? -EINVAL : 0;
}

static int read_link(const struct sysfs *s, char *buf, size_t size, const char *fmt, va_list ap)
{
	char path[PATH_MAX];
	ssize_t len;

	buf[0] = '\0';
	if (vsnprintf(path, sizeof(path), fmt, ap) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	len = readlinkat(s->fd, path, buf, size);
	if (len < 0)
		len = -errno;
	else if ((size_t)len == size)
		len = -EOVERFLOW;
	buf[len > 0 ? len : 0] = '\0';
	make_printable(buf);
	return len < 0 ? (int)len : 0;
}

int sysfs_link(const struct sysfs *s, char *buf, size_t size, const char *path, ...)
{
	va_list ap;
	int ret;

	va_start(ap, path);
	ret = read_link(s, buf, size, path, ap);
	va_end(ap);
	return ret;
}

int sysfs_link_name(const struct sysfs *s, char *buf, size_t size, const char *path, ...)
{
	char target[PATH_MAX];
	const char *name;
	va_list ap;
	int ret;

	buf[0] = '\0';
	va_start(ap, path);
	ret = read_link(s, target, sizeof(target), path, ap);
	va_end(ap);
	if (ret)
		return ret;
	name = strrchr(target, '/');
	name = name ? name + 1 : target;
	if (strlen(name) >= size)
		return -EOVERFLOW;
	strcpy(buf, name);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int append_name(char ***names, int count, const char *name)
{
	char **more = reallocarray(*names, (size_t)count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	*names = more;
	more[count] = strdup(name);
	return more[count] ? 0 : -ENOMEM;
}

int sysfs_list(const struct sysfs *s, char ***names, const char *path, ...)
{
	int fd, count = 0, ret = 0;
	char text[PATH_MAX];
	struct dirent *entry;
	va_list ap;
	DIR *dir;

	*names = NULL;
	va_start(ap, path);
	ret = vsnprintf(text, sizeof(text), path, ap);
	va_end(ap);
	if (ret >= (int)sizeof(text))
		return -ENAMETOOLONG;
	fd = openat(s->fd, text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	dir = fdopendir(fd);
	if (!dir) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		ret = append_name(names, count, entry->d_name);
		if (ret) {
			sysfs_list_free(*names, count);
			*names = NULL;
			goto out;
		}
		count++;
	}
	if (count)
		qsort(*names, (size_t)count, sizeof(**names), compare_names);
	ret = count;
out:
	closedir(dir);
	return ret;
}

void sysfs_list_free(char **names, int count)
{
	while (count-- > 0)
		free(names[count]);
	free(names);
}
