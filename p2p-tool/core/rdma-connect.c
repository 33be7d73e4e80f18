// SPDX-License-Identifier: GPL-2.0-only
/* How connections for control messages begin: listening, accepting, connecting. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind.h"
#include "rdma-control-private.h"

#define SLICE	   500 /* ms between looks at signals */
#define BACKLOG	   16
#define RESOLVE_MS 500

int rdma_control_event(struct rdma_event_channel *channel, int ms, struct rdma_control_event *e)
{
	struct pollfd fd = { .fd = channel->fd, .events = POLLIN };
	struct rdma_cm_event *event;
	int ret = poll(&fd, 1, ms);

	if (ret <= 0)
		return ret && errno != EINTR ? -errno : -EAGAIN;
	if (rdma_get_cm_event(channel, &event))
		return -errno;
	*e = (struct rdma_control_event){ .type = event->event,
					  .id = event->id,
					  .status = event->status };
	/* Also of a refusal, whose length is elsewhere the same. */
	e->size = event->param.conn.private_data ? event->param.conn.private_data_len : 0;
	if (e->size > sizeof(e->data))
		e->size = sizeof(e->data);
	if (e->size)
		memcpy(e->data, event->param.conn.private_data, e->size);
	rdma_ack_cm_event(event);
	return 0;
}

static void name_peer(struct rdma_cm_id *id, char *text, size_t size)
{
	const struct sockaddr *addr = rdma_get_peer_addr(id);
	socklen_t length = addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						       : sizeof(struct sockaddr_in);

	if (getnameinfo(addr, length, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST))
		snprintf(text, size, "a client");
}

void rdma_control_turn_away(struct rdma_control *c, const struct rdma_control_event *e,
			    enum rdma_wire_reason reason)
{
	char hello[RDMA_WIRE_HELLO], peer[sizeof(c->peer)];
	unsigned int version;
	int read = rdma_wire_read_hello(e->data, e->size, &version);

	if (read)
		reason = read < 0 ? RDMA_WIRE_MALFORMED : (enum rdma_wire_reason)read;
	rdma_wire_hello(reason, hello);
	rdma_reject(e->id, hello, sizeof(hello));
	name_peer(e->id, peer, sizeof(peer));
	rdma_destroy_id(e->id);
	if (c->turned_away)
		c->turned_away(c->ctx, peer, reason);
}

static int find_address(const char *host, uint16_t port, struct addrinfo **out, struct error *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = host ? 0 : AI_PASSIVE };
	char service[8];
	int ret;

	snprintf(service, sizeof(service), "%u", port);
	ret = getaddrinfo(host, service, &hints, out);
	return ret ? error_set(err, EXIT_USAGE, EADDRNOTAVAIL, "give its name or address", "%s: %s",
			       host ? host : "this machine", gai_strerror(ret))
		   : 0;
}

int rdma_listen_at(const char *host, uint16_t port, struct rdma_listener *l, struct error *err)
{
	struct addrinfo *found = NULL;
	int ret;

	*l = (struct rdma_listener){ 0 };
	ret = find_address(host, port, &found, err);
	if (ret)
		return ret;
	l->channel = rdma_create_event_channel();
	if (!l->channel || rdma_create_id(l->channel, &l->id, NULL, RDMA_PS_TCP))
		ret = error_set(err, EXIT_SKIP, errno, "load rdma_ucm",
				"RDMA connection manager: %s", strerror(errno));
	else if (rdma_bind_addr(l->id, found->ai_addr) || rdma_listen(l->id, BACKLOG))
		ret = error_set(
			err, EXIT_FAILED, errno,
			"choose another --port, or as --listen an address of this machine's "
			"RDMA devices",
			"%s port %u: cannot listen there: %s", host ? host : "any address", port,
			strerror(errno));
	freeaddrinfo(found);
	if (ret)
		rdma_listener_close(l);
	else
		l->port = ntohs(rdma_get_src_port(l->id));
	return ret;
}

void rdma_listener_close(struct rdma_listener *l)
{
	if (l->id)
		rdma_destroy_id(l->id);
	if (l->channel)
		rdma_destroy_event_channel(l->channel);
	*l = (struct rdma_listener){ 0 };
}

/* The next event about c->id, which is wanted, within its time. */
static int await(struct rdma_control *c, enum rdma_cm_event_type wanted,
		 struct rdma_control_event *e, struct error *err)
{
	uint64_t deadline = rdma_control_now() + (uint64_t)c->timeout * 1000;
	int ret;

	while (rdma_control_now() < deadline) {
		ret = binding_interrupted(err);
		if (ret)
			return ret;
		ret = rdma_control_event(c->channel, SLICE, e);
		if (ret == -EAGAIN)
			continue;
		if (ret)
			return error_set(err, EXIT_FAILED, EIO, NULL, "RDMA connection manager: %s",
					 strerror(-ret));
		if (e->type == RDMA_CM_EVENT_CONNECT_REQUEST)
			rdma_control_turn_away(c, e, RDMA_WIRE_BUSY);
		else if (e->id == c->id)
			return e->type == wanted ? 0 : -EPROTO;
	}
	e->type = RDMA_CM_EVENT_UNREACHABLE;
	return -ETIMEDOUT;
}

static int accept_request(const struct rdma_control_event *request, const char *device,
			  struct rdma_control *c, struct error *err)
{
	char hello[RDMA_WIRE_HELLO];
	struct rdma_conn_param param = { .private_data = hello,
					 .private_data_len = sizeof(hello),
					 .rnr_retry_count = 7 };
	struct rdma_control_event e;
	unsigned int version;
	int ret = rdma_wire_read_hello(request->data, request->size, &version);
	bool unlike = device && strcmp(device, ibv_get_device_name(request->id->verbs->device));

	if (ret || unlike) {
		rdma_control_turn_away(c, request, RDMA_WIRE_DEVICE);
		return -EAGAIN;
	}
	c->id = request->id;
	name_peer(c->id, c->peer, sizeof(c->peer));
	ret = rdma_control_create(c, err);
	if (ret)
		return ret;
	rdma_wire_hello(RDMA_WIRE_WELCOME, hello);
	c->accepted = !rdma_accept(c->id, &param);
	if (c->accepted && !await(c, RDMA_CM_EVENT_ESTABLISHED, &e, err))
		return 0;
	return error_set(err, EXIT_FAILED, ECONNABORTED, NULL,
			 "%s: did not complete the connection", c->peer);
}

int rdma_control_accept(struct rdma_listener *l, const char *device, struct rdma_control *c,
			struct error *err)
{
	struct rdma_control_event e;
	int ret;

	c->channel = l->channel;
	do {
		ret = binding_interrupted(err);
		if (ret)
			return ret;
		ret = rdma_control_event(l->channel, SLICE, &e);
		if (!ret)
			ret = e.type == RDMA_CM_EVENT_CONNECT_REQUEST
				      ? accept_request(&e, device, c, err)
				      : -EAGAIN;
		else if (ret != -EAGAIN)
			return error_set(err, EXIT_FAILED, EIO, NULL, "RDMA connection manager: %s",
					 strerror(-ret));
	} while (ret == -EAGAIN);
	if (ret)
		rdma_control_close(c);
	return ret;
}

/* Why a server does not want us. */
static int rejected(const struct rdma_control *c, const struct rdma_control_event *e, uint16_t port,
		    struct error *err)
{
	unsigned int version;

	switch (rdma_wire_read_hello(e->data, e->size, &version)) {
	case RDMA_WIRE_BUSY:
		return error_set(err, EXIT_FAILED, EBUSY, "try again later",
				 "%s: serves another client", c->peer);
	case RDMA_WIRE_UNLIKE:
		return error_set(err, EXIT_FAILED, EPROTO, "use the same p2p-tool on both machines",
				 "%s: speaks version %u, this p2p-tool version %u", c->peer,
				 version, RDMA_WIRE_VERSION);
	case RDMA_WIRE_DEVICE:
		return error_set(err, EXIT_FAILED, ENODEV,
				 "connect to an address of the device that it was given",
				 "%s: serves on another RDMA device", c->peer);
	case RDMA_WIRE_MALFORMED:
		return error_set(err, EXIT_FAILED, EPROTO, NULL, "%s: did not understand us",
				 c->peer);
	}
	return error_set(err, EXIT_FAILED, ECONNREFUSED, "start 'p2p-tool rdma --server' there",
			 "%s: nobody of our kind listens at port %u", c->peer, port);
}

static int not_reached(const struct rdma_control *c, const struct rdma_control_event *e, int ret,
		       uint16_t port, struct error *err)
{
	if (ret == -EINTR)
		return ret;
	switch (e->status == -ETIMEDOUT ? RDMA_CM_EVENT_UNREACHABLE : e->type) {
	case RDMA_CM_EVENT_ADDR_ERROR:
	case RDMA_CM_EVENT_ROUTE_ERROR:
		return error_set(err, EXIT_SKIP, ENODEV,
				 "give an address that a network device of an RDMA device reaches",
				 "%s: no RDMA device of this machine reaches it: %s", c->peer,
				 strerror(e->status < 0 ? -e->status : ENODEV));
	case RDMA_CM_EVENT_REJECTED:
		return rejected(c, e, port, err);
	default:
		return error_set(
			err, EXIT_FAILED, ETIMEDOUT,
			"is it up, and does a firewall pass RDMA (RoCE v2: UDP port 4791)?",
			"%s: no answer within %d s", c->peer, c->timeout);
	}
}

/*
 * The kernel can miss that a neighbour has answered, and looks again only when the time is
 * up: so that is short, and there are several.
 */
static int resolve_address(const struct addrinfo *to, struct rdma_control *c,
			   struct rdma_control_event *e, struct error *err)
{
	uint64_t deadline = rdma_control_now() + (uint64_t)c->timeout * 1000;
	int ret;

	do {
		if (rdma_resolve_addr(c->id, NULL, to->ai_addr, RESOLVE_MS)) {
			*e = (struct rdma_control_event){ .type = RDMA_CM_EVENT_ADDR_ERROR,
							  .status = -errno };
			return -EPROTO;
		}
		ret = await(c, RDMA_CM_EVENT_ADDR_RESOLVED, e, err);
	} while (ret == -EPROTO && e->status == -ETIMEDOUT && rdma_control_now() < deadline);
	return ret;
}

/* As far as the device that reaches it. */
static int resolve(const struct addrinfo *to, struct rdma_control *c, struct rdma_control_event *e,
		   struct error *err)
{
	int ret = resolve_address(to, c, e, err);

	if (ret)
		return ret;
	if (rdma_resolve_route(c->id, c->timeout * 1000)) {
		*e = (struct rdma_control_event){ .type = RDMA_CM_EVENT_ROUTE_ERROR,
						  .status = -errno };
		return -EPROTO;
	}
	return await(c, RDMA_CM_EVENT_ROUTE_RESOLVED, e, err);
}

static int say_hello(struct rdma_control *c, struct rdma_control_event *e, struct error *err)
{
	char hello[RDMA_WIRE_HELLO];
	struct rdma_conn_param param = { .private_data = hello,
					 .private_data_len = sizeof(hello),
					 .retry_count = 7,
					 .rnr_retry_count = 7 };
	unsigned int version;
	int ret;

	rdma_wire_hello(RDMA_WIRE_WELCOME, hello);
	if (rdma_connect(c->id, &param))
		return error_set(err, EXIT_FAILED, errno, NULL, "%s: connecting: %s", c->peer,
				 strerror(errno));
	ret = await(c, RDMA_CM_EVENT_ESTABLISHED, e, err);
	if (ret)
		return ret;
	c->accepted = true;
	if (rdma_wire_read_hello(e->data, e->size, &version) == RDMA_WIRE_WELCOME)
		return 0;
	e->type = RDMA_CM_EVENT_REJECTED;
	return -EPROTO;
}

static int reach(const struct addrinfo *to, uint16_t port, const char *device,
		 struct rdma_control *c, struct error *err)
{
	struct rdma_control_event e = { 0 };
	const char *name;
	int ret;

	c->channel = rdma_create_event_channel();
	if (!c->channel || rdma_create_id(c->channel, &c->id, NULL, RDMA_PS_TCP))
		return error_set(err, EXIT_SKIP, errno, "load rdma_ucm",
				 "RDMA connection manager: %s", strerror(errno));
	ret = resolve(to, c, &e, err);
	if (ret)
		return not_reached(c, &e, ret, port, err);
	name = ibv_get_device_name(c->id->verbs->device);
	if (device && strcmp(device, name))
		return error_set(err, EXIT_USAGE, ENODEV, "leave it out, or give that",
				 "option --device %s: %s is reached through %s", device, c->peer,
				 name);
	ret = rdma_control_create(c, err);
	if (ret)
		return ret;
	ret = say_hello(c, &e, err);
	return ret ? not_reached(c, &e, ret, port, err) : 0;
}

int rdma_control_connect(const char *host, uint16_t port, const char *device,
			 struct rdma_control *c, struct error *err)
{
	struct addrinfo *found;
	int ret = find_address(host, port, &found, err);

	if (ret)
		return ret;
	c->client = true;
	snprintf(c->peer, sizeof(c->peer), "%s", host);
	ret = reach(found, port, device, c, err);
	freeaddrinfo(found);
	if (ret)
		rdma_control_close(c);
	return ret;
}
