/* SPDX-License-Identifier: MIT */
/* Whose change has just failed: a tool goes on after that, and would take the name away (2.4.17, 3.0.8). */
#include "fs/rules/remap_private.h"

static struct remap_failure *find_failure(struct remap *remap, pid_t process, const char *function,
	const char *alias, bool is_weight, enum remap_failure_kind kind)
{
	size_t i;

	for (i = 0; i < REMAP_FAILURES; i++) {
		struct remap_failure *failure = &remap->failures[i];

		if (failure->process == process && failure->is_weight == is_weight &&
			failure->kind == kind && !strcmp(failure->alias, alias) &&
			!strcmp(failure->function, function))
			return failure;
	}
	return NULL;
}

static bool has_failed(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *alias, bool is_weight, enum remap_failure_kind kind)
{
	size_t i;

	for (i = 0; i < REMAP_FAILURES; i++) {
		const struct remap_failure *failure = &remap->failures[i];

		if (failure->process == process && failure->is_weight == is_weight &&
			failure->kind == kind && !strcmp(failure->alias, alias) &&
			!strcmp(failure->function, function))
			return now_ms - failure->at_ms < REMAP_RETRY_MS;
	}
	return false;
}

/* The entry for a failure, found or made; the oldest gives way. */
static struct remap_failure *note(struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *alias, bool is_weight, enum remap_failure_kind kind)
{
	struct remap_failure *chosen =
		find_failure(remap, process, function, alias, is_weight, kind);
	size_t i;

	if (!chosen) {
		chosen = &remap->failures[0];
		for (i = 1; i < REMAP_FAILURES; i++)
			if (remap->failures[i].at_ms < chosen->at_ms)
				chosen = &remap->failures[i];
	}
	memset(chosen, 0, sizeof(*chosen));
	chosen->process = process;
	chosen->at_ms = now_ms;
	chosen->is_weight = is_weight;
	chosen->kind = kind;
	snprintf(chosen->function, sizeof(chosen->function), "%s", function);
	snprintf(chosen->alias, sizeof(chosen->alias), "%s", alias);
	return chosen;
}

/* --- replacements --- */

bool remap_has_just_failed(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *alias, bool is_weight)
{
	return process > 0 && has_failed(remap, now_ms, process, function, alias, is_weight,
				      REMAP_FAILURE_REPLACEMENT);
}

void remap_note_failure(struct remap *remap, int64_t now_ms, pid_t process, const char *function,
	const char *alias, bool is_weight)
{
	if (process > 0)
		note(remap, now_ms, process, function, alias, is_weight, REMAP_FAILURE_REPLACEMENT);
}

void remap_forget_failure(struct remap *remap, const struct remap_plan *plan)
{
	struct remap_failure *failure = find_failure(remap, plan->process, plan->place->function,
		plan->alias, plan->alias_is_weight, REMAP_FAILURE_REPLACEMENT);

	if (failure)
		memset(failure, 0, sizeof(*failure));
}

/* One may try several things in a name's place; who tries on and on is stopped at the removal. */
static void note_refusal(struct remap *remap, int64_t now_ms, pid_t process, const char *function,
	const char *alias, bool is_weight)
{
	struct remap_failure *refusal =
		find_failure(remap, process, function, alias, is_weight, REMAP_FAILURE_REFUSAL);
	unsigned int count = 1;

	if (process <= 0)
		return;
	if (refusal && now_ms - refusal->at_ms < REMAP_RETRY_MS)
		count += refusal->count;
	refusal = note(remap, now_ms, process, function, alias, is_weight, REMAP_FAILURE_REFUSAL);
	refusal->count = count;
	if (count < REMAP_REFUSALS_MAX)
		return;
	refusal->count = 0;
	remap_note_failure(remap, now_ms, process, function, alias, is_weight);
}

bool remap_show_again(
	struct remap *remap, int64_t now_ms, pid_t process, const char *function, const char *text)
{
	struct name name;

	name_parse(text, &name);
	if ((name.kind != NAME_ALIAS && name.kind != NAME_WEIGHT) ||
		!remap_cancel(remap, function, name.alias, name.kind == NAME_WEIGHT))
		return false;
	note_refusal(remap, now_ms, process, function, name.alias, name.kind == NAME_WEIGHT);
	return true;
}

/* --- moves --- */

bool remap_has_failed_to_move(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *alias, bool is_weight)
{
	return has_failed(remap, now_ms, process, function, alias, is_weight, REMAP_FAILURE_MOVE);
}

bool remap_has_failed_to_move_to(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *name)
{
	size_t i;

	for (i = 0; i < REMAP_FAILURES; i++) {
		const struct remap_failure *failure = &remap->failures[i];

		if (failure->kind == REMAP_FAILURE_MOVE && failure->process == process &&
			now_ms - failure->at_ms < REMAP_RETRY_MS &&
			!strcmp(failure->to_name, name) && !strcmp(failure->to_function, function))
			return true;
	}
	return false;
}

void remap_note_failed_move(struct remap *remap, int64_t now_ms, pid_t process,
	const struct gesture_place *place, const char *text, const char *to_function,
	const char *new_name)
{
	struct remap_failure *failure;
	struct name name;

	name_parse(text, &name);
	if (place->in_version || (name.kind != NAME_ALIAS && name.kind != NAME_WEIGHT) ||
		remap_find_link(remap, now_ms, place, text))
		return;
	failure = note(remap, now_ms, process, place->function, name.alias,
		name.kind == NAME_WEIGHT, REMAP_FAILURE_MOVE);
	if (!to_function || !strcmp(to_function, place->function))
		return;
	snprintf(failure->to_function, sizeof(failure->to_function), "%s", to_function);
	snprintf(failure->to_name, sizeof(failure->to_name), "%s", new_name);
}
