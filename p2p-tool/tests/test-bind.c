// SPDX-License-Identifier: GPL-2.0-only
/* A device is borrowed and given back, however its borrower ends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include "core/bind.h"
#include "tree.h"

#define BDF	 "0000:01:00.0"
#define OVERRIDE TREE_DEVICE "driver_override"
#define DRIVER	 TREE_DEVICE "driver"
#define CDEV	 TREE_DEVICE "vfio-dev/vfio0"

/* A second function, without a driver. */
#define OTHER	     "0000:02:00.0"
#define OTHER_DEVICE "sys/bus/pci/devices/" OTHER "/"
#define OTHER_DRIVER OTHER_DEVICE "driver"

/*
 * The kernel's part: writing to unbind, bind and drivers_probe changes the
 * links. It keeps no memory of its own, as the watchdog is another process.
 */
static int kernel_write(void *ctx, const struct sysfs *sysfs, const char *path, const char *text)
{
	const char *refused = ctx;
	char override[64], full[256], link[128], driver[64];

	snprintf(full, sizeof(full), "sys/%s", path);
	if (refused && strstr(path, refused))
		return -EACCES;
	if (strstr(path, "driver_override")) {
		tree_write(full, strcmp(text, "\n") ? text : "(null)\n");
		return 0;
	}
	if (!strcmp(text, OTHER) && !strcmp(path, "bus/pci/drivers_probe"))
		tree_link(OTHER_DRIVER, "../../../../bus/pci/drivers/vfio-pci");
	else if (!strcmp(text, OTHER))
		tree_remove(OTHER_DRIVER);
	if (!strcmp(text, OTHER))
		return 0;
	if (strcmp(text, BDF))
		return -ENODEV;
	if (strstr(path, "/unbind")) {
		tree_remove(CDEV "/dev");
		tree_remove(CDEV);
		tree_remove(DRIVER);
		return 0;
	}
	if (!sysfs_link_name(sysfs, driver, sizeof(driver), "bus/pci/devices/" BDF "/driver"))
		return -EBUSY; /* has a driver already */
	tree_read(OVERRIDE, override, sizeof(override));
	if (!strcmp(path, "bus/pci/drivers_probe")) {
		if (strcmp(override, "vfio-pci") || (refused && !strcmp(refused, "vfio")))
			return 0;
		tree_write(CDEV "/dev", "510:0\n");
		tree_link(DRIVER, "../../../../bus/pci/drivers/vfio-pci");
		return 0;
	}
	if (sscanf(path, "bus/pci/drivers/%63[^/]/bind", driver) != 1 ||
	    strcmp(override, "(null)\n"))
		return -ENODEV;
	snprintf(link, sizeof(link), "../../../../bus/pci/drivers/%s", driver);
	tree_link(DRIVER, link);
	return 0;
}

static struct vfio_sys sys = { .write = kernel_write, .root = tree_root };
static struct sysfs sysfs;
static struct pci_function function;

static int setup(void **state)
{
	tree_setup(state);
	tree_add_function();
	tree_remove(CDEV "/dev");
	tree_remove(CDEV);
	tree_link(DRIVER, "../../../../bus/pci/drivers/nvme");
	tree_write("sys/bus/pci/drivers/nvme/bind", "");
	sys.ctx = NULL;
	assert_int_equal(sysfs_open(&sysfs, tree_root, NULL), 0);
	function = (struct pci_function){ .bdf = { .bus = 1 } };
	return 0;
}

static int teardown(void **state)
{
	free(function.path);
	sysfs_close(&sysfs);
	return tree_teardown(state);
}

static const char *driver_now(void)
{
	static char driver[64];

	sysfs_link_name(&sysfs, driver, sizeof(driver), "bus/pci/devices/" BDF "/driver");
	return driver;
}

static int borrow(struct binding **binding, struct error *err)
{
	assert_int_equal(pci_read_details(&sysfs, &function), 0);
	return binding_borrow(&sys, &sysfs, &function, binding, err);
}

static void assert_as_before(const char *driver)
{
	char override[64];
	sigset_t now;

	assert_string_equal(driver_now(), driver);
	tree_read(OVERRIDE, override, sizeof(override));
	assert_string_equal(override, "(null)\n");
	sigprocmask(SIG_BLOCK, NULL, &now);
	assert_false(sigismember(&now, SIGINT));
}

static void test_and_back(void **state)
{
	struct error err = { 0 };
	struct binding *binding;
	int fds = open_fds();

	assert_int_equal(borrow(&binding, &err), 0);
	assert_non_null(binding);
	assert_string_equal(driver_now(), "vfio-pci");
	assert_int_equal(binding_interrupted(&err), 0);
	assert_int_equal(binding_restore(binding, &err), 0);
	assert_as_before("nvme");
	assert_int_equal(open_fds(), fds);
	assert_int_equal(binding_restore(NULL, &err), 0);
}

static void test_no_driver(void **state)
{
	struct error err = { 0 };
	struct binding *binding;

	tree_remove(DRIVER);
	assert_int_equal(borrow(&binding, &err), 0);
	assert_string_equal(driver_now(), "vfio-pci");
	assert_int_equal(binding_restore(binding, &err), 0);
	assert_as_before("");
}

/* Somebody else bound it, to vfio-pci or to a variant: it is not ours to give back. */
static void test_already(void **state)
{
	struct error err = { 0 };
	struct binding *binding;

	tree_link(DRIVER, "../../../../bus/pci/drivers/vfio-pci");
	assert_int_equal(borrow(&binding, &err), 0);
	assert_null(binding);
	tree_link(DRIVER, "../../../../bus/pci/drivers/mlx5_vfio_pci");
	tree_write(CDEV "/dev", "510:0\n");
	assert_int_equal(borrow(&binding, &err), 0);
	assert_null(binding);
	assert_as_before("mlx5_vfio_pci");
}

static void test_override_kept(void **state)
{
	struct error err = { 0 };
	struct binding *binding;
	char override[64];

	tree_remove(DRIVER);
	tree_write(OVERRIDE, "pci-stub\n");
	assert_int_equal(borrow(&binding, &err), 0);
	assert_int_equal(binding_restore(binding, &err), 0);
	tree_read(OVERRIDE, override, sizeof(override));
	assert_string_equal(override, "pci-stub");
}

static void check_refused(const char *refused, int ret, const char *what, const char *remedy)
{
	struct error err = { 0 };
	struct binding *binding;
	int fds = open_fds();

	sys.ctx = (void *)refused;
	assert_int_equal(borrow(&binding, &err), ret);
	assert_null(binding);
	if (!strstr(err.what, what) || !strstr(err.remedy, remedy))
		fail_msg("'%s; %s' lacks '%s' or '%s'", err.what, err.remedy, what, remedy);
	assert_as_before("nvme");
	assert_int_equal(open_fds(), fds);
}

static void test_refused(void **state)
{
	check_refused("driver_override", -EACCES, BDF ": its driver cannot be changed", "root");
	check_refused("/unbind", -EACCES, "Permission denied", "root");
	check_refused("vfio", -ENODEV, "vfio-pci does not take it", "kernel log");
	tree_remove(TREE_DEVICE "iommu_group");
	check_refused("vfio", -ENODEV, "has no IOMMU", "intel_iommu=on");
	tree_remove("sys/bus/pci/drivers/vfio-pci/bind");
	check_refused(NULL, -ENODEV, "the vfio-pci driver is not loaded", "modprobe");
}

/* The former driver does not take it back: that must not go unnoticed. */
static void test_not_taken_back(void **state)
{
	struct error err = { 0 };
	struct binding *binding;

	sys.ctx = (void *)"nvme/bind";
	assert_int_equal(borrow(&binding, &err), 0);
	assert_int_equal(binding_restore(binding, &err), -EACCES);
	assert_non_null(strstr(err.what, BDF ": could not be given back to nvme"));
	assert_int_equal(err.status, EXIT_FAILED);
}

static void await_driver(const char *driver)
{
	struct timespec pause = { 0, 10000000 };
	int i;

	for (i = 0; i < 1000 && strcmp(driver_now(), driver); i++)
		nanosleep(&pause, NULL);
	assert_string_equal(driver_now(), driver);
}

/* The borrower dies of sig; orderly: it notices the signal and cleans up first. */
static void check_death(int sig, bool orderly)
{
	struct error err = { 0 };
	struct binding *binding;
	int ready[2], status;
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(ready[0]);
		signal(sig, SIG_DFL);
		if (borrow(&binding, &err) || write(ready[1], "", 1) != 1)
			_exit(99);
		while (!orderly || !binding_interrupted(&err))
			usleep(1000);
		binding_restore(binding, &err);
		_exit(98); /* the signal was lost */
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_string_equal(driver_now(), "vfio-pci");
	assert_int_equal(kill(child, sig), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), sig);
	if (!orderly)
		await_driver("nvme");
	assert_as_before("nvme");
	close(ready[0]);
}

static void test_death(void **state)
{
	check_death(SIGINT, true);
	check_death(SIGTERM, true);
	check_death(SIGHUP, true);
	check_death(SIGKILL, false);
	check_death(SIGSEGV, false);
}

/* nohup: an ignored signal stays ignored. */
static void test_ignored(void **state)
{
	struct error err = { 0 };
	struct binding *binding;

	signal(SIGHUP, SIG_IGN);
	assert_int_equal(borrow(&binding, &err), 0);
	raise(SIGHUP);
	assert_int_equal(binding_interrupted(&err), 0);
	assert_int_equal(binding_restore(binding, &err), 0);
	signal(SIGHUP, SIG_DFL);
	assert_as_before("nvme");
}

/*
 * One watchdog must not keep the pipe of another one open: giving back the
 * first one would wait for ever, which only the wrong order shows.
 */
static void test_two(void **state)
{
	struct pci_function other = { .bdf = { .bus = 2 } };
	struct binding *first, *second;
	struct error err = { 0 };
	sigset_t before;

	sigprocmask(SIG_BLOCK, NULL, &before);
	tree_write(OTHER_DEVICE "driver_override", "(null)\n");
	tree_write(OTHER_DEVICE "iommu_group/name", "8\n");
	assert_int_equal(borrow(&first, &err), 0);
	assert_int_equal(binding_borrow(&sys, &sysfs, &other, &second, &err), 0);
	assert_int_equal(binding_restore(first, &err), 0);
	assert_int_equal(binding_restore(second, &err), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* A second borrower must not take vfio-pci for the driver to give it back to. */
static void test_lock(void **state)
{
	struct binding *first, *second;
	struct error err = { 0 };

	assert_int_equal(borrow(&first, &err), 0);
	assert_int_equal(borrow(&second, &err), -EBUSY);
	assert_int_equal(err.status, EXIT_SKIP);
	assert_null(second);
	assert_string_equal(driver_now(), "vfio-pci");
	assert_int_equal(binding_restore(first, &err), 0);
	assert_as_before("nvme");
	assert_int_equal(borrow(&second, &err), 0);
	assert_int_equal(binding_restore(second, &err), 0);
	assert_as_before("nvme");
}

/* A lock on what everybody can open keeps nobody away. */
static void test_foreign_lock(void **state)
{
	struct binding *binding;
	struct error err = { 0 };
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tree_root, TREE_DEVICE);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(borrow(&binding, &err), 0);
	assert_int_equal(binding_restore(binding, &err), 0);
	assert_as_before("nvme");
	close(fd);
}

static void test_bridge(void **state)
{
	struct error err = { 0 };
	struct binding *binding;

	function.class = 0x060400;
	assert_int_equal(borrow(&binding, &err), -EINVAL);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_as_before("nvme");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_and_back), TEST(test_no_driver),	TEST(test_already),
		TEST(test_refused),  TEST(test_not_taken_back), TEST(test_override_kept),
		TEST(test_death),    TEST(test_ignored),	TEST(test_two),
		TEST(test_lock),     TEST(test_foreign_lock),	TEST(test_bridge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
