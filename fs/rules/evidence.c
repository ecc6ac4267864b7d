/* SPDX-License-Identifier: MIT */
/*
 * What happened a moment ago: which aliases this mount made (2.1.6, 3.0.6), whose change has just failed, after which
 * a tool goes on and would take the name away (2.4.17, 3.0.8), and which aliases were rolled back (8.2.7).
 */
#include <errno.h>

#include "backend/base/text.h"
#include "fs/rules/remap_private.h"

/* --- births: of an alias that was made a moment ago only the version is taken --- */

/* The text of such an event is the last revision that this mount wrote. */

static struct recent_event *find_birth(const struct remap *remap, int64_t now_ms,
	const char *function, const char *alias, const char *revision_id)
{
	struct recent_event *birth = recent_find(
		&remap->births, now_ms, &(struct recent_key){.function = function, .name = alias});

	return birth && !strcmp(birth->text, revision_id) ? birth : NULL;
}

void remap_note_birth(struct remap *remap, int64_t now_ms, const char *function, const char *alias,
	const char *revision_id)
{
	struct recent_event *birth = recent_note(
		&remap->births, now_ms, &(struct recent_key){.function = function, .name = alias});

	snprintf(birth->text, sizeof(birth->text), "%s", revision_id);
}

void remap_note_birth_revision(struct remap *remap, int64_t now_ms, const char *function,
	const char *alias, const char *old_revision_id, const char *revision_id)
{
	struct recent_event *birth = find_birth(remap, now_ms, function, alias, old_revision_id);

	if (birth)
		snprintf(birth->text, sizeof(birth->text), "%s", revision_id);
}

bool remap_was_born(const struct remap *remap, int64_t now_ms, const char *function,
	const struct lambda_alias *alias)
{
	return find_birth(remap, now_ms, function, alias->name, alias->revision_id) != NULL;
}

/* --- failures --- */

static struct recent_key make_key(enum remap_failure failure, pid_t process, const char *function,
	const char *name, bool is_weight)
{
	return (struct recent_key){.kind = 2 * (unsigned int)failure + is_weight,
		.process = process,
		.function = function,
		.name = name};
}

bool remap_has_failed(const struct remap *remap, const struct remap_event *event,
	enum remap_failure failure, const char *name, bool is_weight)
{
	const struct recent_key key =
		make_key(failure, event->asker.process, event->place->function, name, is_weight);

	return recent_find(&remap->failures, event->now_ms, &key);
}

void remap_note_failure(struct remap *remap, int64_t now_ms, pid_t process, const char *function,
	const char *alias, bool is_weight)
{
	const struct recent_key key =
		make_key(REMAP_FAILED_REPLACEMENT, process, function, alias, is_weight);

	if (process > 0)
		recent_note(&remap->failures, now_ms, &key);
}

void remap_forget_failure(
	struct remap *remap, pid_t process, const char *function, const char *alias, bool is_weight)
{
	const struct recent_key key =
		make_key(REMAP_FAILED_REPLACEMENT, process, function, alias, is_weight);

	recent_forget(&remap->failures, &key);
}

/* One may try several things in a name's place; who tries on and on is stopped at the removal. */
static void note_refusal(struct remap *remap, int64_t now_ms, pid_t process, const char *function,
	const char *alias, bool is_weight)
{
	const struct recent_key key =
		make_key(REMAP_FAILED_REFUSAL, process, function, alias, is_weight);

	if (process <= 0 ||
		++recent_note(&remap->failures, now_ms, &key)->number < REMAP_REFUSALS_MAX)
		return;
	recent_forget(&remap->failures, &key);
	remap_note_failure(remap, now_ms, process, function, alias, is_weight);
}

/* What is hidden and stands in the name that a tool made of it: .PROD.a1B2c3. */
static bool show_those_in(
	struct remap *remap, int64_t now_ms, pid_t process, const char *function, const char *text)
{
	bool shown = false;
	size_t i;

	for (i = 0; i < remap->tombstones_end; i++) {
		const struct remap_tombstone tombstone = remap->tombstones[i];

		if (!tombstone.used || strcmp(tombstone.function, function) != 0 ||
			!text_holds_name(text, tombstone.name))
			continue;
		remap_cancel(remap, function, tombstone.alias, tombstone.is_weight);
		note_refusal(
			remap, now_ms, process, function, tombstone.alias, tombstone.is_weight);
		shown = true;
	}
	return shown;
}

bool remap_show_again(
	struct remap *remap, int64_t now_ms, pid_t process, const char *function, const char *text)
{
	struct name name;

	name_parse(text, &name);
	if (name.kind == NAME_LOCAL)
		return show_those_in(remap, now_ms, process, function, text);
	if ((name.kind != NAME_ALIAS && name.kind != NAME_WEIGHT) ||
		!remap_cancel(remap, function, name.alias, name.kind == NAME_WEIGHT))
		return false;
	note_refusal(remap, now_ms, process, function, name.alias, name.kind == NAME_WEIGHT);
	return true;
}

void remap_note_failed_move(struct remap *remap, int64_t now_ms, pid_t process,
	const struct gesture_place *place, const char *text, const char *to_function,
	const char *new_name)
{
	struct recent_key key;
	struct name name;

	name_parse(text, &name);
	if (place->in_version || (name.kind != NAME_ALIAS && name.kind != NAME_WEIGHT) ||
		remap_find_link(remap, now_ms, place, text))
		return;
	key = make_key(
		REMAP_FAILED_MOVE, process, place->function, name.alias, name.kind == NAME_WEIGHT);
	recent_note(&remap->failures, now_ms, &key);
	if (!to_function || !strcmp(to_function, place->function))
		return;
	key = make_key(REMAP_FAILED_MOVE_TO, process, to_function, new_name, false);
	recent_note(&remap->failures, now_ms, &key);
}

/* --- roll-backs: where PROD@1 leads is another version afterwards, so a second one would undo it --- */

/* The number of such an event is the version that the alias was moved to; its text is the version that it was at. */

/* `ln -r` and `cp -aT` read PROD@1 themselves and make a link to its version. */
static bool is_rollback(
	const struct remap *remap, const struct remap_event *event, const struct remap_plan *plan)
{
	if (plan->write != REMAP_WRITE_VERSION || plan->source_kind != REMAP_SOURCE_TARGET)
		return false;
	if (plan->target.kind == TARGET_SETTLED)
		return !strcmp(plan->target.alias, plan->alias);
	return plan->target.kind == TARGET_VERSION && remap_comes_from_settled(remap, event, plan);
}

void remap_refuse_repeated_rollback(const struct remap *remap, const struct remap_event *event,
	struct remap_plan *plan, char sentence[REMAP_SENTENCE_SIZE])
{
	const struct recent_key key = {.function = event->place->function, .name = plan->alias};
	const struct lambda_alias *present = remap_find_fact(event, plan->alias);
	const struct recent_event *last = NULL;
	char version[LAMBDA_VERSION_TEXT_SIZE];

	if (!plan->error && present && is_rollback(remap, event, plan))
		last = recent_find(&remap->rollbacks, event->now_ms, &key);
	if (!last || present->version != last->number || present->weighted_version)
		return; /* none, or the alias has moved since: nothing would be undone */
	lambda_version_format(last->number, version);
	snprintf(sentence, REMAP_SENTENCE_SIZE,
		"%s was rolled back from %s to %s %lld seconds ago: once more would undo that; "
		"within "
		"10 minutes name the version",
		plan->alias, last->text, version, (long long)(event->now_ms - last->at_ms) / 1000);
	remap_refuse(plan, EPERM, sentence);
}

void remap_note_rollback(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, uint64_t version)
{
	const struct recent_key key = {.function = event->place->function, .name = plan->alias};
	const struct lambda_alias *before =
		is_rollback(remap, event, plan) ? remap_find_fact(event, plan->alias) : NULL;
	struct recent_event *last;

	if (!before)
		return;
	last = recent_note(&remap->rollbacks, event->now_ms, &key);
	last->number = version;
	lambda_version_format(before->version, last->text);
}
