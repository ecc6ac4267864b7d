/* SPDX-License-Identifier: MIT */
/*
 * Who moved an alias, and where it was before: what this mount saw and did, joined with what CloudTrail recorded.
 *
 *   catalog ──saw, wrote──► moves ──► history (pure): the list of moves, and which @N are proven
 *      ▲                      │
 *      └── the alias now ─────┴──► cloudtrail/trail, asked in the background or by a caller that waits
 *
 * Locks: one mutex inside, never held across the network or while another is taken. All functions may be called from
 * any thread. moves_read() waits for CloudTrail, the others never do.
 */
#ifndef ALIASFS_MOVES_H
#define ALIASFS_MOVES_H

#include "backend/catalog/catalog.h"
#include "backend/cloudtrail/trail.h"
#include "backend/history/history.h"

#define MOVES_OWN_MAX 1024   /* own changes that are remembered; the oldest go first */
#define MOVES_SEEN_MAX 65536 /* aliases whose state before the present one is remembered */
#define MOVES_QUEUE_MAX 64   /* aliases about which CloudTrail is to be asked */
#define MOVES_FRESH_S 10     /* what CloudTrail returned this long ago is not asked for again */
#define MOVES_RESERVE_MS                                                                           \
	5000 /* of the time to answer is kept from CloudTrail for GetAlias, a quarter at most */
#define MOVES_FETCH_MS 60000 /* how long asking in the background may take */

struct moves;

struct moves_options {
	struct catalog *catalog;    /* must outlive it */
	struct trail_source source; /* CloudTrail, and its clock */
	struct log *log;            /* kept, may be NULL */
};

/* NULL when out of memory. Starts no thread before CloudTrail is first to be asked in the background. */
struct moves *moves_new(const struct moves_options *options) must_check;

/* Ends the asking, which takes no longer than 100 ms, and frees. No other call may be under way. NULL is fine. */
void moves_free(struct moves *moves);
DEFINE_CLEANUP(struct moves *, moves_free);

/* --- what happens: for catalog_options' saw and wrote --- */

/* AWS has just returned the alias. */
void moves_note_seen(struct moves *moves, const char *function, const struct lambda_alias *alias);

/* This mount has made that call; `who` is for people. Without memory the mount does not know of it. */
void moves_note_write(struct moves *moves, const struct catalog_write *write, const char *who);

/* --- questions --- */

/* Own changes of one alias. The items point into the changes, to which it holds a reference each. */
struct own_list {
	struct history_own *items;
	struct own_change **changes;
	size_t count;
};

void own_list_release(struct own_list *list);

/* What is known of one alias; not to be copied, as it points into itself. Released with moves_view_release(). */
struct moves_view {
	struct history history;
	struct cloudtrail_coverage changes, all; /* as in history_input */
	/* LAMBDA_OK, or why CloudTrail has not returned more, with `trail_error` */
	enum lambda_status trail_status;
	struct lambda_error trail_error;
	bool is_trail_unknown; /* the server does not know CloudTrail */
	bool has_last_seen;    /* this mount saw the alias lead elsewhere before */
	struct catalog_routing_config last_seen;
	int64_t now_s; /* CloudTrail's time, when it was made */
	/* what the history points into */
	struct lambda_alias present; /* no name: there is no such alias */
	struct trail_events events;
	struct own_list owns;
};

void moves_view_release(struct moves_view *view);

/*
 * Everything that is to be had: CloudTrail, until the alias's present revision is explained or little of the time to
 * the scope's read deadline is left, then GetAlias. LAMBDA_OK also without permission for CloudTrail, on a server that
 * does not know it, and when time runs out but CloudTrail has returned something before: trail_status says so. Other
 * failures of CloudTrail are failures.
 * LAMBDA_NOT_FOUND: there is no such function. Blocks.
 */
enum lambda_status moves_read(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, struct moves_view *ret_view,
	struct lambda_error *reterr) must_check;

/*
 * The version of NAME@`number`, by what is known; asks for the alias alone, where it is not cached. Where more is
 * needed, CloudTrail is asked in the background. LAMBDA_NOT_FOUND: there is none, or it is beyond what is known.
 * LAMBDA_NOT_PROVEN: the sentence says why, what was last seen, and how to move by hand.
 */
enum lambda_status moves_find_settled(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, uint64_t number, uint64_t *ret_version,
	struct lambda_error *reterr) must_check;

/*
 * Since when (seconds since the epoch) the alias leads where it leads, by what is known. LAMBDA_NOT_PROVEN: that is
 * not proven. CloudTrail is not asked.
 */
enum lambda_status moves_find_since(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, int64_t *ret_since_s,
	struct lambda_error *reterr) must_check;

#endif
