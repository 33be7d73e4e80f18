/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A buffer: memory that can be mapped, and that has or can get a DMABUF fd.
 * One ops struct and one file (buffer-*.c) for each kind.
 */
#ifndef P2P_BUFFER_H
#define P2P_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bdf.h"
#include "error.h"

enum buffer_kind {
	BUFFER_VFIO,
	BUFFER_HOST,
	BUFFER_UDMABUF,
	BUFFER_HEAP,
	BUFFER_DRM,
};

/*
 * A parsed buffer argument:
 *   vfio:BDF/BAR[+OFFSET][:LENGTH]   host:LENGTH   udmabuf:LENGTH   heap:NAME:LENGTH
 *   drm:NODE:LENGTH
 * LENGTH 0 in the struct means "not given": the rest of the BAR.
 */
struct bufspec {
	enum buffer_kind kind;
	struct bdf bdf;	  /* BUFFER_VFIO */
	unsigned int bar; /* BUFFER_VFIO: 0 to 5 */
	uint64_t offset;  /* BUFFER_VFIO: bytes into the BAR */
	uint64_t length;  /* bytes */
	char heap[64];	  /* BUFFER_HEAP: a name below /dev/dma_heap */
	char node[32];	  /* BUFFER_DRM: a name below /dev/dri, such as card0 */
};

/*
 * Parse text into *spec. Returns 0, or -EINVAL with err saying which part of
 * the text is wrong and what the syntax is.
 */
int bufspec_parse(const char *text, struct bufspec *spec, struct error *err);

/* Write the canonical text of spec to buf; returns as snprintf(). */
int bufspec_format(const struct bufspec *spec, char *buf, size_t size);

/* Through which file descriptor a mapping is made. */
enum map_via {
	VIA_DEVICE, /* the device's own fd (VFIO), or the memory's own (host, memfd) */
	VIA_DMABUF, /* the DMABUF fd */
};

/* How the CPU is to access a mapping: uncached, or also write-combining. */
enum memattr {
	MEMATTR_UC,
	MEMATTR_WC,
};

/* How to reach a device; one for all buffers of a command. */
struct access_params {
	enum vfio_path {
		VFIO_PATH_AUTO, /* cdev + iommufd, else group + container */
		VFIO_PATH_CDEV,
		VFIO_PATH_GROUP,
		VFIO_PATH_NOIOMMU, /* only when asked for by name */
	} path;
	bool bind;   /* bind to vfio-pci for the time of the command, then put back */
	bool rdonly; /* export the DMABUF read-only */
	unsigned int
		ranges; /* BUFFER_VFIO: make the DMABUF of so many parts, last one first; 0: whole */
};

struct buffer;

/* What to give to mmap() for byte 0 of a buffer. */
struct map_source {
	int fd;	   /* -1: anonymous memory */
	int flags; /* MAP_SHARED, or MAP_PRIVATE | MAP_ANONYMOUS */
	uint64_t offset;
};

struct buffer_ops {
	/* spec, emulated and rdonly are set. On failure nothing may be left open or bound. */
	int (*open)(struct buffer *b, const struct access_params *access, struct error *err);
	/* What a mapping that does not go through the DMABUF maps; NULL where there is none. */
	void (*source)(const struct buffer *b, struct map_source *source);
	/* As buffer_export(); NULL where the memory cannot become a DMABUF. */
	int (*export)(struct buffer *b, struct error *err);
	/* As buffer_set_memattr(), of its DMABUF; NULL where there is no choice. */
	int (*set_memattr)(struct buffer *b, int dmabuf_fd, enum memattr attr, struct error *err);
	/* As buffer_close(), without the DMABUF and the struct itself. */
	int (*close)(struct buffer *b, struct error *err);
};

struct buffer {
	struct bufspec spec; /* as opened: length filled in */
	const struct buffer_ops *ops;
	uint64_t phys_congruence; /* bus address of byte 0, or 0 when not known */
	bool emulated;		  /* an emulated device, or memory of an emulated machine */
	bool rdonly;		  /* DMABUFs of it are exported read-only */
	unsigned int ranges;	  /* DMABUFs are made of so many parts; 0 or 1: of one */
	int dmabuf_fd;		  /* -1 until exported */
	void *priv;		  /* of the kind */
};

/*
 * What can be said against spec without opening anything: a length that is not
 * in whole pages, or more than the machine has; a range outside of its BAR. 0, or
 * -errno with err filled in.
 */
int buffer_check(const struct bufspec *spec, struct error *err);
/*
 * Open the buffer that spec names. On success *out is owned by the caller,
 * who gives it back with buffer_close(). On failure returns -errno, err says
 * why, and nothing is left open or bound.
 */
int buffer_open(const struct bufspec *spec, const struct access_params *access, struct buffer **out,
		struct error *err);
/*
 * A buffer for a DMABUF of another process, which says what it is. It can be
 * mapped and nothing else. 0 or -errno with err filled in; on success dmabuf_fd is
 * closed by buffer_close().
 */
int buffer_adopt(const struct bufspec *spec, int dmabuf_fd, bool rdonly, struct buffer **out,
		 struct error *err);
/* Likewise for something that is mapped by another way, and has no DMABUF here. */
int buffer_adopt_source(const struct bufspec *spec, const struct map_source *source,
			struct buffer **out, struct error *err);
/*
 * Free b in any case (NULL is fine). Returns -errno with err filled in only
 * when a device could not be given back to its former driver.
 */
int buffer_close(struct buffer *b, struct error *err);

/*
 * Bytes of a mapping of the whole buffer: its length in whole pages (a BAR
 * can be smaller than a page).
 */
size_t buffer_map_length(const struct buffer *b);

/*
 * What buffer_map() maps, for those who call mmap() themselves. 0 or -errno:
 * -EOPNOTSUPP when this kind of buffer has no such fd.
 */
int buffer_map_source(struct buffer *b, enum map_via via, struct map_source *source);

/*
 * New mapping of [offset, offset + length) at an address of the kernel's
 * choice. The caller owns *out and gives it back with munmap(). 0 or -errno,
 * as buffer_map_source() and mmap().
 */
int buffer_map(struct buffer *b, enum map_via via, uint64_t offset, size_t length, int prot,
	       void **out);

/* A new DMABUF of the buffer. The fd is the caller's; -errno with err filled in on failure. */
int buffer_export(struct buffer *b, struct error *err);
/* The buffer's own DMABUF fd, exported on first use, closed by buffer_close(); or as above. */
int buffer_dmabuf(struct buffer *b, struct error *err);

/*
 * Choose the attribute of the mappings made from now on through the buffer's own
 * DMABUF; while it is write-combining there are no others. 0, or -errno with err
 * filled in (EXIT_SKIP: it cannot be had here).
 */
int buffer_set_memattr(struct buffer *b, enum memattr attr, struct error *err);

/*
 * Can this buffer be mmap()ed that way? 0, or -errno with err saying why not
 * (EXIT_SKIP when it never can here: the kernel lacks dma_buf_ops.mmap for
 * VFIO, say).
 */
int buffer_probe_mmap(struct buffer *b, enum map_via via, struct error *err);

extern const struct buffer_ops buffer_vfio_ops;
extern const struct buffer_ops buffer_host_ops;
extern const struct buffer_ops buffer_udmabuf_ops;
extern const struct buffer_ops buffer_heap_ops;
extern const struct buffer_ops buffer_drm_ops;

#endif
