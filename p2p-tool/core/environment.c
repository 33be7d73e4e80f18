// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"

#define BUILD_ID_MAX 64 /* bytes; 20 are usual */
#define TEXT_MAX     8192

int environment_add(struct environment *env, const char *key, const char *fmt, ...)
{
	struct param *fields = reallocarray(env->field, env->count + 1, sizeof(*fields));
	struct param new = { 0 };
	va_list ap;

	if (!fields)
		return -ENOMEM;
	env->field = fields;
	va_start(ap, fmt);
	if (vasprintf(&new.value, fmt, ap) < 0)
		new.value = NULL;
	va_end(ap);
	new.key = strdup(key);
	if (!new.key || !new.value) {
		free(new.key);
		free(new.value);
		return -ENOMEM;
	}
	fields[env->count++] = new;
	return 0;
}

const char *environment_get(const struct environment *env, const char *key)
{
	size_t i;

	for (i = 0; i < env->count; i++)
		if (!strcmp(env->field[i].key, key))
			return env->field[i].value;
	return NULL;
}

void environment_free(struct environment *env)
{
	size_t i;

	for (i = 0; i < env->count; i++) {
		free(env->field[i].key);
		free(env->field[i].value);
	}
	free(env->field);
	*env = (struct environment){ 0 };
}

/* Up to TEXT_MAX bytes of a file below root; their number, 0 when it cannot be read. */
static size_t read_file(const char *root, const char *path, char *buf)
{
	size_t size = 0;
	ssize_t n = -1;
	char *name;
	int fd;

	buf[0] = '\0';
	if (asprintf(&name, "%s%s", root, path) < 0)
		return 0;
	fd = open(name, O_RDONLY | O_CLOEXEC);
	free(name);
	if (fd < 0)
		return 0;
	while (size < TEXT_MAX && (n = read(fd, buf + size, TEXT_MAX - size)) > 0)
		size += (size_t)n;
	close(fd);
	buf[size] = '\0';
	return size;
}

static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int add_file(struct environment *env, const char *key, const char *root, const char *path)
{
	char buf[TEXT_MAX + 1], *text;

	read_file(root, path, buf);
	text = trim(buf);
	return *text ? environment_add(env, key, "%s", text) : 0;
}

/*
 * Look for the GNU build-id in ELF notes, which are aligned to align bytes,
 * and write it as hexadecimal text. False when it is not there.
 */
static bool find_build_id(const unsigned char *notes, size_t size, size_t align,
			  char text[2 * BUILD_ID_MAX + 1])
{
	const ElfW(Nhdr) * note;
	size_t name, desc, next, i;

	while (size >= sizeof(*note)) {
		note = (const void *)notes;
		name = sizeof(*note);
		desc = (name + note->n_namesz + align - 1) & ~(align - 1);
		next = (desc + note->n_descsz + align - 1) & ~(align - 1);
		if (note->n_namesz > size || note->n_descsz > size || desc + note->n_descsz > size)
			return false;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(notes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) &&
		    note->n_descsz <= BUILD_ID_MAX) {
			for (i = 0; i < note->n_descsz; i++)
				sprintf(text + 2 * i, "%02x", notes[desc + i]);
			return note->n_descsz > 0;
		}
		if (next > size)
			return false;
		notes += next;
		size -= next;
	}
	return false;
}

static int add_kernel_build_id(struct environment *env, const char *root)
{
	_Alignas(8) char buf[TEXT_MAX + 1];
	char text[2 * BUILD_ID_MAX + 1];
	size_t size = read_file(root, "/sys/kernel/notes", buf);

	if (!find_build_id((unsigned char *)buf, size, 4, text))
		return 0;
	return environment_add(env, "kernel_build_id", "%s", text);
}

/* The first object that dl_iterate_phdr() visits is the program itself. */
static int own_build_id(struct dl_phdr_info *info, size_t size, void *text)
{
	int i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_NOTE &&
		    find_build_id((const unsigned char *)(info->dlpi_addr + p->p_vaddr), p->p_memsz,
				  p->p_align == 8 ? 8 : 4, text))
			break;
	}
	return 1;
}

static int add_tool(struct environment *env)
{
	char text[2 * BUILD_ID_MAX + 1] = "";
	int ret;

	ret = environment_add(env, "tool_version", "%s", PACKAGE_VERSION);
	dl_iterate_phdr(own_build_id, text);
	if (!ret && text[0])
		ret = environment_add(env, "tool_build_id", "%s", text);
	return ret;
}

static int add_cpu_model(struct environment *env, const char *root)
{
	char buf[TEXT_MAX + 1], *line, *value;

	read_file(root, "/proc/cpuinfo", buf);
	line = strstr(buf, "model name");
	value = line ? strchr(line, ':') : NULL;
	if (!value)
		return 0;
	value[strcspn(value, "\n")] = '\0';
	return environment_add(env, "cpu_model", "%s", trim(value + 1));
}

/* Number of CPUs in a list such as "0-3,8"; 0 when it is none. */
static unsigned long count_cpus(const char *list)
{
	unsigned long first, last, count = 0;
	char *end;

	do {
		first = last = strtoul(list, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (end == list || last < first)
			return 0;
		count += last - first + 1;
		list = end + 1;
	} while (*end == ',');
	return *end && *end != '\n' ? 0 : count;
}

static int add_cpus(struct environment *env, const char *root)
{
	char buf[TEXT_MAX + 1];
	unsigned long count;

	read_file(root, "/sys/devices/system/cpu/online", buf);
	count = count_cpus(buf);
	return count ? environment_add(env, "cpus_online", "%lu", count) : 0;
}

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

static int add_hypervisor(struct environment *env)
{
	union {
		uint32_t reg[3];
		char text[13];
	} signature = { { 0 } };
	uint32_t eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return 0;
	if (!(ecx & 1u << 31))
		return environment_add(env, "hypervisor", "none");
	__cpuid(0x40000000, eax, signature.reg[0], signature.reg[1], signature.reg[2]);
	return environment_add(env, "hypervisor", "%s", trim(signature.text));
}
#else
static int add_hypervisor(struct environment *env)
{
	return 0;
}
#endif

/* The setting in force is the bracketed one: "always [madvise] never". */
static int add_hugepage(struct environment *env, const char *root)
{
	char buf[TEXT_MAX + 1], *open, *close;

	read_file(root, "/sys/kernel/mm/transparent_hugepage/enabled", buf);
	open = strchr(buf, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		return 0;
	return environment_add(env, "transparent_hugepage", "%.*s", (int)(close - open) - 1,
			       open + 1);
}

static int add_time(struct environment *env)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return 0;
	return environment_add(env, "time", "%s", text);
}

static int add_machine(struct environment *env)
{
	struct utsname u;

	return uname(&u) ? 0 : environment_add(env, "machine", "%s", u.machine);
}

/* Keys that a result file needs for itself. */
static bool is_reserved(const char *key)
{
	return !strcmp(key, "schema") || !strcmp(key, "type") ||
	       !strcmp(key, ENVIRONMENT_RECORDS) || !strcmp(key, ENVIRONMENT_PARTIAL);
}

static int add_line(struct environment *env, char *line, const char *path, unsigned int number,
		    struct error *err)
{
	char *key = trim(line), *value = strchr(key, '=');

	if (!*key || *key == '#')
		return 0;
	if (!value || value == key || strcspn(key, " \t") < (size_t)(value - key))
		return error_set(err, EXIT_USAGE, EINVAL, "write KEY=VALUE",
				 "%s:%u: not a KEY=VALUE line", path, number);
	*value++ = '\0';
	if (environment_get(env, key) || is_reserved(key))
		return error_set(err, EXIT_USAGE, EINVAL, "choose another key",
				 "%s:%u: '%s' is there already", path, number, key);
	return environment_add(env, key, "%s", value);
}

int environment_add_lines(struct environment *env, FILE *f, const char *path, struct error *err)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	errno = 0;
	while (!ret && getline(&line, &size, f) >= 0)
		ret = add_line(env, line, path, ++number, err);
	if (!ret && ferror(f))
		ret = error_set(err, EXIT_USAGE, errno ? errno : EIO,
				"correct or unset P2P_TOOL_ENVIRONMENT, which names it", "%s: %s",
				path, strerror(errno ? errno : EIO));
	free(line);
	return ret;
}

static int add_extra(struct environment *env, struct error *err)
{
	const char *path = getenv("P2P_TOOL_ENVIRONMENT");
	FILE *f;
	int ret;

	if (!path || !*path)
		return 0;
	f = fopen(path, "re");
	if (!f)
		return error_set(err, EXIT_USAGE, errno,
				 "correct or unset P2P_TOOL_ENVIRONMENT, which names it", "%s: %s",
				 path, strerror(errno));
	ret = environment_add_lines(env, f, path, err);
	fclose(f);
	return ret;
}

int environment_read(struct environment *env, const char *root, struct error *err)
{
	int ret;

	*env = (struct environment){ 0 };
	ret = add_time(env);
	if (!ret)
		ret = add_tool(env);
	if (!ret)
		ret = add_file(env, "kernel_release", root, "/proc/sys/kernel/osrelease");
	if (!ret)
		ret = add_file(env, "kernel_version", root, "/proc/sys/kernel/version");
	if (!ret)
		ret = add_kernel_build_id(env, root);
	if (!ret)
		ret = add_file(env, "kernel_command_line", root, "/proc/cmdline");
	if (!ret)
		ret = add_machine(env);
	if (!ret)
		ret = add_cpu_model(env, root);
	if (!ret)
		ret = add_cpus(env, root);
	if (!ret)
		ret = add_hypervisor(env);
	if (!ret)
		ret = environment_add(env, "page_size", "%ld", sysconf(_SC_PAGESIZE));
	if (!ret)
		ret = add_hugepage(env, root);
	if (!ret)
		ret = add_extra(env, err);
	if (ret == -ENOMEM)
		error_set(err, EXIT_FAILED, ENOMEM, NULL, "environment: out of memory");
	if (ret)
		environment_free(env);
	return ret;
}
