/* SPDX-License-Identifier: MIT */
/* The calls of backend/lambda/upload.h and settle.h, for lambda_call. */
#ifndef ALIASFS_UPLOAD_CALL_H
#define ALIASFS_UPLOAD_CALL_H

#include "backend/base/json.h"
#include "backend/lambda/lambda.h"

/*
 * "update-code FUNCTION FILE [REVISION [ARCHITECTURES [KMSKEYARN [SHA256]]]]", "" for none, and "wait-settled FUNCTION".
 * The deadline is the scope's for mutations. What came of it goes into the answer.
 */
enum lambda_status upload_call(struct lambda_client *client, const struct call_scope *scope,
	char *const *arguments, struct json *answer, struct lambda_error *error);

#endif
