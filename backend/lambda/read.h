/* SPDX-License-Identifier: MIT */
/* Reads below those of backend/lambda/lambda.h: answers as they are. For this room alone. */
#ifndef ALIASFS_LAMBDA_READ_H
#define ALIASFS_LAMBDA_READ_H

#include "backend/lambda/client.h"
#include "backend/lambda/path.h"

/* GetFunctionConfiguration's answer as it is; the caller's to free. */
enum lambda_status lambda_get_configuration(struct lambda_client *client,
	const struct call_scope *scope, const char *function, uint64_t version,
	struct json **ret_json, struct lambda_error *reterr) must_check;

/* lambda_read_version() with the client's printer, of that version: LAMBDA_BAD_ANSWER when it is another. */
enum lambda_status lambda_read_that_version(struct lambda_client *client, const struct json *json,
	uint64_t version, struct lambda_version *ret_version,
	struct lambda_error *reterr) must_check;

/*
 * GetFunction of a version or an alias: the answer (the caller's to free) and, without documents, the version in it
 * (the caller's to release). LAMBDA_BAD_ANSWER when that is another function's.
 */
enum lambda_status lambda_get_function(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *qualifier, struct json **ret_json,
	struct lambda_version *ret_version, struct lambda_error *reterr) must_check;

#endif
