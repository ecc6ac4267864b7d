/* SPDX-License-Identifier: MIT */
/*
 * SYMLINK, RENAME and UNLINK:
 *   begin the names ──► fetch what AWS has of them ──► decide (pure) ──► call ──► complete ──► end.
 */
#include <errno.h>

#include "fs/gesture/private.h"
#include "fs/rules/tool.h"

/* One change on its way. */
struct change {
	struct gestures *gestures;
	const struct call_scope *scope;
	enum errno_gesture gesture;
	struct remap_event *event;
	struct remap_plan plan;
	size_t key_count;
	char keys[REMAP_KEYS][REMAP_NAME_MAX + 1]; /* begun */
	struct lambda_alias alias, new_alias, through;
	uint64_t version;            /* where what the write made leads */
	struct lambda_alias created; /* AWS's answer to a CreateAlias; no name: there was none */
	char sentence[REMAP_SENTENCE_SIZE];     /* of a refused roll-back */
	char old_weight_name[NAME_WEIGHT_SIZE]; /* a weight link that went with the write, or "" */
	struct lambda_error *reterr;
};

static void set_caller(struct remap_event *event, const struct caller *caller)
{
	event->thread = caller->thread;
	event->asker = caller_identify(caller);
	event->caller_is_known = caller_is_known(caller);
	event->caller_is_ln = caller_runs(caller, "ln");
	event->caller_only_replaces = tool_only_replaces(caller);
	event->caller_forces = caller_forces(caller);
	event->caller_names_it = caller_names(caller, event->name);
	event->name_patterns = tool_name_patterns(caller);
}

/* --- begin --- */

/* Begins all of the names or none; the mutex is held. */
static bool begin_all(struct change *change)
{
	struct remap *remap = change->gestures->remap;
	const char *function = change->event->place->function;
	size_t count = remap_name_keys(remap, change->event, change->keys);
	size_t i;

	for (i = 0; i < count; i++)
		if (!remap_begin(remap, function, change->keys[i])) {
			while (i)
				remap_end(remap, function, change->keys[--i]);
			return false;
		}
	change->key_count = count;
	return true;
}

static void end_all(struct change *change)
{
	struct gestures *gestures = change->gestures;

	pthread_mutex_lock(&gestures->mutex);
	while (change->key_count)
		remap_end(gestures->remap, change->event->place->function,
			change->keys[--change->key_count]);
	pthread_cond_broadcast(&gestures->changed);
	pthread_mutex_unlock(&gestures->mutex);
}

/* Waits until no other request works on the names, and ends the graces that the change depends on. */
static int begin_change(struct change *change)
{
	struct gestures *gestures = change->gestures;
	char alias[LAMBDA_ALIAS_NAME_MAX + 1];
	bool begun = false;
	int error = 0;

	while (!begun && !error) {
		bool depends;

		pthread_mutex_lock(&gestures->mutex);
		change->event->now_ms = gestures->calls->now_ms();
		depends = remap_find_dependency(gestures->remap, change->event, alias);
		if (!depends && !(begun = begin_all(change)))
			error = gesture_wait(gestures, change->scope->mutation_deadline_ms);
		pthread_mutex_unlock(&gestures->mutex);
		if (depends)
			error = gesture_settle_alias(
				gestures, change->scope, change->event->place->function, alias);
	}
	return error < 0 ? gesture_fail_for_time(change->reterr) : 0;
}

/* --- facts --- */

/* Whether AWS may have something under the name: no local link is in front of it. */
static bool needs_fact(struct change *change, const struct gesture_place *place, const char *text,
	struct name *name)
{
	struct gestures *gestures = change->gestures;
	bool is_link;

	name_parse(text, name);
	if (place->in_version || (name->kind != NAME_ALIAS && name->kind != NAME_WEIGHT))
		return false;
	pthread_mutex_lock(&gestures->mutex);
	is_link = remap_find_link(gestures->remap, change->event->now_ms, place, text) != NULL;
	pthread_mutex_unlock(&gestures->mutex);
	return !is_link;
}

static enum lambda_status fetch_fact(struct change *change, const char *alias,
	struct lambda_alias *into, const struct lambda_alias **fact)
{
	bool there;
	enum lambda_status status = gesture_fetch_alias(change->gestures, change->scope,
		change->event->place->function, alias, into, &there, change->reterr);

	*fact = there ? into : NULL;
	return status;
}

static enum lambda_status fetch_facts(struct change *change)
{
	struct gestures *gestures = change->gestures;
	struct remap_event *event = change->event;
	char through[LAMBDA_ALIAS_NAME_MAX + 1] = "";
	enum lambda_status status = LAMBDA_OK;
	const char *found;
	struct name name;

	pthread_mutex_lock(&gestures->mutex);
	found = remap_find_through(gestures->remap, event);
	if (found)
		snprintf(through, sizeof(through), "%s", found);
	pthread_mutex_unlock(&gestures->mutex);
	if (*through)
		status = fetch_fact(change, through, &change->through, &event->through);
	if (!status && needs_fact(change, event->place, event->name, &name))
		status = fetch_fact(change, name.alias, &change->alias, &event->alias);
	if (!status && event->new_name && needs_fact(change, event->to, event->new_name, &name))
		status = fetch_fact(change, name.alias, &change->new_alias, &event->new_alias);
	return status;
}

static void release_facts(struct change *change)
{
	lambda_alias_release(&change->alias);
	lambda_alias_release(&change->new_alias);
	lambda_alias_release(&change->through);
	lambda_alias_release(&change->created);
}

/* --- calls --- */

static enum lambda_status confirm_alias(struct change *change, const struct lambda_alias *wanted,
	bool with_description, const struct remap_content *base)
{
	const char *function = change->event->place->function;
	struct lambda_alias alias = {0};
	enum lambda_status status;
	bool same;

	status = change->gestures->calls->get_alias_afresh(change->gestures->catalog, change->scope,
		function, wanted->name, &alias, change->reterr);
	if (status == LAMBDA_NOT_FOUND)
		return gesture_fail_changed(wanted->name, base, NULL, change->reterr);
	if (status)
		return status;
	same = remap_routes_alike(&alias, wanted) &&
	       (!with_description || !strcmp(alias.description, wanted->description));
	if (!same)
		status = gesture_fail_changed(wanted->name, base, &alias, change->reterr);
	lambda_alias_release(&alias);
	return status;
}

static enum lambda_status resolve_source(struct change *change, uint64_t *ret_version)
{
	const struct remap_plan *plan = &change->plan;
	const struct lambda_alias *source = remap_find_fact(change->event, plan->source);

	switch (plan->source_kind) {
	case REMAP_SOURCE_ALIAS:
		*ret_version = source->version;
		return LAMBDA_OK;
	case REMAP_SOURCE_WEIGHT:
		*ret_version = source->weighted_version;
		return LAMBDA_OK;
	default:
		return gesture_resolve_target(change->gestures, change->scope,
			change->event->place->function, &plan->target, ret_version, change->reterr);
	}
}

/* The weight link that a write to `current` takes away, so that its watchers can be notified. */
static void note_old_weight(struct change *change, const struct lambda_alias *current)
{
	if (!current || !current->weighted_version ||
		name_format_weight(current->name, current->weight, change->old_weight_name) < 0)
		*change->old_weight_name = '\0';
}

/* Whether the alias, which AWS has as `current`, has the revision that the link's target names (8.2.8). */
static enum lambda_status check_revision(struct change *change, const struct lambda_alias *current)
{
	const struct remap_plan *plan = &change->plan;
	const char *named = plan->target.revision_id;

	if (plan->source_kind != REMAP_SOURCE_TARGET || !*named ||
		(current && !strcmp(current->revision_id, named)))
		return LAMBDA_OK;
	return lambda_fail(change->reterr, LAMBDA_REVISION_CHANGED,
		current ? "%s no longer has the revision that the target names: it was changed "
			  "after that was read"
			: "%s, whose revision the target names, is gone",
		plan->alias);
}

/* Where an alias was before is known for the revision that it had then; a target may name one. */
static bool holds_for_one_revision(const struct remap_plan *plan)
{
	return plan->source_kind == REMAP_SOURCE_TARGET &&
	       (plan->target.kind == TARGET_SETTLED || *plan->target.revision_id);
}

static enum lambda_status write_alias(struct change *change)
{
	struct gestures *gestures = change->gestures;
	const char *function = change->event->place->function;
	const struct lambda_alias *current = remap_find_fact(change->event, change->plan.alias);
	const struct lambda_alias *source = remap_find_fact(change->event, change->plan.source);
	struct remap_content base;
	struct lambda_alias wanted;
	enum lambda_status status;
	bool with_description;
	unsigned int flags;
	enum remap_call call;

	status = check_revision(change, current);
	if (!status)
		status = resolve_source(change, &change->version);
	if (status)
		return status;
	pthread_mutex_lock(&gestures->mutex);
	call = remap_form_call(gestures->remap, change->event, &change->plan, change->version,
		current, source, &wanted, &with_description);
	if (call == REMAP_CALL_UPDATE || call == REMAP_CALL_CONFIRM)
		remap_find_base(gestures->remap, change->event, &change->plan, current, &base);
	pthread_mutex_unlock(&gestures->mutex);
	switch (call) {
	case REMAP_CALL_CONFIRM:
		return confirm_alias(change, &wanted, with_description, &base);
	case REMAP_CALL_CREATE:
		return gestures->calls->create_alias(gestures->catalog, change->scope, function,
			&wanted, &change->created, change->reterr);
	case REMAP_CALL_UPDATE:
		note_old_weight(change, current);
		flags = (with_description ? GESTURE_WITH_DESCRIPTION : 0) |
			(holds_for_one_revision(&change->plan) ? GESTURE_THIS_REVISION : 0);
		return gesture_update_alias(gestures, change->scope, function, &wanted, flags,
			&base, NULL, change->reterr);
	default:
		return LAMBDA_OK;
	}
}

/* One half of an exchange: the alias `into` gets what `from` is, if no other client has changed it. */
static enum lambda_status write_half(struct change *change, const struct lambda_alias *into,
	const struct lambda_alias *from, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	struct lambda_alias wanted = *from;
	struct remap_content base;

	remap_get_content(into, &base);
	snprintf(wanted.name, sizeof(wanted.name), "%s", into->name);
	snprintf(wanted.revision_id, sizeof(wanted.revision_id), "%s", into->revision_id);
	return gesture_update_alias(change->gestures, change->scope, change->event->place->function,
		&wanted, GESTURE_WITH_DESCRIPTION, &base, ret_alias, reterr);
}

/* Adds what became of the first half to what is to be said of the second. */
static void hint_half(struct change *change, const struct lambda_alias *one, const char *what)
{
	char hint[sizeof(change->reterr->hint)];

	memcpy(hint, change->reterr->hint, sizeof(hint));
	lambda_hint(change->reterr, "the exchange was half done: %s was changed, and %s%s%s",
		one->name, what, *hint ? "; " : "", hint);
}

/* Puts the first half, which is `now`, back to `one`, and says in the second's error what is left. */
static void undo_half(
	struct change *change, const struct lambda_alias *now, const struct lambda_alias *one)
{
	struct lambda_error why;

	hint_half(change, one,
		write_half(change, now, one, NULL, &why) ? "could not be put back: look at both"
							 : "is as it was again");
}

static enum lambda_status exchange_aliases(struct change *change)
{
	const struct lambda_alias *one = remap_find_fact(change->event, change->plan.alias);
	const struct lambda_alias *other = remap_find_fact(change->event, change->plan.source);
	struct lambda_alias now;
	enum lambda_status status = write_half(change, one, other, &now, change->reterr);

	if (status)
		return status;
	status = write_half(change, other, one, NULL, change->reterr);
	if (status)
		undo_half(change, &now, one);
	lambda_alias_release(&now);
	return status;
}

/* --- the whole --- */

/* Takes note of the end; *error is the errno so far. */
static void complete_change(struct change *change, int *error)
{
	struct gestures *gestures = change->gestures;
	const struct lambda_alias *created = *change->created.name ? &change->created : NULL;
	const char *function = change->event->place->function;
	bool cancelled;
	int completed;

	pthread_mutex_lock(&gestures->mutex);
	change->event->now_ms = gestures->calls->now_ms();
	if (!*error || change->reterr->outcome_unknown)
		remap_note_rollback(gestures->remap, change->event, &change->plan, change->version);
	completed = remap_complete(
		gestures->remap, change->event, &change->plan, *error, created, &cancelled);
	if (change->plan.buries)
		pthread_cond_broadcast(&gestures->changed);
	pthread_mutex_unlock(&gestures->mutex);
	if (completed < 0 && !*error)
		*error = gesture_refuse(change->reterr, -completed,
			completed == -ENOSPC
				? "there are too many temporary links: try again in a minute"
				: "out of memory");
	if (cancelled)
		gesture_tell_shown_changed(gestures, function,
			change->event->new_name ? change->event->new_name : change->event->name);
	if (!*error && *change->old_weight_name)
		gesture_tell_shown_changed(gestures, function, change->old_weight_name);
	if (!*error && change->event->through)
		gesture_tell_shown_changed(gestures, function, change->plan.alias);
}

/* The name that was moved away or removed goes at once: there is no grace. */
static int bury_at_once(struct change *change)
{
	enum lambda_status status;
	struct remap_due due;

	remap_fill_due(&change->plan.tombstone, &due);
	due.at_once = true;
	status = gesture_finish(change->gestures, change->scope, &due, change->reterr);
	if (status && change->plan.write != REMAP_WRITE_NOTHING)
		lambda_hint(change->reterr,
			"%s was written, but %s could not be removed and is still there",
			change->plan.alias, due.tombstone.name);
	return -errno_of(status, change->gesture);
}

/* Whether the target of a link that is to be held is there. Asked for afresh where it is not known (2.3.4). */
static enum lambda_status check_target(struct change *change)
{
	struct gestures *gestures = change->gestures;
	const char *function = change->event->place->function;
	struct catalog_version known;
	uint64_t version = 0, newest;
	enum lambda_status status;
	bool there = true;

	status = gesture_resolve_target(
		gestures, change->scope, function, &change->plan.target, &version, change->reterr);
	if (status || change->plan.target.kind != TARGET_VERSION)
		return status;
	status = gestures->calls->get_version(
		gestures->catalog, change->scope, function, version, &known, NULL, change->reterr);
	if (status == LAMBDA_NOT_FOUND)
		status = gestures->calls->list_versions(gestures->catalog, change->scope, function,
			version, &there, &newest, change->reterr);
	if (status || there)
		return status;
	return lambda_fail(change->reterr, LAMBDA_NOT_FOUND, "there is no version %s of %s",
		change->event->target, function);
}

static int refuse_change(struct change *change)
{
	gesture_refuse(change->reterr, change->plan.error, change->plan.sentence);
	gesture_hint_refusal(change->gestures, change->event, &change->plan, change->reterr);
	return -change->plan.error;
}

static int carry_out(struct change *change)
{
	enum lambda_status status = LAMBDA_OK;

	if (change->plan.error)
		return refuse_change(change);
	if (change->plan.check_target)
		status = check_target(change);
	else if (change->plan.write == REMAP_WRITE_EXCHANGE)
		status = exchange_aliases(change);
	else if (change->plan.write != REMAP_WRITE_NOTHING)
		status = write_alias(change);
	if (status == LAMBDA_NOT_FOUND)
		gesture_hint_target(change->gestures, change->event, &change->plan, change->reterr);
	return -errno_of(status, change->gesture);
}

static void decide_once(struct change *change)
{
	const struct remap *remap = change->gestures->remap;

	pthread_mutex_lock(&change->gestures->mutex);
	if (change->gesture == ERRNO_SYMLINK)
		remap_decide_symlink(remap, change->event, &change->plan);
	else if (change->gesture == ERRNO_RENAME)
		remap_decide_rename(remap, change->event, &change->plan);
	else
		remap_decide_unlink(remap, change->event, &change->plan);
	remap_refuse_creation(remap, change->event, &change->plan);
	remap_refuse_repeated_rollback(remap, change->event, &change->plan, change->sentence);
	pthread_mutex_unlock(&change->gestures->mutex);
}

/* Whether the plan gives what one alias is to another. What is taken from an alias itself its update compares. */
static bool copies_an_alias(const struct remap_plan *plan)
{
	return !plan->error && plan->write != REMAP_WRITE_NOTHING &&
	       plan->write != REMAP_WRITE_EXCHANGE && plan->source_kind != REMAP_SOURCE_TARGET &&
	       strcmp(plan->source, plan->alias) != 0;
}

/* An alias that is moved is read afresh, and has to be what was shown of it; then the fact is what AWS has. */
static enum lambda_status read_moved(struct change *change)
{
	struct lambda_alias alias;
	enum lambda_status status = gesture_read_unchanged(change->gestures, change->scope,
		change->event->place->function, change->event->alias, &alias, change->reterr);

	if (status)
		return status;
	lambda_alias_release(&change->alias);
	change->alias = alias;
	change->event->alias = &change->alias;
	return LAMBDA_OK;
}

/* What is to be done, with the room for it. */
static enum lambda_status decide_change(struct change *change)
{
	enum lambda_status status = LAMBDA_OK;

	decide_once(change);
	if (copies_an_alias(&change->plan)) {
		status = read_moved(change);
		if (status)
			return status;
		decide_once(change); /* whether this mount has made it depends on its revision */
	}
	pthread_mutex_lock(&change->gestures->mutex);
	remap_reserve(change->gestures->remap, &change->plan);
	pthread_mutex_unlock(&change->gestures->mutex);
	return LAMBDA_OK;
}

int gesture_change(struct gestures *gestures, const struct call_scope *scope,
	enum errno_gesture gesture, struct remap_event *event, struct gesture_written *ret_written,
	struct lambda_error *reterr)
{
	struct change change = {.gestures = gestures,
		.scope = scope,
		.gesture = gesture,
		.event = event,
		.reterr = reterr};
	enum lambda_status status;
	int error = begin_change(&change);

	if (error)
		return error;
	status = fetch_facts(&change);
	if (!status)
		status = decide_change(&change);
	if (!status) {
		error = carry_out(&change);
	} else {
		remap_decide_nothing(event, &change.plan);
		error = -errno_of(status, gesture);
	}
	complete_change(&change, &error);
	if (!error && change.plan.bury_at_once)
		error = bury_at_once(&change);
	end_all(&change);
	release_facts(&change);
	ret_written->is_written = change.plan.write != REMAP_WRITE_NOTHING;
	ret_written->version = change.version;
	return error;
}

int gesture_symlink(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_place *place, const char *name,
	const char *target, size_t *ret_target_length, struct lambda_error *reterr)
{
	struct remap_event event = {.place = place, .name = name, .target = target};
	char version[LAMBDA_VERSION_TEXT_SIZE];
	struct gesture_written written;
	int error;

	set_caller(&event, caller);
	error = gesture_change(gestures, scope, ERRNO_SYMLINK, &event, &written, reterr);
	if (error)
		return error;
	lambda_version_format(written.version, version);
	*ret_target_length = strlen(written.is_written && !place->in_version ? version : target);
	return 0;
}

int gesture_rename(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_move *move, struct lambda_error *reterr)
{
	struct remap_event event = {.place = move->from,
		.name = move->name,
		.to = move->to,
		.new_name = move->new_name,
		.flags = move->flags};
	struct gesture_written written;

	if (strcmp(move->from->function, move->to->function) != 0)
		return gesture_refuse(
			reterr, EPERM, "an alias cannot be moved to another function");
	set_caller(&event, caller);
	return gesture_change(gestures, scope, ERRNO_RENAME, &event, &written, reterr);
}

int gesture_unlink(struct gestures *gestures, const struct call_scope *scope,
	const struct caller *caller, const struct gesture_place *place, const char *name,
	struct lambda_error *reterr)
{
	struct remap_event event = {.place = place, .name = name};
	struct gesture_written written;

	set_caller(&event, caller);
	return gesture_change(gestures, scope, ERRNO_UNLINK, &event, &written, reterr);
}
