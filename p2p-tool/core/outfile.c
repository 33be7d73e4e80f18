// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "outfile.h"

#define MAX_LINKS 40 /* as the kernel */

static const char *remedy_for(int errnum)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return "create its directory first";
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

/* A name that cannot work is the caller's mistake; the rest is the machine's state. */
static int set_errno_error(struct error *err, const char *path, int errnum)
{
	bool usage =
		errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ENAMETOOLONG;

	return error_set(err, usage ? EXIT_USAGE : EXIT_FAILED, errnum, remedy_for(errnum),
			 "%s: %s", path, strerror(errnum));
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

/* Length of the directory part of path, its last slash included; 0 for the working directory. */
static int dir_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
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

static int sync_directory(const char *target)
{
	char *dir;
	int fd, ret = 0;

	if (asprintf(&dir, "%.*s.", dir_length(target), target) < 0)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Not every file system can sync a directory, nor may everyone open it. */
	if (fd >= 0 && fsync(fd) && errno != EINVAL && errno != ENOTSUP)
		ret = -errno;
	if (fd >= 0)
		close(fd);
	free(dir);
	return ret;
}

static int replace_target(const struct outfile *f)
{
	char *tmp;
	int fd, ret;

	fd = create_temporary(f->target, &tmp);
	if (fd < 0)
		return fd;
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
	else
		ret = sync_directory(f->target);
	free(tmp);
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
