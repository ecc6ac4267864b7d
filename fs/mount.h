/* SPDX-License-Identifier: MIT */
/* One mount from start to end: make the parts, prove the first API call, mount, serve, unmount, unmake. */
#ifndef ALIASFS_MOUNT_H
#define ALIASFS_MOUNT_H

#include "fs/settings/options.h"
#include "fs/startup/daemon.h"

/*
 * Runs until it is unmounted or gets SIGTERM or SIGINT; signals.h says what other signals do. Reports to `daemon` once it stands
 * or has failed. Blocks. Gives the exit code; a failure's text has been reported and, in the
 * foreground, printed.
 */
enum exit_code mount_run(struct options *options, struct daemon *daemon) must_check;

#endif
