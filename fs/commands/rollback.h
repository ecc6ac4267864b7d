/* SPDX-License-Identifier: MIT */
/*
 * `aliasfs rollback PATH… [--to VERSION] [--yes]`: moves aliases of a mount to the version before their last move, or to
 * one that is named. It does what `ln -sfn PROD@1 PROD` does, for several aliases, and only while they are as
 * they were when the question was asked.
 */
#ifndef ALIASFS_ROLLBACK_H
#define ALIASFS_ROLLBACK_H

#include <stdint.h>

#include "backend/base/buffer.h"
#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

/*
 * Runs the command: changes go to standard output, errors to standard error. EXIT_OK when every alias leads
 * where it should, EXIT_USAGE without a terminal to confirm on, else EXIT_FAILED. Blocks on CloudTrail, the mount
 * and the terminal.
 */
enum exit_code rollback_run(const struct options *options) must_check;

/* Appends "5 minutes ago". Errors as buffer_append(). Pure. */
int rollback_append_age(int64_t seconds, struct buffer *out) must_check;

#endif
