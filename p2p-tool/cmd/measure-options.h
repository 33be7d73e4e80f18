/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands that measure a buffer share: the options for how often,
 * with which clock, and how to reach the buffer; and their way from the
 * command line to records.
 */
#ifndef P2P_MEASURE_OPTIONS_H
#define P2P_MEASURE_OPTIONS_H

#include <stdbool.h>

#include "core/buffer.h"
#include "core/clock.h"
#include "core/measure.h"
#include "core/record.h"
#include "options.h"
#include "output.h"

/* Keys of the options below; a command's own keys stay below them. */
enum {
	MEASURE_REPEAT = OPT_LONG_ONLY + 0x80,
	MEASURE_WARMUP,
	MEASURE_COUNTED,
	MEASURE_BIND,
	MEASURE_PATH,
};

/* Rows of a command's struct opt table. */
/* clang-format off */
#define MEASURE_OPTIONS \
	{ MEASURE_REPEAT, "repeat", "N", "measure N rounds (default 20)" }, \
	{ MEASURE_WARMUP, "warmup", "N", "run N rounds before them (default 10)" }, \
	{ MEASURE_COUNTED, "counted", NULL, \
	  "count instructions instead of time (in the lab: 'lab run --counted')" }, \
	{ MEASURE_BIND, "bind", NULL, \
	  "bind the device to vfio-pci for the time of the command, then give it back to " \
	  "its driver" }, \
	{ MEASURE_PATH, "path", "PATH", \
	  "reach a VFIO device through cdev (and iommufd), group (and container) or " \
	  "noiommu; default auto: cdev, else group" }
/* clang-format on */

struct measure_options {
	bool help;
	struct bufspec spec;
	struct access_params access;
	bool counted;
	unsigned int repeat, warmup;
	struct output output;
	bool output_given; /* any of its options */
	bool no_records;   /* the command does something else this time */
};

#define MEASURE_DEFAULTS                   \
	{                                  \
		.repeat = 20, .warmup = 10 \
	}

/*
 * Take one result of options_next(): 1 when it was one of MEASURE_OPTIONS,
 * OUTPUT_OPTIONS or --help, 0 when it is the command's own; -errno with err
 * filled in when its argument, or the option itself, is wrong.
 */
int measure_option(struct measure_options *o, int key, const char *arg, struct error *err);

/* The one operand, a buffer, after the last option. 0 or -errno with err filled in. */
int measure_operand(struct measure_options *o, const char *command, int argc, char **argv,
		    struct error *err);

/*
 * What is left for a command: its name, how to parse its options into params
 * (a struct measure_options being its first member), and how to measure. check
 * (may be NULL) says what is wrong with params whatever is there to be measured.
 */
struct measure_command {
	const char *name;
	size_t params_size;
	int (*parse)(int argc, char **argv, void *params, struct error *err);
	int (*check)(void *params, struct error *err);
	int (*measure)(struct buffer *b, const struct clock *c, void *params,
		       struct record_set *out, struct error *err);
	void (*help)(void);
};

/* Parse, measure and print. Returns the exit status. */
int measure_main(const struct measure_command *command, int argc, char **argv);
/*
 * Parse and measure only, records appended to *out: what a line of a suite
 * runs; with out NULL only parse and check, so that a suite can be checked
 * before it runs. Returns 0 or -errno with err filled in.
 */
int measure_collect(const struct measure_command *command, int argc, char **argv,
		    struct record_set *out, struct error *err);

/*
 * Parse "device", "dmabuf" or "both". 0 or -EINVAL with err filled in;
 * *device and *dmabuf say which.
 */
int parse_via(const char *arg, bool *device, bool *dmabuf, struct error *err);

/* The row of a command's table for the option that parse_memattr() parses. */
#define MEMATTR_OPTION(key)                                                                        \
	{                                                                                          \
		key, "memattr", "ATTR",                                                            \
			"map the dmabuf uncached (uc, the default), write-combining (wc), or one " \
			"after the other (both)"                                                   \
	}
/* Parse "uc", "wc" or "both". 0 or -EINVAL with err filled in. */
int parse_memattr(const char *arg, enum memattr_choice *memattrs, struct error *err);
/* Only mappings of the dmabuf have a choice. 0 or -EINVAL with err filled in. */
int check_memattr_via(enum memattr_choice memattrs, bool device, bool dmabuf, struct error *err);

#endif
