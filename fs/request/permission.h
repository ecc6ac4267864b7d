/* SPDX-License-Identifier: MIT */
/* What to do about a call that AWS denies: the action that is missing, and the policy that has it. Pure. */
#ifndef ALIASFS_PERMISSION_H
#define ALIASFS_PERMISSION_H

#include "backend/base/buffer.h"
#include "backend/base/error.h"

/*
 * Appends " - ", the missing action and the smallest policy of contrib/iam that allows it; nothing for an error of
 * another class, or where AWS names something else than the call's own action. Errors as buffer_append().
 */
int permission_append_advice(struct buffer *out, const struct lambda_error *error) must_check;

#endif
