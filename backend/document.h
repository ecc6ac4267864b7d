/* SPDX-License-Identifier: MIT */
/*
 * The bytes of configuration.json, environment.json and code.sha256, and back from AWS's
 * FunctionConfiguration to a struct lambda_version. Pure functions: the same version gives the same
 * bytes whichever call it came from (contract, section 1).
 */
#ifndef ALIASFS_DOCUMENT_H
#define ALIASFS_DOCUMENT_H

#include "backend/base/buffer.h"
#include "backend/json.h"
#include "backend/lambda.h"

#define DOCUMENT_MAX (1024 * 1024)                /* bytes of one document */
#define DOCUMENT_SHA256_SIZE (64 + 2 + 8 + 1 + 1) /* "HEX  code.zip\n" and the NUL */

/*
 * Reads one FunctionConfiguration as ListFunctions, ListVersionsByFunction, GetFunctionConfiguration
 * or PublishVersion sends it. LAMBDA_BAD_ANSWER when a needed member is missing or cannot be a
 * directory entry (the sentence names it), LAMBDA_NO_MEMORY.
 */
enum lambda_status document_read_version(const struct json *configuration,
	struct lambda_version *ret_version, struct lambda_error *reterr) must_check;

/*
 * Whether AWS's name for a function can be an entry of a directory: not empty, not "." or "..", no
 * '/', no control bytes, at most 255 bytes, not ".aliasfs".
 */
bool document_is_entry_name(const char *name);

/* Writes the content of code.sha256; "" when AWS sent no hash. */
void document_format_sha256(const struct lambda_version *version, char text[DOCUMENT_SHA256_SIZE]);

#endif
