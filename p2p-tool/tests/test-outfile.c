// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/outfile.h"
#include "unit.h"

static char dir[64]; /* the working directory of each test, empty at its start */

static int setup(void **state)
{
	strcpy(dir, "/tmp/p2p-test-outfile.XXXXXX");
	return !mkdtemp(dir) || chdir(dir);
}

static int teardown(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return chdir("/") || system(command);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void check_content(const char *path, const char *text)
{
	char buf[256] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fread(buf, 1, sizeof(buf) - 1, f), strlen(text));
	fclose(f);
	assert_string_equal(buf, text);
}

static size_t count_files(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	closedir(d);
	return n;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Write text to path; the commit's result. */
static int write_file(const char *path, bool append, const char *text, struct error *err)
{
	struct outfile f;
	int ret = outfile_open(&f, path, append, err);

	if (ret)
		return ret;
	fputs(text, f.stream);
	return outfile_commit(&f, err);
}

static void check_refused(const char *path, bool append, int errnum, enum exit_status status)
{
	struct error err = { 0 };

	assert_int_equal(write_file(path, append, "new\n", &err), -errnum);
	assert_int_equal(err.status, status);
	assert_int_equal(strncmp(err.what, path, strlen(path)), 0);
	assert_int_not_equal(err.remedy[0], '\0');
}

static void test_new_file(void **state)
{
	mode_t old = umask(027);

	assert_int_equal(write_file("a", false, "one\n", NULL), 0);
	check_content("a", "one\n");
	assert_int_equal(mode_of("a"), 0640);
	assert_int_equal(count_files("."), 1);
	umask(old);
}

static void test_nothing_before_commit(void **state)
{
	struct outfile f;

	put("a", "old\n");
	assert_int_equal(outfile_open(&f, "a", false, NULL), 0);
	fputs("new\n", f.stream);
	fflush(f.stream);
	check_content("a", "old\n");
	assert_int_equal(count_files("."), 1);
	outfile_abort(&f);
	check_content("a", "old\n");
	assert_int_equal(count_files("."), 1);
	outfile_abort(&f);

	assert_int_equal(outfile_open(&f, "b", false, NULL), 0);
	outfile_abort(&f);
	assert_int_equal(count_files("."), 1);
}

static void test_replace_keeps_mode(void **state)
{
	put("a", "old and long\n");
	assert_int_equal(chmod("a", 0604), 0);
	assert_int_equal(write_file("a", false, "new\n", NULL), 0);
	check_content("a", "new\n");
	assert_int_equal(mode_of("a"), 0604);
	assert_int_equal(count_files("."), 1);
}

static void test_readers_keep_the_old_file(void **state)
{
	char buf[16] = "";
	int fd;

	put("a", "old\n");
	fd = open("a", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(write_file("a", false, "new\n", NULL), 0);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), 4);
	assert_string_equal(buf, "old\n");
	close(fd);
}

static void test_append(void **state)
{
	assert_int_equal(write_file("a", true, "1\n", NULL), 0);
	assert_int_equal(write_file("a", true, "2\n", NULL), 0);
	assert_int_equal(chmod("a", 0600), 0);
	assert_int_equal(write_file("a", true, "", NULL), 0);
	assert_int_equal(write_file("a", true, "3\n", NULL), 0);
	check_content("a", "1\n2\n3\n");
	assert_int_equal(mode_of("a"), 0600);
	put("empty", "");
	assert_int_equal(write_file("empty", true, "1\n", NULL), 0);
	check_content("empty", "1\n");
	assert_int_equal(count_files("."), 2);
}

static void test_append_to_torn_file(void **state)
{
	put("a", "1\n2");
	check_refused("a", true, EINVAL, EXIT_USAGE);
	check_content("a", "1\n2");
	/* Replacing it is fine. */
	assert_int_equal(write_file("a", false, "3\n", NULL), 0);
	check_content("a", "3\n");
}

static void test_links(void **state)
{
	struct stat st;

	assert_int_equal(mkdir("sub", 0755), 0);
	put("sub/real", "old\n");
	assert_int_equal(symlink("real", "sub/relative"), 0);
	assert_int_equal(symlink("sub/relative", "twice"), 0);
	assert_int_equal(write_file("twice", true, "new\n", NULL), 0);
	check_content("sub/real", "old\nnew\n");
	assert_int_equal(lstat("twice", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat("sub/relative", &st), 0);
	assert_true(S_ISLNK(st.st_mode));

	assert_int_equal(symlink("sub/absent", "dangling"), 0);
	assert_int_equal(write_file("dangling", false, "new\n", NULL), 0);
	check_content("sub/absent", "new\n");
	assert_int_equal(count_files("sub"), 3);

	assert_int_equal(symlink("loop", "loop"), 0);
	check_refused("loop", false, ELOOP, EXIT_FAILED);
}

static void test_refused(void **state)
{
	put("file", "old\n");
	check_refused("absent/a", false, ENOENT, EXIT_FAILED);
	check_refused("file/a", false, ENOTDIR, EXIT_FAILED);
	check_refused("", false, EINVAL, EXIT_USAGE);
	check_refused(".", false, EISDIR, EXIT_USAGE);
	assert_int_equal(count_files("."), 1);
}

static void test_not_permitted(void **state)
{
	int status;
	pid_t pid;

	put("readonly", "old\n");
	assert_int_equal(chmod("readonly", 0444), 0);
	assert_int_equal(mkdir("locked", 0555), 0);
	/* root may write anything: be somebody else. */
	pid = fork();
	if (!pid) {
		struct error err = { 0 };

		if (!geteuid() && (chown(dir, 65534, 65534) || setuid(65534)))
			_exit(2);
		_exit(write_file("readonly", false, "new\n", &err) != -EACCES ||
		      write_file("locked/a", false, "new\n", &err) != -EACCES ||
		      err.status != EXIT_FAILED || !strstr(err.what, "readonly"));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	check_content("readonly", "old\n");
	assert_int_equal(count_files("locked"), 0);
}

static void test_fifo(void **state)
{
	char buf[16] = "";
	int fd, status;
	pid_t pid;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	pid = fork();
	if (!pid)
		_exit(write_file("pipe", true, "through\n", NULL) != 0);
	fd = open("pipe", O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), 8);
	assert_string_equal(buf, "through\n");
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(count_files("."), 1);
}

static void test_stdout_in_a_file(void **state)
{
	int status;
	pid_t pid;

	/* As in: p2p-tool --output /dev/stdout >a, something printed before. */
	pid = fork();
	if (!pid) {
		int fd = open("a", O_WRONLY | O_CREAT | O_APPEND, 0600);

		if (dup2(fd, STDOUT_FILENO) < 0 || write(STDOUT_FILENO, "head\n", 5) != 5)
			_exit(2);
		_exit(write_file("/dev/stdout", false, "records\n", NULL) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	check_content("a", "head\nrecords\n");
	assert_int_equal(count_files("."), 1);
}

static void test_full_device(void **state)
{
	struct error err = { 0 };

	assert_int_equal(write_file("/dev/full", false, "new\n", &err), -ENOSPC);
	assert_int_equal(err.status, EXIT_FAILED);
	assert_string_equal(err.what, "/dev/full: No space left on device");
}

static void write_too_much(const char *path, int errnum)
{
	struct error err = { 0 };
	struct outfile f;
	int i;

	assert_int_equal(outfile_open(&f, path, true, &err), 0);
	for (i = 0; i < 100000; i++)
		fputs("0123456789\n", f.stream);
	assert_int_equal(outfile_commit(&f, &err), -errnum);
	assert_int_equal(err.status, EXIT_FAILED);
	assert_non_null(strstr(err.what, path));
}

static void test_full_disk(void **state)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip(); /* needs root */
	assert_int_equal(mkdir("disk", 0755), 0);
	assert_int_equal(mount("none", "disk", "tmpfs", 0, "size=64k"), 0);
	put("disk/a", "old\n");
	write_too_much("disk/a", ENOSPC);
	check_content("disk/a", "old\n");
	assert_int_equal(count_files("disk"), 1);
	assert_int_equal(umount("disk"), 0);
}

static void test_size_limit(void **state)
{
	struct rlimit old, limit;

	put("a", "old\n");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	limit = (struct rlimit){ 4096, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	write_too_much("a", EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	check_content("a", "old\n");
	assert_int_equal(count_files("."), 1);
}

static void test_leftover(void **state)
{
	char name[64];

	/* What a killed process of the same number may have left. */
	snprintf(name, sizeof(name), ".p2p-tool.%ld.0.tmp", (long)getpid());
	put(name, "precious\n");
	assert_int_equal(write_file("a", false, "new\n", NULL), 0);
	check_content("a", "new\n");
	check_content(name, "precious\n");
	assert_int_equal(count_files("."), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_file),
		TEST(test_nothing_before_commit),
		TEST(test_replace_keeps_mode),
		TEST(test_readers_keep_the_old_file),
		TEST(test_append),
		TEST(test_append_to_torn_file),
		TEST(test_links),
		TEST(test_refused),
		TEST(test_not_permitted),
		TEST(test_fifo),
		TEST(test_stdout_in_a_file),
		TEST(test_full_device),
		TEST(test_size_limit),
		TEST(test_leftover),
		TEST(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
