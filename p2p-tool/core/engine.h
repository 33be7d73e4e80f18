/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A DMA engine: a PCI function that moves bytes between its store and whatever an
 * IOAS maps, driven from user space through VFIO. The store is the engine's own end
 * of a transfer: blocks of an SSD, a device's buffer, memory that a NIC sends from.
 * It is reached by transfers only. One ops struct and one file (engine-*.c) a kind.
 */
#ifndef P2P_ENGINE_H
#define P2P_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bind.h"
#include "ioas.h"
#include "lba.h"
#include "pci.h"
#include "vfio.h"

#define ENGINE_DEPTH_MAX 64

struct engine_params {
	const char *name;	 /* an address, or a kind: the first one that VFIO has */
	bool bind;		 /* borrow it from its driver; an address must be given */
	unsigned int depth;	 /* transfers in flight wanted, 1 to ENGINE_DEPTH_MAX */
	struct lba_range lba;	 /* the store of an SSD */
	bool overwrite;		 /* which may be written to */
	const struct bdf * not ; /* never this function: somebody else has it open; may be NULL */
};

struct transfer {
	bool to_memory; /* from the store to memory, else from memory to the store */
	uint64_t iova;
	uint64_t at; /* offset into the store */
	uint32_t length;
};

struct engine;

struct engine_ops {
	const char *name;
	bool (*matches)(const struct pci_function *f);
	uint64_t last; /* the highest address that it can reach */
	/* QEMU's goes on with a request whose memory it has mapped, whatever the IOMMU says since. */
	bool late_in_qemu;
	/* Is it in use where it is, so that it must not be borrowed? 0 or -errno with err; NULL: never. */
	int (*check)(const struct sysfs *sysfs, const struct pci_function *f, struct error *err);
	/* Take the memory it needs into e->ioas. 0, or -errno with err: free() is called all the same. */
	int (*open)(struct engine *e, const struct engine_params *p, struct error *err);
	/* Reset it and make it ready, also after stop(); fill in the limits. 0, or -errno with err. */
	int (*start)(struct engine *e, struct error *err);
	/* Describe a transfer of a slot that is free; the next call of submit() is for it. */
	void (*prepare)(struct engine *e, unsigned int slot, const struct transfer *t);
	/* Set it off. No system call. */
	void (*submit)(struct engine *e, unsigned int slot);
	/* A slot whose transfer has ended, with 0 or the engine's own status, or -EAGAIN. No system call. */
	int (*poll)(struct engine *e, uint32_t *status);
	/* What a status means. */
	const char *(*explain)(uint32_t status);
	/* End all transfers: none is under way afterwards. 0 or -errno. */
	int (*stop)(struct engine *e);
	void (*free)(struct engine *e);
};

struct engine {
	const struct engine_ops *ops;
	struct sysfs sysfs;
	struct bdf bdf;
	struct vfio_device dev;
	struct binding *binding; /* NULL: not borrowed */
	struct ioas *ioas;
	volatile void *regs; /* of BAR 0 */
	size_t regs_size;
	void *priv;
	bool emulated;
	bool running; /* start() has been called, stop() has not */

	/* What start() fills in. */
	char model[64];
	uint64_t store_size;   /* bytes */
	bool store_writable;   /* by transfers from memory */
	uint32_t granule;      /* bytes; every length and offset is a multiple of it */
	uint32_t max_transfer; /* bytes */
	unsigned int depth;    /* slots: at most what was wanted */
	size_t list_entries;   /* that the last prepare() wrote, besides the command itself */
};

extern const struct engine_ops engine_nvme_ops, engine_igb_ops, engine_edu_ops;

/* Is there such a kind, or can name be an address? 0, or -EINVAL with err (EXIT_USAGE). */
int engine_check_name(const char *name, struct error *err);

/*
 * Open and start an engine. first is an engine whose IOAS it joins, or NULL: then it makes
 * *ioas. 0, or -errno with err filled in, and nothing is left open or bound.
 */
int engine_open(const struct engine_params *p, struct ioas *ioas, struct engine *first,
		struct engine **out, struct error *err);
/*
 * Stop and reset it, and give it back to its driver, before its memory goes. -errno
 * with err filled in when that failed. NULL is fine. Does not close the IOAS.
 */
int engine_close(struct engine *e, struct error *err);

/* Many transfers. i counts them; a slot is used by one at a time. Any function but transfer may be NULL. */
struct engine_load {
	unsigned int count, depth;
	void *ctx;
	void (*transfer)(void *ctx, unsigned int i, unsigned int slot, struct transfer *t);
	void (*before)(void *ctx, unsigned int i, unsigned int slot);
	void (*after)(void *ctx, unsigned int i, unsigned int slot);
};

/*
 * Keep depth transfers in flight until all have ended; makes no system call. 0, or -errno
 * with err filled in and the engine stopped: -EIO when it reported an error, -ETIMEDOUT.
 */
int engine_run(struct engine *e, const struct engine_load *load, struct error *err);
/* One transfer, likewise. */
int engine_move(struct engine *e, const struct transfer *t, struct error *err);

/* Wait for the end of a transfer: its slot, or -EIO, -ETIMEDOUT with err filled in. */
int engine_reap(struct engine *e, struct error *err);
/* The same of what poll() has returned: the slot, or -EIO with err filled in. */
int engine_ended(const struct engine *e, int slot, uint32_t status, struct error *err);
/* After an error: nothing is under way any more, and the engine is of no use until start(). */
void engine_stop(struct engine *e);

/* Registers, little endian. */
uint32_t engine_read32(const struct engine *e, uint32_t offset);
void engine_write32(const struct engine *e, uint32_t offset, uint32_t value);
void engine_write64(const struct engine *e, uint32_t offset, uint64_t value);

/* Wait until the register has those bits of mask, at most ms. 0 or -ETIMEDOUT. */
int engine_wait32(const struct engine *e, uint32_t offset, uint32_t mask, uint32_t value,
		  unsigned int ms);

#endif
