// SPDX-License-Identifier: GPL-2.0-only
/* A queue is kept full, slots are used by one transfer at a time, errors stop the engine. */
#include <errno.h>
#include <string.h>

#include "core/engine.h"
#include "unit.h"

/* An engine that ends the youngest transfer first. */
static struct {
	unsigned int busy[ENGINE_DEPTH_MAX], nbusy, most;
	unsigned int prepared, submitted, ended, stopped;
	unsigned int fails_at; /* the transfer that ends with an error, from 1 */
	struct transfer last;
} fake;

static void fake_prepare(struct engine *e, unsigned int slot, const struct transfer *t)
{
	unsigned int i;

	for (i = 0; i < fake.nbusy; i++)
		assert_int_not_equal(fake.busy[i], slot);
	fake.last = *t;
	fake.prepared++;
}

static void fake_submit(struct engine *e, unsigned int slot)
{
	assert_int_equal(++fake.submitted, fake.prepared);
	fake.busy[fake.nbusy++] = slot;
	if (fake.nbusy > fake.most)
		fake.most = fake.nbusy;
}

static int fake_poll(struct engine *e, uint32_t *status)
{
	static bool again;

	/* Every other time there is nothing yet. */
	again = !again;
	if (again || !fake.nbusy)
		return -EAGAIN;
	*status = ++fake.ended == fake.fails_at ? 0x4 : 0;
	return (int)fake.busy[--fake.nbusy];
}

static const char *fake_explain(uint32_t status)
{
	assert_int_equal(status, 0x4);
	return "it is only made up";
}

static int fake_stop(struct engine *e)
{
	fake.nbusy = 0;
	fake.stopped++;
	return 0;
}

static const struct engine_ops fake_ops = {
	.name = "fake",
	.prepare = fake_prepare,
	.submit = fake_submit,
	.poll = fake_poll,
	.explain = fake_explain,
	.stop = fake_stop,
};

/* Each transfer once, by the slot that it began with. */
struct seen {
	unsigned int slot[100], before[100], after[100];
};

static void transfer(void *ctx, unsigned int i, unsigned int slot, struct transfer *t)
{
	struct seen *seen = ctx;

	seen->slot[i] = slot;
	*t = (struct transfer){ .to_memory = true, .iova = 0x1000 * i, .at = i, .length = 8 };
}

static void before(void *ctx, unsigned int i, unsigned int slot)
{
	((struct seen *)ctx)->before[i]++;
}

static void after(void *ctx, unsigned int i, unsigned int slot)
{
	struct seen *seen = ctx;

	assert_int_equal(seen->slot[i], slot);
	seen->after[i]++;
}

static void run(unsigned int count, unsigned int depth, unsigned int most)
{
	struct engine e = { .ops = &fake_ops, .dev.name = "0000:05:00.0", .depth = 16 };
	struct seen seen = { 0 };
	struct engine_load load = { count, depth, &seen, transfer, before, after };
	struct error err = { 0 };
	unsigned int i;

	memset(&fake, 0, sizeof(fake));
	assert_int_equal(engine_run(&e, &load, &err), 0);
	assert_int_equal(fake.ended, count);
	assert_int_equal(fake.most, most);
	assert_int_equal(fake.stopped, 0);
	for (i = 0; i < count; i++) {
		assert_int_equal(seen.before[i], 1);
		assert_int_equal(seen.after[i], 1);
	}
}

static void test_run(void **state)
{
	run(1, 1, 1);
	run(100, 1, 1);
	run(100, 8, 8);
	run(3, 8, 3);
	/* No more than the engine has slots. */
	run(100, 64, 16);
}

static void test_error(void **state)
{
	struct engine e = {
		.ops = &fake_ops, .dev.name = "0000:05:00.0", .depth = 4, .running = true
	};
	struct seen seen = { 0 };
	struct engine_load load = { 100, 4, &seen, transfer, NULL, NULL };
	struct error err = { 0 };

	memset(&fake, 0, sizeof(fake));
	fake.fails_at = 7;
	assert_int_equal(engine_run(&e, &load, &err), -EIO);
	assert_string_equal(err.what, "0000:05:00.0: error completion: a transfer ended with "
				      "status 0x4: it is only made up");
	assert_int_equal(err.status, EXIT_FAILED);
	assert_int_equal(fake.ended, 7);
	assert_int_equal(fake.stopped, 1);
	assert_false(e.running);
}

static void test_move(void **state)
{
	struct engine e = { .ops = &fake_ops, .depth = 4 };
	struct transfer t = { false, 0x123000, 0x200, 512 };
	struct error err = { 0 };

	memset(&fake, 0, sizeof(fake));
	assert_int_equal(engine_move(&e, &t, &err), 0);
	assert_memory_equal(&fake.last, &t, sizeof(t));
	assert_int_equal(fake.ended, 1);
}

static void test_names(void **state)
{
	static const char *const good[] = { "nvme", "igb", "edu", "0000:05:00.0", "05:00.0" };
	static const char *const bad[] = { "", "nvm", "nvme0", "05:00", "0000:05:00.8" };
	struct error err = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(engine_check_name(good[i], &err), 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		error_clear(&err);
		assert_int_equal(engine_check_name(bad[i], &err), -EINVAL);
		assert_int_equal(err.status, EXIT_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
