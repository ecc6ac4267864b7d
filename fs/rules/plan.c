/* SPDX-License-Identifier: MIT */
/* Carrying out a plan: it reserves room, forms the calls, and at its end updates the links, tombstones and births. */
#include <errno.h>

#include "fs/rules/remap_private.h"

void remap_reserve(struct remap *remap, struct remap_plan *plan)
{
	if (plan->error || !plan->buries || plan->bury_at_once)
		return;
	if (!remap_has_room_for_tombstone(remap)) {
		remap_refuse(plan, EBUSY, REMAP_TOO_MANY_ARE_HIDDEN);
		return;
	}
	plan->reserves = true;
	remap->reserved++;
}

/* --- calls --- */

/* What was shown when the name was hidden; NULL when it is not. */
static const struct remap_tombstone *find_hidden(
	const struct remap *remap, const char *function, const char *alias)
{
	const struct remap_tombstone *tombstone =
		remap_find_tombstone(remap, function, alias, false);

	return tombstone ? tombstone : remap_find_tombstone(remap, function, alias, true);
}

/* The revision that the change was decided on: what was shown when the name was hidden, else what is known now. */
static const char *find_revision(
	const struct remap *remap, const char *function, const struct lambda_alias *current)
{
	const struct remap_tombstone *tombstone = find_hidden(remap, function, current->name);

	return tombstone ? tombstone->revision_id : current->revision_id;
}

void remap_find_base(const struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, const struct lambda_alias *current,
	struct remap_content *ret_base)
{
	const struct remap_tombstone *tombstone =
		find_hidden(remap, event->place->function, plan->alias);

	if (tombstone)
		*ret_base = tombstone->content;
	else
		remap_get_content(current, ret_base);
}

enum remap_call remap_form_call(const struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, uint64_t version, const struct lambda_alias *current,
	const struct lambda_alias *source, struct lambda_alias *ret_wanted,
	bool *ret_with_description)
{
	static char no_description[] = "";
	struct lambda_alias wanted = {.version = version};
	bool with_description = plan->write == REMAP_WRITE_COPY;

	if (plan->write == REMAP_WRITE_NOTHING)
		return REMAP_CALL_NOTHING;
	snprintf(wanted.name, sizeof(wanted.name), "%s", plan->alias);
	wanted.description = current ? current->description : no_description;
	if (plan->write == REMAP_WRITE_COPY) {
		wanted.version = source->version;
		wanted.weighted_version = source->weighted_version;
		wanted.weight = source->weight;
		wanted.description = source->description;
	} else if (plan->write == REMAP_WRITE_WEIGHT && current) {
		wanted.version = current->version;
		wanted.weighted_version = version;
		wanted.weight = plan->weight;
	}
	if (current)
		snprintf(wanted.revision_id, sizeof(wanted.revision_id), "%s",
			find_revision(remap, event->place->function, current));
	*ret_wanted = wanted;
	*ret_with_description = with_description;
	if (!current)
		return REMAP_CALL_CREATE;
	if (remap_routes_alike(&wanted, current) &&
		(!with_description || !strcmp(wanted.description, current->description)))
		return REMAP_CALL_CONFIRM;
	return REMAP_CALL_UPDATE;
}

/* --- the end --- */

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
		remap_drop_link(remap, function, event->new_name);
}

int remap_complete(struct remap *remap, const struct remap_event *event,
	const struct remap_plan *plan, int result, const struct lambda_alias *created,
	bool *ret_cancelled)
{
	bool cancelled = false;
	int error = 0;

	if (plan->reserves)
		remap->reserved--;
	if (plan->note_refused_removal)
		remap_note_refused_removal(
			remap, event->now_ms, event->asker.process, event->place->function);
	if (result < 0) {
		cancelled = take_back(remap, event, plan);
	} else {
		note_success(remap, event, plan, created);
		error = remap_change_links(remap, event, plan);
		if (!error && plan->buries && !plan->bury_at_once)
			remap_bury_tombstone(remap, event->now_ms, &plan->tombstone);
	}
	if (ret_cancelled)
		*ret_cancelled = cancelled;
	return error;
}

void remap_drop_held(struct remap *remap, int64_t now_ms, const char *function, const char *name,
	const char *revision_id)
{
	remap_drop_link(remap, function, name);
	if (revision_id)
		remap_note_birth(remap, now_ms, function, name, revision_id);
}

static bool says_the_same(const struct remap_content *one, const struct remap_content *other)
{
	return one->version == other->version && one->weighted_version == other->weighted_version &&
	       one->weight == other->weight && !strcmp(one->description, other->description);
}

void remap_note_write(struct remap *remap, int64_t now_ms, const char *function,
	const struct remap_content *base, const struct lambda_alias *written,
	const char *revision_id)
{
	const struct remap_tombstone *found =
		remap_find_tombstone(remap, function, written->name, true);

	if (found && says_the_same(&found->content, base)) {
		struct remap_tombstone *tombstone = &remap->tombstones[found - remap->tombstones];

		snprintf(tombstone->revision_id, sizeof(tombstone->revision_id), "%s", revision_id);
		remap_get_content(written, &tombstone->content);
	}
	remap_note_birth_revision(
		remap, now_ms, function, written->name, written->revision_id, revision_id);
}
