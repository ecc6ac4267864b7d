/* SPDX-License-Identifier: MIT */
/* What the decisions have in common. */
#include "fs/rules/decide.h"

#include <errno.h>
#include <fnmatch.h>

void remap_refuse(struct remap_plan *plan, int error, const char *sentence)
{
	plan->error = error;
	plan->sentence = sentence;
}

bool remap_shows_alias(
	const struct remap *remap, const char *function, const struct lambda_alias *alias)
{
	return alias && !remap_find_tombstone(remap, function, alias->name, false);
}

bool remap_shows_weight(const struct remap *remap, const char *function, const struct name *name,
	const struct lambda_alias *alias)
{
	return alias && alias->weighted_version && alias->weight == name->weight &&
	       !remap_find_tombstone(remap, function, alias->name, true);
}

bool remap_read_target(const struct target *target, struct remap_plan *plan, int invalid)
{
	if (target->kind == TARGET_INVALID) {
		remap_refuse(plan, invalid, target->sentence);
		return false;
	}
	if (target->kind == TARGET_MISSING) {
		remap_refuse(plan, ENOENT, target->sentence);
		return false;
	}
	if (target->kind == TARGET_ALIAS && !strcmp(target->alias, plan->alias)) {
		remap_refuse(plan, invalid, "an alias cannot lead to itself");
		return false;
	}
	plan->source_kind = REMAP_SOURCE_TARGET;
	plan->target = *target;
	return true;
}

void remap_bury(const struct remap *remap, const struct remap_event *event, struct remap_plan *plan,
	const struct lambda_alias *alias, bool is_weight, bool may_delete)
{
	struct remap_tombstone *tombstone = &plan->tombstone;
	int64_t grace_ms = remap->delete_grace_ms;

	if (remap_is_guarded(remap, event->now_ms, event->asker.process, event->place->function))
		may_delete = false;
	if (!may_delete && grace_ms < REMAP_RETURN_MS)
		grace_ms = REMAP_RETURN_MS;
	plan->buries = true;
	tombstone->used = true;
	tombstone->is_weight = is_weight;
	tombstone->may_delete = may_delete;
	tombstone->unlinked = !event->new_name;
	tombstone->made_ms = event->now_ms;
	tombstone->due_ms = event->now_ms + grace_ms;
	tombstone->asker = event->asker;
	snprintf(tombstone->function, sizeof(tombstone->function), "%s", event->place->function);
	snprintf(tombstone->alias, sizeof(tombstone->alias), "%s", alias->name);
	snprintf(tombstone->name, sizeof(tombstone->name), "%s", event->name);
	snprintf(tombstone->revision_id, sizeof(tombstone->revision_id), "%s", alias->revision_id);
	remap_get_content(alias, &tombstone->content);
	plan->bury_at_once = may_delete && grace_ms <= 0;
}

bool remap_is_protected(const struct remap *remap, const char *alias)
{
	size_t i;

	for (i = 0; remap->protect[i]; i++)
		if (!fnmatch(remap->protect[i], alias, 0))
			return true;
	return false;
}
