/* SPDX-License-Identifier: MIT */
/* `aliasfs ls` of a mount: read through the filesystem, as anybody would. */
#ifndef ALIASFS_LS_MOUNT_H
#define ALIASFS_LS_MOUNT_H

#include "fs/commands/ls_gather.h"

/* Gathers what the paths among the command's words name. 0 or -1 with the reason. Blocks on the mount. */
int ls_gather_mount(struct gathering *gathering) must_check;

#endif
