/* SPDX-License-Identifier: MIT */
/* Whose change has just failed: a tool goes on after that, and would take the name away (2.4.17, 3.0.8). */
#include "fs/rules/remap_private.h"

enum failure {
	FAILURE_REPLACEMENT, /* by a SYMLINK or RENAME */
	FAILURE_REFUSAL,     /* of what could not replace it; `number`: how many in a row */
	FAILURE_MOVE,        /* of the alias or weight itself */
	FAILURE_MOVE_TO,     /* of an alias to another function, which the key names */
};

static struct recent_key make_key(
	enum failure failure, pid_t process, const char *function, const char *name, bool is_weight)
{
	return (struct recent_key){.kind = 2 * (unsigned int)failure + is_weight,
		.process = process,
		.function = function,
		.name = name};
}

/* --- replacements --- */

bool remap_has_just_failed(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *alias, bool is_weight)
{
	const struct recent_key key =
		make_key(FAILURE_REPLACEMENT, process, function, alias, is_weight);

	return process > 0 && recent_find(&remap->failures, now_ms, &key);
}

void remap_note_failure(struct remap *remap, int64_t now_ms, pid_t process, const char *function,
	const char *alias, bool is_weight)
{
	const struct recent_key key =
		make_key(FAILURE_REPLACEMENT, process, function, alias, is_weight);

	if (process > 0)
		recent_note(&remap->failures, now_ms, &key);
}

void remap_forget_failure(
	struct remap *remap, pid_t process, const char *function, const char *alias, bool is_weight)
{
	const struct recent_key key =
		make_key(FAILURE_REPLACEMENT, process, function, alias, is_weight);

	recent_forget(&remap->failures, &key);
}

/* One may try several things in a name's place; who tries on and on is stopped at the removal. */
static void note_refusal(struct remap *remap, int64_t now_ms, pid_t process, const char *function,
	const char *alias, bool is_weight)
{
	const struct recent_key key =
		make_key(FAILURE_REFUSAL, process, function, alias, is_weight);

	if (process <= 0 ||
		++recent_note(&remap->failures, now_ms, &key)->number < REMAP_REFUSALS_MAX)
		return;
	recent_forget(&remap->failures, &key);
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
	const struct recent_key key = make_key(FAILURE_MOVE, process, function, alias, is_weight);

	return recent_find(&remap->failures, now_ms, &key);
}

bool remap_has_failed_to_move_to(const struct remap *remap, int64_t now_ms, pid_t process,
	const char *function, const char *name)
{
	const struct recent_key key = make_key(FAILURE_MOVE_TO, process, function, name, false);

	return recent_find(&remap->failures, now_ms, &key);
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
		FAILURE_MOVE, process, place->function, name.alias, name.kind == NAME_WEIGHT);
	recent_note(&remap->failures, now_ms, &key);
	if (!to_function || !strcmp(to_function, place->function))
		return;
	key = make_key(FAILURE_MOVE_TO, process, to_function, new_name, false);
	recent_note(&remap->failures, now_ms, &key);
}
