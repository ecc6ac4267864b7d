/* SPDX-License-Identifier: MIT */
/* What RENAME means. */
#include <errno.h>

#include "fs/rules/remap_private.h"

#define KNOWN_FLAGS ((unsigned int)(RENAME_NOREPLACE | RENAME_EXCHANGE))

/* What a name shows. */
enum thing {
	THING_NOTHING,
	THING_LINK,
	THING_ALIAS,
	THING_WEIGHT,
};

/* One side of a RENAME. */
struct side {
	const char *text;
	struct name name;
	enum thing thing;
	const struct remap_link *link;    /* LINK */
	const struct lambda_alias *alias; /* what AWS has for the alias in the name */
};

static void look_at(const struct remap *remap, const struct remap_event *event,
	const struct gesture_place *place, const char *text, const struct lambda_alias *alias,
	struct side *side)
{
	memset(side, 0, sizeof(*side));
	side->text = text;
	side->alias = alias;
	name_parse(text, &side->name);
	side->link = remap_find_link(remap, event->now_ms, place, text);
	if (side->link)
		side->thing = THING_LINK;
	else if (side->name.kind == NAME_ALIAS && remap_shows_alias(remap, place->function, alias))
		side->thing = THING_ALIAS;
	else if (side->name.kind == NAME_WEIGHT &&
		 remap_shows_weight(remap, place->function, &side->name, alias))
		side->thing = THING_WEIGHT;
}

static bool was_born(
	const struct remap *remap, const struct remap_event *event, const struct side *from)
{
	return from->thing == THING_ALIAS &&
	       remap_was_born(remap, event->now_ms, event->place->function, from->alias);
}

/* An errno that tools report truly: mv takes EINVAL for a directory moved into itself, ln does not. */
static int invalid_target_errno(const struct remap_event *event)
{
	return event->caller_is_ln ? EINVAL : EPERM;
}

/* The alias or weight `from` goes because it has moved on. */
static void bury_source(const struct remap *remap, const struct remap_event *event,
	const struct side *from, struct remap_plan *plan)
{
	if (from->thing == THING_ALIAS && remap_is_protected(remap, from->name.alias))
		remap_refuse(plan, EPERM, REMAP_ALIAS_IS_PROTECTED);
	else
		remap_bury(remap, event, plan, from->alias, from->thing == THING_WEIGHT, true);
}

/* plan->alias gets the version that `from` leads to; a link or a weight of the same alias is used up. */
static void plan_version_from(const struct remap *remap, const struct remap_event *event,
	const struct side *from, struct remap_plan *plan)
{
	struct target target;

	plan->write = REMAP_WRITE_VERSION;
	plan->counts_as_birth = true;
	snprintf(plan->source, sizeof(plan->source), "%s", from->name.alias);
	switch (from->thing) {
	case THING_LINK:
		target_parse(remap->mountpoint, event->place, from->link->target, &target);
		if (remap_read_target(&target, plan, invalid_target_errno(event)))
			plan->local = REMAP_LOCAL_DROP;
		break;
	case THING_ALIAS:
		plan->source_kind = REMAP_SOURCE_ALIAS;
		bury_source(remap, event, from, plan);
		break;
	default:
		plan->source_kind = REMAP_SOURCE_WEIGHT;
		if (strcmp(from->name.alias, plan->alias) != 0)
			bury_source(remap, event, from, plan);
		break;
	}
}

/* RENAME onto the name of an alias. */
static void plan_onto_alias(const struct remap *remap, const struct remap_event *event,
	const struct side *from, const struct side *to, struct remap_plan *plan)
{
	bool born = was_born(remap, event, from);

	plan->replaces_link = to->thing == THING_LINK;
	if (from->thing != THING_ALIAS || (born && to->alias)) {
		plan_version_from(remap, event, from, plan);
		return;
	}
	plan->write = REMAP_WRITE_COPY;
	plan->source_kind = REMAP_SOURCE_ALIAS;
	plan->counts_as_birth = born;
	snprintf(plan->source, sizeof(plan->source), "%s", from->name.alias);
	bury_source(remap, event, from, plan);
}

/* RENAME onto the name of a weight link. */
static void plan_onto_weight(const struct remap *remap, const struct remap_event *event,
	const struct side *from, const struct side *to, struct remap_plan *plan)
{
	if (!remap_shows_alias(remap, event->place->function, to->alias)) {
		remap_refuse(plan, ENOENT,
			"no alias of that name exists that could give it a part of its traffic");
		return;
	}
	if (from->thing == THING_ALIAS && !was_born(remap, event, from)) {
		remap_refuse(plan, EPERM, "a standing alias cannot become the weight of one");
		return;
	}
	plan_version_from(remap, event, from, plan);
	plan->write = REMAP_WRITE_WEIGHT;
	plan->weight = to->name.weight;
}

static bool is_backup_of(const struct side *backup, const struct side *original)
{
	return backup->name.kind == NAME_BACKUP &&
	       backup->name.backup_of == strlen(original->text) &&
	       !strncmp(backup->text, original->text, backup->name.backup_of);
}

/* RENAME onto a name that lives in this mount only. */
static void plan_onto_local(const struct remap *remap, const struct remap_event *event,
	const struct side *from, const struct side *to, struct remap_plan *plan)
{
	if (from->thing == THING_LINK) {
		plan->local = REMAP_LOCAL_MOVE;
		return;
	}
	if (!is_backup_of(to, from)) {
		remap_refuse(
			plan, EPERM, "an alias can only be moved to a name that an alias can have");
		return;
	}
	remap_bury(remap, event, plan, from->alias, from->thing == THING_WEIGHT, false);
	plan->local = REMAP_LOCAL_ADD;
	plan->old_version =
		from->thing == THING_WEIGHT ? from->alias->weighted_version : from->alias->version;
}

/* Whether ln -b or mv -b puts its backup back, as the replacement has failed: AWS still has what it had. */
static bool puts_backup_back(const struct remap *remap, const struct remap_event *event,
	const struct side *from, const struct side *to)
{
	return from->thing == THING_LINK && is_backup_of(from, to) &&
	       remap_has_failed(remap, event, REMAP_FAILED_REPLACEMENT, to->name.alias,
		       to->name.kind == NAME_WEIGHT);
}

static void plan_onto(const struct remap *remap, const struct remap_event *event,
	const struct side *from, const struct side *to, struct remap_plan *plan)
{
	if (puts_backup_back(remap, event, from, to)) {
		plan->local = REMAP_LOCAL_DROP;
		return;
	}
	switch (to->name.kind) {
	case NAME_ALIAS:
		plan_onto_alias(remap, event, from, to, plan);
		break;
	case NAME_WEIGHT:
		plan_onto_weight(remap, event, from, to, plan);
		break;
	case NAME_LOCAL:
	case NAME_BACKUP:
		plan_onto_local(remap, event, from, to, plan);
		break;
	case NAME_ALIAS_TOO_LONG:
		remap_refuse(plan, ENAMETOOLONG, REMAP_NAME_IS_TOO_LONG);
		break;
	case NAME_WEIGHT_MALFORMED:
		remap_refuse(plan, EPERM, REMAP_WEIGHT_IS_MALFORMED);
		break;
	case NAME_SETTLED:
		remap_refuse(plan, EPERM, REMAP_SETTLED_IS_FIXED);
		break;
	default:
		remap_refuse(plan, EPERM, REMAP_NAME_CANNOT_BE);
		break;
	}
}

/* RENAME_EXCHANGE of a link and an alias: the alias moves, the link keeps where it was. */
static void plan_exchange_with_link(const struct remap *remap, const struct remap_event *event,
	const struct side *link, const struct side *alias, struct remap_plan *plan)
{
	snprintf(plan->alias, sizeof(plan->alias), "%s", alias->name.alias);
	plan_version_from(remap, event, link, plan);
	plan->local = REMAP_LOCAL_RETARGET;
	plan->old_version = alias->alias->version;
}

static void refuse_to_move_nothing(const struct side *from, struct remap_plan *plan)
{
	if (from->name.kind == NAME_ALIAS || from->name.kind == NAME_WEIGHT ||
		from->name.kind == NAME_LOCAL || from->name.kind == NAME_BACKUP)
		remap_refuse(plan, ENOENT, "the name is gone");
	else if (from->name.kind == NAME_SETTLED)
		remap_refuse(plan, EPERM, REMAP_SETTLED_IS_FIXED);
	else
		remap_refuse(plan, EPERM, "that name cannot be moved");
}

static void plan_exchange(const struct remap *remap, const struct remap_event *event,
	const struct side *from, const struct side *to, struct remap_plan *plan)
{
	if (to->thing == THING_NOTHING) {
		refuse_to_move_nothing(to, plan);
	} else if (from->thing == THING_LINK && to->thing == THING_LINK) {
		plan->local = REMAP_LOCAL_SWAP;
	} else if (from->thing == THING_LINK && to->thing == THING_ALIAS) {
		plan_exchange_with_link(remap, event, from, to, plan);
	} else if (from->thing == THING_ALIAS && to->thing == THING_LINK) {
		plan_exchange_with_link(remap, event, to, from, plan);
	} else if (from->thing == THING_ALIAS && to->thing == THING_ALIAS) {
		plan->write = REMAP_WRITE_EXCHANGE;
		snprintf(plan->alias, sizeof(plan->alias), "%s", from->name.alias);
		snprintf(plan->source, sizeof(plan->source), "%s", to->name.alias);
	} else {
		remap_refuse(plan, EPERM, "a weight cannot be exchanged");
	}
}

/* RENAME within a version: only of a tool's temporary link, to the name that its target ends with. */
static void decide_within_version(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	const struct remap_link *link =
		remap_find_link(remap, event->now_ms, event->place, event->name);
	struct target target;

	if (!link || !event->to->in_version || event->to->version != event->place->version ||
		event->flags & (unsigned int)RENAME_EXCHANGE ||
		!target_ends_with_name(link->target, event->new_name) ||
		!remap_comes_through(remap, event, event->place)) {
		remap_refuse(plan, EROFS, REMAP_VERSIONS_ARE_READ_ONLY);
		return;
	}
	snprintf(plan->alias, sizeof(plan->alias), "%s", event->through->name);
	target_parse_through(remap->mountpoint, event->place, link->target, &target);
	if (!remap_read_target(&target, plan, invalid_target_errno(event)))
		return;
	plan->write = REMAP_WRITE_VERSION;
	plan->local = REMAP_LOCAL_DROP;
}

/* RENAME from the function's directory into a version: the alias that led there is meant (2.1). */
static void decide_into_version(const struct remap *remap, const struct remap_event *event,
	const struct side *from, struct remap_plan *plan)
{
	bool moves = from->thing == THING_LINK || from->thing == THING_WEIGHT ||
		     (was_born(remap, event, from) && event->through &&
			     strcmp(from->name.alias, event->through->name) != 0);

	if (!moves || event->flags & (unsigned int)RENAME_EXCHANGE ||
		strcmp(event->name, event->new_name) != 0 ||
		!remap_comes_through(remap, event, event->to)) {
		remap_refuse(plan, EROFS, REMAP_VERSIONS_ARE_READ_ONLY);
		return;
	}
	snprintf(plan->alias, sizeof(plan->alias), "%s", event->through->name);
	plan_version_from(remap, event, from, plan);
}

static void decide_beside(const struct remap *remap, const struct remap_event *event,
	const struct side *from, struct remap_plan *plan)
{
	bool exchanges = event->flags & (unsigned int)RENAME_EXCHANGE;
	struct side to;

	look_at(remap, event, event->to, event->new_name, event->new_alias, &to);
	if (!exchanges && (to.name.kind == NAME_ALIAS || to.name.kind == NAME_WEIGHT)) {
		snprintf(plan->alias, sizeof(plan->alias), "%s", to.name.alias);
		plan->alias_is_weight = to.name.kind == NAME_WEIGHT;
	}
	if (event->flags & ~KNOWN_FLAGS)
		remap_refuse(plan, EPERM, "unknown flags");
	else if (from->thing == THING_NOTHING)
		refuse_to_move_nothing(from, plan);
	else if (exchanges)
		plan_exchange(remap, event, from, &to, plan);
	else if (event->flags & (unsigned int)RENAME_NOREPLACE && to.thing != THING_NOTHING)
		remap_refuse(plan, EEXIST, "the name is taken");
	else
		plan_onto(remap, event, from, &to, plan);
}

void remap_decide_rename(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	struct side from;

	memset(plan, 0, sizeof(*plan));
	if (event->place->in_version) {
		decide_within_version(remap, event, plan);
		return;
	}
	look_at(remap, event, event->place, event->name, event->alias, &from);
	if (event->to->in_version) {
		decide_into_version(remap, event, &from, plan);
		return;
	}
	decide_beside(remap, event, &from, plan);
}
