// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "confine.h"
#include "sigbus.h"

static void read_word(void *p)
{
	*(const volatile uint32_t *)p;
}

size_t confine_reachable(const void *map, size_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), reached = 0;
	const char *p;

	for (p = map; p < (const char *)map + length; p += page)
		reached += !sigbus_guard(read_word, (void *)(uintptr_t)p, NULL);
	return reached;
}

/* What an attempt has to go on. */
struct attempt {
	int fd;
	size_t length, page;
	char *map; /* of all of the buffer, with the access that is allowed */
	bool rdonly;
};

/* Does mmap() succeed? What it gave is unmapped again. */
static bool can_map(int fd, size_t length, int prot, int flags, uint64_t offset)
{
	void *p = mmap(NULL, length, prot, flags, fd, (off_t)offset);

	if (p == MAP_FAILED)
		return false;
	munmap(p, length);
	return true;
}

static bool map_more(const struct attempt *a)
{
	return can_map(a->fd, a->length + a->page, PROT_READ, MAP_SHARED, 0);
}

static bool map_behind(const struct attempt *a)
{
	return can_map(a->fd, a->page, PROT_READ, MAP_SHARED, a->length);
}

static bool map_across_end(const struct attempt *a)
{
	return can_map(a->fd, 2 * a->page, PROT_READ, MAP_SHARED, a->length - a->page);
}

/* Offsets whose sum with the length wraps around, in bytes or in pages. */
static bool map_wrapping(const struct attempt *a)
{
	return can_map(a->fd, 2 * a->page, PROT_READ, MAP_SHARED, 0 - (uint64_t)a->page) ||
	       can_map(a->fd, a->page, PROT_READ, MAP_SHARED, INT64_MAX & -(uint64_t)a->page);
}

static bool map_privately(const struct attempt *a)
{
	return can_map(a->fd, a->length, PROT_READ, MAP_PRIVATE, 0);
}

static bool grow(const struct attempt *a)
{
	void *map = mmap(NULL, a->page, PROT_READ, MAP_SHARED, a->fd, (off_t)(a->length - a->page));
	void *grown;

	if (map == MAP_FAILED)
		return false;
	grown = mremap(map, a->page, 2 * a->page, MREMAP_MAYMOVE);
	if (grown == MAP_FAILED)
		munmap(map, a->page);
	else
		munmap(grown, 2 * a->page);
	return grown != MAP_FAILED;
}

/* An old size of 0 asks for a second mapping, here a larger one. */
static bool duplicate_larger(const struct attempt *a)
{
	void *grown = mremap(a->map, 0, a->length + a->page, MREMAP_MAYMOVE);

	if (grown == MAP_FAILED)
		return false;
	munmap(grown, a->length + a->page);
	return true;
}

static bool remap_pages_behind(const struct attempt *a)
{
	void *map = mmap(NULL, a->page, PROT_READ, MAP_SHARED, a->fd, 0);
	int ret;

	if (map == MAP_FAILED)
		return false;
	ret = remap_file_pages(map, a->page, 0, a->length / a->page, 0);
	munmap(map, a->page);
	return !ret;
}

static bool resize(const struct attempt *a)
{
	return !ftruncate(a->fd, (off_t)(a->length + a->page));
}

static bool read_file(const struct attempt *a)
{
	uint32_t word;

	return pread(a->fd, &word, sizeof(word), (off_t)a->length) > 0;
}

/* The same file again, with whatever access it is asked for. */
static bool open_again(const struct attempt *a)
{
	char path[32];
	bool reached;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", a->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	reached = can_map(fd, a->length + a->page, PROT_READ, MAP_SHARED, 0) ||
		  (a->rdonly && can_map(fd, a->page, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
	close(fd);
	return reached;
}

static bool map_writable(const struct attempt *a)
{
	return a->rdonly && can_map(a->fd, a->page, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}

static bool make_writable(const struct attempt *a)
{
	return a->rdonly && !mprotect(a->map, a->page, PROT_READ | PROT_WRITE);
}

static bool write_file(const struct attempt *a)
{
	uint32_t word = 0;

	return a->rdonly && pwrite(a->fd, &word, sizeof(word), 0) > 0;
}

static const struct {
	const char *what;
	bool (*succeeds)(const struct attempt *a);
} attempts[] = {
	{ "mmap() of more than there is", map_more },
	{ "mmap() behind the end", map_behind },
	{ "mmap() across the end", map_across_end },
	{ "mmap() with an offset that wraps around", map_wrapping },
	{ "mmap() of private pages", map_privately },
	{ "mremap() to a larger size", grow },
	{ "mremap() of an old size of 0 to a larger one", duplicate_larger },
	{ "remap_file_pages() behind the end", remap_pages_behind },
	{ "ftruncate() to a larger size", resize },
	{ "read() behind the end", read_file },
	{ "opening /proc/self/fd anew", open_again },
	{ "mmap() with write access", map_writable },
	{ "mprotect() to write access", make_writable },
	{ "write()", write_file },
};

int confine_check(int fd, size_t length, bool rdonly, struct confinement *out)
{
	struct attempt a = { fd, length, (size_t)sysconf(_SC_PAGESIZE), NULL, rdonly };
	size_t i;

	*out = (struct confinement){ 0 };
	a.map = mmap(NULL, length, PROT_READ | (rdonly ? 0 : PROT_WRITE), MAP_SHARED, fd, 0);
	if (a.map == MAP_FAILED)
		return -errno;
	for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]) && !out->breach; i++) {
		out->tried++;
		if (attempts[i].succeeds(&a))
			out->breach = attempts[i].what;
	}
	munmap(a.map, length);
	return 0;
}
