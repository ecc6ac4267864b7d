/* SPDX-License-Identifier: MIT */
#include "fs/rules/remap.h"

#include "fs/rules/remap_private.h"

static bool is_in(const char *function, const char *wanted)
{
	return !wanted || !strcmp(function, wanted);
}

/* A weight waits for its alias: when that is deleted, there is nothing left to call off. */
static bool waits_for_alias(const struct remap *remap, const struct remap_tombstone *tombstone)
{
	return tombstone->is_weight &&
	       remap_find_tombstone(remap, tombstone->function, tombstone->alias, false);
}

/* The one whose grace ends first, and when: INT64_MAX for none. */
static const struct remap_tombstone *first_tombstone(
	const struct remap *remap, const char *function, int64_t *ret_due_ms)
{
	const struct remap_tombstone *first = NULL;
	size_t i;

	*ret_due_ms = INT64_MAX;
	for (i = 0; i < remap->tombstones_end; i++) {
		const struct remap_tombstone *tombstone = &remap->tombstones[i];

		int64_t due_ms;

		if (!tombstone->used || tombstone->due_ms >= *ret_due_ms ||
			!is_in(tombstone->function, function) ||
			remap_is_busy(remap, tombstone->function, tombstone->alias) ||
			waits_for_alias(remap, tombstone))
			continue;
		due_ms = remap_end_of_grace(remap, tombstone);
		if (due_ms >= *ret_due_ms)
			continue;
		first = tombstone;
		*ret_due_ms = due_ms;
	}
	return first;
}

static bool becomes_alias(const struct remap_link *link)
{
	return link->used && link->held && !link->temporary && !link->in_version;
}

/* The held link that becomes an alias first, and when. */
static const struct remap_link *first_link(
	const struct remap *remap, const char *function, int64_t *ret_due_ms)
{
	const struct remap_link *first = NULL;
	size_t i;

	*ret_due_ms = INT64_MAX;
	for (i = 0; i < remap->links_end; i++) {
		const struct remap_link *link = &remap->links[i];

		if (!becomes_alias(link) || link->made_ms + REMAP_HELD_MS >= *ret_due_ms ||
			!is_in(link->function, function) ||
			remap_is_busy(remap, link->function, link->name))
			continue;
		first = link;
		*ret_due_ms = link->made_ms + REMAP_HELD_MS;
	}
	return first;
}

static void fill_held(
	const struct remap *remap, const struct remap_link *link, struct remap_due *ret_due)
{
	memset(ret_due, 0, sizeof(*ret_due));
	ret_due->kind = REMAP_DUE_HELD;
	ret_due->asker = link->asker;
	target_parse(remap->mountpoint, &(struct gesture_place){.function = link->function},
		link->target, &ret_due->target);
	snprintf(ret_due->function, sizeof(ret_due->function), "%s", link->function);
	snprintf(ret_due->name, sizeof(ret_due->name), "%s", link->name);
}

void remap_fill_due(const struct remap_tombstone *tombstone, struct remap_due *ret_due)
{
	memset(ret_due, 0, sizeof(*ret_due));
	ret_due->kind = REMAP_DUE_TOMBSTONE;
	ret_due->tombstone = *tombstone;
	snprintf(ret_due->function, sizeof(ret_due->function), "%s", tombstone->function);
	snprintf(ret_due->name, sizeof(ret_due->name), "%s", tombstone->alias);
}

bool remap_next_due(const struct remap *remap, int64_t now_ms, const char *function,
	struct remap_due *ret_due, int64_t *ret_next_ms)
{
	int64_t tombstone_ms, link_ms, next_ms;
	const struct remap_tombstone *tombstone = first_tombstone(remap, function, &tombstone_ms);
	const struct remap_link *link = first_link(remap, function, &link_ms);

	/* In the order of their ends: nothing waits behind what keeps coming. */
	if (link_ms < tombstone_ms)
		tombstone = NULL;
	next_ms = tombstone ? tombstone_ms : link_ms;
	if (ret_next_ms)
		*ret_next_ms = next_ms;
	if ((!tombstone && !link) || next_ms > now_ms)
		return false;
	if (!tombstone) {
		fill_held(remap, link, ret_due);
		return true;
	}
	remap_fill_due(tombstone, ret_due);
	return true;
}

bool remap_take_due(struct remap *remap, int64_t now_ms, const char *function,
	struct remap_due *ret_due, int64_t *ret_next_ms)
{
	if (!remap_next_due(remap, now_ms, function, ret_due, ret_next_ms))
		return false;
	if (remap_begin(remap, ret_due->function, ret_due->name))
		return true;
	if (ret_next_ms)
		*ret_next_ms = INT64_MAX;
	return false;
}

static const struct remap_link *find_held(
	const struct remap *remap, const char *function, const char *name)
{
	size_t i;

	for (i = 0; i < remap->links_end; i++)
		if (becomes_alias(&remap->links[i]) && !strcmp(remap->links[i].name, name) &&
			!strcmp(remap->links[i].function, function))
			return &remap->links[i];
	return NULL;
}

bool remap_is_to_be_alias(const struct remap *remap, const char *function, const char *name)
{
	return find_held(remap, function, name) != NULL;
}

bool remap_find_held(const struct remap *remap, const char *function, const char *name,
	struct remap_due *ret_due)
{
	const struct remap_link *link = find_held(remap, function, name);

	if (link)
		fill_held(remap, link, ret_due);
	return link != NULL;
}

bool remap_has_pending(const struct remap *remap, const char *function)
{
	size_t i;

	for (i = 0; i < remap->tombstones_end; i++)
		if (remap->tombstones[i].used && is_in(remap->tombstones[i].function, function))
			return true;
	for (i = 0; i < remap->links_end; i++)
		if (becomes_alias(&remap->links[i]) && is_in(remap->links[i].function, function))
			return true;
	return false;
}

size_t remap_count_pending(const struct remap *remap)
{
	size_t count = 0, i;

	for (i = 0; i < remap->tombstones_end; i++)
		count += remap->tombstones[i].used;
	for (i = 0; i < remap->links_end; i++)
		count += becomes_alias(&remap->links[i]);
	return count;
}
