// SPDX-License-Identifier: GPL-2.0-only
/*
 * An owner with a kernel whose DMABUFs are files that a revoke makes empty, and
 * clients that behave and that do not.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "core/buffer-vfio.h"
#include "core/vend-private.h"
#include "vfio-script.h"

#define BAR2_SIZE 0x8000

static struct {
	bool revoke_works;
	int revoke_result;
	unsigned int revokes;
} kernel;

static int new_file(off_t size)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static int kernel_open(void *ctx, const char *path, int flags)
{
	return new_file(DEVICE_SIZE);
}

static int kernel_feature(struct vfio_device_feature *feature)
{
	struct vfio_device_feature_dma_buf *export = (void *)feature->data;
	struct vfio_device_feature_dma_buf_revoke *revoke = (void *)feature->data;

	if (feature->flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	if ((feature->flags & VFIO_DEVICE_FEATURE_MASK) == VFIO_DEVICE_FEATURE_DMA_BUF)
		return new_file((off_t) export->dma_ranges[0].length);
	kernel.revokes++;
	if (kernel.revoke_works && !kernel.revoke_result)
		assert_int_equal(ftruncate(revoke->dmabuf_fd, 0), 0);
	return kernel.revoke_result;
}

static int kernel_ioctl(void *ctx, int fd, unsigned long request, void *arg)
{
	struct vfio_region_info *info = arg;

	switch (request) {
	case VFIO_DEVICE_FEATURE:
		return kernel_feature(arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		info->flags = VFIO_REGION_INFO_FLAG_MMAP;
		info->size = info->index == VFIO_PCI_CONFIG_REGION_INDEX ? 4096 : BAR2_SIZE;
		info->offset =
			info->index == VFIO_PCI_CONFIG_REGION_INDEX ? CONFIG_OFFSET : BAR2_OFFSET;
		return 0;
	default:
		return 0;
	}
}

static const struct vfio_sys sys = { .open = kernel_open,
				     .ioctl = kernel_ioctl,
				     .root = tree_root };

/* What a test looks at. */
static struct fixture {
	struct buffer b;
	struct clock clock;
	struct record_set set;
	struct vend_params params;
	char socket[64];
	unsigned int events[VEND_BACK + 1];
	uint64_t reachable;
	bool forced;
	int (*client)(void); /* in a process of its own, once the owner listens */
	unsigned int clients;
	pid_t pid[4];
} fix;

static void on_event(void *ctx, const struct vend_event *e)
{
	unsigned int i;

	fix.events[e->what]++;
	fix.reachable += e->reachable;
	fix.forced = fix.forced || e->forced;
	for (i = 0; e->what == VEND_LISTENING && i < fix.clients; i++) {
		fix.pid[i] = fork();
		if (!fix.pid[i])
			_exit(fix.client());
	}
}

static int setup(void **state)
{
	struct bufspec spec = {
		.kind = BUFFER_VFIO, .bdf = { .bus = 1 }, .bar = 2, .length = BAR2_SIZE
	};
	struct access_params access = { .path = VFIO_PATH_CDEV };
	struct error err = { 0 };

	tree_setup(state);
	tree_add_function();
	memset(&fix, 0, sizeof(fix));
	kernel.revoke_works = true;
	kernel.revoke_result = 0;
	kernel.revokes = 0;
	assert_int_equal(clock_init(&fix.clock, false, &err), 0);
	snprintf(fix.socket, sizeof(fix.socket), "%s/socket", tree_root);
	fix.b = (struct buffer){ .spec = spec, .ops = &buffer_vfio_ops, .dmabuf_fd = -1 };
	if (buffer_vfio_open(&fix.b, &access, &sys, &err))
		fail_msg("%s", err.what);
	fix.params = (struct vend_params){ .socket = fix.socket, .slices = 2, .event = on_event };
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(access(fix.socket, F_OK), -1);
	record_set_free(&fix.set);
	if (fix.b.dmabuf_fd >= 0)
		close(fix.b.dmabuf_fd);
	fix.b.ops->close(&fix.b, NULL);
	return tree_teardown(state);
}

/* Serve clients and wait for them: their exit statuses must be that. */
static void serve(int (*client)(void), unsigned int clients, int status)
{
	struct error err = { 0 };
	unsigned int i;
	int got;

	fix.client = client;
	fix.clients = fix.params.clients = clients;
	if (vend_owner(&fix.b, &fix.clock, &fix.params, &fix.set, &err))
		fail_msg("%s", err.what);
	for (i = 0; i < clients; i++) {
		assert_int_equal(waitpid(fix.pid[i], &got, 0), fix.pid[i]);
		assert_true(WIFEXITED(got));
		assert_int_equal(WEXITSTATUS(got), status);
	}
	assert_int_equal(fix.events[VEND_GIVEN], clients);
	assert_int_equal(kernel.revokes, clients);
}

static const struct record *find(const struct record_set *set, const char *measurement)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (!strcmp(set->record[i]->measurement, measurement))
			return set->record[i];
	fail_msg("no record of %s", measurement);
	return NULL;
}

/*
 * Exit status: 0, or the number of the step that went wrong. A file that is
 * empty can still be mapped, which a DMABUF that is revoked cannot.
 */
static int good_client(void)
{
	struct record_set set = { 0 };
	struct vend_client *client;
	const struct record *r;

	if (vend_client_open(fix.socket, &client, NULL))
		return 1;
	if (vend_client_buffer(client)->spec.length != BAR2_SIZE / 2 ||
	    vend_client_expired(client, 0, NULL))
		return 2;
	if (vend_client_confined(client, &fix.clock, &set, NULL) ||
	    find(&set, "vend.confined")->verification != VERIFY_FAILED)
		return 3;
	if (vend_client_return(client, &fix.clock, &set, NULL) ||
	    vend_client_expired(client, 0, NULL) != -ESTALE)
		return 4;
	r = find(&set, "vend.revoked");
	if (r->verification != VERIFY_FAILED || !record_get_observed(r, "violation"))
		return 5;
	vend_client_close(client);
	record_set_free(&set);
	return 0;
}

static void test_good(void **state)
{
	const struct record *r;

	serve(good_client, 4, 0);
	assert_int_equal(fix.events[VEND_TAKEN], 4);
	assert_int_equal(fix.events[VEND_BACK], 4);
	assert_int_equal(fix.reachable, 0);
	assert_false(fix.forced);
	assert_int_equal((int)find(&fix.set, "vend.export")->summary.count, 4);
	r = find(&fix.set, "vend.revoke");
	assert_int_equal((int)r->summary.count, 4);
	assert_int_equal(r->verification, VERIFY_OK);
	assert_string_equal(record_get_observed(r, "confirmed"), "4 of 4");
}

/* The kernel says that it has revoked the slice, and has not. */
static void test_not_revoked(void **state)
{
	const struct record *r;

	kernel.revoke_works = false;
	serve(good_client, 1, 0);
	assert_int_equal(fix.reachable, 2 * BAR2_SIZE / 2 / 4096);
	r = find(&fix.set, "vend.revoke");
	assert_int_equal(r->verification, VERIFY_FAILED);
	assert_non_null(strstr(record_get_observed(r, "violation"), "8 pages"));
}

static int connect_raw(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(addr.sun_path, fix.socket);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)))
		_exit(9);
	return sock;
}

static int client_that_leaves(void)
{
	char byte;

	return recv(connect_raw(), &byte, 1, 0) == 1 ? 0 : 1;
}

static void test_leaves(void **state)
{
	serve(client_that_leaves, 2, 0);
	assert_int_equal(fix.events[VEND_LOST], 2);
	assert_string_equal(record_get_observed(find(&fix.set, "vend.revoke"), "confirmed"),
			    "0 of 2");
	assert_int_equal(find(&fix.set, "vend.revoke")->verification, VERIFY_NONE);
}

static int client_that_babbles(void)
{
	struct vend_message m = { .magic = VEND_MAGIC, .type = VEND_GONE };
	int sock = connect_raw();

	/* Too early: nothing has been revoked. */
	send(sock, &m, sizeof(m), MSG_NOSIGNAL);
	while (recv(sock, &m, sizeof(m), 0) > 0)
		;
	return 0;
}

static int client_that_shouts(void)
{
	char text[1000] = "not a message";
	int sock = connect_raw();

	send(sock, text, sizeof(text), MSG_NOSIGNAL);
	while (recv(sock, text, sizeof(text), 0) > 0)
		;
	return 0;
}

static void test_babble(void **state)
{
	serve(client_that_babbles, 1, 0);
	assert_int_equal(fix.events[VEND_LOST], 1);
}

static void test_shout(void **state)
{
	serve(client_that_shouts, 1, 0);
	assert_int_equal(fix.events[VEND_LOST], 1);
}

/* Does nothing until its slice is taken away, and then answers. */
static int client_that_stays(void)
{
	struct error err = { 0 };
	struct record_set set = { 0 };
	struct vend_client *client;

	if (vend_client_open(fix.socket, &client, NULL))
		return 1;
	while (!vend_client_expired(client, 0, &err))
		usleep(1000);
	if (!strstr(err.remedy, "longer --hold"))
		return 3;
	return vend_client_return(client, &fix.clock, &set, NULL) ? 2 : 0;
}

static void test_hold(void **state)
{
	fix.params.hold_ms = 50;
	serve(client_that_stays, 3, 0);
	assert_true(fix.forced);
	assert_int_equal(fix.events[VEND_BACK], 3);
	assert_string_equal(record_get_observed(find(&fix.set, "vend.revoke"), "forced"), "3");
}

static int client_that_interrupts(void)
{
	struct vend_client *client;
	struct error err = { 0 };

	if (vend_client_open(fix.socket, &client, NULL))
		return 1;
	kill(getppid(), SIGTERM);
	while (!vend_client_expired(client, 0, &err))
		usleep(1000);
	/* Its time was not over. */
	return strstr(err.what, "its owner ends") && !strstr(err.remedy, "--hold") ? 0 : 2;
}

static void test_interrupted(void **state)
{
	struct error err = { 0 };
	int status;

	fix.client = client_that_interrupts;
	fix.clients = 1;
	if (vend_owner(&fix.b, &fix.clock, &fix.params, &fix.set, &err))
		fail_msg("%s", err.what);
	assert_int_equal(fix.events[VEND_TAKEN], 1);
	assert_int_equal(fix.events[VEND_LOST], 1);
	assert_int_equal(kernel.revokes, 1);
	assert_int_equal(waitpid(fix.pid[0], &status, 0), fix.pid[0]);
	assert_int_equal(status, 0);
}

/* What cannot be cut; a BAR that is too small is not a matter of slices. */
static void test_slices(void **state)
{
	struct error err = { 0 };

	fix.params.slices = 3;
	assert_int_equal(vend_owner(&fix.b, &fix.clock, &fix.params, &fix.set, &err), -EINVAL);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_non_null(strstr(err.what, "3 slices"));

	error_clear(&err);
	close(fix.b.dmabuf_fd);
	fix.b.dmabuf_fd = -1;
	fix.b.spec.length = 256;
	fix.params.slices = 1;
	assert_int_equal(vend_owner(&fix.b, &fix.clock, &fix.params, &fix.set, &err), -EINVAL);
	assert_int_equal(err.status, EXIT_SKIP);
	assert_non_null(strstr(err.what, "BAR 2 is smaller than a page"));
}

static void test_failure(void **state)
{
	struct error err = { 0 };

	kernel.revoke_result = -EIO;
	fix.client = client_that_leaves;
	fix.clients = 1;
	assert_int_equal(vend_owner(&fix.b, &fix.clock, &fix.params, &fix.set, &err), -EIO);
	assert_non_null(strstr(err.what, "revoking a DMABUF"));
	waitpid(fix.pid[0], NULL, 0);
}

static void test_taken_path(void **state)
{
	struct error err = { 0 };
	int fd = open(fix.socket, O_CREAT | O_WRONLY, 0600);

	close(fd);
	assert_int_equal(vend_owner(&fix.b, &fix.clock, &fix.params, &fix.set, &err), -EADDRINUSE);
	assert_non_null(strstr(err.what, fix.socket));
	/* It is not ours. */
	assert_int_equal(unlink(fix.socket), 0);
}

/* An owner that was killed leaves its socket. */
static void test_stale_socket(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct error err = { 0 };
	int live = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(addr.sun_path, fix.socket);
	assert_int_equal(bind(live, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(live, 1), 0);
	/* Of one that lives. */
	assert_int_equal(vend_owner(&fix.b, &fix.clock, &fix.params, &fix.set, &err), -EADDRINUSE);
	close(live);
	serve(good_client, 1, 0);
}

static int client_without_permission(void)
{
	struct error err = { 0 };
	struct vend_client *client;

	if (setgid(65534) || setuid(65534))
		return 1;
	if (vend_client_open(fix.socket, &client, &err) != -EACCES || err.status != EXIT_SKIP)
		return 2;
	return strstr(err.what, "no owner") || !strstr(err.remedy, "chmod") ? 3 : 0;
}

static void test_no_permission(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int status, sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	pid_t pid;

	if (geteuid())
		skip(); /* nobody else to be */
	strcpy(addr.sun_path, fix.socket);
	assert_int_equal(chmod(tree_root, 0755), 0);
	assert_int_equal(bind(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(chmod(fix.socket, 0755), 0);
	assert_int_equal(listen(sock, 1), 0);
	pid = fork();
	if (!pid)
		_exit(client_without_permission());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(sock);
	assert_int_equal(unlink(fix.socket), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_good),	TEST(test_not_revoked),	 TEST(test_leaves),
		TEST(test_babble),	TEST(test_shout),	 TEST(test_hold),
		TEST(test_interrupted), TEST(test_slices),	 TEST(test_failure),
		TEST(test_taken_path),	TEST(test_stale_socket), TEST(test_no_permission),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
