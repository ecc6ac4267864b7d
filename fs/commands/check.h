/* SPDX-License-Identifier: MIT */
/* `aliasfs --check SOURCE`: what is used, where it comes from, and whether it works. */
#ifndef ALIASFS_CHECK_H
#define ALIASFS_CHECK_H

#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

/*
 * Prints the settings with their sources, who the credentials are, and how one call of the API ended; to standard
 * output, a failure to standard error. Blocks up to the read timeout. The exit code is that of a mount.
 */
enum exit_code check_run(const struct options *options) must_check;

#endif
