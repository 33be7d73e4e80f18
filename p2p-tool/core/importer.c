// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "importer.h"

static const struct {
	const char *name, *package;
	const struct importer_ops *ops; /* NULL: not built in */
} kinds[IMPORTERS] = {
	[IMPORTER_DRM] = { "drm", "libdrm-dev",
#ifdef HAVE_DRM
			   &importer_drm_ops
#endif
	},
	[IMPORTER_RDMA] = { "rdma", "libibverbs-dev and librdmacm-dev",
#ifdef HAVE_RDMA
			    &importer_rdma_ops
#endif
	},
};

const char *importer_name(enum importer_kind kind)
{
	return kinds[kind].name;
}

int importer_parse(const char *name, enum importer_kind *kind)
{
	int i;

	for (i = 0; i < IMPORTERS; i++) {
		if (strcmp(name, kinds[i].name))
			continue;
		*kind = (enum importer_kind)i;
		return 0;
	}
	return -EINVAL;
}

int importer_open(struct importer *i, struct error *err)
{
	char remedy[128];
	int ret;

	if (!kinds[i->kind].ops) {
		snprintf(remedy, sizeof(remedy), "install %s, and build it again",
			 kinds[i->kind].package);
		return error_set(err, EXIT_SKIP, EOPNOTSUPP, remedy,
				 "importer %s: this p2p-tool was built without it",
				 kinds[i->kind].name);
	}
	i->ops = kinds[i->kind].ops;
	ret = i->ops->open(i, err);
	if (ret)
		importer_close(i);
	return ret;
}

void importer_close(struct importer *i)
{
	if (i->ops)
		i->ops->close(i);
	i->ops = NULL;
}

void importer_note(struct importer *i, const char *what, const char *result)
{
	size_t used = strlen(i->saw);
	char note[128];

	snprintf(note, sizeof(note), "%s: %s", what, result);
	if (!strstr(i->saw, note))
		snprintf(i->saw + used, sizeof(i->saw) - used, "%s%s", used ? "; " : "", note);
}
