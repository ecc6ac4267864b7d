/* SPDX-License-Identifier: MIT */
/*
 * What the files behind fs/gesture/gesture.h share.
 *
 * One lock: gestures->mutex. It protects the remap and `stopping`, is held for look-ups and decisions
 * only, and never across a call of the catalog or of a callback. A change first begins the names that
 * it is about (remap_begin()), so that nobody else changes them while the lock is not held.
 */
#ifndef ALIASFS_GESTURE_PRIVATE_H
#define ALIASFS_GESTURE_PRIVATE_H

#include <pthread.h>

#include "fs/gesture/gesture.h"
#include "fs/request/errno_table.h"
#include "fs/rules/ending.h"
#include "fs/rules/remap.h"

#define GESTURE_REPEATS_MAX 2 /* of an update that a change of permissions got in the way of */
#define GESTURE_THREADS 4     /* a slow function delays nobody else's graces */

struct gestures {
	struct catalog *catalog;
	struct gesture_options options; /* its strings are not to be used: the remap has copies */
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

/* -error, with the sentence of the rule in *reterr. */
int gesture_refuse(struct lambda_error *reterr, int error, const char *sentence);

/* Tells the owner that `name` (NULL: anything) of the function shows something else. */
void gesture_tell_shown_changed(struct gestures *gestures, const char *function, const char *name);

/* The time that something behind everybody's back may take. */
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

/*
 * UpdateAlias, compared and swapped with wanted->revision_id; `base` is what the alias said then. A refusal
 * because of the revision alone is not believed: permissions change it too (2.0.11). While GetAlias still
 * shows `base`, the update is sent again with the new revision, GESTURE_REPEATS_MAX times at most. The remap
 * takes note of the write; the mutex is not held. *ret_alias (may be NULL) is AWS's answer, the caller's.
 */
enum lambda_status gesture_update_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct lambda_alias *wanted, bool with_description,
	const struct remap_content *base, struct lambda_alias *ret_alias,
	struct lambda_error *reterr) must_check;

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
 * who ends it. The remap is brought up to date; shown_changed is told.
 */
enum lambda_status gesture_finish(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, struct lambda_error *reterr) must_check;

/* gesture_finish(), and a failure is told to the owner: for what happens behind everybody's back. */
enum lambda_status gesture_finish_in_background(struct gestures *gestures,
	const struct call_scope *scope, const struct remap_due *due, struct lambda_error *reterr);

/* Ends the tombstone or the holding of that alias now, if there is one (2.4.11, 2.2.5: a gesture depends on it). 0 or -ETIMEDOUT. */
int gesture_settle_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias);

/* The thread that ends graces. */
void *gesture_run_pending(void *gestures);

#endif
