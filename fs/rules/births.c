/* SPDX-License-Identifier: MIT */
/* Which aliases this mount made a moment ago: of such a one only the version is taken (2.1.6, 3.0.6). */
#include "fs/rules/remap_private.h"

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
