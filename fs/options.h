/* SPDX-License-Identifier: MIT */
/*
 * The command line. Every option stands in one table (options.c), which also makes --help; each can be
 * written --name=VALUE, --name VALUE and -o name=VALUE. Numbers and booleans are strict. Pure but for
 * resolving relative paths (options_resolve()).
 */
#ifndef ALIASFS_OPTIONS_H
#define ALIASFS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/buffer.h"
#include "backend/base/cleanup.h"

enum options_source {
	SOURCE_AWS,   /* aws, aws:REGION */
	SOURCE_LOCAL, /* local:DIR */
};

struct options {
	enum options_source source;
	char *source_text;     /* as it was written; owned, as every pointer here */
	char *local_directory; /* SOURCE_LOCAL */
	char *mountpoint;
	char *profile;
	char *region;
	char *endpoint_url;
	char *protect;       /* GLOB[:GLOB] */
	double ttl;          /* seconds */
	double timeout;      /* seconds a mutation may take */
	double read_timeout; /* seconds a read may take */
	double rate;         /* control-plane calls a second */
	double delete_grace; /* seconds */
	bool strict_ln;
	bool read_only;
	bool allow_version_delete;
	bool allow_other;
	bool foreground;
	bool debug;
	bool single_threaded;
	bool help;
	bool version;
	struct buffer fuse_options; /* what libfuse and the kernel get: "a,b=c" */
};

#define OPTIONS_INIT                                                                               \
	{                                                                                          \
		.ttl = 5, .timeout = 10, .read_timeout = 30, .rate = 10, .delete_grace = 0.5,      \
		.fuse_options = BUFFER_INIT(64 * 1024)                                             \
	}

void options_release(struct options *options);

/*
 * Reads the arguments after the program's name. 0, or -EINVAL with a message for the user (what, and
 * what was probably meant) in `message`, -ENOMEM. `options` is to be released in every case.
 */
int options_parse(int count, char *const *arguments, struct options *options,
	struct buffer *message) must_check;

/* Makes mountpoint and local_directory absolute. 0, or -errno with a message. */
int options_resolve(struct options *options, struct buffer *message) must_check;

/* Appends the text of --help. Errors as buffer_append(). */
int options_print_help(struct buffer *out) must_check;

#endif
