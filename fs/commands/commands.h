/* SPDX-License-Identifier: MIT */
/*
 * What `aliasfs WORD` does: one function for each word. They print to standard output, and complain on standard error.
 * All block.
 */
#ifndef ALIASFS_COMMANDS_H
#define ALIASFS_COMMANDS_H

#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

/*
 * `--check SOURCE`: the settings with their sources, who the credentials are, and how the calls of the API ended that
 * browsing makes; with --write those of promoting and publishing, which change nothing. The exit code is that of a mount.
 */
enum exit_code check_run(const struct options *options) must_check;

/*
 * `ls MOUNTPOINT|SOURCE|PATH… [FUNCTION…]`: functions, versions and aliases. With `differ` EXIT_FAILED says that some
 * functions differ, and what is EXIT_FAILED otherwise is EXIT_USAGE.
 */
enum exit_code show_run(const struct options *options) must_check;

/*
 * `diff VERSION VERSION`: how two versions differ in configuration, environment and code. A version is a directory of a
 * mount (mnt/hello/6, or an alias, mnt/hello/PROD) or of a backup of one: plain files are read. EXIT_OK: nothing
 * differs, EXIT_FAILED: something does, EXIT_USAGE: it could not be compared.
 */
enum exit_code diff_run(const struct options *options) must_check;

/*
 * `log PATH… | SOURCE FUNCTION [ALIAS…]`: what happened to aliases, as a table or as JSON. Of a mount the files
 * .aliases/NAME/.history are read; of a source the same text is made here. Waits for CloudTrail.
 */
enum exit_code log_run(const struct options *options) must_check;

/*
 * `rollback PATH… [--to VERSION] [--yes]`: moves aliases of a mount to the version before their last move, or to one
 * that is named. EXIT_OK when every alias leads where it should, EXIT_USAGE without a terminal to confirm on, else
 * EXIT_FAILED. Waits for CloudTrail and for the terminal.
 */
enum exit_code rollback_run(const struct options *options) must_check;

/*
 * `invoke ALIAS|VERSION`: runs a function through the `.invoke` of a mount; the alias is invoked as that, also where it
 * is a link: its weights and its permissions count. The answer to standard output, the version that ran and with `tail`
 * the end of the log to standard error. EXIT_FAILED alone when the function failed, with errorType and errorMessage;
 * what is EXIT_FAILED otherwise is EXIT_USAGE.
 */
enum exit_code invoke_run(const struct options *options) must_check;

#endif
