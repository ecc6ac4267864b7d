/* SPDX-License-Identifier: MIT */
/*
 * What CloudTrail says of the calls that write: kept in the rows of the list of changes (change.h); calls that
 * failed or changed nothing have rows of their own there, which the list does not show.
 */
#ifndef ALIASFS_LOCAL_STORE_TRAIL_H
#define ALIASFS_LOCAL_STORE_TRAIL_H

#include "backend/local/call.h"
#include "backend/local/model/trail_event.h"
#include "backend/local/store/store.h"

/*
 * Records, in the call's transaction, what it changed and that it was answered with call->answer. 0, -ENOMEM or what the store
 * gives.
 */
int trail_record(struct call *call) must_check;

/*
 * The same for a call that failed and was rolled back: in a transaction of its own, on a connection of its own.
 * Blocks on the disk.
 */
int trail_record_failure(struct call *call, struct store_pool *stores) must_check;

/* Which events are wanted. NULL and 0: any. Texts must live as long as the query. */
struct trail_filter {
	int64_t before;           /* sequence number */
	int64_t from_ms, upto_ms; /* of the call, both included */
	const char *operation;
	const char *id;
	const char *access_key_id;
	const char *resource; /* a piece of the JSON text of its resources */
};

/* The events, newest first, to be read with store_next() and trail_load(). NULL on failure. */
sqlite3_stmt *trail_query(struct store *store, const struct trail_filter *filter) must_check;

/* The row that a query stands on; its texts live until the query moves on. Returns its sequence number. */
int64_t trail_load(sqlite3_stmt *row, struct trail_event *ret_event);

#endif
