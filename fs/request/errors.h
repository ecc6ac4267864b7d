/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, for people: one line per failed operation, in the log and in the ring that
 * `.aliasfs/errors` shows. Never a secret: what is written is names, AWS's code and message, and the
 * request id. One mutex inside; nothing here blocks on the network.
 */
#ifndef ALIASFS_JOURNAL_H
#define ALIASFS_JOURNAL_H

#include <stddef.h>

#include "backend/base/buffer.h"
#include "backend/base/error.h"
#include "backend/base/log.h"
#include "fs/request/caller.h"

#define JOURNAL_LINES_MAX 1000 /* older lines are dropped */
#define JOURNAL_PATH_MAX 1024  /* bytes of a path in a line; more are cut */

struct journal;

/* `log` is kept. NULL when out of memory. */
struct journal *journal_new(struct log *log) must_check;
void journal_free(struct journal *journal);

/*
 * An operation that failed with `error_number` (positive): time, uid, pid, command, path, operation,
 * errno, HTTP status, AWS's code and message, request id, hint. `caller` and `path` may be NULL.
 */
void journal_failure(struct journal *journal, const struct caller *caller, const char *operation,
	const char *path, int error_number, const struct lambda_error *error);

/* The same for what was done behind everybody's back: `where` is "function/name". */
void journal_background_failure(struct journal *journal, const char *operation, const char *where,
	int error_number, const struct lambda_error *error);

/* Appends all lines, oldest first, each with its line end. 0, -ENOMEM; stops quietly when `out` is full. */
int journal_read(struct journal *journal, struct buffer *out) must_check;

#endif
