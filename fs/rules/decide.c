/* SPDX-License-Identifier: MIT */
/* What SYMLINK and UNLINK mean; RENAME is in remap_rename.c. */
#include "fs/rules/remap.h"

#include <errno.h>

#include "fs/rules/decide.h"

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

bool remap_comes_through(const struct remap *remap, const struct remap_event *event,
	const struct gesture_place *place)
{
	return !remap->strict_ln && event->caller_is_known && event->through &&
	       event->through->version == place->version &&
	       remap_shows_alias(remap, place->function, event->through);
}

void remap_bury(const struct remap *remap, const struct remap_event *event, struct remap_plan *plan,
	const struct lambda_alias *alias, bool is_weight, bool may_delete)
{
	struct remap_tombstone *tombstone = &plan->tombstone;
	int64_t grace_ms = remap->delete_grace_ms;

	if (remap_is_guarded(remap, event->now_ms, event->process, event->place->function))
		may_delete = false;
	if (!may_delete && grace_ms < REMAP_RETURN_MS)
		grace_ms = REMAP_RETURN_MS;
	plan->buries = true;
	tombstone->used = true;
	tombstone->is_weight = is_weight;
	tombstone->may_delete = may_delete;
	tombstone->unlinked = !event->new_name;
	tombstone->process = event->process;
	tombstone->made_ms = event->now_ms;
	tombstone->due_ms = event->now_ms + grace_ms;
	tombstone->asker = event->asker;
	snprintf(tombstone->function, sizeof(tombstone->function), "%s", event->place->function);
	snprintf(tombstone->alias, sizeof(tombstone->alias), "%s", alias->name);
	snprintf(tombstone->name, sizeof(tombstone->name), "%s", event->name);
	snprintf(tombstone->revision_id, sizeof(tombstone->revision_id), "%s", alias->revision_id);
	remap_get_content(alias, &tombstone->content);
	plan->bury_at_once = may_delete && grace_ms <= 0;
	if (!plan->bury_at_once && !remap_has_room_for_tombstone(remap))
		remap_refuse(plan, EBUSY, REMAP_TOO_MANY_ARE_HIDDEN);
}

/* --- SYMLINK --- */

/* toybox's name for a link that will be renamed to NAME: NAME_ and six letters or digits. */
static bool is_temporary_in_version(const struct remap_event *event)
{
	char base[REMAP_NAME_MAX + 1];
	size_t length = strlen(event->name);

	if (event->caller_names_it)
		return false;
	if (name_looks_temporary(event->name, event->name_patterns))
		return true;
	if (length <= 7 || length > REMAP_NAME_MAX || event->name[length - 7] != '_')
		return false;
	snprintf(base, sizeof(base), "%.*s", (int)length - 7, event->name);
	return target_ends_with_name(event->target, base);
}

/*
 * `ln -sf PROD 2`: a link in version 2, which nobody came to through an alias, to an alias of its own name. Or
 * `ln -sf PROD 9`, where there is no 9.
 */
static bool is_swapped(const struct remap *remap, const struct remap_event *event)
{
	const char *through =
		remap_find_arrival(remap, event->now_ms, event->thread, event->place->function);
	struct target target;
	struct name name;

	if (!event->caller_is_ln)
		return false;
	name_parse(event->name, &name);
	if (event->place->in_version && name.kind != NAME_ALIAS && name.kind != NAME_WEIGHT)
		return false;
	/* `ln -r` reads PROD itself, and makes its target of what it says. */
	if (event->place->in_version)
		return through ? !strcmp(through, event->name) &&
					 !target_ends_with_name(event->target, event->name)
			       : target_ends_with_name(event->target, event->name);
	target_parse(remap->mountpoint, event->place, event->target, &target);
	return (name.kind == NAME_VERSION || name.kind == NAME_NUMERIC) &&
	       target.kind == TARGET_ALIAS;
}

static void decide_symlink_in_version(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	bool ends_with_name = target_ends_with_name(event->target, event->name);
	struct target target;

	if (is_swapped(remap, event)) {
		remap_refuse(plan, EROFS, REMAP_VERSIONS_ARE_READ_ONLY);
		plan->is_swapped = true;
		return;
	}
	if (!remap_comes_through(remap, event, event->place) ||
		(!ends_with_name && !is_temporary_in_version(event))) {
		remap_refuse(plan, EROFS,
			REMAP_VERSIONS_ARE_READ_ONLY ": ln -sfn means the alias itself");
		return;
	}
	if (!event->caller_forces) {
		remap_refuse(plan, EEXIST, "the alias is there: ln -sfn moves it");
		return;
	}
	if (remap_find_link(remap, event->now_ms, event->place, event->name)) {
		remap_refuse(plan, EEXIST, "the link is there");
		return;
	}
	snprintf(plan->alias, sizeof(plan->alias), "%s", event->through->name);
	target_parse_through(remap->mountpoint, event->place, event->target, &target);
	if (!remap_read_target(&target, plan, EINVAL))
		return;
	if (ends_with_name) {
		plan->write = REMAP_WRITE_VERSION;
		return;
	}
	plan->local = REMAP_LOCAL_ADD;
	plan->held = true;
	plan->temporary = true;
}

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
		remap_refuse(
			plan, ENOENT, "there is no alias that could give it a part of its traffic");
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
		decide_symlink_in_version(remap, event, plan);
		return;
	}
	name_parse(event->name, &name);
	if (remap_has_failed_to_move_to(
		    remap, event->now_ms, event->process, event->place->function, event->name)) {
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
	case NAME_NEWEST:
		remap_refuse(plan, EEXIST, "the name is taken");
		break;
	default:
		remap_refuse(plan, EPERM, REMAP_NAME_CANNOT_BE);
		plan->is_swapped = is_swapped(remap, event);
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
	if (remap_has_just_failed(
		    remap, event->now_ms, event->process, function, name->alias, is_weight)) {
		snprintf(plan->alias, sizeof(plan->alias), "%s", name->alias);
		plan->alias_is_weight = is_weight;
		plan->note_refused_retry = true;
		remap_refuse(plan, EPERM, "its replacement has just failed: it stays as it was");
		return;
	}
	/* A tool that copies and removes what it could not rename (Python's shutil.move). */
	if (remap_has_failed_to_move(
		    remap, event->now_ms, event->process, function, name->alias, is_weight)) {
		remap_refuse(plan, EPERM, "moving it has just failed: it stays as it was");
		return;
	}
	remap_bury(remap, event, plan, event->alias, is_weight, true);
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
