/* SPDX-License-Identifier: MIT */
/*
 * `aliasfs ls MOUNTPOINT|SOURCE|PATH… [FUNCTION…]`: functions, versions and aliases as a table, a matrix or JSON. Of a
 * mount it is read through the filesystem, as anybody would; of a source through the API.
 */
#ifndef ALIASFS_SHOW_H
#define ALIASFS_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/buffer.h"
#include "backend/base/number.h"

/* --- what is shown; filled by ls_mount.c and ls_account.c, printed by ls_print.c and ls_matrix.c --- */

struct show_version {
	uint64_t version;
	int64_t last_modified; /* seconds since the epoch */
	bool unlisted;         /* an alias leads to it, and AWS does not list it */
	char *description;     /* owned; NULL: none */
};

struct show_alias {
	char *name; /* owned */
	uint64_t version;
	uint64_t weighted_version; /* 0: none */
	double weight;             /* 0 to 1 */
	char *description;         /* owned; NULL: none */
	int64_t since; /* when it came to lead there, seconds since the epoch; 0: not known */
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

void show_function_release(struct show_function *function);
void show_list_release(struct show_list *list);

/* The alias of that name, NULL when there is none. Pure. */
const struct show_alias *show_find_alias(const struct show_function *function, const char *name);

/*
 * The table, in parts, so that a function is printed once it is known: its head, and a function's rows, one for each
 * version, $LATEST first, then the newest, with its description and the aliases that lead to it, their shares of the
 * traffic and their descriptions; no alias is left out, also where its version is not listed. With `colours` it
 * holds escape sequences; `name_width` is that of the longest name (show_name_width()). Pure. Errors as buffer_append().
 */
int show_print_head(size_t name_width, bool colours, struct buffer *out) must_check;
int show_print_function(const struct show_function *function, size_t name_width, bool colours,
	struct buffer *out) must_check;

/* The width of the column for a name that may be the longest. Pure. */
size_t show_name_width(size_t width, const char *name);

/* A share of the traffic as a percentage, without needless digits. Pure. */
void show_format_percent(double share, char text[NUMBER_DOUBLE_SIZE]);

/* Appends one JSON array. Pure. Errors as buffer_append(). */
int show_print_json(const struct show_list *list, struct buffer *out) must_check;

/*
 * A row for each function, a column for each alias, those that most functions have first; `-` where a function has
 * none. Behind a version stands how long the alias has been there at `now`, where that is known: "3 (2h)". Pure. Errors
 * as buffer_append().
 */
int show_print_matrix(
	const struct show_list *list, int64_t now, bool colours, struct buffer *out) must_check;

/* Whether the aliases (NULL: there is none) send their traffic elsewhere. Pure. */
bool show_differs(const struct show_alias *one, const struct show_alias *other);

/* "3", "3 90%  4 10%", "-" for NULL. Pure. Errors as buffer_append(). */
int show_print_route(const struct show_alias *alias, struct buffer *out) must_check;

#endif
