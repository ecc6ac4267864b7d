/* SPDX-License-Identifier: MIT */
/*
 * What `ln -sf 2 PROD` without -n means (2.1). The tool follows the link and makes a link inside the version's
 * directory, 1/2: the READLINK of PROD that the same thread made a moment ago shows that PROD is meant.
 */
#include <errno.h>

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

/* The kind of such an arrival; its number is the version. Those through an alias have kind 0. */
#define ARRIVAL_SETTLED 1

void remap_note_settled_read(struct remap *remap, int64_t now_ms, pid_t thread,
	const char *function, const char *alias, uint64_t version)
{
	if (thread > 0)
		recent_note(&remap->arrivals, now_ms,
			&(struct recent_key){.kind = ARRIVAL_SETTLED,
				.process = thread,
				.function = function,
				.name = alias})
			->number = version;
}

bool remap_comes_from_settled(
	const struct remap *remap, const struct remap_event *event, const struct remap_plan *plan)
{
	const struct recent_event *arrival = recent_find(&remap->arrivals, event->now_ms,
		&(struct recent_key){.kind = ARRIVAL_SETTLED,
			.process = event->thread,
			.function = event->place->function,
			.name = plan->alias});

	return arrival && arrival->number == plan->target.version;
}

/* The alias of the function that the thread came through, NULL when it came through none. Belongs to the remap. */
static const char *find_arrival(
	const struct remap *remap, int64_t now_ms, pid_t thread, const char *function)
{
	const struct recent_event *arrival = recent_find(&remap->arrivals, now_ms,
		&(struct recent_key){.process = thread, .function = function});

	return arrival ? arrival->name : NULL;
}

const char *remap_find_through(const struct remap *remap, const struct remap_event *event)
{
	const struct remap_link *link;

	if (event->place->in_version) {
		link = remap_find_link(remap, event->now_ms, event->place, event->name);
		if (link && *link->through && event->new_name)
			return link->through;
	}
	if (event->target ? event->place->in_version : event->to && event->to->in_version)
		return find_arrival(remap, event->now_ms, event->thread, event->place->function);
	return NULL;
}

bool remap_comes_through(const struct remap *remap, const struct remap_event *event,
	const struct gesture_place *place)
{
	return !remap->strict_ln && event->caller_is_known && event->through &&
	       event->through->version == place->version &&
	       remap_shows_alias(remap, place->function, event->through);
}

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
 * `ln -sf PROD 2`: a link in version 2, which no path reached through an alias, to an alias of its own name. Or
 * `ln -sf PROD 9`, where there is no 9.
 */
bool remap_is_swapped(const struct remap *remap, const struct remap_event *event)
{
	const char *through =
		find_arrival(remap, event->now_ms, event->thread, event->place->function);
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

void remap_decide_symlink_in_version(
	const struct remap *remap, const struct remap_event *event, struct remap_plan *plan)
{
	bool ends_with_name = target_ends_with_name(event->target, event->name);
	struct target target;

	if (remap_is_swapped(remap, event)) {
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
