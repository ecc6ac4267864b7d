/* SPDX-License-Identifier: MIT */
/*
 * One fetch at a time per thing. The first caller that needs it (the leader) fetches it in its own
 * thread; a caller that comes meanwhile waits and shares its result or its error, each with its own
 * deadline and interruption. A leader that was interrupted, or that ran into its own deadline, says
 * nothing about the thing: then one of those who wait takes over.
 *
 * Lock order: there is one lock, the room's. It is never held while a fetch runs.
 */
#ifndef ALIASFS_CATALOG_FLIGHT_H
#define ALIASFS_CATALOG_FLIGHT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/scope.h"

/* What a fetch brings: immutable from then on, counted, freed by `destroy` with the last reference. */
struct snapshot {
	atomic_uint references;
	void (*destroy)(struct snapshot *snapshot);
};

void snapshot_init(struct snapshot *snapshot, void (*destroy)(struct snapshot *snapshot));
struct snapshot *snapshot_ref(struct snapshot *snapshot); /* NULL gives NULL */
void snapshot_unref(struct snapshot *snapshot);           /* NULL is fine */

/* A lock and a logical clock, which counts what happens under it: starts, mutations, refreshes. */
struct flight_room {
	pthread_mutex_t lock;
	uint64_t tick; /* protected by lock */
};

/* 0 or a negative errno. */
int flight_room_init(struct flight_room *room) must_check;
void flight_room_destroy(struct flight_room *room);

struct flight;

/* The flights that are under way for one owner; zero-initialised. Protected by the room's lock. */
struct flight_list {
	struct flight *first;
};

/* What is fetched. `name` may be NULL. */
struct flight_key {
	int kind;
	uint64_t version;
	const char *name;
};

/* A question and how to answer it. `data` is the asker's own and is given to each callback. */
struct flight_task {
	struct flight_key key;
	void *data;

	/*
	 * Under the lock: whether the answer is known without a fetch. Then fills *ret_status, and
	 * either *ret_result with a reference or *reterr. NULL: it never is.
	 */
	bool (*known)(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
		struct lambda_error *reterr);

	/* Under the lock: only flights that started after this tick are shared. NULL: all are. */
	uint64_t (*floor)(void *data);

	/* Under the lock: whether another's result will do; else the question is asked again. NULL: always. */
	bool (*accept)(void *data, const struct snapshot *result);

	/* Without the lock, may block: fetches and keeps. `tick` is when the flight started. */
	enum lambda_status (*fetch)(void *data, uint64_t tick, struct snapshot **ret_result,
		struct lambda_error *reterr);
};

/*
 * Answers the question: from what is known, by waiting for the flight that is under way, or by leading
 * one. Blocks until the scope's read deadline at most; LAMBDA_TIMED_OUT and LAMBDA_INTERRUPTED as
 * backend/lambda/lambda.h has them. The room's lock must not be held. On LAMBDA_OK *ret_result is a
 * reference (or NULL where the fetch gives none).
 */
enum lambda_status flight_run(struct flight_room *room, struct flight_list *list,
	const struct call_scope *scope, const struct flight_task *task,
	struct snapshot **ret_result, struct lambda_error *reterr) must_check;

/* Whether a flight of that kind is under way. The room's lock must be held. */
bool flight_is_under_way(const struct flight_list *list, int kind);

/* How many callers wait for a flight of that kind, its leader not counted. The lock must be held. */
unsigned int flight_waiters(const struct flight_list *list, int kind);

#endif
