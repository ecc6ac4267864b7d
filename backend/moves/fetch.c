/* SPDX-License-Identifier: MIT */
/* Asking CloudTrail: by the caller, which waits, or by a background thread that starts with the first request. */
#include <errno.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/moves/private.h"

bool moves_means_no_trail(const struct lambda_error *error)
{
	return !strcmp(error->operation, "LookupEvents") &&
	       (!strcmp(error->code, "UnknownOperationException") || error->http_status == 404 ||
		       error->http_status == 405 || error->http_status == 501);
}

/* CloudTrail may not use all of the time: its events are of use only with the alias as it is. */
static struct call_scope leave_time(const struct call_scope *scope)
{
	int64_t left_ms = scope->read_deadline_ms - clock_monotonic_ms();
	struct call_scope shorter = *scope;

	if (left_ms > 0)
		shorter.read_deadline_ms -=
			left_ms / 4 < MOVES_RESERVE_MS ? left_ms / 4 : MOVES_RESERVE_MS;
	return shorter;
}

/* Remembers the function's ARN, for looking without a call. Without memory it is asked for again. */
static void keep_arn(struct moves *moves, const char *function, const char *arn)
{
	char *copy = strdup(arn);

	pthread_mutex_lock(&moves->mutex);
	if (copy && !name_map_find(&moves->arns, function) &&
		!name_map_add(&moves->arns, function, copy))
		copy = NULL;
	pthread_mutex_unlock(&moves->mutex);
	free(copy);
}

/* The alias's ARN. */
static enum lambda_status find_arn(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, struct buffer *out, struct lambda_error *reterr)
{
	enum lambda_status status =
		catalog_function_arn(moves->catalog, scope, function, out, reterr);

	if (status)
		return status;
	keep_arn(moves, function, buffer_text(out));
	return buffer_appendf(out, ":%s", alias) ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

/* Whether the present state is not explained by CloudTrail's events so far, and it may have more; how far that reaches. */
static enum lambda_status look_at_gap(struct moves *moves, const struct call_scope *scope,
	const struct trail_subject *subject, bool *ret_wants_more,
	struct cloudtrail_coverage *ret_all, struct lambda_error *reterr)
{
	struct moves_view view;
	enum lambda_status status = moves_view_present(
		moves, scope, subject->function, subject->alias, false, &view, reterr);

	if (status)
		return status;
	*ret_wants_more = history_wants_more(&view.history);
	*ret_all = view.all;
	moves_view_release(&view);
	return LAMBDA_OK;
}

/* A page of each name of an event more, as long as that can help; `trail_scope` is for CloudTrail. */
static enum lambda_status ask_further_back(struct moves *moves, const struct call_scope *scope,
	const struct call_scope *trail_scope, const struct trail_subject *subject,
	struct lambda_error *reterr)
{
	struct trail_wanted wanted = {.reach = TRAIL_BY_NAME, .max_age_s = MOVES_FRESH_S};
	struct cloudtrail_coverage all, before = {.from_s = INT64_MAX};
	enum lambda_status status;
	bool wants_more;

	for (;;) {
		status = look_at_gap(moves, scope, subject, &wants_more, &all, reterr);
		if (status || !wants_more || (all.until_s && all.complete) ||
			(all.until_s && all.from_s >= before.from_s))
			return status;
		wanted.since_s = all.until_s ? all.from_s - 1 : moves_now_s(moves);
		if (all.until_s)
			before = all;
		status = trail_fetch(moves->trail, trail_scope, subject, &wanted, reterr);
		if (status)
			return status;
	}
}

enum lambda_status moves_ask_trail(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, bool thoroughly, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer arn = BUFFER_INIT(4096);
	struct trail_wanted wanted = {.reach = TRAIL_BY_ARN, .max_age_s = MOVES_FRESH_S};
	enum lambda_status status = find_arn(moves, scope, function, alias, &arn, reterr);
	struct trail_subject subject = {.function = function, .alias = alias};
	struct call_scope trail_scope;

	if (status)
		return status;
	subject.arn = buffer_text(&arn);
	trail_scope = leave_time(scope);
	status = trail_fetch(moves->trail, &trail_scope, &subject, &wanted, reterr);
	if (!status && thoroughly) {
		wanted.reach = TRAIL_BY_NAME;
		wanted.since_s = moves_now_s(moves);
		status = trail_fetch(moves->trail, &trail_scope, &subject, &wanted, reterr);
	}
	return status ? status : ask_further_back(moves, scope, &trail_scope, &subject, reterr);
}

/* --- in the background --- */

/* The mutex is held before and after. */
static void fulfil_wish(struct moves *moves, const struct moves_wish *wish)
{
	int64_t deadline_ms = clock_monotonic_ms() + MOVES_FETCH_MS;
	const struct call_scope scope = {.read_deadline_ms = deadline_ms,
		.mutation_deadline_ms = deadline_ms,
		.interrupted = &moves->stopping};
	struct lambda_error error = {0};
	enum lambda_status status;

	pthread_mutex_unlock(&moves->mutex);
	status = moves_ask_trail(moves, &scope, wish->function, wish->alias, false, &error);
	if (status && status != LAMBDA_INTERRUPTED)
		log_write(moves->log, LOG_LEVEL_WARNING,
			"CloudTrail could not be asked about %s/%s: %s", wish->function,
			wish->alias, error.message);
	pthread_mutex_lock(&moves->mutex);
	moves->fetch_status = status;
	moves->fetch_error = error;
}

static void *run_wishes(void *data)
{
	struct moves *moves = data;
	struct moves_wish wish;

	pthread_mutex_lock(&moves->mutex);
	while (!atomic_load(&moves->stopping)) {
		if (!moves->queued) {
			condition_wait(&moves->changed, &moves->mutex, INT64_MAX);
			continue;
		}
		/* It stays in the queue while it is asked about: the same wish is not taken again meanwhile. */
		wish = moves->queue[0];
		fulfil_wish(moves, &wish);
		moves->queued--;
		memmove(&moves->queue[0], &moves->queue[1],
			moves->queued * sizeof(moves->queue[0]));
	}
	pthread_mutex_unlock(&moves->mutex);
	return NULL;
}

static bool is_queued(const struct moves *moves, const char *function, const char *alias)
{
	size_t i;

	for (i = 0; i < moves->queued; i++)
		if (!strcmp(moves->queue[i].alias, alias) &&
			!strcmp(moves->queue[i].function, function))
			return true;
	return false;
}

void moves_start_asking(struct moves *moves, const char *function, const char *alias)
{
	struct moves_wish *wish;

	pthread_mutex_lock(&moves->mutex);
	if (!moves->is_running)
		moves->is_running = !pthread_create(&moves->thread, NULL, run_wishes, moves);
	if (moves->is_running && !is_queued(moves, function, alias) &&
		moves->queued < MOVES_QUEUE_MAX) {
		wish = &moves->queue[moves->queued++];
		snprintf(wish->function, sizeof(wish->function), "%s", function);
		snprintf(wish->alias, sizeof(wish->alias), "%s", alias);
		pthread_cond_signal(&moves->changed);
	}
	pthread_mutex_unlock(&moves->mutex);
}

void moves_stop_asking(struct moves *moves)
{
	bool is_running;

	pthread_mutex_lock(&moves->mutex);
	atomic_store(&moves->stopping, true);
	is_running = moves->is_running;
	pthread_cond_broadcast(&moves->changed);
	pthread_mutex_unlock(&moves->mutex);
	if (is_running)
		pthread_join(moves->thread, NULL);
}
