// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel 82576 (QEMU's igb): a NIC as the engine. It sends frames to itself; a frame
 * read from memory lands in memory, header and all. The store is memory of our own.
 * Register names and numbers of sections are those of the 82576 datasheet.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine.h"

#define CTRL	 0x0000
#define CTRL_EXT 0x0018
#define MDIC	 0x0020
#define RCTL	 0x0100
#define TCTL	 0x0400
#define IMC	 0x150c
#define GCR	 0x5b00
#define RDBAL	 0xc000
#define RDLEN	 0xc008
#define SRRCTL	 0xc00c
#define RDH	 0xc010
#define RDT	 0xc018
#define RXDCTL	 0xc028
#define TDBAL	 0xe000
#define TDLEN	 0xe008
#define TDH	 0xe010
#define TDT	 0xe018
#define TXDCTL	 0xe028

#define CTRL_FD		   (1u << 0)
#define CTRL_SLU	   (1u << 6)
#define CTRL_SPEED	   (3u << 8)
#define CTRL_SPEED_1000	   (2u << 8)
#define CTRL_FRCSPD	   (1u << 11)
#define CTRL_FRCDPX	   (1u << 12)
#define CTRL_RST	   (1u << 26)
#define CTRL_EXT_LINK_MODE (3u << 22)
#define CTRL_EXT_DRV_LOAD  (1u << 28)
#define MDIC_PHY	   (1u << 21)
#define MDIC_WRITE	   (1u << 26)
#define MDIC_READY	   (1u << 28)
#define GCR_RESEND	   (1u << 16) /* of a read that timed out: for ever, if the IOMMU blocks it */
#define RCTL_RXEN	   (1u << 1)
#define RCTL_UPE	   (1u << 3)
#define RCTL_MPE	   (1u << 4)
#define RCTL_LBM_MAC	   (1u << 6)
#define RCTL_BAM	   (1u << 15)
#define RCTL_SECRC	   (1u << 26)
#define TCTL_EN		   (1u << 1)
#define TCTL_PSP	   (1u << 3)
#define DCTL_ENABLE	   (1u << 25) /* of RXDCTL and TXDCTL */
#define SRRCTL_ADVANCED	   (1u << 25) /* one buffer a descriptor */

#define PHY_CONTROL	     0 /* register 0 of every PHY, IEEE 802.3 clause 22 */
#define PHY_AUTONEG	     (1u << 12 | 1u << 9)
#define PHY_LOOPBACK_1000_FD (1u << 14 | 1u << 6 | 1u << 8)

/* Advanced data descriptors, 7.2.2.3 and 7.1.5. */
#define TX_DTYP_DATA	(3u << 20)
#define TX_EOP		(1u << 24)
#define TX_IFCS		(1u << 25)
#define TX_DEXT		(1u << 29)
#define TX_PAYLEN_SHIFT 14
#define RX_DD		(1u << 0)
#define RX_RXE		(1u << 31)

#define FRAME	     1024 /* bytes; fits a frame and the default buffer of 2 KiB */
#define FRAME_MIN    64
#define RING	     4096 /* descriptors */
#define TRANSFER_MAX (64 << 10)
#define STORE_SIZE   (8 << 20)
#define DEPTH_MAX    32 /* of the largest transfers: half the ring */

struct tx_descriptor {
	uint64_t address;
	uint32_t command_length;
	uint32_t payload_length;
};

/* What is read, and what is written back over it. */
union rx_descriptor {
	struct {
		uint64_t address, header;
	} read;
	struct {
		uint32_t info, rss, status, length_vlan;
	} written;
};

struct igb {
	struct ioas_memory rings, store;
	struct tx_descriptor *tx;
	union rx_descriptor *rx;
	unsigned int tail; /* of both */
	/* Transfers under way end in the order in which they began. */
	struct {
		unsigned int slot, last; /* its last descriptor */
	} queue[DEPTH_MAX];
	unsigned int queued, oldest, last_prepared;
};

static bool igb_matches(const struct pci_function *f)
{
	return f->vendor == 0x8086 && f->device == 0x10c9;
}

static int igb_open(struct engine *e, const struct engine_params *p, struct error *err)
{
	struct igb *igb = calloc(1, sizeof(*igb));
	int ret;

	if (!igb)
		return error_set(err, EXIT_FAILED, ENOMEM, NULL, "%s: out of memory", e->dev.name);
	e->priv = igb;
	e->depth = p->depth < DEPTH_MAX ? p->depth : DEPTH_MAX;
	ret = ioas_memory_new(e->ioas, RING * (sizeof(*igb->tx) + sizeof(*igb->rx)), &igb->rings,
			      err);
	if (!ret)
		ret = ioas_memory_new(e->ioas, STORE_SIZE, &igb->store, err);
	igb->tx = igb->rings.address;
	igb->rx = (union rx_descriptor *)(igb->tx + RING);
	return ret;
}

static void nap(unsigned int ms)
{
	const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static int write_phy(struct engine *e, uint32_t reg, uint32_t value)
{
	engine_write32(e, MDIC, MDIC_WRITE | MDIC_PHY | reg << 16 | value);
	return engine_wait32(e, MDIC, MDIC_READY, MDIC_READY, 100);
}

static int igb_stop(struct engine *e)
{
	struct igb *igb = e->priv;
	int ret;

	engine_write32(e, IMC, ~0u);
	engine_write32(e, RCTL, 0);
	engine_write32(e, TCTL, 0);
	/* 4.2.1.6.1: it may be looked at again after a millisecond. */
	engine_write32(e, CTRL, engine_read32(e, CTRL) | CTRL_RST);
	nap(2);
	ret = engine_wait32(e, CTRL, CTRL_RST, 0, 1000);
	engine_write32(e, IMC, ~0u);
	igb->tail = igb->queued = 0;
	return ret;
}

/*
 * 3.5.6.3: what is sent comes back at the end of the PHY. QEMU knows nothing of that
 * but RCTL.LBM, which the 82576 has no use for; and it raises the link, without which
 * it drops what comes in, only at the end of an autonegotiation.
 */
static int connect_with_itself(struct engine *e)
{
	uint32_t ctrl;

	if (write_phy(e, PHY_CONTROL, PHY_AUTONEG) ||
	    write_phy(e, PHY_CONTROL, PHY_LOOPBACK_1000_FD))
		return -ETIMEDOUT;
	nap(50);
	ctrl = engine_read32(e, CTRL) & ~CTRL_SPEED;
	engine_write32(e, CTRL,
		       ctrl | CTRL_SPEED_1000 | CTRL_FRCSPD | CTRL_FRCDPX | CTRL_FD | CTRL_SLU);
	nap(500);
	return 0;
}

static void set_rings(struct engine *e)
{
	struct igb *igb = e->priv;
	uint64_t tx = igb->rings.map.iova, rx = tx + RING * sizeof(*igb->tx);

	engine_write64(e, TDBAL, tx);
	engine_write32(e, TDLEN, RING * sizeof(*igb->tx));
	engine_write32(e, TDH, 0);
	engine_write32(e, TDT, 0);
	engine_write32(e, TXDCTL, DCTL_ENABLE);
	engine_write64(e, RDBAL, rx);
	engine_write32(e, RDLEN, RING * sizeof(*igb->rx));
	engine_write32(e, RDH, 0);
	engine_write32(e, RDT, 0);
	/* 7.1.5.2; a buffer size of 0 means what RCTL says, 2 KiB. */
	engine_write32(e, SRRCTL, SRRCTL_ADVANCED);
	engine_write32(e, RXDCTL, DCTL_ENABLE);
}

static int igb_start(struct engine *e, struct error *err)
{
	struct igb *igb = e->priv;
	int ret = igb_stop(e);

	if (ret)
		return error_set(err, EXIT_FAILED, -ret, "reset the machine",
				 "%s: does not come out of its reset", e->dev.name);
	engine_write32(e, CTRL_EXT,
		       (engine_read32(e, CTRL_EXT) & ~CTRL_EXT_LINK_MODE) | CTRL_EXT_DRV_LOAD);
	ret = connect_with_itself(e);
	engine_write32(e, GCR, engine_read32(e, GCR) & ~GCR_RESEND);
	set_rings(e);
	/* Any destination: a frame begins with whatever is to be moved. */
	engine_write32(e, RCTL,
		       RCTL_RXEN | RCTL_UPE | RCTL_MPE | RCTL_BAM | RCTL_LBM_MAC | RCTL_SECRC);
	engine_write32(e, TCTL, TCTL_EN | TCTL_PSP);
	if (!ret)
		ret = engine_wait32(e, TXDCTL, DCTL_ENABLE, DCTL_ENABLE, 100);
	if (!ret)
		ret = engine_wait32(e, RXDCTL, DCTL_ENABLE, DCTL_ENABLE, 100);
	if (ret)
		return error_set(err, EXIT_FAILED, -ret, "use another engine",
				 "%s: its loopback does not come up", e->dev.name);
	snprintf(e->model, sizeof(e->model), "82576 in loopback");
	e->store_size = igb->store.map.length;
	e->store_writable = true;
	e->granule = FRAME_MIN;
	e->max_transfer = TRANSFER_MAX;
	return 0;
}

static void igb_prepare(struct engine *e, unsigned int slot, const struct transfer *t)
{
	struct igb *igb = e->priv;
	uint64_t store = igb->store.map.iova + t->at;
	uint64_t from = t->to_memory ? store : t->iova, to = t->to_memory ? t->iova : store;
	uint32_t left, length;

	e->list_entries = 0;
	for (left = t->length; left; left -= length) {
		struct tx_descriptor *tx = &igb->tx[igb->tail];
		union rx_descriptor *rx = &igb->rx[igb->tail];

		length = left < FRAME ? left : FRAME;
		rx->read.address = htole64(to);
		rx->read.header = 0;
		tx->address = htole64(from);
		tx->command_length = htole32(length | TX_DTYP_DATA | TX_DEXT | TX_IFCS | TX_EOP);
		tx->payload_length = htole32(length << TX_PAYLEN_SHIFT);
		from += length;
		to += length;
		igb->last_prepared = igb->tail;
		igb->tail = (igb->tail + 1) % RING;
		e->list_entries++;
	}
}

static void igb_submit(struct engine *e, unsigned int slot)
{
	struct igb *igb = e->priv;
	unsigned int at = (igb->oldest + igb->queued++) % DEPTH_MAX;

	igb->queue[at].slot = slot;
	igb->queue[at].last = igb->last_prepared;
	engine_write32(e, RDT, igb->tail);
	engine_write32(e, TDT, igb->tail);
}

static int igb_poll(struct engine *e, uint32_t *status)
{
	struct igb *igb = e->priv;
	const volatile union rx_descriptor *rx = &igb->rx[igb->queue[igb->oldest].last];
	uint32_t word;

	*status = 0;
	if (!igb->queued)
		return -EAGAIN;
	word = le32toh(rx->written.status);
	if (!(word & RX_DD))
		return -EAGAIN;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	*status = word & RX_RXE;
	word = igb->queue[igb->oldest].slot;
	igb->oldest = (igb->oldest + 1) % DEPTH_MAX;
	igb->queued--;
	return (int)word;
}

static const char *igb_explain(uint32_t status)
{
	return "the frame came back with an error (RXE)";
}

static void igb_free(struct engine *e)
{
	struct igb *igb = e->priv;

	ioas_memory_free(e->ioas, &igb->store);
	ioas_memory_free(e->ioas, &igb->rings);
	free(igb);
}

const struct engine_ops engine_igb_ops = {
	.name = "igb",
	.matches = igb_matches,
	.last = UINT64_MAX,
	.open = igb_open,
	.start = igb_start,
	.prepare = igb_prepare,
	.submit = igb_submit,
	.poll = igb_poll,
	.explain = igb_explain,
	.stop = igb_stop,
	.free = igb_free,
};
