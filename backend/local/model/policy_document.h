/* SPDX-License-Identifier: MIT */
/* A resource policy as one document, and as the store has it: its statements, and what stands beside them. Pure. */
#ifndef ALIASFS_LOCAL_POLICY_DOCUMENT_H
#define ALIASFS_LOCAL_POLICY_DOCUMENT_H

#include "backend/base/buffer.h"
#include "backend/base/json.h"

/* What stands beside the statements of a policy that AddPermission made. */
#define POLICY_HEAD_DEFAULT "{\"Version\":\"2012-10-17\",\"Id\":\"default\"}"

/*
 * Takes a document apart: its statements as a list (a single one may stand alone), all its other
 * members as an object. Both belong to the caller. 0, -ENOMEM, or -EINVAL with a static sentence in
 * *ret_reason: it is no policy.
 */
int policy_document_split(const char *text, struct json **ret_head, struct json **ret_statements,
	const char **ret_reason) must_check;

/* The reverse: appends the document. `head` NULL is the default one. Errors as json_print(). */
int policy_document_append(
	struct buffer *out, const struct json *head, const struct json *statements) must_check;

/* The statement of that Sid, or NULL. `statements` NULL: an empty list. */
const struct json *policy_find_statement(const struct json *statements, const char *sid);

/* Takes the statements of that Sid out of the list. 0 or -ENOMEM, with the list as it was. */
int policy_remove_statement(struct json **statements, const char *sid) must_check;

#endif
