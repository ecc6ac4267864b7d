/* SPDX-License-Identifier: MIT */
/* What moves.c, fetch.c and view.c share. */
#ifndef ALIASFS_MOVES_PRIVATE_H
#define ALIASFS_MOVES_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/moves/moves.h"
#include "backend/moves/notes.h"

/* An alias about which CloudTrail is to be asked in the background. */
struct moves_wish {
	char function[LAMBDA_FUNCTION_NAME_MAX + 1];
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
};

struct moves {
	struct catalog *catalog;
	struct trail_source source;
	struct log *log;
	struct trail *trail;
	atomic_bool stopping;
	pthread_mutex_t mutex;
	pthread_cond_t changed; /* a wish came, or stopping */
	/* all that follows is protected by the mutex */
	struct notes notes;
	struct name_map
		arns;    /* function to its ARN, owned; those that CloudTrail was asked about */
	bool is_running; /* the thread has been started */
	pthread_t thread;
	struct moves_wish queue[MOVES_QUEUE_MAX];
	size_t queued;
	/* how the last background fetch ended, for messages */
	enum lambda_status fetch_status;
	struct lambda_error fetch_error;
};

static inline int64_t moves_now_s(const struct moves *moves)
{
	return moves->source.now_s(moves->source.data);
}

/* Whether the error means that the server, which the user named for all services, has no CloudTrail. Pure. */
bool moves_means_no_trail(const struct lambda_error *error);

/*
 * What is known of the alias as it is: cached, or (`afresh`) by GetAlias. CloudTrail is not asked. *ret_view is the
 * caller's to release, also where there is no such alias. Blocks; errors as catalog_alias_get().
 */
enum lambda_status moves_view_present(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, bool afresh, struct moves_view *ret_view,
	struct lambda_error *reterr) must_check;

/*
 * Asks CloudTrail about the alias until its present state is explained; `thoroughly`: also for what changed nothing,
 * or is gone. Blocks; errors as trail_fetch().
 */
enum lambda_status moves_ask_trail(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, bool thoroughly,
	struct lambda_error *reterr) must_check;

/* Has CloudTrail asked about the alias in the background, unless that is about to happen. Never blocks. */
void moves_start_asking(struct moves *moves, const char *function, const char *alias);

/* Ends the background thread. */
void moves_stop_asking(struct moves *moves);

#endif
