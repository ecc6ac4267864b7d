/* SPDX-License-Identifier: MIT */
/*
 * What the files behind fs/gesture/gesture.h share.
 *
 * One lock: gestures->mutex. It protects the remap and `stopping`, is held for look-ups and decisions
 * only, and never across a call of the catalog or of a callback. A change first begins the names that
 * it is about (remap_begin()), so that no other request changes them while the lock is not held.
 */
#ifndef ALIASFS_GESTURE_PRIVATE_H
#define ALIASFS_GESTURE_PRIVATE_H

#include <pthread.h>

#include "fs/gesture/gesture.h"
#include "fs/request/errno_table.h"
#include "fs/rules/ending.h"

#define GESTURE_REPEATS_MAX 2 /* of an update that a change of permissions got in the way of */
#define GESTURE_THREADS 4     /* a slow function delays no other's graces */

/*
 * What changes ask of the catalog, of moves, and of the clock (shared.c). Tests put an account in memory in their place. Where
 * nothing else is said, these are the functions of backend/catalog/catalog.h.
 */
struct gesture_calls {
	enum lambda_status (*get_alias)(struct catalog *catalog, const struct call_scope *scope,
		const char *function, const char *name, struct lambda_alias *ret_alias,
		struct lambda_error *reterr);
	enum lambda_status (*get_alias_afresh)(struct catalog *catalog,
		const struct call_scope *scope, const char *function, const char *name,
		struct lambda_alias *ret_alias, struct lambda_error *reterr);
	/* The alias as the list of all has it; LAMBDA_NOT_FOUND: there is no such function. */
	enum lambda_status (*find_listed_alias)(struct catalog *catalog,
		const struct call_scope *scope, const char *function, const char *name,
		struct lambda_alias *ret_alias, bool *ret_there, struct lambda_error *reterr);
	enum lambda_status (*get_version)(struct catalog *catalog, const struct call_scope *scope,
		const char *function, uint64_t version, struct catalog_version *ret_version,
		int64_t *ret_expires_ms, struct lambda_error *reterr);
	/* All versions, listed afresh: whether that one is there, and the newest published one (0: none). */
	enum lambda_status (*list_versions)(struct catalog *catalog, const struct call_scope *scope,
		const char *function, uint64_t version, bool *ret_there, uint64_t *ret_newest,
		struct lambda_error *reterr);
	enum lambda_status (*create_alias)(struct catalog *catalog, const struct call_scope *scope,
		const char *function, const struct lambda_alias *wanted,
		struct lambda_alias *ret_alias, struct lambda_error *reterr);
	enum lambda_status (*update_alias)(struct catalog *catalog, const struct call_scope *scope,
		const char *function, const struct lambda_alias *wanted, bool with_description,
		struct lambda_alias *ret_alias, struct lambda_error *reterr);
	enum lambda_status (*delete_alias)(struct catalog *catalog, const struct call_scope *scope,
		const char *function, const char *name, const char *revision_id,
		struct lambda_error *reterr);
	/* moves_find_settled() */
	enum lambda_status (*find_settled)(struct moves *moves, const struct call_scope *scope,
		const char *function, const char *alias, uint64_t number, uint64_t *ret_version,
		struct lambda_error *reterr);
	int64_t (*now_ms)(void); /* clock_monotonic_ms() */
};

extern const struct gesture_calls gesture_catalog_calls;

struct gestures {
	const struct gesture_calls *calls;
	struct catalog *catalog;
	struct gesture_options options; /* without strings: the remap has copies */
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* something pending came, a name is no longer busy, or stopping */
	struct remap *remap;    /* protected by mutex */
	bool stopping;          /* protected by mutex */
	bool is_ending;         /* protected by mutex, as is what follows: graces are over */
	struct ending ending;
	int end_result; /* 0 or the errno of the first failure, whose sentence is end_error */
	struct lambda_error end_error;
	size_t thread_count;
	pthread_t threads[GESTURE_THREADS];
};

/* gestures_new() without its threads: nothing that time brings happens by itself. `calls` is kept. */
struct gestures *gestures_make(const struct gesture_calls *calls, struct catalog *catalog,
	const struct gesture_options *options) must_check;

/* Frees what gestures_make() made, or gestures_new(): what is pending is not done. NULL is fine. */
void gestures_abandon(struct gestures *gestures);

/* Where what a change has written leads. */
struct gesture_written {
	bool is_written; /* false: nothing was to be written */
	uint64_t version;
};

/*
 * One change of links, from the beginning of its names to their end: 0 or -errno. The event says what is asked for
 * and by whom; its time and AWS's facts are filled in. `gesture` is ERRNO_SYMLINK, ERRNO_RENAME or ERRNO_UNLINK.
 */
int gesture_change(struct gestures *gestures, const struct call_scope *scope,
	enum errno_gesture gesture, struct remap_event *event, struct gesture_written *ret_written,
	struct lambda_error *reterr) must_check;

/*
 * Makes the next thing that is due, if there is one; the mutex is held before and after. False: none, and nothing
 * will be before *ret_next_ms, or before gestures->changed is signalled.
 */
bool gesture_end_next(struct gestures *gestures, int64_t *ret_next_ms);

/* -error, with the sentence of the rule in *reterr. */
int gesture_refuse(struct lambda_error *reterr, int error, const char *sentence);

/* -ETIMEDOUT: the names of a change are busy for longer than it may take. */
int gesture_fail_for_time(struct lambda_error *reterr);

/* Notifies the owner that `name` (NULL: anything) of the function shows something else. */
void gesture_tell_shown_changed(struct gestures *gestures, const char *function, const char *name);

/* The time that a background change may take. */
struct call_scope gesture_background_scope(const struct gestures *gestures);

/*
 * Waits for gestures->changed until clock_monotonic_ms() is `until_ms`, INT64_MAX for ever. The mutex
 * is held. 0 or -ETIMEDOUT.
 */
int gesture_wait(struct gestures *gestures, int64_t until_ms);

/* The one alias as AWS has it, by what is known (one call at most). *ret_there: whether there is one. */
enum lambda_status gesture_fetch_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, struct lambda_alias *ret_alias, bool *ret_there,
	struct lambda_error *reterr) must_check;

/* Flags of gesture_update_alias(). */
#define GESTURE_WITH_DESCRIPTION 1U
#define GESTURE_THIS_REVISION 2U /* what is wanted holds for wanted->revision_id alone */

/*
 * UpdateAlias, compared and swapped with wanted->revision_id; `base` is what the alias said then. A refusal
 * because of the revision alone is not believed: permissions change it too (2.0.11). While GetAlias still
 * shows `base`, the update is sent again with the new revision, GESTURE_REPEATS_MAX times at most, but not with
 * GESTURE_THIS_REVISION. The remap takes note of the write; the mutex is not held. *ret_alias (may be NULL) is AWS's
 * answer, the caller's.
 */
enum lambda_status gesture_update_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, unsigned int flags,
	const struct remap_content *base, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/*
 * LAMBDA_REVISION_CHANGED: what the alias is `now` (NULL: gone), and what this mount saw of it, `seen`. *reterr keeps
 * what AWS answered, where it did, and gets a hint.
 */
enum lambda_status gesture_fail_changed(const char *alias, const struct remap_content *seen,
	const struct lambda_alias *now, struct lambda_error *reterr);

/* What was not found is what a link was to lead to: *reterr gets its target as it was typed. The mutex is not held. */
void gesture_hint_target(struct gestures *gestures, const struct remap_event *event,
	const struct remap_plan *plan, struct lambda_error *reterr);

/* What a refusal by rule hints at: swapped arguments, or a mistyped target. The mutex is not held. */
void gesture_hint_refusal(struct gestures *gestures, const struct remap_event *event,
	const struct remap_plan *plan, struct lambda_error *reterr);

/*
 * One GetAlias, for an alias that is about to be copied: LAMBDA_REVISION_CHANGED when it says something else
 * than `shown`, or is gone (3.0.4). Of success *ret_alias is the caller's.
 */
enum lambda_status gesture_read_unchanged(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct lambda_alias *shown, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

/* The version that a target comes to, symbolic ones read afresh. */
enum lambda_status gesture_resolve_target(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct target *target, uint64_t *ret_version,
	struct lambda_error *reterr) must_check;

/*
 * Ends what is due: deletes, calls off, creates or shows again. Its name has been begun by the caller,
 * who ends it. The remap is brought up to date; shown_changed is called.
 */
enum lambda_status gesture_finish(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, struct lambda_error *reterr) must_check;

/* Ends the tombstone or the holding of that alias now, if there is one (2.4.11, 2.2.5: a gesture depends on it). 0 or -ETIMEDOUT. */
int gesture_settle_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias);

/* The thread that ends graces. */
void *gesture_run_pending(void *gestures);

#endif
