// SPDX-License-Identifier: GPL-2.0-only
/* RDMA devices and DRM nodes as sysfs shows them; devices-probe.c asks them. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"

#define RDMA_CLASS "class/infiniband"

static void read_parent(const struct sysfs *s, const char *class, const char *name,
			struct parent *parent)
{
	if (!sysfs_link_name(s, parent->name, sizeof(parent->name), "%s/%s/device", class, name))
		parent->pci = !bdf_parse(parent->name, &parent->bdf, NULL);
}

static void read_netdev(const struct sysfs *s, const char *device, struct rdma_port *port)
{
	const size_t size = sizeof(port->netdev);
	char **names;
	int count;

	if (sysfs_text(s, port->netdev, size, RDMA_CLASS "/%s/ports/%u/gid_attrs/ndevs/0", device,
		       port->number) > 0)
		return;
	/* No GID yet. Software devices name the netdev below them. */
	if (sysfs_text(s, port->netdev, size, RDMA_CLASS "/%s/parent", device) > 0)
		return;
	/* With several netdevs sysfs does not say whose port each is. */
	count = sysfs_list(s, &names, RDMA_CLASS "/%s/device/net", device);
	if (count == 1 && strlen(names[0]) < size)
		strcpy(port->netdev, names[0]);
	sysfs_list_free(names, count);
}

static void read_port(const struct sysfs *s, const char *device, const char *number,
		      struct rdma_port *port)
{
	char text[24], *name;

	port->number = (unsigned int)atoi(number);
	sysfs_text(s, text, sizeof(text), RDMA_CLASS "/%s/ports/%s/state", device, number);
	name = strstr(text, ": "); /* "4: ACTIVE" */
	strcpy(port->state, name ? name + 2 : text);
	sysfs_text(s, port->link_layer, sizeof(port->link_layer),
		   RDMA_CLASS "/%s/ports/%s/link_layer", device, number);
	read_netdev(s, device, port);
}

static int read_rdma_device(const struct sysfs *s, const char *name, struct rdma_device *device)
{
	char **numbers;
	int count, i;

	snprintf(device->name, sizeof(device->name), "%s", name);
	read_parent(s, RDMA_CLASS, name, &device->parent);
	sysfs_text(s, device->node_guid, sizeof(device->node_guid), RDMA_CLASS "/%s/node_guid",
		   name);

	count = sysfs_list(s, &numbers, RDMA_CLASS "/%s/ports", name);
	if (count <= 0)
		return count;
	device->port = calloc((size_t)count, sizeof(*device->port));
	if (device->port) {
		device->nports = (size_t)count;
		for (i = 0; i < count; i++)
			read_port(s, name, numbers[i], &device->port[i]);
	}
	sysfs_list_free(numbers, count);
	return device->port ? 0 : -ENOMEM;
}

int rdma_devices_read(const struct sysfs *s, struct rdma_devices *list, struct error *err)
{
	char **names;
	int count, ret, i;

	*list = (struct rdma_devices){ 0 };
	ret = count = sysfs_list(s, &names, RDMA_CLASS);
	if (count > 0) {
		list->device = calloc((size_t)count, sizeof(*list->device));
		ret = list->device ? 0 : -ENOMEM;
	}
	for (i = 0; i < count && !ret; i++) {
		list->count++;
		ret = read_rdma_device(s, names[i], &list->device[i]);
	}
	sysfs_list_free(names, count);
	if (!ret)
		return 0;
	rdma_devices_free(list);
	return error_set(err, EXIT_FAILED, -ret, NULL, "/sys/" RDMA_CLASS ": %s", strerror(-ret));
}

void rdma_devices_free(struct rdma_devices *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->device[i].port);
	free(list->device);
	*list = (struct rdma_devices){ 0 };
}

/* Is name prefix and a number? Connectors ("card0-DP-1") and "version" are not nodes. */
static bool is_node(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(name, prefix, len) || !name[len])
		return false;
	for (name += len; *name; name++)
		if (!isdigit((unsigned char)*name))
			return false;
	return true;
}

static int add_drm_nodes(const struct sysfs *s, const char *class, const char *prefix,
			 struct drm_nodes *list)
{
	char **names;
	int count = sysfs_list(s, &names, "%s", class), i, ret = count < 0 ? count : 0;

	for (i = 0; i < count && !ret; i++) {
		struct drm_node *node;

		if (!is_node(names[i], prefix) || strlen(names[i]) >= sizeof(node->name))
			continue;
		node = reallocarray(list->node, list->count + 1, sizeof(*node));
		if (!node) {
			ret = -ENOMEM;
			break;
		}
		list->node = node;
		node += list->count++;
		*node = (struct drm_node){ 0 };
		strcpy(node->name, names[i]);
		read_parent(s, class, names[i], &node->parent);
		sysfs_link_name(s, node->driver, sizeof(node->driver), "%s/%s/device/driver", class,
				names[i]);
	}
	sysfs_list_free(names, count);
	return ret;
}

int drm_nodes_read(const struct sysfs *s, struct drm_nodes *list, struct error *err)
{
	int ret;

	*list = (struct drm_nodes){ 0 };
	ret = add_drm_nodes(s, "class/drm", "card", list);
	if (!ret)
		ret = add_drm_nodes(s, "class/drm", "renderD", list);
	if (!ret)
		ret = add_drm_nodes(s, "class/accel", "accel", list);
	if (!ret)
		return 0;
	drm_nodes_free(list);
	return error_set(err, EXIT_FAILED, -ret, NULL, "/sys/class/drm: %s", strerror(-ret));
}

void drm_nodes_free(struct drm_nodes *list)
{
	free(list->node);
	*list = (struct drm_nodes){ 0 };
}
