/* SPDX-License-Identifier: MIT */
/*
 * `aliasfs ls MOUNTPOINT|SOURCE [FUNCTION…]`: functions, versions and aliases as a table or as JSON. Of a mount it
 * is read through the filesystem, as anybody would; of a source through the API.
 */
#ifndef ALIASFS_SHOW_H
#define ALIASFS_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

/* Runs the command: prints to standard output, what is wrong to standard error. Blocks. */
enum exit_code show_run(const struct options *options) must_check;

/* --- what is shown; filled by ls.c, printed by ls_print.c --- */

struct show_version {
	uint64_t version;
	int64_t last_modified; /* seconds since the epoch */
	bool unlisted;         /* an alias leads to it, and AWS does not list it */
};

struct show_alias {
	char *name; /* owned */
	uint64_t version;
	uint64_t weighted_version; /* 0: none */
	double weight;             /* 0 to 1 */
};

struct show_function {
	char *name; /* owned */
	struct show_version *versions;
	size_t version_count;
	struct show_alias *aliases; /* sorted by name */
	size_t alias_count;
};

struct show_list {
	struct show_function *functions;
	size_t count;
};

void show_list_release(struct show_list *list);

/*
 * Appends a table: a row for each version, $LATEST first, then the newest, with the aliases that lead to it and their
 * shares of the traffic; no alias is left out, also where its version is not listed. With `colours` it holds escape sequences. Pure. Errors as buffer_append().
 */
int show_print_table(const struct show_list *list, bool colours, struct buffer *out) must_check;

/* Appends one JSON array. Pure. Errors as buffer_append(). */
int show_print_json(const struct show_list *list, struct buffer *out) must_check;

#endif
