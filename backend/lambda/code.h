/* SPDX-License-Identifier: MIT */
/*
 * The code of a version: GetFunction returns a presigned address, from which the zip is read into a file and
 * verified. The address is as good as a credential: it is never logged and stands in no error.
 */
#ifndef ALIASFS_LAMBDA_CODE_H
#define ALIASFS_LAMBDA_CODE_H

#include <stdint.h>

#include "backend/lambda/lambda.h"

#define LAMBDA_CODE_BYTES_PER_SECOND 262144 /* a download slower than this runs out of time */

/* What is expected of the code. */
struct lambda_code {
	uint64_t size; /* bytes */
	unsigned char sha256[32];
};

/*
 * Writes the version's zip into `file` from its beginning on. LAMBDA_OK only when it has exactly the expected
 * size and hash; LAMBDA_BAD_ANSWER when what came is something else, LAMBDA_REVISION_CHANGED when AWS itself now
 * has other code there. Blocks until the read deadline plus the time that the size may take; a read.
 */
enum lambda_status lambda_fetch_code(struct lambda_client *client, const struct call_scope *scope,
	const char *function, uint64_t version, const struct lambda_code *expected, int file,
	struct lambda_error *reterr) must_check;

#endif
