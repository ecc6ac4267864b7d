/* SPDX-License-Identifier: MIT */
/*
 * `aliasfs diff VERSION VERSION`: how two versions differ in configuration, environment and code. A version is a
 * directory of a mount (mnt/hello/6, or an alias, mnt/hello/PROD) or of a backup of one: plain files are read.
 */
#ifndef ALIASFS_DIFF_H
#define ALIASFS_DIFF_H

#include <stdbool.h>

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

#define DIFF_TROUBLE EXIT_USAGE /* as of diff(1): what cannot be compared is never "the same" */

/*
 * Runs the command: what differs to standard output, what is wrong to standard error. EXIT_OK: nothing differs,
 * EXIT_FAILED: something does, DIFF_TROUBLE: it could not be compared. Blocks on the files.
 */
enum exit_code diff_run(const struct options *options) must_check;

/* --- what is compared; filled by diff.c, printed by diff_print.c --- */

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
