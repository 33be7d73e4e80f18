// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "outfile.h"

#define MAX_LINKS 40 /* as the kernel */

/* Length of the directory part of path, its last slash included; 0 for the working directory. */
static int dir_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

/* The directory of path as a file descriptor, or -errno. */
static int open_directory(const char *path)
{
	char *dir;
	int fd;

	if (asprintf(&dir, "%.*s.", dir_length(path), path) < 0)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(dir);
	return fd;
}

static const char *remedy_for(const char *path, int errnum)
{
	int dir;

	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		dir = open_directory(path);
		if (dir < 0)
			return "create its directory first";
		close(dir);
		return "choose a file in another directory";
	case EACCES:
	case EPERM:
	case EROFS:
		return "choose a file that you may write";
	case ENOSPC:
	case EDQUOT:
		return "free some space or choose another file system";
	case EFBIG:
		return "raise the limit, see 'ulimit -f'";
	default:
		return "choose another file";
	}
}

static int set_errno_error(struct error *err, const char *path, int errnum)
{
	return error_set(err, EXIT_FAILED, errnum, remedy_for(path, errnum), "%s: %s", path,
			 strerror(errnum));
}

/* The file that path leads to, which need not exist. */
static int follow_links(const char *path, char **out)
{
	char *name = strdup(path);
	int hops;

	for (hops = 0; name && hops < MAX_LINKS; hops++) {
		char link[PATH_MAX], *next;
		const char *slash = strrchr(name, '/');
		ssize_t len = readlink(name, link, sizeof(link) - 1);

		if (len < 0) {
			*out = name;
			return 0;
		}
		link[len] = '\0';
		if (asprintf(&next, "%.*s%s", slash && link[0] != '/' ? (int)(slash - name) + 1 : 0,
			     name, link) < 0)
			next = NULL;
		free(name);
		name = next;
	}
	if (!name)
		return -ENOMEM;
	free(name);
	return -ELOOP;
}

/* A new file beside target, with the mode that umask leaves. Its fd or -errno. */
static int create_temporary(const char *target, char **name)
{
	unsigned int attempt;
	int fd = -EEXIST;

	/* An earlier process of this number may have been killed: try on. */
	for (attempt = 0; attempt < 1000 && fd == -EEXIST; attempt++) {
		if (asprintf(name, "%.*s.p2p-tool.%ld.%u.tmp", dir_length(target), target,
			     (long)getpid(), attempt) < 0)
			return -ENOMEM;
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0) {
			fd = -errno;
			free(*name);
		}
	}
	return fd;
}

static int check_last_byte(const char *target)
{
	int fd = open(target, O_RDONLY | O_CLOEXEC), ret = 0;
	char last = '\n';

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (lseek(fd, -1, SEEK_END) >= 0 && read(fd, &last, 1) < 0)
		ret = -errno;
	close(fd);
	return ret ? ret : last == '\n' ? 0 : -EINVAL;
}

static int check_target(const char *target, bool exists, bool append, const char *path,
			struct error *err)
{
	char *tmp;
	int ret;

	if (exists && faccessat(AT_FDCWD, target, W_OK, AT_EACCESS))
		return set_errno_error(err, path, errno);
	if (append) {
		ret = check_last_byte(target);
		if (ret == -EINVAL)
			return error_set(err, EXIT_USAGE, EINVAL,
					 "repair its last line or choose another file",
					 "%s: does not end in a newline, so nothing is appended",
					 path);
		if (ret)
			return set_errno_error(err, path, -ret);
	}
	ret = create_temporary(target, &tmp);
	if (ret < 0)
		return set_errno_error(err, path, -ret);
	close(ret);
	unlink(tmp);
	free(tmp);
	return 0;
}

static bool is_open_as(int fd, const struct stat *st)
{
	struct stat other;

	return !fstat(fd, &other) && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static int open_target(struct outfile *f, struct error *err)
{
	struct stat st;
	bool exists = !stat(f->path, &st);
	int ret;

	if (!exists && errno != ENOENT)
		return set_errno_error(err, f->path, errno);
	if (exists && (S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode)))
		return error_set(err, EXIT_USAGE, EISDIR, "give the name of a file", "%s: is a %s",
				 f->path, S_ISDIR(st.st_mode) ? "directory" : "block device");
	/* /dev/stdout may lead to a regular file, which others have open as well. */
	for (f->fd = STDOUT_FILENO; exists && f->fd <= STDERR_FILENO; f->fd++)
		if (is_open_as(f->fd, &st))
			return 0;
	f->fd = -1;
	if (exists && !S_ISREG(st.st_mode)) {
		if (faccessat(AT_FDCWD, f->path, W_OK, AT_EACCESS))
			return set_errno_error(err, f->path, errno);
		return 0;
	}
	ret = follow_links(f->path, &f->target);
	if (ret)
		return set_errno_error(err, f->path, -ret);
	return check_target(f->target, exists, f->append, f->path, err);
}

int outfile_open(struct outfile *f, const char *path, bool append, struct error *err)
{
	int ret;

	*f = (struct outfile){ .fd = -1, .append = append };
	if (!*path)
		return error_set(err, EXIT_USAGE, EINVAL, "give the name of a file",
				 "the name of the output is empty");
	f->path = strdup(path);
	if (!f->path)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", path);
	ret = open_target(f, err);
	if (ret)
		goto fail;
	f->stream = open_memstream(&f->text, &f->size);
	if (!f->stream) {
		ret = error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", path);
		goto fail;
	}
	return 0;

fail:
	outfile_abort(f);
	return ret;
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int copy_old(const char *target, int out)
{
	int in = open(target, O_RDONLY | O_CLOEXEC), ret = 0;
	char buf[65536];
	ssize_t n;

	if (in < 0)
		return errno == ENOENT ? 0 : -errno;
	while (!ret && (n = read(in, buf, sizeof(buf))))
		ret = n < 0 ? -errno : write_all(out, buf, (size_t)n);
	close(in);
	return ret;
}

static int keep_mode(const char *target, int fd)
{
	struct stat st;

	if (stat(target, &st))
		return errno == ENOENT ? 0 : -errno;
	/* Only root can keep another user's file theirs; the mode matters more. */
	if (fchown(fd, st.st_uid, st.st_gid) && errno != EPERM)
		return -errno;
	return fchmod(fd, st.st_mode & 07777) ? -errno : 0;
}

static int replace_target(const struct outfile *f)
{
	int dir = open_directory(f->target);
	char *tmp;
	int fd, ret;

	/*
	 * Two that append at a time would both copy the same old file. What is
	 * renamed into place cannot carry the lock, so the directory does; not
	 * everyone may open it, and not every file system can lock or sync it.
	 */
	if (dir >= 0 && f->append)
		flock(dir, LOCK_EX);
	fd = create_temporary(f->target, &tmp);
	if (fd < 0) {
		ret = fd;
		goto out;
	}
	ret = keep_mode(f->target, fd);
	if (!ret && f->append)
		ret = copy_old(f->target, fd);
	if (!ret)
		ret = write_all(fd, f->text, f->size);
	if (!ret && fsync(fd))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(tmp, f->target))
		ret = -errno;
	if (ret)
		unlink(tmp);
	else if (dir >= 0 && fsync(dir) && errno != EINVAL && errno != ENOTSUP)
		ret = -errno;
	free(tmp);
out:
	if (dir >= 0)
		close(dir);
	return ret;
}

/* With signals held back, so that Ctrl-C leaves no temporary file. */
static int replace_target_undisturbed(const struct outfile *f)
{
	static const struct timespec no_wait;
	sigset_t all, old, xfsz;
	int ret;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	ret = replace_target(f);
	if (ret == -EFBIG) {
		/* The limit's signal would kill us although the error is dealt with. */
		sigemptyset(&xfsz);
		sigaddset(&xfsz, SIGXFSZ);
		sigtimedwait(&xfsz, NULL, &no_wait);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

static int write_through(const struct outfile *f)
{
	int fd = f->fd, ret;

	if (fd < 0)
		fd = open(f->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write_all(fd, f->text, f->size);
	if (f->fd < 0 && close(fd) && !ret)
		ret = -errno;
	return ret;
}

int outfile_commit(struct outfile *f, struct error *err)
{
	int ret;

	ret = fclose(f->stream) ? -ENOMEM : 0;
	f->stream = NULL;
	if (!ret)
		ret = f->target ? replace_target_undisturbed(f) : write_through(f);
	if (ret)
		set_errno_error(err, f->path, -ret);
	outfile_abort(f);
	return ret;
}

void outfile_abort(struct outfile *f)
{
	if (f->stream)
		fclose(f->stream);
	free(f->text);
	free(f->target);
	free(f->path);
	*f = (struct outfile){ .fd = -1 };
}
