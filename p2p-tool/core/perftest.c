// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"
#include "perftest.h"

#define ARGS_MAX   32
#define OUTPUT_MAX 16384
#define MEGA	   1048576.0 /* what perftest calls MB */

struct args {
	char *argv[ARGS_MAX + 1];
	int argc;
	char text[ARGS_MAX][32];
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

/* Does anybody listen at that TCP port? A connection would be taken for the client. */
static bool listens(void *ctx)
{
	const uint16_t port = *(const uint16_t *)ctx;
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

int perftest_run(const struct perftest *p, double *value, struct error *err)
{
	const char *name = perftest_name(p->op, p->latency), *remedy = "install perftest";
	double deadline = child_now() + p->timeout;
	struct child server = { 0 }, client = { 0 };
	char text[OUTPUT_MAX];
	struct args args;
	uint16_t port = free_port();
	int ret;

	make_arguments(p, port, &args);
	ret = child_start(&server, args.argv, remedy, err);
	if (!ret)
		ret = child_await(&server, name, deadline, listens, &port, err);
	add_word(&args, "127.0.0.1");
	if (!ret)
		ret = child_start(&client, args.argv, remedy, err);
	if (!ret)
		ret = child_await(&client, name, deadline, NULL, NULL, err);
	if (!ret) {
		child_read(&client, text, sizeof(text));
		ret = perftest_parse(p, text, value);
		if (ret)
			child_failed(&client, name, err);
	}
	/* It may want to say something before it ends. */
	if (!ret)
		child_await(&server, name, deadline, NULL, NULL, NULL);
	child_end(&client);
	child_end(&server);
	return ret;
}
