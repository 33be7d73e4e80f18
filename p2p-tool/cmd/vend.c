// SPDX-License-Identifier: GPL-2.0-only
/* p2p-tool vend: give slices of a BAR to other processes and take them back. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>

#include "cmd.h"
#include "core/measure.h"
#include "core/vend.h"
#include "measure-options.h"

#define SLICES_MAX 1024
/* From SIGBUS to the owner's word that it was a revoke. */
#define EXPIRY_MS 2000

enum {
	VEND_OPT_SOCKET = OPT_LONG_ONLY,
	VEND_OPT_SLICES,
	VEND_OPT_READ_ONLY,
	VEND_OPT_CLIENTS,
	VEND_OPT_HOLD,
	VEND_OPT_CLIENT,
};

static const struct opt options[] = {
	OPT_HELP,
	{ VEND_OPT_SOCKET, "socket", "PATH", "as the owner, listen at this unix socket" },
	{ VEND_OPT_SLICES, "slices", "N", "cut the buffer into N slices (default 1)" },
	{ VEND_OPT_READ_ONLY, "read-only", NULL, "export the slices read-only" },
	{ VEND_OPT_CLIENTS, "clients", "N",
	  "end when N clients have had a slice, whatever became of them; default: when "
	  "interrupted" },
	{ VEND_OPT_HOLD, "hold", "SECONDS",
	  "take a slice back after this time; default: when the client is done" },
	{ VEND_OPT_CLIENT, "client", "PATH", "as a client, ask the owner at this socket" },
	MEASURE_OPTIONS,
	OUTPUT_OPTIONS,
	{ 0 },
};

static const char usage[] = "vend [OPTION]... --socket PATH vfio:BDF/BAR[+OFFSET][:LENGTH]\n"
			    "vend [OPTION]... --client PATH";
static const char about[] =
	"The owner of a device gives slices of a BAR to clients: whoever connects to its socket "
	"gets the DMABUF of a free slice, or waits for one. When the client is done, goes away, "
	"or has had its slice for long enough, the owner revokes it and gives the range to the "
	"next client.\n"
	"A client has nothing but that file descriptor. It measures as 'p2p-tool map' does, tries "
	"to reach more than its slice, and finds out that it cannot reach the slice after the "
	"owner has taken it back.";
static const char notes[] =
	"--slices, --read-only, --clients, --hold, --bind and --path are for the owner, --repeat "
	"and --warmup for clients. Who may write to the socket can be a client: the umask and "
	"the modes of its directory decide.\n"
	"\n"
	"Exit status: 0, 1 when something failed or a client reached what it should not, 2 for "
	"wrong usage, 77 when this machine lacks what it takes.";

struct vend_command {
	struct measure_options common;
	struct vend_params params;
	const char *client;
	const char *owners_own, *clients_own; /* the last option for one side only */
};

static int parse_hold(const char *arg, unsigned int *ms, struct error *err)
{
	double seconds;
	int ret = options_seconds("hold", arg, &seconds, err);

	if (!ret)
		*ms = (unsigned int)(seconds * 1000);
	return ret;
}

/* An empty one would be an abstract socket that the kernel names, and everybody may connect to. */
static int parse_socket(const char *name, const char *arg, const char **path, struct error *err)
{
	if (!*arg)
		return error_set(err, EXIT_USAGE, EINVAL, "give the path of a unix socket",
				 "option --%s: is empty", name);
	*path = arg;
	return 0;
}

static int parse_own(struct vend_command *v, int c, const char *arg, struct error *err)
{
	switch (c) {
	case VEND_OPT_SOCKET:
		return parse_socket("socket", arg, &v->params.socket, err);
	case VEND_OPT_CLIENT:
		return parse_socket("client", arg, &v->client, err);
	case VEND_OPT_SLICES:
		v->owners_own = "slices";
		return options_number("slices", arg, 1, SLICES_MAX, &v->params.slices, err);
	case VEND_OPT_CLIENTS:
		v->owners_own = "clients";
		return options_number("clients", arg, 1, UINT_MAX, &v->params.clients, err);
	case VEND_OPT_HOLD:
		v->owners_own = "hold";
		return parse_hold(arg, &v->params.hold_ms, err);
	case VEND_OPT_READ_ONLY:
		v->owners_own = "read-only";
		v->common.access.rdonly = true;
		return 0;
	}
	return 0;
}

static void note_side(struct vend_command *v, int c)
{
	switch (c) {
	case MEASURE_BIND:
		v->owners_own = "bind";
		break;
	case MEASURE_PATH:
		v->owners_own = "path";
		break;
	case MEASURE_REPEAT:
		v->clients_own = "repeat";
		break;
	case MEASURE_WARMUP:
		v->clients_own = "warmup";
		break;
	}
}

static int check_side(const struct vend_command *v, int argc, char **argv, struct error *err)
{
	const char *wrong = v->client ? v->owners_own : v->clients_own;

	if (!v->client == !v->params.socket)
		return error_set(err, EXIT_USAGE, EINVAL, "see 'p2p-tool vend --help'",
				 "vend: give either --socket, as the owner, or --client");
	if (wrong)
		return error_set(err, EXIT_USAGE, EINVAL, "leave it out", "option --%s: is for %s",
				 wrong, v->client ? "the owner" : "clients");
	if (v->client && argc)
		return error_set(err, EXIT_USAGE, EINVAL, "the owner chooses the buffer",
				 "'%s': a client takes no argument", argv[0]);
	return 0;
}

static int parse(int argc, char **argv, struct vend_command *v, struct error *err)
{
	int c, ret;

	v->common = (struct measure_options)MEASURE_DEFAULTS;
	v->params.slices = 1;
	while ((c = options_next("vend", argc, argv, options, err)) != -1) {
		ret = measure_option(&v->common, c, optarg, err);
		if (v->common.help)
			return 0;
		note_side(v, c);
		if (!ret)
			ret = parse_own(v, c, optarg, err);
		if (ret < 0)
			return ret;
	}
	ret = check_side(v, argc - optind, argv + optind, err);
	if (ret || v->client)
		return ret;
	ret = measure_operand(&v->common, "vend", argc - optind, argv + optind, err);
	return ret ? ret : vend_check(&v->common.spec, &v->params, err);
}

/* What happens, as it happens, for the person who watches the owner. */
static void tell(void *ctx, const struct vend_event *e)
{
	const struct vend_command *v = ctx;

	if (e->what == VEND_LISTENING) {
		fprintf(stderr, "p2p-tool: %s: %u slice%s to give\n", v->params.socket,
			v->params.slices, v->params.slices == 1 ? "" : "s");
		return;
	}
	fprintf(stderr, "p2p-tool: slice %u ", e->slice);
	switch (e->what) {
	case VEND_GIVEN:
		fprintf(stderr, "given to pid %d, uid %u\n", e->pid, e->uid);
		break;
	case VEND_TAKEN:
		fprintf(stderr, "taken back from pid %d%s\n", e->pid,
			e->forced ? ", which was not done with it" : "");
		break;
	case VEND_LOST:
		fprintf(stderr, "taken back: pid %d is gone or does not answer\n", e->pid);
		break;
	case VEND_BACK:
		if (e->reachable)
			fprintf(stderr, "can still be reached by pid %d\n", e->pid);
		else
			fprintf(stderr, "is gone for pid %d\n", e->pid);
		break;
	case VEND_LISTENING:
		break;
	}
}

static int run_owner(struct vend_command *v, const struct clock *c, struct record_set *out,
		     struct error *err)
{
	struct error close_err = { 0 };
	struct buffer *b;
	int ret, closed;

	ret = buffer_open(&v->common.spec, &v->common.access, &b, err);
	if (ret)
		return ret;
	v->params.event = tell;
	v->params.ctx = v;
	ret = vend_owner(b, c, &v->params, out, err);
	closed = buffer_close(b, &close_err);
	if (!closed)
		return ret;
	*err = close_err;
	return closed;
}

static int run_client(struct vend_command *v, const struct clock *c, struct record_set *out,
		      struct error *err)
{
	struct map_params params = { .repeat = v->common.repeat,
				     .warmup = v->common.warmup,
				     .via_dmabuf = true };
	struct vend_client *client;
	struct error why = { 0 };
	int ret, returned;

	ret = vend_client_open(v->client, &client, err);
	if (ret)
		return ret;
	ret = measure_map(vend_client_buffer(client), c, &params, out, &why);
	if (!ret)
		ret = vend_client_confined(client, c, out, &why);
	/* The slice goes before its owner can tell: access fails, or mapping it again. */
	if (ret &&
	    !vend_client_expired(client, ret == -EFAULT || ret == -ENODEV ? EXPIRY_MS : 0, err))
		*err = why;
	/* Also then: the owner wants to know. */
	returned = vend_client_return(client, c, out, ret ? NULL : err);
	vend_client_close(client);
	return ret ? ret : returned;
}

static int vend_main(int argc, char **argv)
{
	struct vend_command v = { 0 };
	struct record_set set = { 0 };
	struct error err = { 0 };
	struct clock c;
	int ret;

	ret = parse(argc, argv, &v, &err);
	if (!ret && v.common.help) {
		options_help(usage, about, options, notes);
		return EXIT_OK;
	}
	if (!ret)
		ret = output_open(&v.common.output, &err);
	if (!ret)
		ret = clock_init(&c, v.common.counted, &err);
	if (!ret)
		ret = v.client ? run_client(&v, &c, &set, &err) : run_owner(&v, &c, &set, &err);
	if (!ret)
		ret = output_commit(&v.common.output, &set, &err);
	output_abort(&v.common.output);
	record_set_free(&set);
	return ret ? report_error(&err) : EXIT_OK;
}

const struct command cmd_vend = {
	.name = "vend",
	.summary = "give slices of a BAR to other processes, and take them back",
	.main = vend_main,
};
