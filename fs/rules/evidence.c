/* SPDX-License-Identifier: MIT */
/* What callers did a moment ago, as far as it decides what they mean now. */
#include <fnmatch.h>

#include "fs/rules/remap_private.h"

void remap_note_readlink(
	struct remap *remap, int64_t now_ms, pid_t thread, const char *function, const char *alias)
{
	if (thread <= 0)
		return;
	recent_forget(&remap->arrivals, &(struct recent_key){.process = thread});
	if (alias)
		recent_note(&remap->arrivals, now_ms,
			&(struct recent_key){
				.process = thread, .function = function, .name = alias});
}

const char *remap_find_arrival(
	const struct remap *remap, int64_t now_ms, pid_t thread, const char *function)
{
	const struct recent_event *arrival = recent_find(&remap->arrivals, now_ms,
		&(struct recent_key){.process = thread, .function = function});

	return arrival ? arrival->name : NULL;
}

/* --- births: `text` is the last revision that this mount wrote --- */

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

/* --- recursive removals --- */

bool remap_is_guarded(
	const struct remap *remap, int64_t now_ms, pid_t process, const char *function)
{
	return recent_find(&remap->guards, now_ms,
		&(struct recent_key){.process = process, .function = function});
}

bool remap_is_protected(const struct remap *remap, const char *alias)
{
	size_t i;

	for (i = 0; remap->protect[i]; i++)
		if (!fnmatch(remap->protect[i], alias, 0))
			return true;
	return false;
}
