/* SPDX-License-Identifier: MIT */
/* Making a version out of $LATEST. */
#ifndef ALIASFS_LOCAL_PUBLISH_H
#define ALIASFS_LOCAL_PUBLISH_H

#include "backend/local/call.h"
#include "backend/local/store/version.h"

#define CODE_STORAGE_MAX                                                                           \
	((int64_t)322122547200) /* bytes: 300 GB (backend/lambda/NOTES.md section 7) */

/*
 * Publishes $LATEST of `function` (backend/lambda/NOTES.md 4.2): takes the next number, or finds that nothing
 * changed since the last one. `description` replaces $LATEST's (NULL: copied). `settling`: the new
 * version starts Pending, as it does when it comes out of CreateFunction and UpdateFunctionCode. A
 * real publish gives $LATEST a new RevisionId. 0 with the number, CALL_FAILED or a negative errno.
 */
int publish_version(struct call *call, const char *function, const char *description, bool settling,
	int64_t *ret_number) must_check;

/* Fails with the 409 that AWS gives while $LATEST is Pending or Failed, or an update is in progress; else 0. */
int publish_check_idle(struct call *call, const struct version_row *latest) must_check;

/* Fails with 412 when the call carries a RevisionId that is not `current`; else 0. */
int check_revision_id(struct call *call, const char *current) must_check;

/* Fails with CodeStorageExceededException when `added` bytes more do not fit; else 0. */
int check_code_storage(struct call *call, int64_t added) must_check;

#endif
