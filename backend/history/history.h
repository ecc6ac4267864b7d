/* SPDX-License-Identifier: MIT */
/*
 * The moves of one alias, and where it stood before: what CloudTrail recorded and what this mount did itself, joined.
 * Pure: nothing here blocks, locks, or asks for the time.
 *
 * What stood before is only given where it is proven. From the alias's RevisionId down,
 * each step must be this mount's own, or its request must name the revision before it, or it must be so old that all of
 * its neighbours have arrived. Everything else is HISTORY_NOT_PROVEN, never a guess.
 */
#ifndef ALIASFS_HISTORY_H
#define ALIASFS_HISTORY_H

#include "backend/cloudtrail/event.h"
#include "backend/lambda/types.h"

#define HISTORY_LATE_S 1800 /* CloudTrail promises no order sooner */

/* One change of the alias that this mount made, known by the RevisionId that came of it. */
struct history_own {
	int64_t time_s; /* by the clock of AWS, as far as this machine knows it */
	enum cloudtrail_operation operation; /* CREATE_ALIAS, UPDATE_ALIAS, DELETE_ALIAS */
	/* The state before it, whose RevisionId the call carried. NULL: it carried none, or there was no alias. */
	const struct lambda_alias *before;
	const struct lambda_alias *after; /* NULL: deleted */
	const char *request_id;           /* "" when the answer was lost */
	const char *who;                  /* for people */
};

/* What is known. All borrowed, and what history_find() gives points into it. */
struct history_input {
	const struct cloudtrail_event *events; /* of this alias, in any order, twice or not */
	size_t event_count;
	struct cloudtrail_coverage
		changes; /* for which stretch the calls that make or move it are known */
	struct cloudtrail_coverage all; /* and for which also deletions, failures and permissions */
	const struct history_own *owns;
	size_t own_count;
	const struct lambda_alias
		*present; /* as AWS has it; NULL: there is no alias of this name */
	int64_t present_since_s; /* when this mount first saw it with this RevisionId, and no other since */
	int64_t present_read_s; /* when it was last read so */
};

enum history_kind {
	HISTORY_CREATED,
	HISTORY_MOVED,     /* its version or weight changed, or may have */
	HISTORY_DESCRIBED, /* only its description changed */
	HISTORY_UNCHANGED, /* an update that changed nothing */
	HISTORY_DELETED,
	HISTORY_PERMISSION, /* AddPermission, RemovePermission: its RevisionId changed and nothing else */
	HISTORY_FAILED, /* AWS refused it, and nothing changed */
};

/* One line of the list. Everything is borrowed from the input. */
struct history_move {
	enum history_kind kind;
	enum cloudtrail_operation operation;
	int64_t time_s;
	const struct lambda_alias *from;      /* NULL: there was none, or it is not known */
	const struct lambda_alias *to;        /* NULL: there is none, or it is not known */
	bool from_proven;                     /* else `from` is what the order of times suggests */
	bool in_chain;                        /* proven to lead to the present state */
	const struct cloudtrail_event *event; /* NULL: CloudTrail has not delivered it */
	const struct history_own *own;        /* NULL: another client made it */
};

/* Why the chain ends where it ends. */
enum history_end {
	HISTORY_END_CREATED,   /* the alias was created then */
	HISTORY_END_KNOWN,     /* nothing older is known, nor to be had */
	HISTORY_END_MORE,      /* CloudTrail has not been asked for as much as it may know */
	HISTORY_END_YOUNG,     /* events may still arrive; see proven_after_s */
	HISTORY_END_MISSING,   /* a step is named that no event records */
	HISTORY_END_AMBIGUOUS, /* several at the same time, and none names another */
	HISTORY_END_UNLIKE,    /* the alias is not as its last event left it */
	HISTORY_END_ABSENT,    /* there is no alias */
};

struct history {
	struct history_move *moves; /* newest first; owned */
	size_t count;
	uint64_t *settled; /* the versions of @1, @2, …; owned */
	size_t settled_count;
	enum history_end end; /* what there is to say of what comes after these */
	int64_t proven_after_s; /* HISTORY_END_YOUNG: asked after this moment, CloudTrail may prove more */
	bool newest_is_present; /* the newest known change is what made the alias as it is */
};

/* Joins it all. The caller releases it, before the input. 0 or -ENOMEM. */
int history_find(const struct history_input *input, struct history *ret_history) must_check;
void history_release(struct history *history);

enum history_proof {
	HISTORY_PROVEN,
	HISTORY_NOT_PROVEN, /* it may be later: `end` says what is missing */
	HISTORY_NONE,       /* there was none, or it is not known */
};

/*
 * The version of `@number` (from 1): of the last, last but one … settled state before the present one. A settled state
 * has no weights, and its version is not that of the settled state after it.
 */
enum history_proof history_at(
	const struct history *history, uint64_t number, uint64_t *ret_version) must_check;

/* Whether CloudTrail, asked by the names of its events or further back, may know more (TRAIL_BY_NAME). */
bool history_wants_more(const struct history *history);

/* One sentence on why the chain ends there, without a full stop. Static. */
const char *history_end_text(enum history_end end);

/* "created", "moved" … Static. */
const char *history_kind_text(enum history_kind kind);

#endif
