/* SPDX-License-Identifier: MIT */
/* How a plan ended: what is hidden, shown and remembered from then on. */
#include "fs/rules/remap_private.h"

/* A tombstone is taken back, and a link that was on its way is no more than that. True: it was. */
static bool take_back(struct remap *remap, int64_t now_ms, const struct remap_plan *plan)
{
	struct remap_link *link = NULL;

	if (plan->new_name && plan->name)
		link = remap_find_link_for_change(remap, now_ms, plan->place, plan->name);
	if (link)
		link->temporary = true;
	if (plan->note_refused_retry)
		remap_forget_failure(remap, plan);
	if (!*plan->alias ||
		!remap_cancel(remap, plan->place->function, plan->alias, plan->alias_is_weight))
		return false;
	remap_note_failure(remap, now_ms, plan->process, plan->place->function, plan->alias,
		plan->alias_is_weight);
	return true;
}

int remap_complete(struct remap *remap, int64_t now_ms, const struct remap_plan *plan, int result,
	bool created, bool *ret_cancelled)
{
	const char *function = plan->place->function;
	bool cancelled = false;
	int r = 0;

	if (plan->reserves)
		remap->reserved--;
	if (result < 0) {
		cancelled = take_back(remap, now_ms, plan);
	} else {
		if (plan->write == REMAP_WRITE_VERSION || plan->write == REMAP_WRITE_COPY)
			remap_cancel(remap, function, plan->alias, false);
		if (plan->write != REMAP_WRITE_NOTHING)
			remap_cancel(remap, function, plan->alias, true);
		if (plan->write == REMAP_WRITE_EXCHANGE)
			remap_cancel(remap, function, plan->source, true);
		if (created && plan->counts_as_birth)
			remap_note_birth(remap, now_ms, function, plan->alias, plan->revision_id);
		if (plan->replaces_link)
			remap_drop_held(remap, now_ms, function, plan->new_name, NULL);
		r = remap_change_links(remap, now_ms, plan);
		if (r == 0 && plan->buries && !plan->bury_at_once)
			remap_bury_tombstone(remap, now_ms, &plan->tombstone);
	}
	if (ret_cancelled)
		*ret_cancelled = cancelled;
	return r;
}
