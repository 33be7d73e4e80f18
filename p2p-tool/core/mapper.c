// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "fdpass.h"
#include "mapper.h"
#include "sigbus.h"

/* To the mapper: map the fd that comes with it; with length 0, try again and unmap. */
struct request {
	uint64_t offset, length, round;
	bool busy;
};

struct reply {
	int ret;
	struct mapper_report report;
};

/* The mapper's own. */
struct state {
	struct mapper_shared *shared;
	int sock;
	size_t page;
	char *map;
	struct request request;
	struct mapper_report report;
};

struct mapper_shared *mapper_share(void)
{
	void *p = mmap(NULL, sizeof(struct mapper_shared), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void mapper_unshare(struct mapper_shared *shared)
{
	if (shared)
		munmap(shared, sizeof(*shared));
}

/* Leaves the loop by SIGBUS, or with a read that began after the revoke had returned. */
static void read_until_revoked(void *arg)
{
	struct state *s = arg;
	volatile const uint32_t *word;
	uint64_t i;
	bool late;

	for (i = 0;; i += s->page) {
		late = atomic_load(&s->shared->returned) >= s->request.round;
		word = (volatile const uint32_t *)(s->map + i % s->request.length);
		(void)*word;
		s->report.reads++;
		if (late) {
			s->report.reachable++;
			return;
		}
	}
}

static int map(struct state *s, int fd)
{
	int ret = 0;

	if (fd < 0)
		return -EBADMSG;
	s->report = (struct mapper_report){ 0 };
	s->map = mmap(NULL, s->request.length, PROT_READ, MAP_SHARED, fd, (off_t)s->request.offset);
	if (s->map == MAP_FAILED)
		ret = -errno;
	else if (confine_reachable(s->map, s->request.length) != s->request.length / s->page)
		ret = -EFAULT;
	if (ret && s->map != MAP_FAILED)
		munmap(s->map, s->request.length);
	if (ret)
		s->map = NULL;
	close(fd);
	return ret;
}

static int check(struct state *s, size_t length)
{
	if (!s->map)
		return -EBADMSG;
	s->report.reachable += confine_reachable(s->map, length);
	munmap(s->map, length);
	s->map = NULL;
	return 0;
}

static void serve(struct state *s)
{
	struct request request;
	struct reply reply;
	int fd;

	while (fdpass_receive(s->sock, &request, sizeof(request), &fd) == sizeof(request)) {
		if (request.length) {
			s->request = request;
			reply.ret = map(s, fd);
		} else {
			reply.ret = check(s, s->request.length);
		}
		reply.report = s->report;
		if (fdpass_send(s->sock, &reply, sizeof(reply), -1))
			break;
		if (request.length && request.busy && !reply.ret)
			sigbus_guard(read_until_revoked, s, NULL);
	}
}

/* Of what this process had open, the mapper keeps its socket, as descriptor 0. */
static void become_mapper(int sock, struct mapper_shared *shared, pid_t parent)
{
	struct state s = { .shared = shared, .sock = 0, .page = (size_t)sysconf(_SC_PAGESIZE) };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(sock, 0) < 0 || close_range(1, ~0U, 0))
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* ^C is for the one that started us, and it ends us. */
	signal(SIGINT, SIG_IGN);
	serve(&s);
	_exit(0);
}

int mapper_start(struct mapper *m, struct mapper_shared *shared)
{
	pid_t parent = getpid();
	int pair[2], ret;

	*m = (struct mapper){ 0 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	m->pid = fork();
	if (!m->pid)
		become_mapper(pair[1], shared, parent);
	ret = m->pid < 0 ? -errno : 0;
	close(pair[1]);
	if (ret) {
		close(pair[0]);
		m->pid = 0;
	} else {
		m->sock = pair[0];
	}
	return ret;
}

void mapper_stop(struct mapper *m)
{
	if (!m->pid)
		return;
	close(m->sock);
	kill(m->pid, SIGKILL);
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
	m->pid = 0;
}

static int ask(struct mapper *m, const struct request *request, int fd, struct reply *reply)
{
	int ret = fdpass_send(m->sock, request, sizeof(*request), fd);
	ssize_t n;

	if (ret)
		return ret;
	n = fdpass_receive(m->sock, reply, sizeof(*reply), NULL);
	/* Dead, with the request read or unread. */
	if (n == 0 || n == -ECONNRESET)
		return -EPIPE;
	if (n != sizeof(*reply))
		return n < 0 ? (int)n : -EPROTO;
	return reply->ret;
}

int mapper_map(struct mapper *m, int fd, uint64_t offset, size_t length, uint64_t round, bool busy)
{
	struct request request = {
		.offset = offset, .length = length, .round = round, .busy = busy
	};
	struct reply reply;

	return ask(m, &request, fd, &reply);
}

int mapper_check(struct mapper *m, struct mapper_report *report)
{
	struct request request = { 0 };
	struct reply reply;
	int ret = ask(m, &request, -1, &reply);

	*report = ret ? (struct mapper_report){ 0 } : reply.report;
	return ret;
}
