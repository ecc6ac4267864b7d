/* SPDX-License-Identifier: MIT */
/*
 * The bytes of configuration.json, environment.json and code.sha256, made of AWS's FunctionConfiguration.
 * Pure functions: the same version gives the same
 * bytes whichever call it came from (contract, section 1).
 *
 * configuration.json is the object AWS sent, canonical (json_print_canonical()), with three changes:
 * - FunctionArn names the version (ListFunctions and an unqualified GetFunctionConfiguration leave
 *   it out, a Qualifier that is an alias puts the alias there; backend/lambda/NOTES.md section 3).
 * - Without Environment, and without what changes by itself or is missing from the lists: RevisionId,
 *   State, LastUpdateStatus, both with their Reason and ReasonCode, and RuntimeVersionConfig.
 * - A member that is null is left out, at every level: to AWS the two are the same.
 * All else is kept, also members that AWS adds later.
 *
 * environment.json is Environment.Variables, canonical: `{}` when there are none. Where AWS could not
 * decrypt them it sends an Error in their place; the file is then {"Error": {"ErrorCode": …}}, which
 * no variables can look like (their values are strings), so that a backup never shows an empty
 * environment that is not empty. AWS's message is left out: it can name a request, and then two
 * mounts would not give the same bytes.
 */
#ifndef ALIASFS_DOCUMENTS_DOCUMENT_H
#define ALIASFS_DOCUMENTS_DOCUMENT_H

#include "backend/base/buffer.h"
#include "backend/base/json.h"
#include "backend/lambda/types.h"

#define DOCUMENT_MAX (1024 * 1024)                /* bytes of one document */
#define DOCUMENT_MEMBERS_MAX 4096                 /* members of one object in a document */
#define DOCUMENT_SHA256_SIZE (64 + 2 + 8 + 1 + 1) /* "HEX  code.zip\n" and the NUL */

/* Makes both documents of every version: for lambda_client_options.printer. */
extern const struct lambda_printer document_printer;

/*
 * Appends the (qualified) ARN that the bytes of a configuration.json name. 0, -ENODATA when they name
 * none, errors as buffer_append(). Does not block.
 */
int document_read_arn(const char *configuration, size_t length, struct buffer *out) must_check;

/* Writes the content of code.sha256; "" when AWS sent no hash. */
void document_format_sha256(const struct lambda_version *version, char text[DOCUMENT_SHA256_SIZE]);

#endif
