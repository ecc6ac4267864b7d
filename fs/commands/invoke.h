/* SPDX-License-Identifier: MIT */
/*
 * `aliasfs invoke ALIAS|VERSION`: runs a function through the `.invoke` of a mount. The alias is invoked as that, also
 * where it is a link: its weights and its permissions count.
 */
#ifndef ALIASFS_COMMANDS_INVOKE_H
#define ALIASFS_COMMANDS_INVOKE_H

#include "fs/settings/exit_status.h"
#include "fs/settings/options.h"

/*
 * The answer to standard output, the version that ran and with `tail` the end of the log to standard error. EXIT_OK;
 * EXIT_FAILED alone when the function failed, with errorType and errorMessage; what is EXIT_FAILED otherwise is
 * EXIT_USAGE. Blocks until the function has ended.
 */
enum exit_code invoke_run(const struct options *options) must_check;

#endif
