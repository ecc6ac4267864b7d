/* SPDX-License-Identifier: MIT */
/* The log of writes in the order in which they took effect: GET /_local/changes. */
#ifndef ALIASFS_LOCAL_CHANGE_H
#define ALIASFS_LOCAL_CHANGE_H

#include "backend/local/call.h"
#include "backend/local/store/store.h"

#define CHANGES_KEPT 100000 /* older ones are forgotten; rows that are no changes count, too */
#define CHANGES_PAGE 10000  /* at most this many in one answer */

/*
 * Says that the call changed this, to be recorded with its end (trail_record()): `qualifier` is the alias,
 * version or statement it was about (NULL: none), `version` the version that an alias now points to or that
 * was published (NULL: none), `detail` a JSON object with more (NULL: none). 0 or -ENOMEM.
 */
int change_record(struct call *call, const char *function, const char *qualifier,
	const char *version, const char *detail) must_check;

/* Frees what change_record() keeps in the call. */
void change_release(struct change *change);

/* Appends the JSON list of the changes behind sequence number `after`. 0 or a negative errno. */
int change_append_list(struct buffer *out, struct store *store, int64_t after) must_check;

#endif
