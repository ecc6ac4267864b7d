/* SPDX-License-Identifier: MIT */
/* What `aliasfs diff` compares: read by diff.c, printed by diff_print.c. */
#ifndef ALIASFS_DIFF_H
#define ALIASFS_DIFF_H

#include <stdbool.h>

#include "backend/base/buffer.h"
#include "backend/base/json.h"

struct diff_side {
	const char *path;           /* as it was given */
	struct json *configuration; /* configuration.json, an object; owned */
	struct json *environment;   /* environment.json, an object; owned */
	char *code;                 /* the code's hash; owned */
};

void diff_side_release(struct diff_side *side);

/*
 * Appends what differs, nothing when nothing does: a line with `-` for what `from` has, with `+` for what `to` has.
 * An environment variable that has another value is printed with its name alone, unless `with_values`. Members that
 * say which version it is (Version, FunctionArn, LastModified …) and hashes of what is compared are left out. Pure. Errors as buffer_append().
 */
int diff_print(const struct diff_side *from, const struct diff_side *to, bool with_values,
	struct buffer *out) must_check;

#endif
