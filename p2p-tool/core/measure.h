/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measurements of buffer x initiator. Each appends records to a set; a cell
 * that this machine cannot run becomes a record with a reason.
 */
#ifndef P2P_MEASURE_H
#define P2P_MEASURE_H

#include <stdint.h>

#include "buffer.h"
#include "clock.h"
#include "engine.h"
#include "importer.h"
#include "rdma-op.h"
#include "record.h"

/* With which memory attributes a buffer is mapped; uncached is what is without a choice. */
enum memattr_choice {
	MEMATTRS_UC,
	MEMATTRS_WC,
	MEMATTRS_BOTH, /* one after the other */
};

struct map_params {
	unsigned int repeat; /* measured rounds, at least 1 */
	unsigned int warmup; /* rounds before them */
	/*
	 * 0: the kernel picks; else map at an address congruent to the bus address
	 * modulo align, and not modulo more.
	 */
	uint64_t align;
	bool via_device, via_dmabuf;
	unsigned int dmabufs;	      /* so many of the buffer are there in all; 0: not said */
	enum memattr_choice memattrs; /* write-combining needs via_dmabuf, and is only by that */
};

/*
 * map.mmap, map.munmap_untouched, map.first_touch, map.first_touch_no_table,
 * map.touch_all, map.munmap, each for every chosen fd; map.export and
 * map.close for the DMABUF itself. A cell that cannot be measured becomes a
 * record that says why, but when only one fd was chosen and the buffer cannot
 * be mapped through it, that is the error. Where there is a choice of memory
 * attributes each record has the parameter "memattr". 0 or -errno with err filled in;
 * out holds what was measured so far in any case. -EINTR: binding_interrupted().
 */
int measure_map(struct buffer *b, const struct clock *c, const struct map_params *p,
		struct record_set *out, struct error *err);

struct revoke_params {
	unsigned int repeat, warmup;
	unsigned int mappers; /* processes that have the DMABUF mapped; none: no verification */
	unsigned int
		dmabufs; /* of the slice are there in all, of which one is revoked; 0: not said */
	bool busy;	 /* they, and the importers, use it all the time */
	bool importer[IMPORTERS];	    /* devices that have imported it */
	const char *rdma_device, *drm_node; /* which ones; NULL: the first that can be used */
};

/* 0, or -EINVAL with err filled in: VFIO can take back what it exports, others cannot. */
int measure_revoke_check(const struct bufspec *spec, struct error *err);
/*
 * revoke.revoke: VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE. Accesses that complete after
 * it has returned are no error here: the record's verification says so, and its
 * observation "violation" how many. What importers found then is in its observations
 * "seen_by_NAME". With importers the first IMPORTER_BYTES of b are overwritten.
 * Otherwise as measure_map().
 */
int measure_revoke(struct buffer *b, const struct clock *c, const struct revoke_params *p,
		   struct record_set *out, struct error *err);

struct copy_params {
	uint64_t *sizes; /* bytes of one transfer, each at most the buffer */
	size_t nsizes;
	bool write, read;
	const char *routine; /* a name of copy_routines, or "all", or "best" */
	enum map_via via;
	enum memattr_choice memattrs; /* others than MEMATTRS_UC: VIA_DMABUF */
	unsigned int repeat, warmup;
};

/*
 * Does p fit such a buffer (of length 0: not known) and this CPU? 0, or -errno
 * with err filled in.
 */
int measure_copy_check(const struct bufspec *spec, const struct copy_params *p, struct error *err);
/*
 * copy.write, copy.read for each size and routine, each beside its baseline
 * on ordinary memory; every transfer verified. Wrong data is no error here:
 * the record's verification says so, and its observation "mismatch" where.
 * Otherwise as measure_map().
 */
int measure_copy(struct buffer *b, const struct clock *c, const struct copy_params *p,
		 struct record_set *out, struct error *err);

/* Of what is measured with messages: how many a second, or how long one takes. */
enum rdma_figures { RDMA_BOTH, RDMA_THROUGHPUT, RDMA_LATENCY };

struct rdma_params {
	enum rdma_figures figures;
	const char *device; /* NULL: the first one that can be used */
	int gid_index;	    /* -1: chosen */
	bool op[RDMA_OPS];
	uint64_t *sizes; /* bytes of a message; an atomic has 8 always */
	size_t nsizes;
	unsigned int qps;	 /* queue pairs */
	unsigned int depth;	 /* messages in flight of each */
	unsigned int cq_mod;	 /* every so many messages make a completion */
	unsigned int inline_max; /* messages up to so many bytes go inline */
	bool bidir;		 /* both ends send */
	unsigned int iters; /* messages of a QP in a round; 0: as many as make 4 MiB, 16 to 256 */
	double duration;    /* seconds of a cell, instead of repeat; 0: not given */
	unsigned int repeat, warmup;

	const char *connect;  /* the machine of an rdma_server(); NULL: the NIC with itself */
	uint16_t port;	      /* of that */
	unsigned int timeout; /* seconds for whatever it has to do */
};

/* 0, or -errno with err filled in: does p fit such a buffer? */
int measure_rdma_check(const struct bufspec *spec, const struct rdma_params *p, struct error *err);
/*
 * For each op and size rdma.OP (throughput) and rdma.OP_latency (one message at
 * a time, from posting it to its completion), between ordinary memory and b, by
 * connections of one device with itself; before that rdma.register and
 * rdma.deregister. Each beside its baseline, where ordinary memory takes the place
 * of b; data as in measure_copy().
 *
 * With p->connect the other end is b's like on another machine, and the baseline ordinary
 * memory on both. Then the latency of what arrives by itself is rdma.OP_pingpong: half the
 * time from one message to the next, when each is sent because the other side's has come.
 */
int measure_rdma(struct buffer *b, const struct clock *c, const struct rdma_params *p,
		 struct record_set *out, struct error *err);

struct drm_params {
	const char *node; /* NULL: the first one that can be used */
	uint64_t *sizes;  /* bytes of one transfer, each at most the buffer */
	size_t nsizes;
	unsigned int repeat, warmup;
};

/* 0, or -errno with err filled in: does p fit such a buffer? */
int measure_drm_check(const struct bufspec *spec, const struct drm_params *p, struct error *err);
/*
 * drm.import, drm.reexport, drm.handle_close; then, by each way into the imported object
 * (drm-way.h), what measure_map() and measure_copy() measure, by the names drm.mmap to
 * drm.read. A way that the driver does not have becomes records that say so. drm.mmap is
 * verified: the mapping leads to the memory of b. Otherwise as measure_copy().
 */
int measure_drm(struct buffer *b, const struct clock *c, const struct drm_params *p,
		struct record_set *out, struct error *err);

#define DMA_ENGINES_MAX 4

struct dma_params {
	struct engine_params engine[DMA_ENGINES_MAX]; /* which share an IOAS */
	unsigned int nengines;
	bool write, read;   /* the engine writes to the buffer, reads from it */
	bool any_op;	    /* leave out what an engine may not */
	uint64_t *sizes;    /* bytes of a transfer */
	size_t nsizes;	    /* 0: 64 KiB, or as much as goes at once */
	unsigned int depth; /* transfers in flight */
	unsigned int iters; /* transfers of a round; 0: as many as make 8 MiB, at most 256 */
	double duration;    /* seconds of a cell, instead of repeat; 0: not given */
	const char *expect; /* a file with what the store holds; NULL: it is read to see */
	enum dma_take {
		DMA_TAKE_NOTHING,
		DMA_TAKE_REVOKE, /* VFIO_DEVICE_FEATURE_DMA_BUF_REVOKE */
		DMA_TAKE_MEMORY, /* PCI_COMMAND_MEMORY off, and on again */
		DMA_TAKE_RESET,
	} take; /* measure how the buffer is taken away under the engine instead */
	unsigned int repeat, warmup;
};

/* The way of taking it away that has this name, or -EINVAL with err filled in. */
int dma_take_parse(const char *name, enum dma_take *take, struct error *err);

/* 0, or -errno with err filled in: does p fit such a buffer? */
int measure_dma_check(const struct bufspec *spec, const struct dma_params *p, struct error *err);
/*
 * dma.map and dma.unmap: of the buffer in the engines' IOAS. For each engine, op and size
 * dma.OP (throughput), dma.OP_latency (one transfer at a time) and dma.OP_command (what the
 * CPU spends on one), each with path=direct, the engine reaching the buffer itself, and
 * path=bounce, through ordinary memory and the CPU, beside the baseline: ordinary memory in the
 * place of the buffer. With a clock that counts only what the CPU does. Or, with p->take,
 * dma.revoke, dma.memory_off or dma.reset. Data as in measure_copy().
 */
int measure_dma(struct buffer *b, const struct clock *c, const struct dma_params *p,
		struct record_set *out, struct error *err);

struct peers_params {
	struct rdma_params rdma;   /* repeat and warmup are pairs of runs; connect is not used */
	unsigned int peer_timeout; /* seconds for a run of perftest */
};

/* 0, or -errno with err filled in: as measure_rdma_check(), and b must be host: memory. */
int measure_peers_check(const struct bufspec *spec, const struct peers_params *p,
			struct error *err);
/*
 * peers.OP and peers.OP_latency: what measure_rdma() finds with another process on the same
 * machine, beside what perftest's programs find with the same parameters. They run in turn;
 * a record's samples are ours, one of a run, and its observation "vs_peer" is the median of
 * the pairs' ratios with its 95 % confidence interval.
 */
int measure_peers(struct buffer *b, const struct clock *c, const struct peers_params *p,
		  struct record_set *out, struct error *err);

#endif
