// SPDX-License-Identifier: GPL-2.0-only
/* Names of importers, and what they note; what they do needs their devices. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/importer.h"
#include "unit.h"

static void test_names(void **state)
{
	enum importer_kind kind;
	int i;

	for (i = 0; i < IMPORTERS; i++) {
		assert_int_equal(importer_parse(importer_name((enum importer_kind)i), &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(importer_parse("", &kind), -EINVAL);
	assert_int_equal(importer_parse("rdma,drm", &kind), -EINVAL);
}

static void test_note(void **state)
{
	struct importer i = { 0 };
	int n;

	importer_note(&i, "writing", "an error");
	importer_note(&i, "again", "an error");
	importer_note(&i, "writing", "an error");
	assert_string_equal(i.saw, "writing: an error; again: an error");
	importer_note(&i, "writing", "success");
	assert_string_equal(i.saw, "writing: an error; again: an error; writing: success");
	for (n = 0; n < 100; n++) {
		char what[32];

		snprintf(what, sizeof(what), "step %d", n);
		importer_note(&i, what, "a result");
	}
	assert_int_equal(strlen(i.saw), sizeof(i.saw) - 1);
}

/* A device that is not there: the reason, and nothing left open. */
static void test_absent(void **state)
{
	int kind;

	for (kind = 0; kind < IMPORTERS; kind++) {
		struct importer i = { .kind = (enum importer_kind)kind, .device = "nonesuch0" };
		struct error err = { 0 };

		assert_true(importer_open(&i, &err) < 0);
		assert_int_equal(err.status, EXIT_SKIP);
		assert_true(strstr(err.what, "nonesuch0") || strstr(err.what, "built without"));
		assert_null(i.ops);
		assert_null(i.priv);
		importer_close(&i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_note),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
