// SPDX-License-Identifier: GPL-2.0-only
/* Who has attached to a DMABUF, from the list of all that debugfs has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dmabuf.h"

#define BUFINFO "/sys/kernel/debug/dma_buf/bufinfo"

/*
 * The line that begins a DMABUF has, between tabs, its size, flags, mode, count,
 * exporter, inode and name. Lines about it begin with a tab.
 */
static bool is_dmabuf(const char *line, unsigned long inode)
{
	int field;

	if (*line == '\t')
		return false;
	for (field = 0; field < 5 && line; field++) {
		line = strchr(line, '\t');
		line = line ? line + 1 : NULL;
	}
	return line && strtoul(line, NULL, 10) == inode;
}

static void add_name(char *names, size_t size, const char *name)
{
	size_t used = strlen(names);

	snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
}

int dmabuf_find_attached(FILE *f, unsigned long inode, char *names, size_t size)
{
	bool found = false, attached = false;
	char line[256];
	int count = 0;

	*names = '\0';
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!found) {
			found = is_dmabuf(line, inode);
		} else if (!strcmp(line, "\tAttached Devices:")) {
			attached = true;
		} else if (attached) {
			if (*line != '\t')
				return count;
			add_name(names, size, line + 1);
			count++;
		}
	}
	return found && attached ? count : -ENOENT;
}

int dmabuf_attached(int fd, char *names, size_t size)
{
	struct stat st;
	FILE *f;
	int ret;

	*names = '\0';
	if (fstat(fd, &st))
		return -errno;
	f = fopen(BUFINFO, "re");
	if (!f)
		return -errno;
	ret = dmabuf_find_attached(f, st.st_ino, names, size);
	fclose(f);
	return ret;
}
