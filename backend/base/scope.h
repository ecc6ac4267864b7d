/* SPDX-License-Identifier: MIT */
/* How long a caller is willing to wait, and whether it still is. Passed down to every blocking call. */
#ifndef ALIASFS_BASE_SCOPE_H
#define ALIASFS_BASE_SCOPE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

#define CALL_STEP_MS 20 /* between looks at an interruption, which wakes no thread */

/* What a caller wants to know of the calls that were made on its behalf, besides their result. */
struct call_record {
	const void *who; /* who asked, handed on to catalog_options.wrote as it is; may be NULL */
	unsigned int calls;  /* requests tried, by the caller's own thread */
	char request_id[64]; /* of the last answer; "" when AWS gave none */
	bool answer_lost; /* of the last mutation: that it succeeded was read back, not answered */
};

#define CALL_LINEAGE_MAX 8

/* A process and its ancestors of the same session, the nearest first, each as a number that no other has. */
struct call_lineage {
	size_t count; /* 0: unknown */
	uint64_t processes[CALL_LINEAGE_MAX];
	uint64_t session; /* its id, which a later session may have, too */
	uint64_t leader;  /* the process that began it, as in `processes`; 0: it has ended */
};

/* Who asks. `read` fills the lineage, once, when it is needed; it may read files and is called without a lock. */
struct call_asker {
	void (*read)(struct call_asker *asker);
	bool is_read;
	struct call_lineage lineage;
};

/*
 * Lives on the caller's stack for the length of the call. A read stops within 100 ms of
 * *interrupted becoming true; a mutation never looks at it (contract, section 4).
 */
struct call_scope {
	int64_t read_deadline_ms;     /* clock_monotonic_ms() at which reads give up */
	int64_t mutation_deadline_ms; /* the same for mutations, reading back a lost answer included */
	const atomic_bool *interrupted; /* NULL: cannot be interrupted */
	bool for_change; /* what is read is needed for a change: it takes its turn among the changes */
	bool reads_back; /* what became of a change whose answer was lost: no attempt takes all the time */
	struct call_record *record; /* may be NULL */
	struct call_asker *asker;   /* of one thread, as the scope; NULL: unknown */
};

#define CALL_SCOPE_READ_MS 30000
#define CALL_SCOPE_MUTATION_MS 10000

/* The lineage of who asks, NULL: unknown. Reads it when it was not read yet; no lock may be held. */
static inline const struct call_lineage *call_scope_lineage(const struct call_scope *scope)
{
	struct call_asker *asker = scope->asker;

	if (!asker)
		return NULL;
	if (!asker->is_read)
		asker->read(asker);
	asker->is_read = true;
	return asker->lineage.count ? &asker->lineage : NULL;
}

static inline bool call_scope_interrupted(const struct call_scope *scope)
{
	return scope->interrupted && atomic_load(scope->interrupted);
}

/*
 * One step of waiting, in a read, for what another thread does. The mutex is held before and after. LAMBDA_OK: look
 * again. LAMBDA_INTERRUPTED, or LAMBDA_TIMED_OUT with the sentence `late`.
 */
enum lambda_status call_scope_wait(const struct call_scope *scope, pthread_cond_t *condition,
	pthread_mutex_t *mutex, const char *late, struct lambda_error *reterr) must_check;

/*
 * Sleeps at most `ms`, not beyond the deadline (clock_monotonic_ms()). False when that came first, or within 20 ms of
 * *interrupted (NULL: never) becoming true.
 */
bool call_sleep(int64_t ms, int64_t deadline_ms, const atomic_bool *interrupted);

#endif
