/* SPDX-License-Identifier: MIT */
#include "backend/moves/moves.h"

#include <string.h>

#include "backend/base/condition.h"
#include "backend/base/text.h"
#include "backend/moves/private.h"

struct moves *moves_new(const struct moves_options *options)
{
	struct moves *moves = calloc(1, sizeof(*moves));

	if (!moves)
		return NULL;
	moves->catalog = options->catalog;
	moves->source = options->source;
	moves->log = options->log;
	if (condition_init(&moves->changed)) {
		free(moves);
		return NULL;
	}
	pthread_mutex_init(&moves->mutex, NULL);
	moves->trail = trail_new(&moves->source);
	if (!moves->trail || notes_init(&moves->notes, MOVES_OWN_MAX, MOVES_SEEN_MAX)) {
		moves_free(moves);
		return NULL;
	}
	return moves;
}

void moves_free(struct moves *moves)
{
	struct name_map_entry *entry;

	if (!moves)
		return;
	moves_stop_asking(moves);
	trail_free(moves->trail);
	notes_release(&moves->notes);
	for (entry = name_map_first(&moves->arns); entry;
		entry = name_map_next(&moves->arns, entry))
		free(entry->value);
	name_map_release(&moves->arns);
	pthread_cond_destroy(&moves->changed);
	pthread_mutex_destroy(&moves->mutex);
	free(moves);
}

/* --- what happens --- */

void moves_note_seen(struct moves *moves, const char *function, const struct lambda_alias *alias)
{
	int64_t now_s = moves_now_s(moves);

	pthread_mutex_lock(&moves->mutex);
	notes_add_sighting(&moves->notes, now_s, function, alias);
	pthread_mutex_unlock(&moves->mutex);
}

void moves_note_write(struct moves *moves, const struct catalog_write *write, const char *who)
{
	int64_t now_s = moves_now_s(moves);
	int error;

	pthread_mutex_lock(&moves->mutex);
	error = notes_add_own(&moves->notes, now_s, write, who);
	if (write->answer)
		notes_add_sighting(&moves->notes, now_s, write->function, write->answer);
	pthread_mutex_unlock(&moves->mutex);
	if (error)
		log_write(moves->log, LOG_LEVEL_WARNING,
			"out of memory: the history of %s/%s lacks what this mount did",
			write->function, write->alias);
}

/* --- questions --- */

/* Whether a failure of CloudTrail is something to report beside what is known, instead of it. */
static bool is_told_beside(const struct moves_view *view, const struct lambda_error *error)
{
	return error->status == LAMBDA_ACCESS_DENIED || moves_means_no_trail(error) ||
	       (error->status == LAMBDA_TIMED_OUT && view->changes.until_s);
}

enum lambda_status moves_read(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, struct moves_view *ret_view,
	struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	enum lambda_status asked, status;

	status = catalog_function_exists(moves->catalog, scope, function, reterr);
	if (status)
		return status;
	asked = moves_ask_trail(moves, scope, function, alias, true, &error);
	if (asked == LAMBDA_INTERRUPTED || asked == LAMBDA_NO_MEMORY)
		return lambda_fail_as(reterr, &error);
	status = moves_view_present(moves, scope, function, alias, true, ret_view, reterr);
	if (status || !asked)
		return status;
	if (!is_told_beside(ret_view, &error)) {
		moves_view_release(ret_view);
		if (asked == LAMBDA_TIMED_OUT)
			lambda_hint(&error, "CloudTrail has not answered yet: try again, or give "
					    "it more time with read_timeout");
		return lambda_fail_as(reterr, &error);
	}
	ret_view->trail_status = asked;
	ret_view->trail_error = error;
	ret_view->is_trail_unknown = asked != LAMBDA_ACCESS_DENIED && moves_means_no_trail(&error);
	return LAMBDA_OK;
}

/* What CloudTrail has to do with it that something is not proven. */
static void explain_trail(struct moves *moves, const struct history *history, struct buffer *out)
{
	char time[TEXT_TIME_SIZE];
	int error;

	pthread_mutex_lock(&moves->mutex);
	if (moves->fetch_status)
		error = buffer_appendf(out, "; asking it failed: %s%s%s",
			moves->fetch_error.message, *moves->fetch_error.hint ? " - " : "",
			moves->fetch_error.hint);
	else if (moves->queued && history->end == HISTORY_END_MORE)
		error = buffer_append_string(
			out, "; it is being asked: try again in a few seconds");
	else
		error = 0;
	pthread_mutex_unlock(&moves->mutex);
	if (!error && history->end == HISTORY_END_YOUNG && history->proven_after_s) {
		text_format_utc(history->proven_after_s, time);
		error = buffer_appendf(out, "; try again after %s", time);
	}
	(void)error; /* the sentence is then shorter */
}

/* Where CloudTrail has the alias come from, when it has a move to where it leads; NULL: it has none. */
static const struct history_move *find_candidate(const struct moves_view *view)
{
	size_t i;

	for (i = 0; i < view->history.count; i++) {
		const struct history_move *move = &view->history.moves[i];

		if (move->kind == HISTORY_MOVED)
			return move->from && move->to &&
					       lambda_alias_is(move->to, &view->present, false)
				       ? move
				       : NULL;
	}
	return NULL;
}

/* What was last seen, and how to move by hand. */
static void hint_at_version(
	const struct moves_view *view, const char *alias, struct lambda_error *reterr)
{
	const struct history_move *candidate = find_candidate(view);
	char version[LAMBDA_VERSION_TEXT_SIZE];

	if (candidate)
		lambda_version_format(candidate->from->version, version);
	else if (view->has_last_seen)
		lambda_version_format(view->last_seen.version, version);
	else {
		lambda_hint(reterr, "to move by hand: ln -sfn VERSION %s", alias);
		return;
	}
	lambda_hint(reterr,
		candidate ? "by the order of CloudTrail's events it led to %s before (not proven); "
			    "to move it there by hand: ln -sfn %s %s"
			  : "before, this mount saw it lead to %s (seen, not proven); "
			    "to move it there by hand: ln -sfn %s %s",
		version, version, alias);
}

static enum lambda_status fail_unproven(struct moves *moves, const struct moves_view *view,
	const char *alias, uint64_t number, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer why = BUFFER_INIT(700);

	explain_trail(moves, &view->history, &why);
	lambda_fail(reterr, LAMBDA_NOT_PROVEN, "%s@%llu is not proven: %s%s", alias,
		(unsigned long long)number, history_end_text(view->history.end), buffer_text(&why));
	hint_at_version(view, alias, reterr);
	return LAMBDA_NOT_PROVEN;
}

enum lambda_status moves_find_settled(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, uint64_t number, uint64_t *ret_version,
	struct lambda_error *reterr)
{
	struct moves_view view;
	enum history_proof proof;
	enum lambda_status status =
		moves_view_present(moves, scope, function, alias, false, &view, reterr);

	if (status)
		return status;
	proof = history_at(&view.history, number, ret_version);
	if (proof == HISTORY_NOT_PROVEN) {
		moves_start_asking(moves, function, alias);
		status = fail_unproven(moves, &view, alias, number, reterr);
	} else if (proof == HISTORY_NONE) {
		status = lambda_fail(reterr, LAMBDA_NOT_FOUND,
			"no version before is known of %s: %s", alias,
			history_end_text(view.history.end));
	}
	moves_view_release(&view);
	return status;
}

enum lambda_status moves_find_since(struct moves *moves, const struct call_scope *scope,
	const char *function, const char *alias, int64_t *ret_since_s, struct lambda_error *reterr)
{
	struct moves_view view;
	enum lambda_status status =
		moves_view_present(moves, scope, function, alias, false, &view, reterr);
	size_t i;

	if (status)
		return status;
	status = LAMBDA_NOT_PROVEN;
	for (i = 0; i < view.history.count && status; i++) {
		const struct history_move *move = &view.history.moves[i];

		if (!move->in_chain ||
			(move->kind != HISTORY_MOVED && move->kind != HISTORY_CREATED))
			continue;
		*ret_since_s = move->time_s;
		status = LAMBDA_OK;
	}
	moves_view_release(&view);
	return status ? lambda_fail(
				reterr, status, "it is not proven since when %s leads there", alias)
		      : LAMBDA_OK;
}
