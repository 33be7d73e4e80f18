// SPDX-License-Identifier: GPL-2.0-only
/* The tables of RDMA devices (a row for each port) and of DRM nodes. */
#include <errno.h>
#include <string.h>

#include "list-tables.h"

enum { NAME, PARENT, NODE_GUID, DMABUF_MR, PORT, STATE, LINK_LAYER, NETDEV, RDMA_COLUMNS };

static const struct column rdma_columns[RDMA_COLUMNS] = {
	[NAME] = { "rdma", COLUMN_TEXT, .key = "name" },
	[PARENT] = { "parent", COLUMN_TEXT },
	[NODE_GUID] = { "node_guid", COLUMN_TEXT },
	[DMABUF_MR] = { "dmabuf_mr", COLUMN_BOOL },
	[PORT] = { "port", COLUMN_NUMBER, PLACE_ALL, "ports" },
	[STATE] = { "state", COLUMN_TEXT, PLACE_ALL, "ports" },
	[LINK_LAYER] = { "link_layer", COLUMN_TEXT, PLACE_ALL, "ports" },
	[NETDEV] = { "netdev", COLUMN_TEXT, PLACE_ALL, "ports" },
};

enum { NODE, NODE_PARENT, DRIVER, IMPORT, EXPORT, DRM_COLUMNS };

static const struct column drm_columns[DRM_COLUMNS] = {
	[NODE] = { "drm", COLUMN_TEXT, .key = "name" },
	[NODE_PARENT] = { "parent", COLUMN_TEXT },
	[DRIVER] = { "driver", COLUMN_TEXT },
	[IMPORT] = { "import", COLUMN_BOOL, .key = "prime_import" },
	[EXPORT] = { "export", COLUMN_BOOL, .key = "prime_export" },
};

static bool wanted(const struct list_filter *filter, const struct parent *parent)
{
	return parent->pci ? list_wants(filter, &parent->bdf) : !filter->count;
}

/* A cell that is empty, null in JSON, when there is nothing to say. */
static int set_text(struct table *t, int row, int column, const char *text)
{
	return *text ? table_set(t, row, column, "%s", text) : 0;
}

static int set_support(struct table *t, int row, int column, enum support support)
{
	if (support == SUPPORT_UNKNOWN)
		return 0;
	return table_set(t, row, column, "%s", support == SUPPORT_YES ? "yes" : "no");
}

static int set_parent(struct table *t, int row, int column, const struct parent *parent)
{
	return table_set(t, row, column, "%s", parent->name[0] ? parent->name : "virtual");
}

static int add_rdma_row(struct table *t, const struct rdma_device *d, const struct rdma_port *port)
{
	int row = table_add_row(t), ret;

	if (row < 0)
		return row;
	ret = table_set(t, row, NAME, "%s", d->name) || set_parent(t, row, PARENT, &d->parent) ||
	      set_text(t, row, NODE_GUID, d->node_guid) ||
	      set_support(t, row, DMABUF_MR, d->dmabuf_mr);
	if (!ret && port)
		ret = table_set(t, row, PORT, "%u", port->number) ||
		      set_text(t, row, STATE, port->state) ||
		      set_text(t, row, LINK_LAYER, port->link_layer) ||
		      set_text(t, row, NETDEV, port->netdev);
	return ret ? -ENOMEM : 0;
}

int list_rdma_table(const struct sysfs *s, const struct list_filter *filter, bool probe,
		    struct table **out, struct error *err)
{
	struct rdma_devices devices;
	size_t i, port;
	int ret;

	ret = rdma_devices_read(s, &devices, err);
	if (ret)
		return ret;
	if (probe)
		rdma_devices_probe(s, &devices);
	*out = table_new("rdma", rdma_columns, RDMA_COLUMNS);
	ret = *out ? 0 : -ENOMEM;
	for (i = 0; i < devices.count && !ret; i++) {
		const struct rdma_device *d = &devices.device[i];

		if (!wanted(filter, &d->parent))
			continue;
		if (!d->nports)
			ret = add_rdma_row(*out, d, NULL);
		for (port = 0; port < d->nports && !ret; port++)
			ret = add_rdma_row(*out, d, &d->port[port]);
	}
	if (ret)
		error_set(err, EXIT_FAILED, -ret, NULL, "RDMA devices: %s", strerror(-ret));
	rdma_devices_free(&devices);
	return ret;
}

static int add_drm_row(struct table *t, const struct drm_node *node)
{
	int row = table_add_row(t), ret;

	if (row < 0)
		return row;
	ret = table_set(t, row, NODE, "%s", node->name) ||
	      set_parent(t, row, NODE_PARENT, &node->parent) ||
	      set_text(t, row, DRIVER, node->driver) ||
	      set_support(t, row, IMPORT, node->prime_import) ||
	      set_support(t, row, EXPORT, node->prime_export);
	return ret ? -ENOMEM : 0;
}

int list_drm_table(const struct sysfs *s, const struct list_filter *filter, bool probe,
		   struct table **out, struct error *err)
{
	struct drm_nodes nodes;
	size_t i;
	int ret;

	ret = drm_nodes_read(s, &nodes, err);
	if (ret)
		return ret;
	if (probe)
		drm_nodes_probe(s, &nodes);
	*out = table_new("drm", drm_columns, DRM_COLUMNS);
	ret = *out ? 0 : -ENOMEM;
	for (i = 0; i < nodes.count && !ret; i++)
		if (wanted(filter, &nodes.node[i].parent))
			ret = add_drm_row(*out, &nodes.node[i]);
	if (ret)
		error_set(err, EXIT_FAILED, -ret, NULL, "DRM nodes: %s", strerror(-ret));
	drm_nodes_free(&nodes);
	return ret;
}
