// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each call is made again and again, with the first, second, third ... place in
 * the kernel failing where memory is allocated or user memory copied, until none
 * is left. A call may fail then, and must not leave anything half done; in the
 * end nothing is leaked. Needs the debug kernel
 * (Documentation/fault-injection/fault-injection.rst, fail-nth).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "importers.h"
#include "slices.h"

/* Behind another root port than ACCEL: reaches it by IOVA */
#define IMPORTER "0000:06:00.0"

struct stage {
	struct vfio_device dev;
	int nth_fd;
	int fd;
	char *map;
	uint64_t bar_offset;
	char mapped_at[64]; /* by the importer */
};

/* Calls return 0 or -errno and have nothing to undo when they failed. */
struct call {
	const char *name;
	/* Before and after each time, without failures; may be NULL */
	void (*prepare)(struct stage *s);
	int (*run)(struct stage *s);
	/* ret is what run returned: what must hold then, and undo */
	void (*finish)(struct stage *s, int ret);
	/* Places that there are at least */
	unsigned int expected;
};

static void prepare_slice(struct stage *s)
{
	s->fd = export_slice(&s->dev, SLICE_OFFSET, SLICE_SIZE);
}

static void prepare_map(struct stage *s)
{
	prepare_slice(s);
	s->map = map_fd(s->fd, 0, SLICE_SIZE, PROT_READ | PROT_WRITE);
	if (!s->map || !none_fault(s->map, SLICE_SIZE))
		fact(false, "a slice maps");
}

static void drop_slice(struct stage *s, int ret)
{
	if (s->map)
		munmap(s->map, SLICE_SIZE);
	if (s->fd >= 0)
		close(s->fd);
	s->map = NULL;
	s->fd = -1;
}

static int export_one(struct stage *s)
{
	const struct vfio_region_dma_range range = { SLICE_OFFSET, SLICE_SIZE };

	s->fd = export_ranges(&s->dev, ACCEL_BAR, &range, 1, O_RDWR | O_CLOEXEC);
	return s->fd < 0 ? s->fd : 0;
}

static int export_many(struct stage *s)
{
	struct vfio_region_dma_range ranges[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		ranges[i] = (struct vfio_region_dma_range){ 2 * i * PAGE, PAGE };
	s->fd = export_ranges(&s->dev, ACCEL_BAR, ranges, 8, O_RDWR | O_CLOEXEC);
	return s->fd < 0 ? s->fd : 0;
}

/* Not map_bar(), which makes other calls as well. */
static int map_a_bar(struct stage *s)
{
	s->map = map_fd(s->dev.fd, s->bar_offset + SLICE_OFFSET, SLICE_SIZE, PROT_READ);
	return s->map ? 0 : -errno;
}

static int map_a_slice(struct stage *s)
{
	s->map = map_fd(s->fd, 0, SLICE_SIZE, PROT_READ);
	return s->map ? 0 : -errno;
}

static void check_map(struct stage *s, int ret)
{
	if (!ret && !none_fault(s->map, SLICE_SIZE))
		fact(false, "what is mapped can be touched");
	drop_slice(s, ret);
}

/* Not touched yet, and at a place without page tables */
static void prepare_untouched(struct stage *s)
{
	prepare_slice(s);
	s->map = mmap((void *)0x600000000000, SLICE_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, s->fd,
		      0);
	if (s->map == MAP_FAILED)
		fact(false, "a slice maps");
}

static int touch(struct stage *s)
{
	return faults(s->map) ? -EFAULT : 0;
}

static int take_back(struct stage *s)
{
	return revoke_slice(&s->dev, s->fd);
}

static void check_revoked(struct stage *s, int ret)
{
	if (ret ? !none_fault(s->map, SLICE_SIZE) : !all_fault(s->map, SLICE_SIZE))
		fact(false, "revoke: %d, and the mapping %s", ret, ret ? "is gone" : "is there");
	drop_slice(s, ret);
}

static int memattr(struct stage *s)
{
	return set_memattr(&s->dev, s->fd, VFIO_DMA_BUF_MEMATTR_NC);
}

static void prepare_two(struct stage *s)
{
	struct vfio_region_dma_range ranges[] = { { SLICE_OFFSET, PAGE },
						  { SLICE_OFFSET + 8 * PAGE, PAGE } };

	s->fd = export_ranges(&s->dev, ACCEL_BAR, ranges, 2, O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		fact(false, "two pages are exported");
}

static int memattr_wc(struct stage *s)
{
	return set_memattr(&s->dev, s->fd, VFIO_DMA_BUF_MEMATTR_WC);
}

/* What failed is not half done: the pages can be mapped as before. */
static void check_wc(struct stage *s, int ret)
{
	char *map = map_bar(&s->dev, ACCEL_BAR, SLICE_OFFSET, PAGE);

	if (ret ? !map || faults(map) : map || errno != EBUSY)
		fact(false, "write-combining: %d, and the BAR %s", ret,
		     map ? "maps" : "does not map");
	if (map)
		munmap(map, PAGE);
	drop_slice(s, ret);
}

static void prepare_wc(struct stage *s)
{
	prepare_two(s);
	if (memattr_wc(s))
		fact(false, "two pages are write-combining");
}

static int read_beside(struct stage *s)
{
	uint64_t word;

	return pread(s->dev.fd, &word, sizeof(word), (off_t)(s->bar_offset + SLICE_OFFSET)) ==
			       sizeof(word)
		       ? 0
		       : -errno;
}

static int import_slice(struct stage *s)
{
	return import(&s->dev, s->fd, SLICE_SIZE, 0x10000000);
}

static void drop_import(struct stage *s, int ret)
{
	struct iommu_ioas_unmap unmap = { .size = sizeof(unmap),
					  .ioas_id = s->dev.ioas_id,
					  .iova = 0x10000000,
					  .length = SLICE_SIZE };

	/* When the answer cannot be copied, iommufd fails and keeps the mapping */
	if (ioctl(s->dev.iommu_fd, IOMMU_IOAS_UNMAP, &unmap) && !ret)
		fact(false, "what was imported is unmapped");
	drop_slice(s, ret);
}

/* In the IOVA space of an importer, one range behind the other */
static void prepare_ranges(struct stage *s)
{
	export_many(s);
}

static int attach_importer(struct stage *s)
{
	return importer_set(IMPORTER, "attach", s->fd);
}

static void drop_importer(struct stage *s, int ret)
{
	if (!ret && importer_set(IMPORTER, "attach", -1))
		fact(false, "the importer detaches");
	drop_slice(s, ret);
}

/* Attached, and it is known where the importer maps before anything has failed. */
static void prepare_attached(struct stage *s)
{
	prepare_ranges(s);
	if (attach_importer(s))
		fact(false, "the importer attaches");
	if (s->mapped_at[0])
		return;
	if (importer_set(IMPORTER, "map", 1) ||
	    importer_read(IMPORTER, "map", s->mapped_at, sizeof(s->mapped_at)) <= 0 ||
	    importer_set(IMPORTER, "map", 0))
		fact(false, "the importer maps");
}

static int map_for_importer(struct stage *s)
{
	return importer_set(IMPORTER, "map", 1);
}

/* IOVA space that is lost is not found again: mappings would begin below it. */
static void check_importer(struct stage *s, int ret)
{
	char text[sizeof(s->mapped_at)] = "";

	if (!ret &&
	    (importer_read(IMPORTER, "map", text, sizeof(text)) <= 0 || strcmp(text, s->mapped_at)))
		fact(false, "the importer maps at %s, and before at %s", text, s->mapped_at);
	drop_importer(s, 0);
}

static int memory_off(struct stage *s)
{
	return set_memory(&s->dev, false);
}

static void check_memory_off(struct stage *s, int ret)
{
	if (ret ? !none_fault(s->map, SLICE_SIZE) : !all_fault(s->map, SLICE_SIZE))
		fact(false, "memory off: %d, and the mapping %s", ret,
		     ret ? "is gone" : "is there");
	if (set_memory(&s->dev, true) || !none_fault(s->map, SLICE_SIZE))
		fact(false, "memory on: the mapping is back");
	drop_slice(s, ret);
}

static void prepare_memory_on(struct stage *s)
{
	prepare_map(s);
	if (set_memory(&s->dev, false))
		fact(false, "memory off");
}

static int memory_on(struct stage *s)
{
	return set_memory(&s->dev, true);
}

static void check_memory_on(struct stage *s, int ret)
{
	if (ret ? !all_fault(s->map, SLICE_SIZE) : !none_fault(s->map, SLICE_SIZE))
		fact(false, "memory on: %d, and the mapping %s", ret, ret ? "is there" : "is gone");
	if (set_memory(&s->dev, true))
		fact(false, "memory on");
	drop_slice(s, ret);
}

static const struct call calls[] = {
	{ "export", NULL, export_one, drop_slice, 15 },
	{ "export of 8 ranges", NULL, export_many, drop_slice, 16 },
	{ "mmap() of a BAR", NULL, map_a_bar, check_map, 15 },
	{ "mmap() of a DMABUF", prepare_slice, map_a_slice, check_map, 4 },
	{ "touch", prepare_untouched, touch, drop_slice, 8 },
	{ "revoke", prepare_map, take_back, check_revoked, 2 },
	{ "memattr", prepare_slice, memattr, drop_slice, 2 },
	{ "write-combining", prepare_two, memattr_wc, check_wc, 4 },
	{ "read() of write-combining memory", prepare_wc, read_beside, drop_slice, 3 },
	{ "import", prepare_slice, import_slice, drop_import, 10 },
	{ "attach", prepare_ranges, attach_importer, drop_importer, 2 },
	{ "map", prepare_attached, map_for_importer, check_importer, 6 },
	{ "memory off", prepare_map, memory_off, check_memory_off, 6 },
	{ "memory on", prepare_memory_on, memory_on, check_memory_on, 6 },
};

/* What is pending may fail this very write, and is over then. */
static void set_nth(const struct stage *s, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(s->nth_fd, text, (size_t)len, 0) != len &&
	    pwrite(s->nth_fd, text, (size_t)len, 0) != len)
		fact(false, "fail-nth is written");
}

/*
 * Has a place failed since set_nth()? Says 0 then. Copying the answer to us is
 * such a place, too.
 */
static bool has_fired(const struct stage *s)
{
	char text[16] = "";
	ssize_t n = pread(s->nth_fd, text, sizeof(text) - 1, 0);

	return n > 0 && text[0] == '0';
}

static void sweep(struct stage *s, const struct call *call)
{
	unsigned int n, failed = 0;
	bool fired;
	int ret;

	for (n = 1;; n++) {
		if (call->prepare)
			call->prepare(s);
		set_nth(s, n);
		ret = call->run(s);
		fired = has_fired(s);
		if (!fired)
			set_nth(s, 0);
		if (call->finish)
			call->finish(s, ret);
		if (!fired)
			break;
		failed += ret != 0;
	}
	fact(!ret, "%s: works when nothing fails (%d)", call->name, ret);
	fact(n - 1 >= call->expected, "%s: %u places failed, the call %u times; %u at least",
	     call->name, n - 1, failed, call->expected);
}

/* What kmemleak finds that it has not told before: true if something. */
static bool leaks(void)
{
	char line[256];
	bool found = false;
	FILE *f;

	/* Younger objects may just be in a register. */
	sleep(6);
	fact(!write_file("/sys/kernel/debug/kmemleak", "scan") &&
		     !write_file("/sys/kernel/debug/kmemleak", "scan"),
	     "kmemleak looks for leaks");
	f = fopen("/sys/kernel/debug/kmemleak", "re");
	while (f && fgets(line, sizeof(line), f)) {
		printf("kmemleak: %s", line);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

static void setup_injection(void)
{
	static const char *const settings[][2] = {
		{ "failslab/ignore-gfp-wait", "N" },  { "fail_page_alloc/ignore-gfp-wait", "N" },
		{ "failslab/verbose", "0" },	      { "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "fail_page_alloc/min-order", "0" }, { "fail_page_alloc/verbose", "0" },
		{ "fail_usercopy/verbose", "0" },
	};
	char path[128];
	unsigned int i;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i][0]);
		fact(!write_file(path, settings[i][1]), "%s = %s", settings[i][0], settings[i][1]);
	}
}

int main(void)
{
	struct stage s = { .fd = -1 };
	struct vfio_region region;
	int dmabufs, modules;
	char path[64];
	unsigned int i;

	setup_injection();
	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth", syscall(SYS_gettid));
	s.nth_fd = open(path, O_RDWR | O_CLOEXEC);
	fact(s.nth_fd >= 0, "fail-nth opens");
	dmabufs = count_dmabufs();
	modules = count_module();
	write_file("/sys/kernel/debug/kmemleak", "clear");

	bind_driver(IMPORTER, "dma-buf-importer");
	guest_open(&s.dev, ACCEL);
	fact(!vfio_region_read(&s.dev, ACCEL_BAR, &region, NULL), "the BAR is there");
	s.bar_offset = region.offset;
	vfio_region_free(&region);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		sweep(&s, &calls[i]);
	vfio_close(&s.dev);
	close(s.nth_fd);

	fact(!leaks(), "nothing is leaked");
	fact(dmabufs >= 0 && count_dmabufs() == dmabufs, "no DMABUF is left");
	fact(count_module() == modules, "nor a reference to the module (%d, %d before)",
	     count_module(), modules);
	return 0;
}
