// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rdma-ops.h"

int rdma_ops_parse(const char *arg, bool op[RDMA_OPS], struct error *err)
{
	char list[128], *word, *save;
	enum rdma_op one;
	int i;

	memset(op, 0, RDMA_OPS * sizeof(*op));
	snprintf(list, sizeof(list), "%s", arg);
	for (word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		if (!strcmp(word, "all")) {
			for (i = 0; i < RDMA_OPS; i++)
				op[i] = true;
		} else if (!rdma_op_parse(word, &one)) {
			op[one] = true;
		} else {
			return error_set(err, EXIT_USAGE, EINVAL,
					 "give write, write-imm, read, send, atomic or all",
					 "option --op '%s': there is no such one", word);
		}
	}
	return 0;
}
