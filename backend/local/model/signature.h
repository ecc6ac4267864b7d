/* SPDX-License-Identifier: MIT */
/* Checks a request's SigV4 signature as AWS does (backend/lambda/NOTES.md section 9). Pure. */
#ifndef ALIASFS_LOCAL_SIGNATURE_H
#define ALIASFS_LOCAL_SIGNATURE_H

#include <stdbool.h>

#include "backend/http/sigv4.h"
#include "backend/local/model/failure.h"

/* The one key pair that is good, and where it is. */
struct signature_key {
	const char *access_key_id;
	const char *secret_access_key;
	const char *region;
	const char *service; /* "lambda" or "cloudtrail" */
};

struct signature_verdict {
	bool good;
	enum failure failure; /* when it is not, and the sentence that AWS says */
	char message[512];
};

/*
 * `request` has all headers as they were sent, X-Amz-Date and Authorization among them, and the raw
 * path and query. `now` is in seconds since the epoch. 0, or -ENOMEM or -EIO.
 */
int signature_verify(const struct signature_key *key, const struct sigv4_request *request,
	int64_t now, struct signature_verdict *ret_verdict) must_check;

#endif
