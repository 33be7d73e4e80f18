/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the reader of result files share. */
#ifndef P2P_RECORD_READ_PRIVATE_H
#define P2P_RECORD_READ_PRIVATE_H

#include "record-read.h"

#ifdef HAVE_JSON
#include <json-c/json.h>

/* Nothing that is measured comes near: 31 years in ns, 1 EB/s. */
#define RECORD_NUMBER_MAX 1e18

/* Where the reader is, for messages. */
struct record_place {
	const char *path;
	unsigned int line;
	struct error *err;
};

/* Refuse the line: -EINVAL with "PATH:LINE: ..." in err. */
int record_refuse(const struct record_place *at, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A record from its line. 0 or -errno with err filled in. */
int record_parse(struct json_object *line, const struct record_place *at, struct record **out);

/* Is what the members say of the samples possible, and the same everywhere? 0 or -EINVAL, likewise. */
int record_check(const struct record *r, const struct record_place *at);

#endif
#endif
