// SPDX-License-Identifier: GPL-2.0-only
/* The command table, and the options of the tool itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/measure-options.h"
#include "cmd/options.h"

const struct command *const commands[] = {
	&cmd_list, &cmd_map,	&cmd_copy, &cmd_rdma,  &cmd_peers, &cmd_drm,
	&cmd_dma,  &cmd_revoke, &cmd_vend, &cmd_bench, NULL,
};

const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

int report_error(const struct error *err)
{
	fflush(stdout); /* keep the order when both go to one file */
	fprintf(stderr, "p2p-tool: %s%s%s\n", err->what[0] ? err->what : "failed",
		err->remedy[0] ? "; " : "", err->remedy);
	return err->status ? (int)err->status : EXIT_FAILED;
}

static const struct {
	const char *name;
	const char *library; /* with its version, NULL when not built in */
} features[] = {
#ifdef HAVE_JSON
	{ "json", JSON_LIBRARIES },
#else
	{ "json", NULL },
#endif
#ifdef HAVE_TABLES
	{ "tables", TABLES_LIBRARIES },
#else
	{ "tables", NULL },
#endif
#ifdef HAVE_RDMA
	{ "rdma", RDMA_LIBRARIES },
#else
	{ "rdma", NULL },
#endif
#ifdef HAVE_DRM
	{ "drm", DRM_LIBRARIES },
#else
	{ "drm", NULL },
#endif
};

static void print_version(void)
{
	size_t i;

	printf("%s\n", PACKAGE_STRING);
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		printf("  %-8s%s%s\n", features[i].name, features[i].library ? "yes  " : "no",
		       features[i].library ? features[i].library : "");
}

static const struct opt tool_options[] = {
	OPT_HELP,
	{ 'V', "version", NULL, "display version and built-in features, and exit" },
	{ 0 },
};

static void print_help(void)
{
	size_t i;

	options_help(
		"[--help | --version]\nCOMMAND [OPTION]... [ARGUMENT]...",
		"Export PCI BARs and other memory as DMABUFs, let devices use them, and measure "
		"how long that takes.",
		tool_options, NULL);
	puts("\nCommands:");
	for (i = 0; commands[i]; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	puts("\nExit status:\n"
	     "   0  success\n"
	     "   1  regression, failed verification, or failure while running\n"
	     "   2  wrong option, argument or input file\n"
	     "   3  results come from environments that cannot be compared\n"
	     "  77  skipped: this machine lacks what the command needs\n"
	     "\n"
	     "'p2p-tool COMMAND --help' tells more about a command; see also p2p-tool(1).");
}

/* Output that did not reach its file is a failure, however well the rest went. */
static int finish_output(int status)
{
	struct error err = { 0 };
	int failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) || failed) {
		error_set(&err, EXIT_FAILED, errno, "the output is incomplete",
			  "standard output: %s", errno ? strerror(errno) : "write error");
		report_error(&err);
		return status ? status : EXIT_FAILED;
	}
	return status;
}

/*
 * With a standard stream closed, the first file that is opened would take its
 * number, and what is printed would go there: into a device's registers, say.
 * Writing to these fails instead.
 */
static void occupy_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int run_command(int argc, char **argv)
{
	const struct command *c = command_find(argv[0]);
	struct error err = { 0 };

	if (!c) {
		error_set(&err, EXIT_USAGE, EINVAL, "'p2p-tool --help' lists the commands",
			  "%s: no such command", argv[0]);
		return report_error(&err);
	}
	options_begin();
	return c->measure ? measure_main(c->measure, argc, argv) : c->main(argc, argv);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };
	int c;

	occupy_standard_streams();
	options_begin();
	while ((c = options_next("", argc, argv, tool_options, &err)) != -1) {
		switch (c) {
		case 'h':
			print_help();
			return finish_output(EXIT_OK);
		case 'V':
			print_version();
			return finish_output(EXIT_OK);
		default:
			return report_error(&err);
		}
	}
	if (optind == argc) {
		error_set(&err, EXIT_USAGE, EINVAL, "'p2p-tool --help' lists the commands",
			  "no command given");
		return report_error(&err);
	}
	return finish_output(run_command(argc - optind, argv + optind));
}
