// SPDX-License-Identifier: GPL-2.0-only
/* What a build without libdrm says. */
#include <errno.h>

#include "measure.h"

int measure_drm_check(const struct bufspec *spec, const struct drm_params *p, struct error *err)
{
	return error_set(err, EXIT_SKIP, EOPNOTSUPP, "install libdrm-dev, and build it again",
			 "this p2p-tool was built without DRM");
}

int measure_drm(struct buffer *b, const struct clock *c, const struct drm_params *p,
		struct record_set *out, struct error *err)
{
	return measure_drm_check(&b->spec, p, err);
}
