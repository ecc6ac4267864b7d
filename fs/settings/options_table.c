/* SPDX-License-Identifier: MIT */
#include "fs/settings/options_table.h"

#include <limits.h>

#include "fs/settings/options.h"

#define FIELD(name) offsetof(struct options, name)
#define FLAG(name, letter, field, help)                                                            \
	{                                                                                          \
		name, letter, OPTION_FLAG, NULL, FIELD(field), 0, 0, help                          \
	}
#define TEXT(name, argument, field, help)                                                          \
	{                                                                                          \
		name, 0, OPTION_TEXT, argument, FIELD(field), 0, 0, help                           \
	}
#define GLOBS(name, field, help)                                                                   \
	{                                                                                          \
		name, 0, OPTION_GLOBS, "GLOB[:GLOB]", FIELD(field), 0, 0, help                     \
	}
#define PATH(name, argument, field, help)                                                          \
	{                                                                                          \
		name, 0, OPTION_PATH, argument, FIELD(field), 0, 0, help                           \
	}
#define NUMBER(name, argument, field, minimum, maximum, help)                                      \
	{                                                                                          \
		name, 0, OPTION_NUMBER, argument, FIELD(field), minimum, maximum, help             \
	}
#define ID(name, argument, field, help)                                                            \
	{                                                                                          \
		name, 0, OPTION_ID, argument, FIELD(field), 0, 4294967294.0, help                  \
	}
#define CHOICE(name, choices, field, help)                                                         \
	{                                                                                          \
		name, 0, OPTION_CHOICE, choices, FIELD(field), 0, 0, help                          \
	}
#define FUSE_FLAG(name, help)                                                                      \
	{                                                                                          \
		name, 0, OPTION_FUSE_FLAG, NULL, 0, 0, 0, help                                     \
	}
#define IGNORED(name)                                                                              \
	{                                                                                          \
		name, 0, OPTION_IGNORED, NULL, 0, 0, 0, NULL                                       \
	}

/* Defaults stand in OPTIONS_INIT, and --help reads them there. */
const struct option_row option_rows[] = {
	FLAG("foreground", 'f', foreground, "stay in the foreground, log to standard error"),
	FLAG("debug", 'd', debug, "the same, and log every FUSE request"),
	FLAG("single_threaded", 's', single_threaded, "one request at a time"),
	FLAG("json", 0, json, "with ls or log: print JSON"),
	FLAG("aliases", 0, aliases, "with ls: a row for each function, a column for each alias"),
	{"differ", 0, OPTION_PAIR, "ALIAS:ALIAS", FIELD(differ), 0, 0,
		"with ls: only functions in which these differ"},
	FLAG("values", 0, values, "with diff: environment variables with their values"),
	TEXT("since", "TIME", since, "with log: what is newer, as 2h or 2026-11-27T03:00"),
	TEXT("to", "VERSION", to, "with rollback: the version, instead of the last one"),
	FLAG("yes", 0, yes, "with rollback: do not ask"),
	TEXT("payload", "FILE", payload,
		"with invoke: the payload, - for standard input (default: none)"),
	FLAG("tail", 0, tail, "with invoke: print the end of the function's log"),
	FLAG("check", 0, check, "try region, endpoint and credentials, mount nothing"),
	FLAG("write", 0, check_write, "with --check: try promoting and publishing, change nothing"),
	FLAG("help", 'h', help, "print this and exit"),
	FLAG("version", 'V', version, "print the version and exit"),

	TEXT("region", "REGION", region, "AWS region (or SOURCE aws:REGION)"),
	TEXT("profile", "NAME", profile, "profile of the AWS configuration files"),
	TEXT("endpoint_url", "URL", endpoint_url, "another server that speaks the Lambda API"),
	PATH("config_file", "FILE", config_file, "instead of ~/.aws/config"),
	PATH("credentials_file", "FILE", credentials_file, "instead of ~/.aws/credentials"),
	FLAG("insecure_http", 0, insecure_http, "allow plain http to another machine"),
	PATH("ca_bundle", "FILE", ca_bundle, "certificates that the endpoint is verified with"),

	NUMBER("ttl", "SECONDS", ttl, 0, 86400, "maximum cache age"),
	NUMBER("timeout", "SECONDS", timeout, 0.1, 3600, "how long a change may take"),
	NUMBER("read_timeout", "SECONDS", read_timeout, 0.1, 3600, "how long reading may take"),
	NUMBER("upload_timeout", "SECONDS", upload_timeout, 0.1, 3600,
		"how long sending code may take"),
	NUMBER("settle_timeout", "SECONDS", settle_timeout, 0, 3600,
		"how long to wait until an update is in effect"),
	NUMBER("rate", "CALLS", rate, 0.1, 1000, "API calls a second; AWS allows 15"),
	NUMBER("delete_grace", "SECONDS", delete_grace, 0, 60,
		"how long a removed alias waits for its successor"),

	GLOBS("functions", functions, "show these functions only"),
	FLAG("code", 0, code, "show each version's code.zip"),
	NUMBER("code_cache", "MIB", code_cache, 1, 1048576, "disk space for fetched code"),
	{"documents", 0, OPTION_DOCUMENTS, "KIND[:KIND]", FIELD(documents), 0, 0,
		"list the documents of functions and aliases (tags:policy:url:...), or these"},
	NUMBER("documents_ttl", "SECONDS", documents_ttl, 0, 86400,
		"maximum cache age of these documents"),
	{"allow_update", 0, OPTION_UPDATES, "KIND[:KIND]", FIELD(allow_update), 0, 0,
		"let documents be written (code:configuration:environment:policy:...), or these"},
	CHOICE("env", "plain|redact", environment,
		"environment.json with its values (default), or with a keyed hash of each"),
	PATH("redact_key", "FILE", redact_key,
		"key of env=redact; made where it is missing (default "
		"~/.config/aliasfs/redact.key)"),
	FLAG("ro", 0, read_only, "read-only"),
	{"rw", 0, OPTION_OFF, NULL, FIELD(read_only), 0, 0, NULL},
	GLOBS("protect", protect, "aliases that cannot be removed"),
	FLAG("strict_ln", 0, strict_ln, "refuse `ln -sf 2 PROD` without -n"),
	FLAG("no_create", 0, no_create, "make no alias that AWS does not have"),
	FLAG("allow_version_delete", 0, allow_version_delete,
		"let rmdir delete a published version"),
	FLAG("allow_invoke", 0, allow_invoke, "run functions through .invoke"),
	PATH("audit", "FILE", audit, "append a JSON line for every change and invocation"),

	FLAG("allow_other", 0, allow_other, "let other users read what the modes let them"),
	FUSE_FLAG("allow_root", "let root in"),
	ID("uid", "UID", shown_uid, "owner that is shown"),
	ID("gid", "GID", shown_gid, "group that is shown"),
	{"umask", 0, OPTION_MASK, "OCTAL", FIELD(umask), 0, 0777,
		"permission bits taken away from everything"},

	CHOICE("log_level", "error|warning|info|debug", log_level, "what is logged (default info)"),
	TEXT("fsname", "NAME", fsname, "the name that mount(8) and df show (default SOURCE)"),
	FUSE_FLAG("auto_unmount", "unmount when aliasfs dies"),
	TEXT("subtype", "NAME", subtype, NULL),
	{"max_read", 0, OPTION_FUSE_TEXT, "BYTES", 0, 0, 0, NULL},
	FUSE_FLAG("suid", NULL),
	FUSE_FLAG("nosuid", NULL),
	FUSE_FLAG("dev", NULL),
	FUSE_FLAG("nodev", NULL),
	FUSE_FLAG("exec", NULL),
	FUSE_FLAG("noexec", NULL),
	FUSE_FLAG("atime", NULL),
	FUSE_FLAG("noatime", NULL),
	FUSE_FLAG("sync", NULL),
	FUSE_FLAG("async", NULL),
	FUSE_FLAG("dirsync", NULL),
	IGNORED("auto"),
	IGNORED("noauto"),
	IGNORED("user"),
	IGNORED("nouser"),
	IGNORED("users"),
	IGNORED("owner"),
	IGNORED("group"),
	IGNORED("nofail"),
	IGNORED("defaults"),
	IGNORED("relatime"),
	IGNORED("norelatime"),
	IGNORED("strictatime"),
	IGNORED("nodiratime"),
	IGNORED("_netdev"),
	{"default_permissions", 0, OPTION_REFUSED, NULL, 0, 0, 0,
		"aliasfs decides itself who may do what, on every request"},
	{"access_key_id", 0, OPTION_REFUSED, NULL, 0, 0, 0,
		"keys are not taken from the command line, where every user sees them; use a "
		"profile"},
	{"secret_access_key", 0, OPTION_REFUSED, NULL, 0, 0, 0,
		"keys are not taken from the command line, where every user sees them; use a "
		"profile"},
};
const size_t option_row_count = array_count(option_rows);

bool option_takes_value(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_TEXT:
	case OPTION_GLOBS:
	case OPTION_PAIR:
	case OPTION_PATH:
	case OPTION_NUMBER:
	case OPTION_ID:
	case OPTION_MASK:
	case OPTION_CHOICE:
	case OPTION_FUSE_TEXT:
		return true;
	default:
		return false;
	}
}

/* '-' stands for '_', except in front: `_netdev` is written so. */
static bool names_row(const struct option_row *row, const char *text, size_t length)
{
	size_t i;

	if (strlen(row->name) != length)
		return false;
	for (i = 0; i < length; i++)
		if (row->name[i] != (text[i] == '-' ? '_' : text[i]))
			return false;
	return true;
}

const struct option_row *option_find(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < option_row_count; i++)
		if (names_row(&option_rows[i], name, length))
			return &option_rows[i];
	return NULL;
}

const struct option_row *option_find_letter(char letter)
{
	size_t i;

	for (i = 0; i < option_row_count; i++)
		if (option_rows[i].letter && option_rows[i].letter == letter)
			return &option_rows[i];
	return NULL;
}

#define DISTANCE_MAX 60 /* bytes of the texts that are compared */

/* How many single-byte changes turn one text into the other (Levenshtein), for short texts. */
static unsigned int measure_distance(const char *left, size_t left_length, const char *right)
{
	unsigned int previous[DISTANCE_MAX + 1], current[DISTANCE_MAX + 1];
	size_t right_length = strlen(right), i, j;

	if (left_length > DISTANCE_MAX || right_length > DISTANCE_MAX)
		return UINT_MAX;
	for (j = 0; j <= right_length; j++)
		previous[j] = (unsigned int)j;
	for (i = 1; i <= left_length; i++) {
		current[0] = (unsigned int)i;
		for (j = 1; j <= right_length; j++) {
			char byte = left[i - 1] == '-' ? '_' : left[i - 1];
			unsigned int best = previous[j - 1] + (byte != right[j - 1]);

			if (previous[j] + 1 < best)
				best = previous[j] + 1;
			if (current[j - 1] + 1 < best)
				best = current[j - 1] + 1;
			current[j] = best;
		}
		memcpy(previous, current, (right_length + 1) * sizeof(previous[0]));
	}
	return previous[right_length];
}

const struct option_row *option_nearest(const char *name, size_t length)
{
	const struct option_row *nearest = NULL;
	unsigned int best = 3; /* more changes than two is another word */
	size_t i;

	for (i = 0; i < option_row_count; i++) {
		unsigned int changes = measure_distance(name, length, option_rows[i].name);

		/* Of a word of two letters two changes leave nothing. */
		if (changes < best && changes < strlen(option_rows[i].name)) {
			best = changes;
			nearest = &option_rows[i];
		}
	}
	return nearest;
}
