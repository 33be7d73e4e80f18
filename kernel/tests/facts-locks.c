// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fact 41: somebody reads from a BAR into memory that userfaultfd watches,
 * somebody else writes to config space, a third one maps, or touches what is mapped.
 * Whoever resolves the fault of the first needs mmap_lock, so the third must not wait,
 * with mmap_lock held, for a lock that the second queues for behind the first.
 *
 * Drivers such as nvgrace-gpu read like that; of those in the lab only a kernel
 * with VFIO_PCI_INJECT does, when told to.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "slices.h"

#define LOCKED_READS "/sys/kernel/debug/vfio_pci_inject/locked_reads"

struct scene {
	struct vfio_device dev;
	struct vfio_region region;
	int uffd;
	char *watched;
	char *untouched; /* a mapping of the BAR */
	atomic_bool mapped;
};

static void *read_bar(void *arg)
{
	struct scene *s = arg;
	ssize_t n;

	n = pread(s->dev.fd, s->watched, 8, (off_t)(s->region.offset + SLICE_OFFSET));
	/* The writer may come first to the BAR itself */
	return (void *)(uintptr_t)(n == 8 || (n < 0 && errno == EIO));
}

static void *write_config(void *arg)
{
	struct scene *s = arg;

	return (void *)(uintptr_t)(!set_memory(&s->dev, false) && !set_memory(&s->dev, true));
}

static void *map_all(void *arg)
{
	struct scene *s = arg;
	char *bar, *slice;
	bool mapped;
	int fd;

	bar = map_bar(&s->dev, ACCEL_BAR, SLICE_OFFSET, PAGE);
	fd = export_slice(&s->dev, SLICE_OFFSET, PAGE);
	slice = map_fd(fd, 0, PAGE, PROT_READ);
	mapped = bar && (slice || errno == ENODEV);
	/* Memory may be off, if nobody holds the writer back */
	faults(s->untouched);
	s->mapped = mapped;
	munmap(bar, PAGE);
	if (slice)
		munmap(slice, PAGE);
	close(fd);
	return (void *)(uintptr_t)s->mapped;
}

static void watch(struct scene *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	s->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	s->watched = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)s->watched;
	reg.range.len = PAGE;
	fact(s->uffd >= 0 && s->watched != MAP_FAILED && !ioctl(s->uffd, UFFDIO_API, &api) &&
		     !ioctl(s->uffd, UFFDIO_REGISTER, &reg),
	     "userfaultfd watches a page");
}

static bool somebody_faults(const struct scene *s)
{
	struct pollfd p = { .fd = s->uffd, .events = POLLIN };
	struct uffd_msg msg;

	return poll(&p, 1, 5000) == 1 && read(s->uffd, &msg, sizeof(msg)) == sizeof(msg) &&
	       msg.event == UFFD_EVENT_PAGEFAULT;
}

static bool resolve(const struct scene *s)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)s->watched, PAGE } };

	return !ioctl(s->uffd, UFFDIO_ZEROPAGE, &zero);
}

static int play(void *arg)
{
	struct scene *s = arg;
	pthread_t reader, writer, mapper;
	void *read_well, *wrote_well;
	int ms;

	watch(s);
	s->untouched = map_bar(&s->dev, ACCEL_BAR, SLICE_OFFSET, PAGE);
	fact(s->untouched, "the BAR maps");
	pthread_create(&reader, NULL, read_bar, s);
	fact(somebody_faults(s), "a read from the BAR faults on the page");
	pthread_create(&writer, NULL, write_config, s);
	usleep(200000);
	pthread_create(&mapper, NULL, map_all, s);
	for (ms = 0; !s->mapped && ms < 5000; ms += 10)
		usleep(10000);
	fact(s->mapped,
	     "fact 41: mmap() and a fault wait neither for the reader nor for the writer");
	fact(resolve(s), "fact 41: the fault is resolved");
	pthread_join(mapper, NULL);
	pthread_join(reader, &read_well);
	pthread_join(writer, &wrote_well);
	fact(read_well && wrote_well, "fact 41: reader and writer go on");
	return 0;
}

int main(void)
{
	struct scene s = { 0 };
	bool locked;

	guest_open(&s.dev, ACCEL);
	fact(!vfio_region_read(&s.dev, ACCEL_BAR, &s.region, NULL), "the BAR is there");
	locked = !write_file(LOCKED_READS, "Y");
	fact(!in_child(play, &s, 15000), "fact 41: nobody hangs, the read %s",
	     locked ? "holding memory_lock" : "as drivers here read");
	if (locked)
		write_file(LOCKED_READS, "N");
	vfio_region_free(&s.region);
	vfio_close(&s.dev);
	return 0;
}
