// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"

#define OUTPUT_MAX 16384
#define NAP_NS	   2000000

int child_start(struct child *c, char *const argv[], const char *remedy, struct error *err)
{
	int gate[2], failed = 0;

	c->output = tmpfile();
	if (!c->output || pipe2(gate, O_CLOEXEC))
		return error_set(err, EXIT_FAILED, errno, NULL, "%s: cannot be started: %s",
				 argv[0], strerror(errno));
	c->pid = fork();
	if (!c->pid) {
		int input = open("/dev/null", O_RDONLY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(input, STDIN_FILENO);
		dup2(fileno(c->output), STDOUT_FILENO);
		dup2(fileno(c->output), STDERR_FILENO);
		execvp(argv[0], argv);
		failed = errno;
		if (write(gate[1], &failed, sizeof(failed)) < 0)
			_exit(126);
		_exit(127);
	}
	close(gate[1]);
	if (c->pid < 0)
		failed = errno;
	else if (read(gate[0], &failed, sizeof(failed)) <= 0)
		failed = 0;
	close(gate[0]);
	return failed ? error_set(err, failed == ENOENT ? EXIT_SKIP : EXIT_FAILED, failed, remedy,
				  "%s: cannot be run: %s", argv[0], strerror(failed))
		      : 0;
}

void child_end(struct child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	if (c->output)
		fclose(c->output);
	*c = (struct child){ 0 };
}

/* By offset: the child writes where the file's own position is. */
void child_read(const struct child *c, char *text, size_t size)
{
	off_t room = (off_t)size - 1;
	struct stat st;
	ssize_t n = 0;

	if (!fstat(fileno(c->output), &st))
		n = pread(fileno(c->output), text, size - 1,
			  st.st_size > room ? st.st_size - room : 0);
	text[n > 0 ? n : 0] = '\0';
}

int child_failed(const struct child *c, const char *name, struct error *err)
{
	char text[OUTPUT_MAX], last[128] = "nothing was said", *line, *save;

	child_read(c, text, sizeof(text));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (*line && *line != '-' && *line != '*')
			snprintf(last, sizeof(last), "%s", line);
	return error_set(err, EXIT_FAILED, EIO, NULL, "%s: failed: %s", name, last);
}

double child_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Its status: 0, -EAGAIN when it still runs, -EIO. */
static int poll_child(struct child *c)
{
	int status;

	if (waitpid(c->pid, &status, WNOHANG) != c->pid)
		return -EAGAIN;
	c->pid = 0;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int child_await(struct child *c, const char *name, double deadline, bool (*ready)(void *ctx),
		void *ctx, struct error *err)
{
	int ret;

	while ((ret = poll_child(c)) == -EAGAIN) {
		if (ready && ready(ctx))
			return 0;
		if (child_now() > deadline)
			return error_set(err, EXIT_FAILED, ETIMEDOUT, "--timeout gives it longer",
					 "%s: has not ended in time", name);
		nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
	}
	/* Who is waited for to be ready has no reason to end. */
	return ret || ready ? child_failed(c, name, err) : 0;
}
