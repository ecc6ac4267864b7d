/* SPDX-License-Identifier: MIT */
/* Which names a change is about, and what SYMLINK and UNLINK mean; RENAME is in rename.c. */
#include <errno.h>

#include "fs/rules/remap_private.h"

/* --- which names a change is about --- */

/* The name under which changes to an alias, its weight or a link are serialised. */
static void key_of(const char *text, char key[REMAP_NAME_MAX + 1])
{
	struct name name;

	name_parse(text, &name);
	snprintf(key, REMAP_NAME_MAX + 1, "%s",
		name.kind == NAME_ALIAS || name.kind == NAME_WEIGHT ? name.alias : text);
}

static size_t add_key(char keys[REMAP_KEYS][REMAP_NAME_MAX + 1], size_t count, const char *text)
{
	char key[REMAP_NAME_MAX + 1];
	size_t i;

	key_of(text, key);
	for (i = 0; i < count; i++)
		if (!strcmp(keys[i], key))
			return count;
	memcpy(keys[count], key, sizeof(key));
	return count + 1;
}

size_t remap_name_keys(const struct remap *remap, const struct remap_event *event,
	char keys[REMAP_KEYS][REMAP_NAME_MAX + 1])
{
	const char *through = remap_find_through(remap, event);
	size_t count = 0;

	if (!event->place->in_version)
		count = add_key(keys, count, event->name);
	if (event->to && !event->to->in_version)
		count = add_key(keys, count, event->new_name);
	if (through)
		count = add_key(keys, count, through);
	return count;
}

const char *remap_find_target_text(const struct remap *remap, const struct remap_event *event)
{
	const struct remap_link *link;

	if (event->target)
		return event->target;
	if (!event->new_name)
		return NULL;
	link = remap_find_link(remap, event->now_ms, event->place, event->name);
	return link ? link->target : NULL;
}

/* Whether the alias is hidden, or held and to become one. */
static bool is_pending(const struct remap *remap, const char *function, const char *alias)
{
	return remap_find_tombstone(remap, function, alias, false) ||
	       remap_is_to_be_alias(remap, function, alias);
}

bool remap_find_dependency(const struct remap *remap, const struct remap_event *event,
	char alias[LAMBDA_ALIAS_NAME_MAX + 1])
{
	const char *function = event->place->function;
	const char *changed = event->new_name ? event->new_name : event->name;
	const char *text = remap_find_target_text(remap, event);
	struct target target;
	struct name name;

	if (!event->target && !event->new_name)
		return false;
	name_parse(changed, &name);
	if (name.kind == NAME_WEIGHT && is_pending(remap, function, name.alias)) {
		memcpy(alias, name.alias, sizeof(name.alias));
		return true;
	}
	if (!text)
		return false;
	if (event->place->in_version)
		target_parse_through(remap->mountpoint, event->place, text, &target);
	else
		target_parse(remap->mountpoint, event->place, text, &target);
	if ((target.kind != TARGET_ALIAS && target.kind != TARGET_SETTLED) ||
		!strcmp(target.alias, name.alias) || !is_pending(remap, function, target.alias))
		return false;
	memcpy(alias, target.alias, sizeof(target.alias));
	return true;
}

/* --- SYMLINK --- */

static void plan_local_link(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	plan->local = REMAP_LOCAL_ADD;
	if (remap_find_link(remap, event->now_ms, event->place, event->name))
		remap_refuse(plan, EEXIST, "the link is there");
}

/* A name that could be an alias, but looks like the random name of a tool that did not get it from a person. */
static bool is_held_back(
	const struct remap *remap, const struct remap_event *event, const struct name *name)
{
	return event->caller_is_known && !event->caller_names_it &&
	       name_looks_temporary(event->name, event->name_patterns) &&
	       !(name->kind == NAME_ALIAS &&
		       remap_find_tombstone(remap, event->place->function, name->alias, false));
}

static void plan_held_link(const struct remap *remap, const struct remap_event *event,
	const struct target *target, struct remap_plan *plan)
{
	if (target->kind == TARGET_INVALID) {
		remap_refuse(plan, EINVAL, target->sentence);
		return;
	}
	if (target->kind == TARGET_MISSING && !event->caller_is_ln) {
		remap_refuse(plan, ENOENT, target->sentence);
		return;
	}
	plan_local_link(remap, event, plan);
	plan->held = true;
	plan->temporary = event->caller_is_ln && event->name_patterns;
	/* ln would report it against the name that it renames to; a tool that renames nothing needs the error now. */
	plan->check_target = !plan->error && !plan->temporary;
	plan->target = *target;
}

static void decide_symlink_of_alias(const struct remap *remap, const struct remap_event *event,
	const struct name *name, struct remap_plan *plan)
{
	struct target target;

	target_parse(remap->mountpoint, event->place, event->target, &target);
	if (remap_find_link(remap, event->now_ms, event->place, event->name) ||
		remap_shows_alias(remap, event->place->function, event->alias)) {
		remap_refuse(plan, EEXIST, "the alias is there");
		return;
	}
	if (is_held_back(remap, event, name)) {
		plan_held_link(remap, event, &target, plan);
		return;
	}
	snprintf(plan->alias, sizeof(plan->alias), "%s", name->alias);
	if (!remap_read_target(&target, plan, EINVAL))
		return;
	plan->write = REMAP_WRITE_VERSION;
	plan->counts_as_birth = true;
}

static void decide_symlink_of_weight(const struct remap *remap, const struct remap_event *event,
	const struct name *name, struct remap_plan *plan)
{
	struct target target;

	snprintf(plan->alias, sizeof(plan->alias), "%s", name->alias);
	plan->alias_is_weight = true;
	target_parse(remap->mountpoint, event->place, event->target, &target);
	if (!remap_shows_alias(remap, event->place->function, event->alias)) {
		remap_refuse(plan, ENOENT,
			"no alias of that name exists that could give it a part of its traffic");
		return;
	}
	if (remap_shows_weight(remap, event->place->function, name, event->alias)) {
		remap_refuse(plan, EEXIST, "the weight is there");
		return;
	}
	if (!remap_read_target(&target, plan, EINVAL))
		return;
	plan->write = REMAP_WRITE_WEIGHT;
	plan->weight = name->weight;
}

void remap_decide_symlink(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	struct target target;
	struct name name;

	memset(plan, 0, sizeof(*plan));
	if (event->place->in_version) {
		remap_decide_symlink_in_version(remap, event, plan);
		return;
	}
	name_parse(event->name, &name);
	if (remap_has_failed(remap, event, REMAP_FAILED_MOVE_TO, event->name, false)) {
		remap_refuse(plan, EPERM, "an alias cannot be moved to another function");
		return;
	}
	switch (name.kind) {
	case NAME_ALIAS:
		decide_symlink_of_alias(remap, event, &name, plan);
		break;
	case NAME_WEIGHT:
		decide_symlink_of_weight(remap, event, &name, plan);
		break;
	case NAME_LOCAL:
	case NAME_BACKUP:
		plan_local_link(remap, event, plan);
		break;
	case NAME_ALIAS_TOO_LONG:
		target_parse(remap->mountpoint, event->place, event->target, &target);
		if (is_held_back(remap, event, &name))
			plan_held_link(remap, event, &target, plan);
		else
			remap_refuse(plan, ENAMETOOLONG, REMAP_NAME_IS_TOO_LONG);
		break;
	case NAME_WEIGHT_MALFORMED:
		remap_refuse(plan, EINVAL, REMAP_WEIGHT_IS_MALFORMED);
		break;
	case NAME_ALIASES:
	case NAME_FUNCTION_DOCUMENTS:
	case NAME_NEWEST:
		remap_refuse(plan, EEXIST, "the name is taken");
		break;
	case NAME_SETTLED:
		remap_refuse(plan, EPERM, REMAP_SETTLED_IS_FIXED);
		break;
	default:
		remap_refuse(plan, EPERM, REMAP_NAME_CANNOT_BE);
		plan->is_swapped = remap_is_swapped(remap, event);
		break;
	}
}

/* --- UNLINK --- */

static void decide_unlink_of_alias(const struct remap *remap, const struct remap_event *event,
	const struct name *name, struct remap_plan *plan)
{
	bool is_weight = name->kind == NAME_WEIGHT;
	const char *function = event->place->function;

	if (is_weight ? !remap_shows_weight(remap, function, name, event->alias)
		      : !remap_shows_alias(remap, function, event->alias)) {
		remap_refuse(plan, ENOENT, "the name is gone");
		return;
	}
	if (!is_weight && remap_is_protected(remap, name->alias)) {
		remap_refuse(plan, EPERM, REMAP_ALIAS_IS_PROTECTED);
		return;
	}
	/*
	 * A tool that unlinks and links again until that works (toybox cp -f) would go on for ever, since
	 * the name is back each time, and delete it when it is killed in between.
	 */
	if (remap_has_failed(remap, event, REMAP_FAILED_REPLACEMENT, name->alias, is_weight)) {
		snprintf(plan->alias, sizeof(plan->alias), "%s", name->alias);
		plan->alias_is_weight = is_weight;
		plan->note_refused_retry = true;
		remap_refuse(plan, EPERM, "its replacement has just failed: it stays as it was");
		return;
	}
	/* A tool that copies and removes what it could not rename (Python's shutil.move). */
	if (remap_has_failed(remap, event, REMAP_FAILED_MOVE, name->alias, is_weight)) {
		remap_refuse(plan, EPERM, "moving it has just failed: it stays as it was");
		return;
	}
	remap_bury(remap, event, plan, event->alias, is_weight, !event->caller_only_replaces);
}

void remap_decide_unlink(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	struct name name;

	memset(plan, 0, sizeof(*plan));
	name_parse(event->name, &name);
	if (remap_find_link(remap, event->now_ms, event->place, event->name)) {
		plan->local = REMAP_LOCAL_DROP;
		return;
	}
	if (event->place->in_version) {
		plan->note_refused_removal = true;
		remap_refuse(plan, EROFS, REMAP_VERSIONS_ARE_READ_ONLY);
		return;
	}
	if (name.kind == NAME_ALIAS || name.kind == NAME_WEIGHT)
		decide_unlink_of_alias(remap, event, &name, plan);
	else if (name.kind == NAME_NEWEST)
		remap_refuse(plan, EPERM, ".newest cannot be removed");
	else if (name.kind == NAME_SETTLED)
		remap_refuse(plan, EPERM, REMAP_SETTLED_IS_FIXED);
	else
		remap_refuse(plan, ENOENT, "the name is gone");
}

void remap_decide_nothing(const struct remap_event *event, struct remap_plan *plan)
{
	const struct gesture_place *to = event->new_name ? event->to : event->place;
	struct name name;

	memset(plan, 0, sizeof(*plan));
	name_parse(event->new_name ? event->new_name : event->name, &name);
	if (to->in_version || (!event->target && !event->new_name))
		return;
	snprintf(plan->alias, sizeof(plan->alias), "%s", name.alias);
	plan->alias_is_weight = name.kind == NAME_WEIGHT;
}

void remap_refuse_creation(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	if (remap->no_create && !plan->error && plan->write != REMAP_WRITE_NOTHING &&
		!remap_find_fact(event, plan->alias))
		remap_refuse(plan, EPERM, REMAP_NO_ALIAS_IS_MADE);
}
