/* SPDX-License-Identifier: MIT */
/* What changes ask of the catalog, look-ups by that, and what else the gestures share. */
#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/moves/moves.h"
#include "fs/gesture/private.h"

/* --- the catalog --- */

static enum lambda_status find_listed_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias, bool *ret_there,
	struct lambda_error *reterr)
{
	const struct catalog_aliases *aliases = NULL;
	const struct lambda_alias *known;
	enum lambda_status status = catalog_aliases_get(catalog, scope, function, &aliases, reterr);

	if (status)
		return status;
	known = catalog_aliases_find(aliases, name);
	if (known && lambda_alias_copy(known, ret_alias) < 0)
		status = lambda_fail_memory(reterr);
	*ret_there = known && !status;
	catalog_aliases_unref(aliases);
	return status;
}

static enum lambda_status list_versions(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, bool *ret_there, uint64_t *ret_newest,
	struct lambda_error *reterr)
{
	const struct catalog_versions *versions = NULL;
	enum lambda_status status =
		catalog_versions_get_afresh(catalog, scope, function, &versions, reterr);

	if (status)
		return status;
	*ret_there = catalog_versions_find(versions, version) != NULL;
	*ret_newest = versions->newest;
	catalog_versions_unref(versions);
	return LAMBDA_OK;
}

const struct gesture_calls gesture_catalog_calls = {
	.get_alias = catalog_alias_get,
	.get_alias_afresh = catalog_alias_get_afresh,
	.find_listed_alias = find_listed_alias,
	.get_version = catalog_version_get,
	.list_versions = list_versions,
	.create_alias = catalog_create_alias,
	.update_alias = catalog_update_alias,
	.delete_alias = catalog_delete_alias,
	.find_settled = moves_find_settled,
	.now_ms = clock_monotonic_ms,
};

/* --- failures, time --- */

int gesture_refuse(struct lambda_error *reterr, int error, const char *sentence)
{
	lambda_fail(reterr, LAMBDA_INVALID, "%s", sentence);
	return -error;
}

int gesture_fail_for_time(struct lambda_error *reterr)
{
	lambda_fail(
		reterr, LAMBDA_TIMED_OUT, "another change of the same alias did not end in time");
	return -ETIMEDOUT;
}

enum lambda_status gesture_fail_changed(const char *alias, const struct remap_content *seen,
	const struct lambda_alias *now, struct lambda_error *reterr)
{
	char sentence[REMAP_SENTENCE_SIZE];

	if (reterr && reterr->status != LAMBDA_REVISION_CHANGED)
		lambda_fail(reterr, LAMBDA_REVISION_CHANGED,
			now ? "%s was changed by another client"
			    : "%s was deleted by another client",
			alias);
	remap_describe_change(alias, seen, now, sentence);
	lambda_hint(reterr, "%s", sentence);
	return LAMBDA_REVISION_CHANGED;
}

void gesture_tell_shown_changed(struct gestures *gestures, const char *function, const char *name)
{
	if (gestures->options.shown_changed)
		gestures->options.shown_changed(gestures->options.callback_data, function, name);
}

struct call_scope gesture_background_scope(const struct gestures *gestures)
{
	int64_t deadline_ms = gestures->calls->now_ms() + gestures->options.mutation_timeout_ms;

	return (struct call_scope){.read_deadline_ms = deadline_ms,
		.mutation_deadline_ms = deadline_ms,
		.for_change = true};
}

int gesture_wait(struct gestures *gestures, int64_t until_ms)
{
	return condition_wait(&gestures->changed, &gestures->mutex, until_ms);
}

enum lambda_status gesture_fetch_alias(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const char *alias, struct lambda_alias *ret_alias, bool *ret_there,
	struct lambda_error *reterr)
{
	enum lambda_status status;

	*ret_there = false;
	/* A tool's random name is nothing to ask AWS for: the list shows it. */
	if (name_looks_temporary(alias, NAME_PATTERNS_ALL))
		return gestures->calls->find_listed_alias(
			gestures->catalog, scope, function, alias, ret_alias, ret_there, reterr);
	status = gestures->calls->get_alias(
		gestures->catalog, scope, function, alias, ret_alias, reterr);
	*ret_there = !status;
	return status == LAMBDA_NOT_FOUND ? LAMBDA_OK : status;
}

enum lambda_status gesture_resolve_target(struct gestures *gestures, const struct call_scope *scope,
	const char *function, const struct target *target, uint64_t *ret_version,
	struct lambda_error *reterr)
{
	struct lambda_alias alias = {0};
	enum lambda_status status;
	bool there;

	switch (target->kind) {
	case TARGET_VERSION:
		*ret_version = target->version;
		return LAMBDA_OK;
	case TARGET_ALIAS:
		status = gestures->calls->get_alias_afresh(
			gestures->catalog, scope, function, target->alias, &alias, reterr);
		if (status)
			return status;
		*ret_version = alias.version;
		lambda_alias_release(&alias);
		return LAMBDA_OK;
	case TARGET_NEWEST:
		status = gestures->calls->list_versions(
			gestures->catalog, scope, function, 0, &there, ret_version, reterr);
		if (!status && !*ret_version)
			return lambda_fail(
				reterr, LAMBDA_NOT_FOUND, "%s has no published version", function);
		return status;
	case TARGET_SETTLED:
		return gestures->calls->find_settled(gestures->options.moves, scope, function,
			target->alias, target->number, ret_version, reterr);
	default:
		return lambda_fail(reterr, LAMBDA_INVALID, "%s", target->sentence);
	}
}
