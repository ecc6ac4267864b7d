/* SPDX-License-Identifier: MIT */
/* One write of code.zip in $LATEST: compared with what AWS has, and uploaded where it differs. */
#ifndef ALIASFS_DOCUMENT_STORE_UPLOAD_H
#define ALIASFS_DOCUMENT_STORE_UPLOAD_H

#include "backend/document_store/document_store.h"

/* What is written. All borrowed. */
struct code_write {
	const char *function;
	int descriptor; /* of a zip that was verified (backend/zip/zip.h) */
	uint64_t size;  /* bytes */
	uint64_t
		base; /* document_bytes_hash() of the SHA-256 (base64) that the writer was shown; 0: none */
	int64_t deadline_ms; /* clock_monotonic_ms() */
	const atomic_bool
		*interrupted; /* or NULL: ends it before the last byte was sent, never after */
};

/* What became of it. */
struct code_written {
	bool is_sent;             /* false: AWS has that code already */
	unsigned char sha256[32]; /* of the zip */
};

/*
 * SourceKMSKeyArn and Architectures go along as AWS has them. LAMBDA_REVISION_CHANGED: AWS has other code than the base;
 * LAMBDA_INVALID also for images, and for code that Lambda reads from a bucket of the user's. Otherwise as
 * lambda_update_code().
 */
enum lambda_status document_store_upload(struct document_store *store,
	const struct call_scope *scope, const struct code_write *write,
	struct code_written *ret_written, struct lambda_error *reterr) must_check;

/* The CodeSha256 of $LATEST in base64, asked for now. */
enum lambda_status document_store_ask_code(struct document_store *store,
	const struct call_scope *scope, const char *function, struct buffer *out,
	struct lambda_error *reterr) must_check;

#endif
