// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "buffer-vfio.h"
#include "fdpass.h"
#include "files.h"
#include "measure-private.h"
#include "vend-private.h"

/* What is measured, at most; more clients can be served. */
#define SAMPLES_MAX 65536
/* For a client to confirm that its slice is gone. */
#define CONFIRM_MS 10000

/* Who has a slice; sock is -1 while it is free. */
struct lease {
	int sock, fd;
	bool revoked;
	uint64_t deadline_ms; /* 0: none */
	struct ucred client;
};

struct owner {
	struct buffer *b;
	const struct clock *c;
	const struct vend_params *p;
	uint64_t length; /* of a slice */
	struct lease *lease;
	int listener, signals;
	unsigned int given, leases, confirmed, forced;
	bool done; /* nobody gets a slice any more */
	uint64_t reachable;
	struct samples exported, revoked;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int vend_check(const struct bufspec *spec, const struct vend_params *p, struct error *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct sockaddr_un addr;
	char text[128];

	bufspec_format(spec, text, sizeof(text));
	if (spec->kind != BUFFER_VFIO)
		return error_set(err, EXIT_USAGE, EINVAL, "give vfio:BDF/BAR",
				 "%s: only VFIO takes DMABUFs back", text);
	if (strlen(p->socket) >= sizeof(addr.sun_path))
		return error_set(err, EXIT_USAGE, ENAMETOOLONG, "give a shorter path",
				 "%.100s...: more than the %zu bytes that a socket can have",
				 p->socket, sizeof(addr.sun_path) - 1);
	if (spec->length % (p->slices * page))
		return error_set(err, EXIT_USAGE, EINVAL, "give another length or another --slices",
				 "%s: 0x%" PRIx64 " bytes are not %u slices of whole pages", text,
				 spec->length, p->slices);
	return 0;
}

static void tell(struct owner *o, enum vend_happening what, struct lease *l,
		 struct vend_event *more)
{
	struct vend_event e = more ? *more : (struct vend_event){ 0 };

	if (!o->p->event)
		return;
	e.what = what;
	if (l) {
		e.slice = (unsigned int)(l - o->lease);
		e.pid = l->client.pid;
		e.uid = l->client.uid;
	}
	o->p->event(o->p->ctx, &e);
}

static struct lease *free_lease(struct owner *o)
{
	unsigned int i;

	for (i = 0; i < o->p->slices; i++)
		if (o->lease[i].sock < 0)
			return &o->lease[i];
	return NULL;
}

static void end_lease(struct owner *o, struct lease *l)
{
	close(l->sock);
	if (l->fd >= 0)
		close(l->fd);
	l->sock = l->fd = -1;
	o->leases--;
}

/* From here on the client cannot reach the slice. */
static int take_back(struct owner *o, struct lease *l, struct error *err)
{
	uint64_t start, end;
	int ret;

	if (l->revoked)
		return 0;
	start = clock_now(o->c);
	ret = vfio_revoke(buffer_vfio_device(o->b), l->fd, err);
	end = clock_now(o->c);
	if (ret)
		return ret;
	samples_add(&o->revoked, end - start);
	l->revoked = true;
	l->deadline_ms = now_ms() + CONFIRM_MS;
	return 0;
}

/* The client is gone, or might as well be. */
static int lose(struct owner *o, struct lease *l, struct error *err)
{
	int ret = take_back(o, l, err);

	tell(o, VEND_LOST, l, NULL);
	end_lease(o, l);
	return ret;
}

/* Take it back and tell the client, who is to confirm. */
static int recall(struct owner *o, struct lease *l, bool forced, struct error *err)
{
	struct vend_message m = { .magic = VEND_MAGIC,
				  .type = VEND_REVOKED,
				  .slice = (uint32_t)(l - o->lease),
				  .flags = o->done ? VEND_ENDING : 0 };
	struct vend_event e = { .forced = forced };
	int ret = take_back(o, l, err);

	if (ret)
		return ret;
	o->forced += forced;
	tell(o, VEND_TAKEN, l, &e);
	return fdpass_send(l->sock, &m, sizeof(m), -1) ? lose(o, l, err) : 0;
}

static int export_slice(struct owner *o, unsigned int slice, struct bufspec *spec,
			struct error *err)
{
	uint64_t start, end;
	int fd;

	*spec = o->b->spec;
	spec->offset += slice * o->length;
	spec->length = o->length;
	start = clock_now(o->c);
	fd = vfio_export(buffer_vfio_device(o->b), spec->bar, spec->offset, spec->length,
			 (o->b->rdonly ? O_RDONLY : O_RDWR) | O_CLOEXEC, err);
	end = clock_now(o->c);
	if (fd >= 0)
		samples_add(&o->exported, end - start);
	return fd;
}

static int give(struct owner *o, struct lease *l, struct error *err)
{
	struct vend_message m = { .magic = VEND_MAGIC,
				  .type = VEND_SLICE,
				  .slice = (uint32_t)(l - o->lease),
				  .flags = o->b->rdonly ? VEND_RDONLY : 0 };
	socklen_t size = sizeof(l->client);
	struct bufspec spec;

	l->sock = accept4(o->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (l->sock < 0)
		return 0; /* it has gone already */
	o->leases++;
	o->given++;
	l->revoked = false;
	l->client = (struct ucred){ 0 };
	getsockopt(l->sock, SOL_SOCKET, SO_PEERCRED, &l->client, &size);
	l->fd = export_slice(o, m.slice, &spec, err);
	if (l->fd < 0)
		return l->fd;
	l->deadline_ms = o->p->hold_ms ? now_ms() + o->p->hold_ms : 0;
	bufspec_format(&spec, m.buffer, sizeof(m.buffer));
	if (fdpass_send(l->sock, &m, sizeof(m), l->fd))
		return lose(o, l, err);
	tell(o, VEND_GIVEN, l, NULL);
	return 0;
}

/* Something came from the client of a lease. */
static int hear(struct owner *o, struct lease *l, struct error *err)
{
	struct vend_message m;
	struct vend_event e = { 0 };
	ssize_t n = fdpass_receive(l->sock, &m, sizeof(m), NULL);

	if (n == -EAGAIN)
		return 0;
	if (n != sizeof(m) || m.magic != VEND_MAGIC)
		return lose(o, l, err);
	if (m.type == VEND_DONE)
		return l->revoked ? 0 : recall(o, l, false, err); /* both at the same time */
	if (m.type != VEND_GONE || !l->revoked)
		return lose(o, l, err);
	o->confirmed++;
	o->reachable += m.reachable;
	e.reachable = m.reachable;
	tell(o, VEND_BACK, l, &e);
	end_lease(o, l);
	return 0;
}

static int check_deadlines(struct owner *o, struct error *err)
{
	uint64_t now = now_ms();
	unsigned int i;
	int ret = 0;

	for (i = 0; i < o->p->slices && !ret; i++) {
		struct lease *l = &o->lease[i];

		if (l->sock >= 0 && l->deadline_ms && l->deadline_ms <= now)
			ret = l->revoked ? lose(o, l, err) : recall(o, l, true, err);
	}
	return ret;
}

/* Until the next deadline, as poll() takes it. */
static int timeout_ms(const struct owner *o)
{
	uint64_t now = now_ms(), left = UINT64_MAX;
	unsigned int i;

	for (i = 0; i < o->p->slices; i++) {
		const struct lease *l = &o->lease[i];

		if (l->sock >= 0 && l->deadline_ms && l->deadline_ms < left)
			left = l->deadline_ms;
	}
	if (left == UINT64_MAX)
		return -1;
	return left <= now ? 0 : (int)(left - now < INT_MAX ? left - now : INT_MAX);
}

/* No more slices; those that are out come back. */
static int wind_up(struct owner *o, struct error *err)
{
	unsigned int i;
	int ret = 0;

	o->done = true;
	for (i = 0; i < o->p->slices && !ret; i++)
		if (o->lease[i].sock >= 0 && !o->lease[i].revoked)
			ret = recall(o, &o->lease[i], true, err);
	return ret;
}

static int serve(struct owner *o, struct pollfd *polled, struct error *err)
{
	unsigned int i;
	int ret = 0;

	while (!ret && (!o->done || o->leases)) {
		struct lease *l = free_lease(o);
		bool more = !o->done && l && (!o->p->clients || o->given < o->p->clients);

		polled[0] = (struct pollfd){ o->signals, POLLIN, 0 };
		polled[1] = (struct pollfd){ more ? o->listener : -1, POLLIN, 0 };
		for (i = 0; i < o->p->slices; i++)
			polled[2 + i] = (struct pollfd){ o->lease[i].sock, POLLIN, 0 };
		if (poll(polled, o->p->slices + 2, timeout_ms(o)) < 0 && errno != EINTR)
			return error_set(err, EXIT_FAILED, errno, NULL, "%s: %s", o->p->socket,
					 strerror(errno));
		if (polled[0].revents) {
			struct signalfd_siginfo info;

			/* A second one does not wait for clients to confirm. */
			if (read(o->signals, &info, sizeof(info)) == sizeof(info) && o->done)
				return 0;
			ret = wind_up(o, err);
		}
		for (i = 0; i < o->p->slices && !ret; i++)
			if (polled[2 + i].fd >= 0 && polled[2 + i].fd == o->lease[i].sock &&
			    polled[2 + i].revents)
				ret = hear(o, &o->lease[i], err);
		if (!ret && polled[1].revents && !o->done)
			ret = give(o, l, err);
		if (!ret)
			ret = check_deadlines(o, err);
		if (o->p->clients && o->given == o->p->clients && !o->leases)
			o->done = true;
	}
	return ret;
}

/* A socket that nobody listens at any more: its owner was killed. */
static bool is_stale(const struct sockaddr_un *addr)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused = sock >= 0 && connect(sock, (const struct sockaddr *)addr, sizeof(*addr)) &&
		       errno == ECONNREFUSED;
	struct stat st;

	if (sock >= 0)
		close(sock);
	return refused && !lstat(addr->sun_path, &st) && S_ISSOCK(st.st_mode);
}

/* 0 or -errno. */
static int bind_to(int sock, const struct sockaddr_un *addr)
{
	int ret = bind(sock, (const struct sockaddr *)addr, sizeof(*addr)) ? -errno : 0;

	if (ret != -EADDRINUSE || !is_stale(addr) || unlink(addr->sun_path))
		return ret;
	return bind(sock, (const struct sockaddr *)addr, sizeof(*addr)) ? -errno : 0;
}

static int listen_at(struct owner *o, struct error *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	o->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (o->listener < 0)
		return error_set(err, EXIT_FAILED, errno, NULL, "%s: %s", o->p->socket,
				 strerror(errno));
	strncpy(addr.sun_path, o->p->socket, sizeof(addr.sun_path) - 1);
	ret = bind_to(o->listener, &addr);
	if (ret) {
		close(o->listener);
		o->listener = -1;
		return error_set(err, EXIT_FAILED, -ret,
				 ret == -EADDRINUSE ? "choose another path, or remove what is there"
						    : "choose another path",
				 "%s: %s", o->p->socket, strerror(-ret));
	}
	if (listen(o->listener, SOMAXCONN))
		return error_set(err, EXIT_FAILED, errno, NULL, "%s: %s", o->p->socket,
				 strerror(errno));
	tell(o, VEND_LISTENING, NULL, NULL);
	return 0;
}

static int add_record(struct owner *o, const char *measurement, struct samples *s,
		      struct record_set *out, struct error *err)
{
	struct record *r;
	int ret;

	if (!s->count)
		return 0; /* no client has come */
	r = cell_new(o->b, measurement, o->c->unit, VIA_DMABUF);
	ret = r ? record_param(r, "slices", "%u", o->p->slices) : -ENOMEM;
	if (!ret && s == &o->revoked) {
		ret = record_observe(r, "confirmed", "%u of %u", o->confirmed, o->given);
		if (!ret && o->forced)
			ret = record_observe(r, "forced", "%u", o->forced);
		if (!ret && o->reachable)
			ret = record_observe(r, "violation",
					     "%" PRIu64 " pages can be reached after it",
					     o->reachable);
		if (o->confirmed)
			r->verification = o->reachable ? VERIFY_FAILED : VERIFY_OK;
	}
	if (ret) {
		record_free(r);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	return cell_finish(r, o->c, s, out, err);
}

int vend_owner(struct buffer *b, const struct clock *c, const struct vend_params *p,
	       struct record_set *out, struct error *err)
{
	struct owner o = { .b = b, .c = c, .p = p, .listener = -1, .signals = -1 };
	struct pollfd *polled = calloc(p->slices + 2, sizeof(*polled));
	sigset_t ends, before;
	unsigned int i;
	int ret;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &before);
	o.lease = calloc(p->slices, sizeof(*o.lease));
	ret = o.lease && polled ? samples_init(&o.exported, SAMPLES_MAX) : -ENOMEM;
	for (i = 0; o.lease && i < p->slices; i++)
		o.lease[i].sock = o.lease[i].fd = -1;
	if (!ret)
		ret = samples_init(&o.revoked, SAMPLES_MAX);
	if (ret) {
		error_set(err, EXIT_FAILED, -ret, NULL, "%s: out of memory", p->socket);
		goto out;
	}
	o.signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	ret = files_allow(2 * p->slices, "slices", err); /* a socket and a DMABUF each */
	if (!ret)
		ret = vfio_revoke_probe(buffer_vfio_device(b), err);
	if (!ret)
		ret = buffer_probe_mmap(b, VIA_DMABUF, err);
	if (!ret)
		ret = vend_check(&b->spec, p, err);
	if (ret)
		goto out;
	o.length = b->spec.length / p->slices;
	ret = listen_at(&o, err);
	if (!ret)
		ret = serve(&o, polled, err);
	/* Closing the device takes back what is out, whatever happened here. */
	for (i = 0; i < p->slices; i++)
		if (o.lease[i].sock >= 0)
			end_lease(&o, &o.lease[i]);
	if (!ret)
		ret = add_record(&o, "vend.export", &o.exported, out, err);
	if (!ret)
		ret = add_record(&o, "vend.revoke", &o.revoked, out, err);
out:
	if (o.listener >= 0) {
		close(o.listener);
		unlink(p->socket);
	}
	if (o.signals >= 0)
		close(o.signals);
	samples_free(&o.exported);
	samples_free(&o.revoked);
	free(o.lease);
	free(polled);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}
