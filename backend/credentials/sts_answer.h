/* SPDX-License-Identifier: MIT */
/* What the Security Token Service answers: XML to credentials, an identity, or a refusal. Pure functions. */
#ifndef ALIASFS_CREDENTIALS_STS_ANSWER_H
#define ALIASFS_CREDENTIALS_STS_ANSWER_H

#include "backend/credentials/credentials.h"

/*
 * Reads the answer of AssumeRole… of `length` bytes: XML without a DTD. LAMBDA_NO_CREDENTIALS when it is
 * something else. Pure.
 */
enum lambda_status credentials_read_sts(const char *text, size_t length, const char *source,
	struct credentials *ret_credentials, struct lambda_error *reterr) must_check;

/* Reads the answer of GetCallerIdentity; texts are cut at `size`. 0, -EINVAL, -ENOMEM. Pure. */
int credentials_read_identity(
	const char *text, size_t length, char *account, char *arn, size_t size) must_check;

/* Reads STS's error answer into code and message ("" when it is none). Pure. */
void credentials_read_sts_error(const char *text, size_t length, struct lambda_error *ret_error);

#endif
