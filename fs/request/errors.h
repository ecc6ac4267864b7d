/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, for people: one line per failed operation, in the log and in the ring that
 * `.aliasfs/errors` shows. Never a secret: what is written is names, AWS's code and message, and the
 * request id. One mutex inside; nothing here blocks on the network.
 */
#ifndef ALIASFS_ERRORS_H
#define ALIASFS_ERRORS_H

#include <stddef.h>

#include "backend/base/buffer.h"
#include "backend/base/error.h"
#include "backend/base/log.h"
#include "fs/request/caller.h"

#define ERROR_LOG_LINES_MAX 1000 /* older lines are dropped */
#define ERROR_LOG_PATH_MAX 1024  /* bytes of a path in a line; more are cut */

struct error_log;

/* `log` is kept. NULL when out of memory. */
struct error_log *error_log_new(struct log *log) must_check;
void error_log_free(struct error_log *errors);

/*
 * An operation that failed with `error_number` (positive): time, uid, pid, command, path, operation,
 * errno, HTTP status, AWS's code and message, request id, hint. `path` may be NULL.
 */
void error_log_note(struct error_log *errors, const struct caller *caller, const char *operation,
	const char *path, int error_number, const struct lambda_error *error);

/* The same for a change made in the background: `where` is "function/name". */
void error_log_note_background(struct error_log *errors, const char *operation, const char *where,
	int error_number, const struct lambda_error *error);

/* Appends all lines, oldest first, each with its line end. 0, -ENOMEM; stops quietly when `out` is full. */
int error_log_read(struct error_log *errors, struct buffer *out) must_check;

#endif
