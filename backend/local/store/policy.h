/* SPDX-License-Identifier: MIT */
/*
 * The policy of a function, a version or an alias, which AddPermission changes by the statement and
 * PutResourcePolicy as a whole.
 */
#ifndef ALIASFS_LOCAL_POLICY_H
#define ALIASFS_LOCAL_POLICY_H

#include "backend/local/call.h"
#include "backend/local/store/store.h"

struct policy {
	const char *qualifier;       /* "": the function itself; belongs to the call */
	struct json *head;           /* what stands beside the statements; NULL: the default */
	struct json *statements;     /* a list; NULL: there is no policy */
	char revision_id[UUID_SIZE]; /* an alias's policy has its alias's; "": there is no policy */
};

void policy_release(struct policy *policy);

/* Loads the policy of the call's function and qualifier. 0 or a negative errno, with nothing to release. */
int policy_load(struct call *call, struct policy *ret_policy) must_check;

/* Fails when the document is longer than AWS takes. 0, CALL_FAILED or a negative errno. */
int policy_check_length(
	struct call *call, const struct json *head, const struct json *statements) must_check;

/*
 * Stores it under a new revision, which is its alias's too: a RevisionId of the alias that was read before
 * a grant is old. 0, CALL_FAILED (too long) or a negative errno.
 */
int policy_store(struct call *call, struct policy *policy) must_check;

/* Deletes it, with the same effect on its alias. 0 or a negative errno. */
int policy_delete(struct call *call, const struct policy *policy) must_check;

/* Appends `{"Policy":"<the document as text>","RevisionId":"…"}`. Errors as buffer_append(). */
int policy_append_answer(struct buffer *out, const struct json *head, const struct json *statements,
	const char *revision_id) must_check;

#endif
