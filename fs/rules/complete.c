/* SPDX-License-Identifier: MIT */
/* How a plan ended: what is hidden, shown and remembered from then on. */
#include "fs/rules/remap_private.h"

/* A tombstone is taken back, and a link that was on its way is no more than that. True: it was. */
static bool take_back(
	struct remap *remap, const struct remap_event *event, const struct remap_plan *plan)
{
	const char *function = event->place->function;
	struct remap_link *link = NULL;

	if (event->new_name)
		link = remap_find_link_for_change(remap, event->now_ms, event->place, event->name);
	if (link)
		link->temporary = true;
	if (plan->note_refused_retry)
		remap_forget_failure(
			remap, event->asker.process, function, plan->alias, plan->alias_is_weight);
	if (!*plan->alias || !remap_cancel(remap, function, plan->alias, plan->alias_is_weight))
		return false;
	remap_note_failure(remap, event->now_ms, event->asker.process, function, plan->alias,
		plan->alias_is_weight);
	return true;
}

/* What was written is no longer hidden, and what was created is remembered. */
static void note_success(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, const struct lambda_alias *created)
{
	const char *function = event->place->function;

	if (plan->write == REMAP_WRITE_VERSION || plan->write == REMAP_WRITE_COPY)
		remap_cancel(remap, function, plan->alias, false);
	if (plan->write != REMAP_WRITE_NOTHING)
		remap_cancel(remap, function, plan->alias, true);
	if (plan->write == REMAP_WRITE_EXCHANGE)
		remap_cancel(remap, function, plan->source, true);
	if (created && plan->counts_as_birth)
		remap_note_birth(
			remap, event->now_ms, function, created->name, created->revision_id);
	if (plan->replaces_link)
		remap_drop_held(remap, event->now_ms, function, event->new_name, NULL);
}

int remap_complete(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, int result, const struct lambda_alias *created,
	bool *ret_cancelled)
{
	bool cancelled = false;
	int r = 0;

	if (plan->reserves)
		remap->reserved--;
	if (plan->note_refused_removal)
		remap_note_refused_removal(
			remap, event->now_ms, event->asker.process, event->place->function);
	if (result < 0) {
		cancelled = take_back(remap, event, plan);
	} else {
		note_success(remap, event, plan, created);
		r = remap_change_links(remap, event, plan);
		if (!r && plan->buries && !plan->bury_at_once)
			remap_bury_tombstone(remap, event->now_ms, &plan->tombstone);
	}
	if (ret_cancelled)
		*ret_cancelled = cancelled;
	return r;
}
