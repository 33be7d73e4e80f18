// SPDX-License-Identifier: GPL-2.0-only
/* What a build without libdrm says of drm:NODE:LENGTH. */
#include <errno.h>

#include "buffer.h"

static int none_open(struct buffer *b, const struct access_params *access, struct error *err)
{
	return error_set(err, EXIT_SKIP, EOPNOTSUPP, "install libdrm-dev, and build it again",
			 "this p2p-tool was built without DRM");
}

const struct buffer_ops buffer_drm_ops = { .open = none_open };
