/* SPDX-License-Identifier: MIT */
/* Documents on the command line, for lambda_call.c. */
#ifndef ALIASFS_TESTS_CLIENT_DOCUMENT_CALL_H
#define ALIASFS_TESTS_CLIENT_DOCUMENT_CALL_H

#include "backend/base/json.h"
#include "backend/lambda/lambda.h"

/*
 * `source OPERATION FUNCTION [QUALIFIER]`: one source as `answer`; all-ListEventSourceMappings is the account's.
 * `show KIND FUNCTION [QUALIFIER]`: the document's bytes as `text`.
 * `write KIND FUNCTION QUALIFIER TEXT`: makes the document what TEXT says: `sent` are the operations that were sent.
 */
enum lambda_status document_call(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error);

#endif
