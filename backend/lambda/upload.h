/* SPDX-License-Identifier: MIT */
/*
 * UpdateFunctionCode: a zip becomes the code of $LATEST. The request's body is made while it is sent, base64 and all,
 * and is never whole in memory. It is read twice: for the signature, and to be sent.
 */
#ifndef ALIASFS_LAMBDA_UPLOAD_H
#define ALIASFS_LAMBDA_UPLOAD_H

#include "backend/base/json.h"
#include "backend/lambda/lambda.h"

/* What is uploaded. All borrowed for the length of the call. */
struct lambda_code_upload {
	int descriptor; /* of the zip, which is verified (backend/zip/zip.h); read by pread(2) from its beginning */
	uint64_t size;            /* bytes */
	unsigned char sha256[32]; /* of those bytes */
	const char *kms_key_arn;  /* SourceKMSKeyArn, or NULL: AWS takes away what is not sent */
	const char
		*architectures;  /* a JSON array, as AWS shows it, or NULL: AWS takes x86_64 then */
	const char *revision_id; /* "" for none */
	int64_t deadline_ms;     /* clock_monotonic_ms(); the scope's own deadlines do not count */
	const atomic_bool *interrupted; /* or NULL; the scope's does not count */
};

/*
 * A mutation. An interruption, or the deadline, before the last byte of the body has gone ends it, and nothing has
 * happened: an incomplete request is not carried out. After that byte it goes on to the answer or the deadline. A lost
 * answer is read back by CodeSha256 and RevisionId; where it is sent once more, that carries the RevisionId that was
 * read back, so that it cannot take effect twice.
 *
 * On success *ret_version is $LATEST as it is then, with documents where the client has a printer, and *ret_answer (may
 * be NULL) the FunctionConfiguration; both are the caller's. Usually LastUpdateStatus is InProgress: backend/lambda/settle.h.
 *
 *   LAMBDA_INVALID            the bytes do not have that SHA-256 (nothing was sent), or AWS refuses them
 *   LAMBDA_INTERRUPTED        nothing has happened, unless outcome_unknown
 *   LAMBDA_DISK_FAILED        the zip could not be read
 *   LAMBDA_CONFLICT           an update is in progress
 *   LAMBDA_REVISION_CHANGED   another RevisionId; or, after a lost answer, other code than before and than this
 *   LAMBDA_TOO_LARGE, LAMBDA_LIMIT_EXCEEDED, and what any call may end with
 */
enum lambda_status lambda_update_code(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const struct lambda_code_upload *upload,
	struct lambda_version *ret_version, struct json **ret_answer,
	struct lambda_error *reterr) must_check;

#endif
