/* SPDX-License-Identifier: GPL-2.0-only */
/* How an NVMe command says where its data is (NVM Express Base Specification, PRP entry and list). */
#ifndef P2P_NVME_PRP_H
#define P2P_NVME_PRP_H

#include <stddef.h>
#include <stdint.h>

/* Pages of a list that a command of length bytes can need; page: bytes of the controller's. */
size_t nvme_prp_pages(uint64_t length, uint32_t page);

/*
 * Describe [iova, iova + length), iova being a multiple of 4: the command's two
 * PRP entries, and the list where two do not do. list is memory of whole pages at
 * list_iova, as many as nvme_prp_pages() says. Returns the entries written to it.
 */
size_t nvme_prp_build(uint64_t iova, uint64_t length, uint32_t page, uint64_t *list,
		      uint64_t list_iova, uint64_t prp[2]);

#endif
