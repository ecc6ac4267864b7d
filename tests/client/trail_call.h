/* SPDX-License-Identifier: MIT */
/* CloudTrail and history on the command line, for lambda_call.c. */
#ifndef ALIASFS_TESTS_CLIENT_TRAIL_CALL_H
#define ALIASFS_TESTS_CLIENT_TRAIL_CALL_H

#include "backend/base/json.h"
#include "backend/lambda/lambda.h"

/*
 * `lookup [KEY VALUE [TOKEN]]`: one LookupEvents, its events as `items`, `seen` and `marker`.
 * `history ARN FUNCTION ALIAS arn|name [SINCE_S]`: the alias's GetAlias, what CloudTrail tells of it, and what follows:
 * `moves`, `settled`, `end`. SINCE_S: how many seconds ago this RevisionId was first seen.
 */
enum lambda_status trail_call(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error);

#endif
