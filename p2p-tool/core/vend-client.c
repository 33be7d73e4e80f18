// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "confine.h"
#include "fdpass.h"
#include "measure-private.h"
#include "vend-private.h"

struct vend_client {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int sock;
	unsigned int slice;
	bool expired, ending; /* the slice is revoked; because the owner ends */
	struct buffer *b;
	char *map; /* all of the slice */
	size_t length;
};

static int fail(const struct vend_client *v, int ret, const char *remedy, const char *what,
		struct error *err)
{
	return error_set(err, EXIT_FAILED, -ret, remedy, "%s: %s: %s", v->path, what,
			 strerror(-ret));
}

static int connect_to(struct vend_client *v, const char *path, struct error *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int ret;

	if (strlen(path) >= sizeof(addr.sun_path))
		return error_set(err, EXIT_USAGE, ENAMETOOLONG, "give a shorter path",
				 "%.100s...: more than the %zu bytes that a socket can have", path,
				 sizeof(addr.sun_path) - 1);
	strcpy(v->path, path);
	strcpy(addr.sun_path, path);
	v->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (v->sock < 0)
		return fail(v, -errno, NULL, "socket", err);
	if (!connect(v->sock, (struct sockaddr *)&addr, sizeof(addr)))
		return 0;
	ret = -errno;
	if (ret == -EACCES)
		return error_set(err, EXIT_SKIP, EACCES,
				 "let its owner 'chmod a+w' the socket, or run as its owner",
				 "%s: you may not connect to it: %s", v->path, strerror(EACCES));
	return fail(v, ret, "start 'p2p-tool vend BUFFER --socket PATH' first",
		    "no owner listens here", err);
}

/* Wait for the next message of the owner. */
static int hear(struct vend_client *v, uint32_t type, struct vend_message *m, int *fd,
		struct error *err)
{
	ssize_t n = fdpass_receive(v->sock, m, sizeof(*m), fd);

	if (n == sizeof(*m) && m->magic == VEND_MAGIC && m->type == type)
		return 0;
	if (fd && *fd >= 0)
		close(*fd);
	if (n > 0)
		return fail(v, -EPROTO, "use the same version on both sides",
			    "the owner says something else than expected", err);
	return fail(v, n ? (int)n : -ECONNRESET, "see what the owner says", "the owner is gone",
		    err);
}

int vend_client_open(const char *path, struct vend_client **out, struct error *err)
{
	struct vend_client *v = calloc(1, sizeof(*v));
	struct vend_message m;
	struct bufspec spec;
	int ret, fd = -1;

	if (!v)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", path);
	v->sock = -1;
	ret = connect_to(v, path, err);
	if (!ret)
		ret = hear(v, VEND_SLICE, &m, &fd, err);
	if (ret)
		goto out;
	m.buffer[sizeof(m.buffer) - 1] = '\0';
	if (fd < 0 || bufspec_parse(m.buffer, &spec, NULL) || !spec.length) {
		ret = fail(v, -EPROTO, "use the same version on both sides", "no slice came", err);
		goto out;
	}
	v->slice = m.slice;
	v->length = spec.length;
	ret = buffer_adopt(&spec, fd, m.flags & VEND_RDONLY, &v->b, err);
	if (ret)
		goto out;
	fd = -1;
	/* Touched before it goes, so that there is something to be taken away. */
	v->map = mmap(NULL, v->length, PROT_READ, MAP_SHARED, v->b->dmabuf_fd, 0);
	if (v->map == MAP_FAILED) {
		v->map = NULL;
		ret = fail(v, -errno, NULL, "mmap() of the slice", err);
	} else if (confine_reachable(v->map, v->length) !=
		   v->length / (size_t)sysconf(_SC_PAGESIZE)) {
		ret = fail(v, -EFAULT, "it may have been taken back at once: see --hold",
			   "the slice cannot be read", err);
	}
out:
	if (fd >= 0)
		close(fd);
	if (ret)
		vend_client_close(v);
	else
		*out = v;
	return ret;
}

struct buffer *vend_client_buffer(struct vend_client *client)
{
	return client->b;
}

static struct record *new_record(struct vend_client *v, const char *measurement,
				 const struct clock *c)
{
	return cell_new(v->b, measurement, c->unit, VIA_DMABUF);
}

/* One sample, and what should not have been possible. */
static int add_record(struct record *r, const struct clock *c, uint64_t sample,
		      const char *violation, struct record_set *out, struct error *err)
{
	struct samples s = { 0 };
	int ret = r ? samples_init(&s, 1) : -ENOMEM;

	if (!ret && violation)
		ret = record_observe(r, "violation", "%s", violation);
	if (ret) {
		record_free(r);
		samples_free(&s);
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "record: out of memory");
	}
	r->verification = violation ? VERIFY_FAILED : VERIFY_OK;
	samples_add(&s, sample);
	ret = cell_finish(r, c, &s, out, err);
	samples_free(&s);
	return ret;
}

int vend_client_confined(struct vend_client *client, const struct clock *c, struct record_set *out,
			 struct error *err)
{
	uint64_t start = clock_now(c), end;
	struct confinement found;
	struct record *r;
	int ret;

	ret = confine_check(client->b->dmabuf_fd, client->length, client->b->rdonly, &found);
	end = clock_now(c);
	if (ret)
		return fail(client, ret, NULL, "mmap() of the slice", err);
	r = new_record(client, "vend.confined", c);
	if (r && record_observe(r, "attempts", "%u", found.tried)) {
		record_free(r);
		r = NULL;
	}
	return add_record(r, c, end - start, found.breach, out, err);
}

int vend_client_expired(struct vend_client *client, int wait_ms, struct error *err)
{
	struct pollfd polled = { client->sock, POLLIN, 0 };
	struct vend_message m = { 0 };

	if (!client->expired && poll(&polled, 1, wait_ms) != 1)
		return 0;
	if (!client->expired && recv(client->sock, &m, sizeof(m), MSG_PEEK) <= 0)
		return error_set(err, EXIT_FAILED, ESTALE, "start the owner again",
				 "%s: the owner is gone, and slice %u with it", client->path,
				 client->slice);
	if (client->ending || m.flags & VEND_ENDING)
		return error_set(err, EXIT_FAILED, ESTALE, "start the owner again",
				 "%s: its owner ends, and has taken slice %u back", client->path,
				 client->slice);
	return error_set(err, EXIT_FAILED, ESTALE, "ask for a longer --hold",
			 "%s: its owner has taken slice %u back", client->path, client->slice);
}

/* Which pages can be reached, and can it still be mapped? */
static const char *try_again(struct vend_client *v, uint64_t *reachable, char text[64])
{
	void *p;

	*reachable = confine_reachable(v->map, v->length);
	p = mmap(NULL, v->length, PROT_READ, MAP_SHARED, v->b->dmabuf_fd, 0);
	if (p != MAP_FAILED) {
		*reachable += confine_reachable(p, v->length);
		munmap(p, v->length);
		return "the slice can be mapped after it was revoked";
	}
	if (!*reachable)
		return NULL;
	snprintf(text, 64, "%" PRIu64 " pages can be reached after it was revoked", *reachable);
	return text;
}

int vend_client_return(struct vend_client *client, const struct clock *c, struct record_set *out,
		       struct error *err)
{
	struct vend_message m = { .magic = VEND_MAGIC, .type = VEND_DONE, .slice = client->slice };
	uint64_t start = clock_now(c), end;
	const char *violation;
	char text[64];
	int ret;

	ret = fdpass_send(client->sock, &m, sizeof(m), -1);
	if (ret)
		return fail(client, ret, "see what the owner says", "the owner is gone", err);
	ret = hear(client, VEND_REVOKED, &m, NULL, err);
	end = clock_now(c);
	if (ret)
		return ret;
	client->expired = true;
	client->ending = m.flags & VEND_ENDING;
	violation = try_again(client, &m.reachable, text);
	m.type = VEND_GONE;
	ret = fdpass_send(client->sock, &m, sizeof(m), -1);
	if (ret)
		return fail(client, ret, "see what the owner says", "the owner is gone", err);
	return add_record(new_record(client, "vend.revoked", c), c, end - start, violation, out,
			  err);
}

void vend_client_close(struct vend_client *client)
{
	if (!client)
		return;
	if (client->map)
		munmap(client->map, client->length);
	buffer_close(client->b, NULL);
	if (client->sock >= 0)
		close(client->sock);
	free(client);
}
