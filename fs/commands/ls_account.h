/* SPDX-License-Identifier: MIT */
/* `aliasfs ls` of a SOURCE: asked for through the API. */
#ifndef ALIASFS_LS_ACCOUNT_H
#define ALIASFS_LS_ACCOUNT_H

#include "fs/commands/ls_gather.h"

/* 0 or -1 with the reason. Blocks on the network, for each call at most `read_timeout`. */
int ls_gather_account(struct gathering *gathering) must_check;

#endif
