/* SPDX-License-Identifier: MIT */
/* What callers did a moment ago, as far as it decides what they mean now. */
#include <fnmatch.h>

#include "fs/rules/remap_private.h"

/* --- arrivals and births --- */

static struct remap_arrival *find_arrival_entry(struct remap *remap, pid_t thread)
{
	struct remap_arrival *set = remap->arrivals[(unsigned int)thread % REMAP_ARRIVAL_SETS];
	struct remap_arrival *oldest = &set[0];
	size_t i;

	for (i = 0; i < REMAP_ARRIVAL_WAYS; i++) {
		if (set[i].thread == thread)
			return &set[i];
		if (set[i].at_ms < oldest->at_ms)
			oldest = &set[i];
	}
	return oldest;
}

void remap_note_readlink(
	struct remap *remap, int64_t now_ms, pid_t thread, const char *function, const char *alias)
{
	struct remap_arrival *arrival;

	if (thread <= 0)
		return;
	arrival = find_arrival_entry(remap, thread);
	if (!alias) {
		if (arrival->thread == thread)
			memset(arrival, 0, sizeof(*arrival));
		return;
	}
	arrival->thread = thread;
	arrival->at_ms = now_ms;
	snprintf(arrival->function, sizeof(arrival->function), "%s", function);
	snprintf(arrival->alias, sizeof(arrival->alias), "%s", alias);
}

const char *remap_find_arrival(
	const struct remap *remap, int64_t now_ms, pid_t thread, const char *function)
{
	const struct remap_arrival *set;
	size_t i;

	if (thread <= 0)
		return NULL;
	set = remap->arrivals[(unsigned int)thread % REMAP_ARRIVAL_SETS];
	for (i = 0; i < REMAP_ARRIVAL_WAYS; i++)
		if (set[i].thread == thread && now_ms - set[i].at_ms < REMAP_ARRIVAL_MS &&
			!strcmp(set[i].function, function))
			return set[i].alias;
	return NULL;
}

void remap_note_birth(struct remap *remap, int64_t now_ms, const char *function, const char *alias,
	const char *revision_id)
{
	struct remap_birth *chosen = &remap->births[0];
	size_t i;

	for (i = 0; i < REMAP_BIRTHS; i++) {
		struct remap_birth *birth = &remap->births[i];

		if (!birth->used || now_ms - birth->at_ms >= REMAP_LOCAL_MS) {
			chosen = birth;
			break;
		}
		if (birth->at_ms < chosen->at_ms)
			chosen = birth;
	}
	chosen->used = true;
	chosen->at_ms = now_ms;
	snprintf(chosen->function, sizeof(chosen->function), "%s", function);
	snprintf(chosen->alias, sizeof(chosen->alias), "%s", alias);
	snprintf(chosen->revision_id, sizeof(chosen->revision_id), "%s", revision_id);
}

void remap_note_birth_revision(struct remap *remap, const char *function, const char *alias,
	const char *old_revision_id, const char *revision_id)
{
	size_t i;

	for (i = 0; i < REMAP_BIRTHS; i++) {
		struct remap_birth *birth = &remap->births[i];

		if (birth->used && !strcmp(birth->revision_id, old_revision_id) &&
			!strcmp(birth->alias, alias) && !strcmp(birth->function, function))
			snprintf(birth->revision_id, sizeof(birth->revision_id), "%s", revision_id);
	}
}

bool remap_was_born(const struct remap *remap, int64_t now_ms, const char *function,
	const struct lambda_alias *alias)
{
	size_t i;

	for (i = 0; i < REMAP_BIRTHS; i++) {
		const struct remap_birth *birth = &remap->births[i];

		if (birth->used && now_ms - birth->at_ms < REMAP_LOCAL_MS &&
			!strcmp(birth->revision_id, alias->revision_id) &&
			!strcmp(birth->alias, alias->name) && !strcmp(birth->function, function))
			return true;
	}
	return false;
}

bool remap_is_guarded(
	const struct remap *remap, int64_t now_ms, pid_t process, const char *function)
{
	return guard_holds(&remap->guard, now_ms, process, function);
}

bool remap_is_protected(const struct remap *remap, const char *alias)
{
	size_t i;

	for (i = 0; remap->protect[i]; i++)
		if (!fnmatch(remap->protect[i], alias, 0))
			return true;
	return false;
}
