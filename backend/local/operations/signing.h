/* SPDX-License-Identifier: MIT */
/* Code signing configurations: what a function's deployment needs to know of them. */
#ifndef ALIASFS_LOCAL_SIGNING_H
#define ALIASFS_LOCAL_SIGNING_H

#include "backend/local/call.h"

/*
 * Whether the configuration of that ARN is there, in a transaction: 0, CALL_FAILED with
 * CodeSigningConfigNotFoundException, or a negative errno. NULL and "" name none and pass.
 */
int signing_check_named(struct call *call, const char *arn) must_check;

/*
 * Refuses new code for a function whose configuration enforces signatures: nothing here can check
 * one, so no code passes. `arn` as above. 0, CALL_FAILED or a negative errno.
 */
int signing_check_deployment(struct call *call, const char *arn) must_check;

/* The same by the function's name. */
int signing_check_update(struct call *call, const char *function) must_check;

#endif
