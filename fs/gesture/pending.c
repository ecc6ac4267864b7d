/* SPDX-License-Identifier: MIT */
/* What time brings: the ends of graces (2.4), and held names that become aliases (2.2). */
#include <errno.h>

#include "fs/gesture/private.h"

/* The end of a name's hiding, whatever came of it. */
static void drop_tombstone(
	struct gestures *gestures, const struct remap_tombstone *tombstone, bool gone)
{
	pthread_mutex_lock(&gestures->mutex);
	remap_drop_tombstone(gestures->remap, tombstone, gone);
	pthread_mutex_unlock(&gestures->mutex);
	gesture_tell_shown_changed(gestures, tombstone->function, tombstone->name);
}

static enum lambda_status fail_because_changed(const struct remap_tombstone *tombstone,
	const struct lambda_alias *now, struct lambda_error *reterr)
{
	lambda_fail(reterr, LAMBDA_REVISION_CHANGED,
		"%s, or who may invoke it, was changed by another client after it was removed "
		"here: "
		"it is shown again",
		tombstone->alias);
	return gesture_fail_changed(tombstone->alias, &tombstone->content, now, reterr);
}

/*
 * Whether the removal still stands: between its end and the call, a change of the name may have failed
 * (2.4), or its process may have been refused something inside a version (3.1).
 */
static bool still_stands(struct gestures *gestures, const struct remap_due *due)
{
	const struct remap_tombstone *tombstone;
	bool stands;

	if (due->at_once)
		return true;
	pthread_mutex_lock(&gestures->mutex);
	tombstone = remap_find_tombstone(
		gestures->remap, due->function, due->tombstone.alias, due->tombstone.is_weight);
	stands = tombstone && tombstone->may_delete;
	pthread_mutex_unlock(&gestures->mutex);
	return stands;
}

/*
 * DeleteAlias has no compare-and-swap, so a GetAlias shows whether another client has changed the alias meanwhile. A
 * permission that was given to it counts as well: it would be gone with the alias.
 */
static enum lambda_status delete_alias(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, bool *ret_gone, struct lambda_error *reterr)
{
	const struct remap_tombstone *tombstone = &due->tombstone;
	struct lambda_alias alias = {0};
	enum lambda_status status;
	bool changed;

	status = gestures->calls->get_alias_afresh(
		gestures->catalog, scope, tombstone->function, tombstone->alias, &alias, reterr);
	*ret_gone = status == LAMBDA_NOT_FOUND;
	if (status == LAMBDA_NOT_FOUND)
		return LAMBDA_OK;
	if (status)
		return status;
	changed = strcmp(alias.revision_id, tombstone->revision_id) != 0;
	if (changed)
		status = fail_because_changed(tombstone, &alias, reterr);
	lambda_alias_release(&alias);
	if (changed)
		return status;
	if (!still_stands(gestures, due))
		return LAMBDA_OK;
	status = gestures->calls->delete_alias(gestures->catalog, scope, tombstone->function,
		tombstone->alias, tombstone->revision_id, reterr);
	*ret_gone = !status;
	return status;
}

/* All traffic goes to the alias's own version again. */
static enum lambda_status call_off_weight(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, struct lambda_error *reterr)
{
	const struct remap_tombstone *tombstone = &due->tombstone;
	struct lambda_alias alias = {0};
	enum lambda_status status;
	bool there;

	status = gesture_fetch_alias(
		gestures, scope, tombstone->function, tombstone->alias, &alias, &there, reterr);
	if (status || !there)
		return status;
	if (!remap_content_is(&tombstone->content, &alias)) {
		status = fail_because_changed(tombstone, &alias, reterr);
	} else if (alias.weighted_version && still_stands(gestures, due)) {
		alias.weighted_version = 0;
		alias.weight = 0;
		status = gesture_update_alias(gestures, scope, tombstone->function, &alias, 0,
			&tombstone->content, NULL, reterr);
	}
	lambda_alias_release(&alias);
	return status;
}

static enum lambda_status finish_tombstone(struct gestures *gestures,
	const struct call_scope *scope, const struct remap_due *due, struct lambda_error *reterr)
{
	const struct remap_tombstone *tombstone = &due->tombstone;
	enum lambda_status status;
	bool gone = false;

	if (!tombstone->may_delete) {
		log_write(gestures->options.log, LOG_LEVEL_INFO,
			"%s/%s is shown again: it was moved to a backup, or removed recursively or "
			"by a tool that only replaces, and nothing has taken its place",
			tombstone->function, tombstone->name);
		drop_tombstone(gestures, tombstone, false);
		return LAMBDA_OK;
	}
	if (tombstone->is_weight)
		status = call_off_weight(gestures, scope, due, reterr);
	else
		status = delete_alias(gestures, scope, due, &gone, reterr);
	drop_tombstone(gestures, tombstone, gone);
	return status;
}

static enum lambda_status create_held(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	static char no_description[] = "";
	struct lambda_alias wanted = {.description = no_description};
	enum lambda_status status;
	struct name name;

	name_parse(due->name, &name);
	if (name.kind != NAME_ALIAS)
		return lambda_fail(reterr, LAMBDA_INVALID, "%s", REMAP_NAME_IS_TOO_LONG);
	if (gestures->options.rules.no_create)
		return lambda_fail(reterr, LAMBDA_INVALID, "%s", REMAP_NO_ALIAS_IS_MADE);
	memcpy(wanted.name, name.alias, sizeof(wanted.name));
	status = gesture_resolve_target(
		gestures, scope, due->function, &due->target, &wanted.version, reterr);
	if (status)
		return status;
	return gestures->calls->create_alias(
		gestures->catalog, scope, due->function, &wanted, ret_alias, reterr);
}

static enum lambda_status finish_held(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, struct lambda_error *reterr)
{
	struct lambda_alias alias;
	enum lambda_status status = create_held(gestures, scope, due, &alias, reterr);

	pthread_mutex_lock(&gestures->mutex);
	remap_drop_held(gestures->remap, gestures->calls->now_ms(), due->function, due->name,
		!status ? alias.revision_id : NULL);
	pthread_mutex_unlock(&gestures->mutex);
	if (!status)
		lambda_alias_release(&alias);
	gesture_tell_shown_changed(gestures, due->function, due->name);
	return status;
}

enum lambda_status gesture_finish(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, struct lambda_error *reterr)
{
	bool is_held = due->kind == REMAP_DUE_HELD;
	struct call_record record = {.who = is_held ? &due->asker : &due->tombstone.asker};
	struct call_scope own = *scope;
	enum lambda_status status;

	/* Whoever ends the grace: what is made or deleted is the doing of the process that asked for it. */
	own.record = &record;
	if (is_held)
		status = finish_held(gestures, &own, due, reterr);
	else
		status = finish_tombstone(gestures, &own, due, reterr);
	if (scope->record)
		scope->record->calls += record.calls;
	return status;
}

static const char *operation_of(const struct remap_due *due)
{
	if (due->kind == REMAP_DUE_HELD)
		return "CreateAlias";
	return due->tombstone.is_weight ? "UpdateAlias" : "DeleteAlias";
}

/* gesture_finish(), and a failure is reported to the owner: for background changes. */
static enum lambda_status finish_in_background(struct gestures *gestures,
	const struct call_scope *scope, const struct remap_due *due, struct lambda_error *reterr)
{
	const char *name = due->kind == REMAP_DUE_HELD ? due->name : due->tombstone.name;
	enum lambda_status status = gesture_finish(gestures, scope, due, reterr);

	if (!status)
		return LAMBDA_OK;
	if (gestures->options.failed)
		gestures->options.failed(gestures->options.callback_data, operation_of(due),
			due->function, name, reterr);
	else
		log_write(gestures->options.log, LOG_LEVEL_WARNING, "%s of %s/%s: %s",
			operation_of(due), due->function, name, reterr->message);
	return status;
}

/* Carries out what take_due() gave; the mutex is held before and after, not meanwhile. */
static enum lambda_status do_due(struct gestures *gestures, const struct call_scope *scope,
	const struct remap_due *due, struct lambda_error *reterr)
{
	enum lambda_status status;

	pthread_mutex_unlock(&gestures->mutex);
	status = finish_in_background(gestures, scope, due, reterr);
	pthread_mutex_lock(&gestures->mutex);
	remap_end(gestures->remap, due->function, due->name);
	pthread_cond_broadcast(&gestures->changed);
	return status;
}

/* The time that the next thing may take. The mutex is held. */
static struct call_scope scope_of_pending(const struct gestures *gestures)
{
	struct call_scope scope = gesture_background_scope(gestures);
	int64_t deadline_ms = ending_deadline_ms(&gestures->ending);

	if (gestures->is_ending && scope.mutation_deadline_ms > deadline_ms)
		scope.read_deadline_ms = scope.mutation_deadline_ms = deadline_ms;
	return scope;
}

/* At the end of the mount each result counts. The mutex is held. */
static void note_result(
	struct gestures *gestures, enum lambda_status status, const struct lambda_error *error)
{
	if (!gestures->is_ending)
		return;
	ending_note(&gestures->ending, status);
	if (!status || gestures->end_result < 0)
		return;
	gestures->end_result = -errno_of(status, ERRNO_WRITE);
	gestures->end_error = *error;
}

bool gesture_end_next(struct gestures *gestures, int64_t *ret_next_ms)
{
	int64_t until_ms = gestures->is_ending ? INT64_MAX : gestures->calls->now_ms();
	struct lambda_error error;
	struct call_scope scope;
	struct remap_due due;

	if (!gestures->is_ending)
		remap_note_late(gestures->remap, until_ms);
	if (!remap_take_due(gestures->remap, until_ms, NULL, &due, ret_next_ms))
		return false;
	scope = scope_of_pending(gestures);
	note_result(gestures, do_due(gestures, &scope, &due, &error), &error);
	return true;
}

void *gesture_run_pending(void *data)
{
	struct gestures *gestures = data;
	int64_t next_ms;

	pthread_mutex_lock(&gestures->mutex);
	while (!gestures->stopping)
		if (!gesture_end_next(gestures, &next_ms))
			gesture_wait(gestures, next_ms);
	pthread_mutex_unlock(&gestures->mutex);
	return NULL;
}

/* The mutex is held before and after. */
static void report_what_is_left(struct gestures *gestures)
{
	int64_t now_ms = gestures->calls->now_ms();
	int64_t left_ms = ending_deadline_ms(&gestures->ending) - now_ms;
	size_t count = remap_count_pending(gestures->remap);

	if (!ending_is_report_due(&gestures->ending, now_ms) || !count)
		return;
	pthread_mutex_unlock(&gestures->mutex);
	log_write(gestures->options.log, LOG_LEVEL_INFO,
		"%zu changes are pending, and %lld s are left for them", count,
		(long long)(left_ms > 0 ? left_ms / 1000 : 0));
	pthread_mutex_lock(&gestures->mutex);
}

int gesture_end(struct gestures *gestures, struct lambda_error *reterr)
{
	int result;

	pthread_mutex_lock(&gestures->mutex);
	ending_begin(&gestures->ending, gestures->calls->now_ms());
	gestures->is_ending = true;
	pthread_cond_broadcast(&gestures->changed);
	/* Past the deadline each fails at once, and is logged by its name. */
	while (remap_has_pending(gestures->remap, NULL) &&
		gestures->calls->now_ms() <
			ending_deadline_ms(&gestures->ending) + ENDING_REPORT_MS) {
		gesture_wait(gestures, ending_next_report_ms(&gestures->ending));
		report_what_is_left(gestures);
	}
	result = gestures->end_result;
	if (result < 0)
		*reterr = gestures->end_error;
	pthread_mutex_unlock(&gestures->mutex);
	return result;
}

/* What one of many may take: one that hangs leaves time for the others. */
static struct call_scope share_of(const struct gestures *gestures, const struct call_scope *scope)
{
	struct call_scope share = gesture_background_scope(gestures);

	if (share.mutation_deadline_ms > scope->mutation_deadline_ms)
		share.mutation_deadline_ms = scope->mutation_deadline_ms;
	if (share.read_deadline_ms > scope->mutation_deadline_ms)
		share.read_deadline_ms = scope->mutation_deadline_ms;
	share.interrupted = scope->interrupted;
	share.record = scope->record;
	return share;
}

int gesture_settle(struct gestures *gestures, const struct call_scope *scope, const char *function,
	struct lambda_error *reterr)
{
	struct lambda_error error;
	struct call_scope share;
	enum lambda_status status;
	struct remap_due due;
	int result = 0;

	pthread_mutex_lock(&gestures->mutex);
	for (;;) {
		/* At the very end each is tried all the same: it fails at once, and is logged by its name. */
		if (!gestures->stopping &&
			gestures->calls->now_ms() >= scope->mutation_deadline_ms &&
			remap_has_pending(gestures->remap, function)) {
			lambda_fail(reterr, LAMBDA_TIMED_OUT,
				"the time ran out before all pending changes were made");
			result = -ETIMEDOUT;
			break;
		}
		if (remap_take_due(gestures->remap, INT64_MAX, function, &due, NULL)) {
			share = share_of(gestures, scope);
			status = do_due(gestures, &share, &due, &error);
			if (status && result == 0) {
				result = -errno_of(status, ERRNO_WRITE);
				*reterr = error;
			}
		} else if (remap_has_pending(gestures->remap, function)) {
			gesture_wait(gestures, scope->mutation_deadline_ms);
		} else {
			break;
		}
	}
	pthread_mutex_unlock(&gestures->mutex);
	return result;
}

/* The tombstone or the holding of an alias; false when there is neither. The mutex is held. */
static bool find_pending(struct gestures *gestures, const char *function, const char *alias,
	bool held_only, struct remap_due *due)
{
	const struct remap_tombstone *tombstone =
		remap_find_tombstone(gestures->remap, function, alias, false);

	if (!tombstone || held_only)
		return remap_find_held(gestures->remap, function, alias, due);
	remap_fill_due(tombstone, due);
	return true;
}

/* A held link is a change of the process that made it: no other process interrupts it, and the audit names no other. */
static struct call_scope scope_of_due(const struct call_scope *scope, const struct remap_due *due)
{
	struct call_scope own = *scope;

	if (due->kind == REMAP_DUE_HELD) {
		own.interrupted = NULL;
		own.record = NULL;
		own.for_change = true;
		own.read_deadline_ms = own.mutation_deadline_ms;
	}
	return own;
}

static int settle_name(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, bool held_only)
{
	struct lambda_error unheard;
	struct call_scope own;
	struct remap_due due;
	int error = 0;

	pthread_mutex_lock(&gestures->mutex);
	while (!error && find_pending(gestures, function, alias, held_only, &due)) {
		if (remap_begin(gestures->remap, function, alias)) {
			own = scope_of_due(scope, &due);
			do_due(gestures, &own, &due, &unheard);
		} else {
			error = gesture_wait(gestures, scope->mutation_deadline_ms);
		}
	}
	pthread_mutex_unlock(&gestures->mutex);
	return error;
}

int gesture_settle_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias)
{
	return settle_name(gestures, scope, function, alias, false);
}

int gesture_settle_held(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, struct lambda_error *reterr)
{
	int error = settle_name(gestures, scope, function, alias, true);

	return error ? gesture_fail_for_time(reterr) : 0;
}
