// SPDX-License-Identifier: GPL-2.0-only
/* Only what a comparison is about may differ between its environments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

const char *compare_subject_name(enum compare_subject s)
{
	static const char *const names[] = {
		[SUBJECT_NONE] = "none",
		[SUBJECT_KERNEL] = "kernel",
		[SUBJECT_TOOL] = "tool",
		[SUBJECT_CONFIG] = "config",
	};

	return names[s];
}

static bool starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool one_of(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (!strcmp(key, *keys))
			return true;
	return false;
}

static bool names_kernel(const char *key)
{
	static const char *const others[] = { "lab_kernel", "base", "base_id", NULL };

	return (starts_with(key, "kernel_") && strcmp(key, "kernel_command_line")) ||
	       one_of(key, others);
}

/* What a machine is, as opposed to how it is set up. */
static bool names_machine(const char *key)
{
	static const char *const keys[] = { "machine", "cpu_model", "hypervisor",
					    "qemu",    "accel",	    NULL };

	return one_of(key, keys);
}

static bool part_of(enum compare_subject subject, const char *key)
{
	bool kernel = names_kernel(key), tool = starts_with(key, "tool_");
	/* The lab's initramfs holds the tool, and the kernel's modules. */
	bool initramfs = !strcmp(key, "initramfs_sha256");

	switch (subject) {
	case SUBJECT_KERNEL:
		return kernel || initramfs;
	case SUBJECT_TOOL:
		return tool || initramfs;
	case SUBJECT_CONFIG:
		return !kernel && !tool && !initramfs && !names_machine(key);
	case SUBJECT_NONE:
		break;
	}
	return false;
}

static bool may_always_differ(const char *key)
{
	static const char *const keys[] = { "time", ENVIRONMENT_RECORDS, ENVIRONMENT_PARTIAL,
					    NULL };

	return one_of(key, keys);
}

static bool known(const struct compare_differences *d, const char *key)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (!strcmp(d->item[i].key, key))
			return true;
	return false;
}

static int add(struct compare_differences *d, struct compare_difference new)
{
	struct compare_difference *items;

	/* Once is enough for a field. */
	if (known(d, new.key))
		return 0;
	items = reallocarray(d->item, d->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	d->item = items;
	items[d->count++] = new;
	return 0;
}

/* Fields of one that are not the same in two; swapped: one is B's. */
static int add_fields(const struct compare_run *one, const struct compare_run *two, bool swapped,
		      int subject, struct compare_differences *out)
{
	const struct environment *env = &one->group->env;
	int ret = 0;
	size_t i;

	for (i = 0; i < env->count && !ret; i++) {
		const char *key = env->field[i].key, *value = env->field[i].value;
		const char *other = environment_get(&two->group->env, key);

		if (may_always_differ(key) || (other && !strcmp(value, other)))
			continue;
		ret = add(out, (struct compare_difference){
				       .key = key,
				       .a = swapped ? other : value,
				       .b = swapped ? value : other,
				       .run_a = swapped ? two : one,
				       .run_b = swapped ? one : two,
				       .allowed = part_of((enum compare_subject)subject, key),
			       });
	}
	return ret;
}

static int add_differences(const struct compare_run *a, const struct compare_run *b,
			   enum compare_subject subject, struct compare_differences *out)
{
	int ret = add_fields(a, b, false, (int)subject, out);

	return ret ? ret : add_fields(b, a, true, (int)subject, out);
}

int compare_environments(const struct compare_side *a, const struct compare_side *b,
			 enum compare_subject subject, struct compare_differences *out)
{
	int ret = 0;
	size_t i;

	*out = (struct compare_differences){ 0 };
	for (i = 1; i < a->nruns && !ret; i++)
		ret = add_differences(&a->run[0], &a->run[i], SUBJECT_NONE, out);
	for (i = 1; i < b->nruns && !ret; i++)
		ret = add_differences(&b->run[0], &b->run[i], SUBJECT_NONE, out);
	if (!ret)
		ret = add_differences(&a->run[0], &b->run[0], subject, out);
	if (ret)
		compare_differences_free(out);
	return ret;
}

int compare_check(const struct compare_differences *d, enum compare_subject subject,
		  struct error *err)
{
	const struct compare_difference *first = NULL;
	char keys[200] = "";
	size_t i, len = 0;

	for (i = 0; i < d->count; i++) {
		if (d->item[i].allowed)
			continue;
		if (!first)
			first = &d->item[i];
		if (len < sizeof(keys))
			len += (size_t)snprintf(keys + len, sizeof(keys) - len, "%s%s",
						len ? ", " : "", d->item[i].key);
	}
	if (!first)
		return 0;
	return error_set(err, EXIT_INCOMPARABLE, EINVAL,
			 "measure again with the same, name the --subject they are about, or "
			 "give --force",
			 "not comparable (subject %s), these differ: %s",
			 compare_subject_name(subject), keys);
}

void compare_differences_free(struct compare_differences *d)
{
	free(d->item);
	*d = (struct compare_differences){ 0 };
}

static bool all_before(const struct compare_side *a, const struct compare_side *b)
{
	size_t i, j;

	for (i = 0; i < a->nruns; i++)
		for (j = 0; j < b->nruns; j++) {
			const char *x = environment_get(&a->run[i].group->env, "time");
			const char *y = environment_get(&b->run[j].group->env, "time");

			if (!x || !y || strcmp(x, y) >= 0)
				return false;
		}
	return true;
}

bool compare_interleaved(const struct compare_side *a, const struct compare_side *b)
{
	if (a->nruns < 2 && b->nruns < 2)
		return true;
	return !all_before(a, b) && !all_before(b, a);
}
