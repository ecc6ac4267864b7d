/* SPDX-License-Identifier: MIT */
/* A function's settings: what CreateFunction and UpdateFunctionConfiguration send, and what is kept of it. */
#ifndef ALIASFS_LOCAL_SETTINGS_H
#define ALIASFS_LOCAL_SETTINGS_H

#include "backend/local/call.h"

/*
 * The settings as stored (members of FunctionConfiguration that do not change by themselves), from
 * the call's input over `before` (the stored ones; NULL for a new function, which gets AWS's
 * defaults). 0 with a tree that the caller frees, CALL_FAILED when AWS would refuse them, or -ENOMEM.
 */
int settings_build(struct call *call, const struct json *before, const char *function,
	struct json **ret_settings) must_check;

#endif
