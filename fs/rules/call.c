/* SPDX-License-Identifier: MIT */
#include "fs/rules/remap.h"

#include "fs/rules/remap_private.h"

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

bool remap_routes_alike(const struct lambda_alias *one, const struct lambda_alias *other)
{
	return one->version == other->version && one->weighted_version == other->weighted_version &&
	       (!one->weighted_version || one->weight == other->weight);
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
