/* SPDX-License-Identifier: MIT */
/* The state: links, hidden names, and names that are busy. */
#include <errno.h>

#include "fs/rules/remap_private.h"

struct remap *remap_new(const struct remap_options *options)
{
	cleanup(remap_free_pointer) struct remap *remap = calloc(1, sizeof(*remap));

	if (!remap)
		return NULL;
	remap->mountpoint = strdup(options->mountpoint);
	remap->protect = options->protect ? strdup(options->protect) : NULL;
	remap->delete_grace_ms = options->delete_grace_ms;
	remap->strict_ln = options->strict_ln;
	remap->no_create = options->no_create;
	if (!remap->mountpoint || (options->protect && !remap->protect) ||
		recent_init(&remap->arrivals, REMAP_ARRIVALS, REMAP_ARRIVAL_MS) ||
		recent_init(&remap->births, REMAP_BIRTHS, REMAP_LOCAL_MS) ||
		recent_init(&remap->failures, REMAP_FAILURES, REMAP_RETRY_MS) ||
		recent_init(&remap->rollbacks, REMAP_ROLLBACKS, REMAP_ROLLBACK_MS) ||
		recent_init(&remap->guards, REMAP_GUARDS, REMAP_GUARD_MS))
		return NULL;
	return take_pointer(remap);
}

void remap_free(struct remap *remap)
{
	size_t i;

	if (!remap)
		return;
	for (i = 0; i < REMAP_LINKS; i++)
		free(remap->links[i].target);
	free(remap->protect);
	free(remap->mountpoint);
	recent_release(&remap->arrivals);
	recent_release(&remap->births);
	recent_release(&remap->failures);
	recent_release(&remap->rollbacks);
	recent_release(&remap->guards);
	free(remap);
}

/* --- links --- */

static bool is_link_alive(const struct remap_link *link, int64_t now_ms)
{
	return link->used && now_ms - link->made_ms < REMAP_LOCAL_MS;
}

static bool is_link_at(
	const struct remap_link *link, const struct gesture_place *place, const char *name)
{
	return link->in_version == place->in_version &&
	       (!place->in_version || link->version == place->version) &&
	       !strcmp(link->name, name) && !strcmp(link->function, place->function);
}

const struct remap_link *remap_find_link(const struct remap *remap, int64_t now_ms,
	const struct gesture_place *place, const char *name)
{
	size_t i;

	for (i = 0; i < remap->links_end; i++)
		if (is_link_alive(&remap->links[i], now_ms) &&
			is_link_at(&remap->links[i], place, name))
			return &remap->links[i];
	return NULL;
}

struct remap_link *remap_find_link_for_change(
	struct remap *remap, int64_t now_ms, const struct gesture_place *place, const char *name)
{
	const struct remap_link *link = remap_find_link(remap, now_ms, place, name);

	return link ? &remap->links[link - remap->links] : NULL;
}

static void drop_link(struct remap_link *link)
{
	free(link->target);
	memset(link, 0, sizeof(*link));
}

static void trim_links(struct remap *remap)
{
	while (remap->links_end && !remap->links[remap->links_end - 1].used)
		remap->links_end--;
}

/* A free entry; those whose time is over are free. */
static struct remap_link *find_room_for_link(struct remap *remap, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < REMAP_LINKS; i++) {
		struct remap_link *link = &remap->links[i];

		if (is_link_alive(link, now_ms))
			continue;
		drop_link(link);
		if (i >= remap->links_end)
			remap->links_end = i + 1;
		return link;
	}
	return NULL;
}

static int add_link(
	struct remap *remap, const struct remap_event *event, const struct remap_plan *plan)
{
	const char *name = event->new_name ? event->new_name : event->name;
	struct remap_link *link =
		remap_find_link_for_change(remap, event->now_ms, event->place, name);
	char version[LAMBDA_VERSION_TEXT_SIZE];
	char *target;

	lambda_version_format(plan->old_version, version);
	if (!link)
		link = find_room_for_link(remap, event->now_ms);
	if (!link)
		return -ENOSPC;
	target = strdup(event->target ? event->target : version);
	if (!target)
		return -ENOMEM;
	drop_link(link);
	link->used = true;
	link->held = plan->held;
	link->temporary = plan->temporary;
	link->in_version = event->place->in_version;
	link->version = event->place->version;
	link->made_ms = event->now_ms;
	link->asker = event->asker;
	link->target = target;
	snprintf(link->function, sizeof(link->function), "%s", event->place->function);
	snprintf(link->name, sizeof(link->name), "%s", name);
	if (event->place->in_version)
		snprintf(link->through, sizeof(link->through), "%s", event->through->name);
	return 0;
}

static int retarget_link(struct remap_link *link, int64_t now_ms, uint64_t version)
{
	char text[LAMBDA_VERSION_TEXT_SIZE];
	char *target;

	lambda_version_format(version, text);
	target = strdup(text);
	if (!target)
		return -ENOMEM;
	free(link->target);
	link->target = target;
	link->made_ms = now_ms;
	return 0;
}

static void move_link(
	struct remap_link *link, struct remap_link *replaced, int64_t now_ms, const char *new_name)
{
	if (replaced && replaced != link)
		drop_link(replaced);
	snprintf(link->name, sizeof(link->name), "%s", new_name);
	link->held = false;
	link->made_ms = now_ms;
}

int remap_change_links(
	struct remap *remap, const struct remap_event *event, const struct remap_plan *plan)
{
	const struct gesture_place *place = event->place;
	struct remap_link *link, *other = NULL;
	char *target;

	if (plan->local == REMAP_LOCAL_NOTHING)
		return 0;
	if (plan->local == REMAP_LOCAL_ADD)
		return add_link(remap, event, plan);
	link = remap_find_link_for_change(remap, event->now_ms, place, event->name);
	if (event->new_name)
		other = remap_find_link_for_change(remap, event->now_ms, place, event->new_name);
	if (plan->local == REMAP_LOCAL_RETARGET && !link)
		link = other;
	if (!link)
		return 0; /* its minute ended meanwhile */
	switch (plan->local) {
	case REMAP_LOCAL_DROP:
		drop_link(link);
		trim_links(remap);
		break;
	case REMAP_LOCAL_MOVE:
		move_link(link, other, event->now_ms, event->new_name);
		break;
	case REMAP_LOCAL_SWAP:
		if (other) {
			target = link->target;
			link->target = other->target;
			other->target = target;
		}
		break;
	case REMAP_LOCAL_RETARGET:
		return retarget_link(link, event->now_ms, plan->old_version);
	default:
		break;
	}
	return 0;
}

void remap_drop_link(struct remap *remap, const char *function, const char *name)
{
	const struct gesture_place place = {.function = function};
	size_t i;

	for (i = 0; i < remap->links_end; i++)
		if (remap->links[i].used && is_link_at(&remap->links[i], &place, name))
			drop_link(&remap->links[i]);
	trim_links(remap);
}

/* --- tombstones --- */

const struct remap_tombstone *remap_find_tombstone(
	const struct remap *remap, const char *function, const char *alias, bool is_weight)
{
	size_t i;

	for (i = 0; i < remap->tombstones_end; i++) {
		const struct remap_tombstone *tombstone = &remap->tombstones[i];

		if (tombstone->used && tombstone->is_weight == is_weight &&
			!strcmp(tombstone->alias, alias) && !strcmp(tombstone->function, function))
			return tombstone;
	}
	return NULL;
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

bool remap_copy_tombstones(const struct remap *remap, const char *function,
	struct remap_tombstone **ret_tombstones, size_t *ret_count)
{
	struct remap_tombstone *copies = NULL;
	size_t count = 0, i;

	if (remap->tombstones_end) {
		copies = calloc(remap->tombstones_end, sizeof(*copies));
		if (!copies)
			return false;
	}
	for (i = 0; i < remap->tombstones_end; i++)
		if (remap->tombstones[i].used && !strcmp(remap->tombstones[i].function, function))
			copies[count++] = remap->tombstones[i];
	*ret_tombstones = copies;
	*ret_count = count;
	return true;
}

bool remap_has_room_for_tombstone(const struct remap *remap)
{
	size_t taken = remap->reserved, i;

	for (i = 0; i < remap->tombstones_end; i++)
		taken += remap->tombstones[i].used;
	return taken < REMAP_TOMBSTONES;
}

bool remap_cancel(struct remap *remap, const char *function, const char *alias, bool is_weight)
{
	const struct remap_tombstone *tombstone =
		remap_find_tombstone(remap, function, alias, is_weight);

	if (!tombstone)
		return false;
	memset(&remap->tombstones[tombstone - remap->tombstones], 0, sizeof(*tombstone));
	while (remap->tombstones_end && !remap->tombstones[remap->tombstones_end - 1].used)
		remap->tombstones_end--;
	return true;
}

/* Its grace begins now, however long it took to find out what the removal is about. */
void remap_bury_tombstone(
	struct remap *remap, int64_t now_ms, const struct remap_tombstone *tombstone)
{
	size_t i;

	remap_cancel(remap, tombstone->function, tombstone->alias, tombstone->is_weight);
	for (i = 0; i < REMAP_TOMBSTONES; i++)
		if (!remap->tombstones[i].used) {
			remap->tombstones[i] = *tombstone;
			remap->tombstones[i].used = true;
			remap->tombstones[i].made_ms = now_ms;
			remap->tombstones[i].due_ms += now_ms - tombstone->made_ms;
			if (i >= remap->tombstones_end)
				remap->tombstones_end = i + 1;
			return;
		}
}

void remap_drop_tombstone(struct remap *remap, const struct remap_tombstone *tombstone, bool gone)
{
	remap_cancel(remap, tombstone->function, tombstone->alias, tombstone->is_weight);
	if (gone && !tombstone->is_weight)
		remap_cancel(remap, tombstone->function, tombstone->alias, true);
}

/* --- busy names --- */

/* Its place in the table; busy_count: it is not there. */
static size_t find_busy(const struct remap *remap, const char *function, const char *name)
{
	size_t i = 0;

	while (i < remap->busy_count && (strcmp(remap->busy[i].name, name) != 0 ||
						strcmp(remap->busy[i].function, function) != 0))
		i++;
	return i;
}

bool remap_is_busy(const struct remap *remap, const char *function, const char *name)
{
	return find_busy(remap, function, name) < remap->busy_count;
}

bool remap_begin(struct remap *remap, const char *function, const char *name)
{
	struct remap_busy_name *busy = &remap->busy[remap->busy_count];

	if (remap->busy_count == REMAP_BUSY || remap_is_busy(remap, function, name))
		return false;
	snprintf(busy->function, sizeof(busy->function), "%s", function);
	snprintf(busy->name, sizeof(busy->name), "%s", name);
	remap->busy_count++;
	return true;
}

void remap_end(struct remap *remap, const char *function, const char *name)
{
	size_t i = find_busy(remap, function, name);

	if (i < remap->busy_count)
		remap->busy[i] = remap->busy[--remap->busy_count];
}

void remap_count(const struct remap *remap, size_t *ret_links, size_t *ret_tombstones)
{
	size_t i;

	*ret_links = *ret_tombstones = 0;
	for (i = 0; i < remap->links_end; i++)
		*ret_links += remap->links[i].used;
	for (i = 0; i < remap->tombstones_end; i++)
		*ret_tombstones += remap->tombstones[i].used;
}
