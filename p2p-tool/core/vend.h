/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The owner of a device vends slices of a BAR: whoever connects to a unix socket
 * gets the DMABUF of a free slice, and loses it when it says so, goes away, or has
 * had it for long enough. Taken back, the slice goes to the next one, as a new
 * DMABUF.
 */
#ifndef P2P_VEND_H
#define P2P_VEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "clock.h"
#include "record.h"

struct vend_event {
	enum vend_happening {
		VEND_LISTENING, /* no slice yet */
		VEND_GIVEN,
		VEND_TAKEN, /* because the client was done, or after its time */
		VEND_LOST,  /* the client went away, or does not keep to the protocol */
		VEND_BACK,  /* the client confirms that it cannot reach the slice any more */
	} what;
	unsigned int slice;
	pid_t pid; /* of the client */
	uid_t uid;
	bool forced;	    /* VEND_TAKEN: its time was over */
	uint64_t reachable; /* VEND_BACK: pages it can reach all the same */
};

struct vend_params {
	const char *socket;
	unsigned int slices;  /* at least 1 */
	unsigned int clients; /* end when so many have had a slice; 0: when a signal comes */
	unsigned int hold_ms; /* take a slice back after this time; 0: when the client is done */
	void (*event)(void *ctx, const struct vend_event *e); /* may be NULL */
	void *ctx;
};

/* Can spec be cut so? 0, or -EINVAL with err filled in. spec's length may be 0, not known yet. */
int vend_check(const struct bufspec *spec, const struct vend_params *p, struct error *err);

/*
 * Vend slices of b, a vfio: buffer, until SIGINT, SIGTERM or SIGHUP comes or
 * enough clients have had a slice; then take all of them back. vend.export and
 * vend.revoke; the latter's verification tells whether all clients that looked
 * found their slice gone. 0 or -errno with err filled in; the socket is gone then.
 */
int vend_owner(struct buffer *b, const struct clock *c, const struct vend_params *p,
	       struct record_set *out, struct error *err);

struct vend_client; /* has a slice */

/*
 * Ask the owner that listens at path for a slice, and wait for one. 0 or -errno
 * with err filled in; *out is given back with vend_client_close().
 */
int vend_client_open(const char *path, struct vend_client **out, struct error *err);
/* The slice, which is the client's: it has a DMABUF and nothing else. */
struct buffer *vend_client_buffer(struct vend_client *client);
/*
 * vend.confined: the attempts of confine_check(). vend.revoked: say that we are
 * done, wait until the owner has revoked the slice, and try every page. What
 * should not be possible but is, is the record's "violation". 0 or -errno with
 * err filled in.
 */
int vend_client_confined(struct vend_client *client, const struct clock *c, struct record_set *out,
			 struct error *err);
int vend_client_return(struct vend_client *client, const struct clock *c, struct record_set *out,
		       struct error *err);
/*
 * Has the owner taken the slice back, or gone away, or does so within wait_ms? Says
 * so in err, and -ESTALE; else 0.
 */
int vend_client_expired(struct vend_client *client, int wait_ms, struct error *err);
void vend_client_close(struct vend_client *client);

#endif
