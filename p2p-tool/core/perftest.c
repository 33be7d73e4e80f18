// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "perftest.h"

#define ARGS_MAX   32
#define OUTPUT_MAX 16384
#define NAP_NS	   2000000
#define MEGA	   1048576.0 /* what perftest calls MB */

struct args {
	char *argv[ARGS_MAX + 1];
	int argc;
	char text[ARGS_MAX][32];
};

struct child {
	pid_t pid; /* 0: none */
	FILE *output;
};

const char *perftest_name(enum rdma_op op, bool latency)
{
	switch (op) {
	case RDMA_WRITE:
		return latency ? "ib_write_lat" : "ib_write_bw";
	case RDMA_READ:
		return latency ? "ib_read_lat" : "ib_read_bw";
	case RDMA_SEND:
		return latency ? "ib_send_lat" : "ib_send_bw";
	default:
		return NULL;
	}
}

int perftest_parse(const struct perftest *p, const char *output, double *value)
{
	const char *heading = strstr(output, " #bytes"), *line;
	double number[6];

	line = heading ? strchr(heading, '\n') : NULL;
	if (!line ||
	    !memmem(heading, (size_t)(line - heading),
		    p->latency ? "t_typical[usec]" : "BW average[MB/sec]", p->latency ? 15 : 18))
		return -EPROTO;
	/* Bytes, iterations, then least, most, typical; or peak, average, million messages. */
	if (sscanf(line, " %lf %lf %lf %lf %lf", &number[0], &number[1], &number[2], &number[3],
		   &number[4]) != 5 ||
	    number[0] != p->size)
		return -EPROTO;
	if (p->latency)
		*value = number[4] * 1000;
	else if (number[3] >= 1)
		*value = number[3] * MEGA;
	else /* it has more digits */
		*value = number[4] * 1e6 * p->size;
	return *value > 0 ? 0 : -EPROTO;
}

static void add(struct args *a, const char *option, unsigned int value)
{
	if (a->argc + 2 > ARGS_MAX)
		return;
	snprintf(a->text[a->argc], sizeof(a->text[0]), "%s", option);
	a->argv[a->argc] = a->text[a->argc];
	a->argc++;
	snprintf(a->text[a->argc], sizeof(a->text[0]), "%u", value);
	a->argv[a->argc] = a->text[a->argc];
	a->argc++;
}

static void add_word(struct args *a, const char *word)
{
	if (a->argc < ARGS_MAX)
		a->argv[a->argc++] = (char *)word;
}

static void make_arguments(const struct perftest *p, uint16_t port, struct args *a)
{
	*a = (struct args){ 0 };
	add_word(a, perftest_name(p->op, p->latency));
	add_word(a, "-F");
	add_word(a, "-d");
	add_word(a, p->device);
	add(a, "-x", (unsigned int)p->gid_index);
	add(a, "-m", p->mtu);
	add(a, "-s", p->size);
	add(a, "-n", p->iters);
	add(a, "-p", port);
	if (p->op == RDMA_READ)
		add(a, "-o", p->reads);
	else
		add(a, "-I", p->inline_max);
	if (p->latency)
		return;
	add(a, "-q", p->qps);
	add(a, "-t", p->depth);
	add(a, "-Q", p->cq_mod);
	/* It looks at the clock for each message otherwise. */
	add_word(a, "-N");
}

static int start(struct child *c, char *const argv[], struct error *err)
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
	return failed ? error_set(err, failed == ENOENT ? EXIT_SKIP : EXIT_FAILED, failed,
				  "install perftest", "%s: cannot be run: %s", argv[0],
				  strerror(failed))
		      : 0;
}

static void end(struct child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	if (c->output)
		fclose(c->output);
	*c = (struct child){ 0 };
}

static void read_output(struct child *c, char *text, size_t size)
{
	rewind(c->output);
	text[fread(text, 1, size - 1, c->output)] = '\0';
}

/* The last line that is no frame, for a message. */
static int failed(const char *name, struct child *c, struct error *err)
{
	char text[OUTPUT_MAX], last[128] = "nothing was said", *line, *save;

	read_output(c, text, sizeof(text));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (*line && *line != '-' && *line != '*')
			snprintf(last, sizeof(last), "%s", line);
	return error_set(err, EXIT_FAILED, EIO, NULL, "%s: failed: %s", name, last);
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
}

/* Does anybody listen at that TCP port? A connection would be taken for the client. */
static bool listens(uint16_t port)
{
	static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	unsigned int local, state;
	bool found = false;
	char line[512];
	size_t i;

	for (i = 0; i < 2 && !found; i++) {
		FILE *f = fopen(tables[i], "re");

		while (f && !found && fgets(line, sizeof(line), f))
			found = sscanf(line, " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &local,
				       &state) == 2 &&
				local == port && state == 0x0a;
		if (f)
			fclose(f);
	}
	return found;
}

/* A TCP port that is free now; 0: there is none. */
static uint16_t free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(fd, (struct sockaddr *)&addr, &length))
		addr.sin_port = 0;
	if (fd >= 0)
		close(fd);
	return ntohs(addr.sin_port);
}

/* Until done, or the child has ended. Its status: 0, -EAGAIN when it still runs, -EIO. */
static int poll_child(struct child *c)
{
	int status;

	if (waitpid(c->pid, &status, WNOHANG) != c->pid)
		return -EAGAIN;
	c->pid = 0;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int await(struct child *c, const char *name, double deadline, uint16_t port,
		 struct error *err)
{
	int ret;

	while ((ret = poll_child(c)) == -EAGAIN) {
		if (port && listens(port))
			return 0;
		if (seconds_now() > deadline)
			return error_set(err, EXIT_FAILED, ETIMEDOUT, "--timeout gives it longer",
					 "%s: has not ended in time", name);
		nap();
	}
	/* Who should listen has no reason to end. */
	return ret || port ? failed(name, c, err) : 0;
}

int perftest_run(const struct perftest *p, double *value, struct error *err)
{
	const char *name = perftest_name(p->op, p->latency);
	double deadline = seconds_now() + p->timeout;
	struct child server = { 0 }, client = { 0 };
	char text[OUTPUT_MAX];
	struct args args;
	uint16_t port = free_port();
	int ret;

	make_arguments(p, port, &args);
	ret = start(&server, args.argv, err);
	if (!ret)
		ret = await(&server, name, deadline, port, err);
	add_word(&args, "127.0.0.1");
	if (!ret)
		ret = start(&client, args.argv, err);
	if (!ret)
		ret = await(&client, name, deadline, 0, err);
	if (!ret) {
		read_output(&client, text, sizeof(text));
		ret = perftest_parse(p, text, value);
		if (ret)
			failed(name, &client, err);
	}
	/* It may want to say something before it ends. */
	if (!ret)
		await(&server, name, deadline, 0, NULL);
	end(&client);
	end(&server);
	return ret;
}
