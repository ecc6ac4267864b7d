/* SPDX-License-Identifier: MIT */
/*
 * The command line. Every option stands in one table (options_table.c), which also makes --help; each can be
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
#include "backend/base/log.h"

enum options_source {
	SOURCE_AWS,   /* aws, aws:REGION */
	SOURCE_LOCAL, /* local:DIR */
};

/* What environment.json shows; in the order of the option's choices. */
enum options_environment {
	ENVIRONMENT_PLAIN,
	ENVIRONMENT_REDACT,
};

/* What the first word asks for. */
enum options_command {
	COMMAND_MOUNT, /* also --check */
	COMMAND_LS,    /* source_text is what to list, `words` which functions */
	COMMAND_DIFF,  /* source_text and words[0] are the versions */
	COMMAND_LOG, /* source_text and `words` are paths, or a SOURCE, a function and its aliases */
	COMMAND_ROLLBACK, /* source_text and `words` are the paths of aliases */
	COMMAND_INVOKE,   /* source_text is the path of an alias or a version */
};

struct options {
	enum options_command command;
	enum options_source source;
	char *source_text;     /* as it was written; owned, as every pointer here */
	char *local_directory; /* SOURCE_LOCAL */
	char *mountpoint;
	char *profile;
	char *region;
	char *endpoint_url;
	char *config_file;      /* AWS's configuration file */
	char *credentials_file; /* AWS's credentials file */
	char *ca_bundle;
	char *functions;       /* GLOB[:GLOB]: only these are shown; NULL: all */
	char *protect;         /* GLOB[:GLOB] */
	char *audit;           /* a file that gets a line for every change */
	char *redact_key;      /* the file with the key of ENVIRONMENT_REDACT */
	char *fsname;          /* what mount(8) shows as the source */
	char *subtype;         /* "aliasfs" unless -o subtype says otherwise */
	double ttl;            /* seconds */
	double timeout;        /* seconds a mutation may take */
	double read_timeout;   /* seconds a read may take */
	double upload_timeout; /* seconds an upload of code may take */
	double settle_timeout; /* seconds to wait for an update to be in effect */
	double rate;           /* control-plane calls a second */
	double delete_grace;   /* seconds */
	double code_cache;     /* MiB */
	double documents_ttl;  /* seconds */
	int64_t shown_uid;     /* -1: the mounting user's */
	int64_t shown_gid;     /* -1: the mounting user's */
	int umask;             /* permission bits that nothing shows */
	int environment;       /* enum options_environment */
	int log_level;         /* enum log_level */
	unsigned int
		allow_update; /* kinds that can be written, as `documents`; the bit behind them: code.zip */
	unsigned int documents; /* kinds that are listed, a bit for each enum document_id */
	bool code;
	bool insecure_http;
	bool strict_ln;
	bool no_create; /* no alias is made that AWS does not have */
	bool read_only;
	bool allow_version_delete;
	bool allow_invoke;
	bool allow_other;
	bool foreground;
	bool debug;
	bool single_threaded;
	bool check;
	bool check_write; /* --write */
	bool json;
	char *payload;      /* invoke: a file, "-" for standard input; NULL: none */
	bool tail;          /* invoke: the end of the log */
	bool values;        /* diff: environment variables with their values */
	bool aliases;       /* ls: a row for each function, a column for each alias */
	char *differ;       /* ls: "ALIAS:ALIAS", only functions in which these two differ */
	char *since;        /* log: only what is newer */
	char *to;           /* rollback: the version, instead of the last one */
	bool yes;           /* rollback: without a question */
	const char **words; /* owned; the texts are those given to options_parse() */
	size_t word_count;
	bool help;
	bool version;
	struct buffer fuse_options; /* what libfuse and the kernel get: "a,b=c" */
};

#define OPTIONS_INIT                                                                               \
	{                                                                                          \
		.ttl = 5, .timeout = 10, .read_timeout = 30, .upload_timeout = 300,                \
		.settle_timeout = 60, .rate = 10, .delete_grace = 0.5, .code_cache = 1024,         \
		.documents_ttl = 60, .shown_uid = -1, .shown_gid = -1,                             \
		.log_level = LOG_LEVEL_INFO, .fuse_options = BUFFER_INIT(64 * 1024)                \
	}

void options_release(struct options *options);

/*
 * Reads the arguments after the program's name. 0, or -EINVAL with a message for the user (what, and
 * what was probably meant) in `message`, -ENOMEM. `options` is to be released in every case. The
 * mountpoint may be missing with --check, everything with --help and --version. With `ls` or `log` in front the
 * source may also be a path: then `source` and what follows from it are not set (options_is_source()), nor are they
 * with `diff`, `rollback` and `invoke`.
 */
int options_parse(int count, char *const *arguments, struct options *options,
	struct buffer *message) must_check;

/*
 * Makes local_directory, made where it is missing, and the files' paths absolute; the mountpoint is
 * mountpoint.h's. 0, or -errno with a message. Blocks on local directories only.
 */
int options_resolve(struct options *options, struct buffer *message) must_check;

/* Appends the text of --help. Errors as buffer_append(). */
int options_print_help(struct buffer *out) must_check;

/* Whether the text has the form of a SOURCE: aws, aws:REGION, local:DIR. */
bool options_is_source(const char *text);

/* Appends `name[=value]` to what libfuse gets, commas and backslashes escaped as it takes them. */
int options_pass_on(struct options *options, const char *name, const char *value) must_check;

#endif
