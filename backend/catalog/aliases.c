/* SPDX-License-Identifier: MIT */
/* Sets of aliases (backend/catalog/snapshot.h). */
#include "backend/catalog/snapshot.h"

static void alias_set_destroy(struct snapshot *snapshot)
{
	struct alias_set *set = (struct alias_set *)snapshot;
	size_t i;

	for (i = 0; i < set->view.count; i++)
		lambda_alias_release(&set->entries[i]);
	free(set->entries);
	free(set->notes);
	free(set);
}

/* A set with room for `count` entries and none in it. */
static struct alias_set *alias_set_empty(size_t count)
{
	struct alias_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->entries = calloc(count ? count : 1, sizeof(*set->entries));
	set->notes = calloc(count ? count : 1, sizeof(*set->notes));
	if (!set->entries || !set->notes) {
		free(set->entries);
		free(set->notes);
		free(set);
		return NULL;
	}
	snapshot_init(&set->snapshot, alias_set_destroy);
	set->view.entries = set->entries;
	return set;
}

struct order {
	const struct lambda_alias *alias;
	size_t at;
};

/* By name, and of one name in the order in which they came. */
static int compare_orders(const void *left, const void *right)
{
	const struct order *a = left, *b = right;
	int names = strcmp(a->alias->name, b->alias->name);

	return names ? names : (a->at > b->at) - (a->at < b->at);
}

static void release_all(struct lambda_alias *aliases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		lambda_alias_release(&aliases[i]);
}

struct alias_set *alias_set_new(struct lambda_alias *aliases, size_t count, bool complete,
	int64_t expires_ms, uint64_t tick)
{
	cleanup(free_pointer) struct order *orders = calloc(count ? count : 1, sizeof(*orders));
	struct alias_set *set = orders ? alias_set_empty(count) : NULL;
	size_t i;

	if (!set) {
		release_all(aliases, count);
		return NULL;
	}
	for (i = 0; i < count; i++)
		orders[i] = (struct order){&aliases[i], i};
	qsort(orders, count, sizeof(*orders), compare_orders);
	for (i = 0; i < count; i++) {
		struct lambda_alias *alias = &aliases[orders[i].at];

		if (i + 1 < count && !strcmp(alias->name, orders[i + 1].alias->name)) {
			/* Keeps the name, which its neighbour is still compared with. */
			free(take_pointer(alias->description));
			continue;
		}
		set->entries[set->view.count] = *alias;
		set->notes[set->view.count++] = (struct alias_note){expires_ms, tick};
	}
	set->complete = complete;
	set->tick = tick;
	set->view.expires_ms = complete ? expires_ms : 0;
	return set;
}

static size_t alias_position(const struct alias_set *set, const char *name, bool *ret_found)
{
	size_t low = 0, high = set ? set->view.count : 0;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(set->entries[middle].name, name);

		if (!order) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t alias_set_index(const struct alias_set *set, const char *name)
{
	bool found;
	size_t at = alias_position(set, name, &found);

	return found ? at : SIZE_MAX;
}

const struct lambda_alias *catalog_aliases_find(
	const struct catalog_aliases *aliases, const char *name)
{
	size_t at = alias_set_index(alias_set_of(aliases), name);

	return at == SIZE_MAX ? NULL : &aliases->entries[at];
}

/* Appends a copy. False when out of memory. */
static bool append_copy(
	struct alias_set *set, const struct lambda_alias *alias, const struct alias_note *note)
{
	if (lambda_alias_copy(alias, &set->entries[set->view.count]))
		return false;
	set->notes[set->view.count++] = *note;
	return true;
}

static bool append_copies(
	struct alias_set *set, const struct alias_set *from, size_t first, size_t behind)
{
	size_t i;

	for (i = first; i < behind; i++)
		if (!append_copy(set, &from->entries[i], &from->notes[i]))
			return false;
	return true;
}

static void inherit_aliases(struct alias_set *set, const struct alias_set *from)
{
	if (!from)
		return;
	set->complete = from->complete;
	set->tick = from->tick;
	set->view.expires_ms = from->view.expires_ms;
	set->view.generation = from->view.generation;
}

struct alias_set *alias_set_with(const struct alias_set *set, const struct lambda_alias *alias,
	int64_t expires_ms, uint64_t tick)
{
	const struct alias_note note = {expires_ms, tick};
	size_t count = set ? set->view.count : 0, at;
	struct alias_set *changed = alias_set_empty(count + 1);
	bool found;

	if (!changed)
		return NULL;
	at = alias_position(set, alias->name, &found);
	if (!append_copies(changed, set, 0, at) || !append_copy(changed, alias, &note) ||
		!append_copies(changed, set, at + found, count)) {
		snapshot_unref(&changed->snapshot);
		return NULL;
	}
	inherit_aliases(changed, set);
	return changed;
}

struct alias_set *alias_set_without(const struct alias_set *set, const char *name)
{
	struct alias_set *changed = alias_set_empty(set->view.count);
	bool found;
	size_t at;

	if (!changed)
		return NULL;
	at = alias_position(set, name, &found);
	if (!append_copies(changed, set, 0, at) ||
		!append_copies(changed, set, at + found, set->view.count)) {
		snapshot_unref(&changed->snapshot);
		return NULL;
	}
	inherit_aliases(changed, set);
	return changed;
}

static bool aliases_match(const struct lambda_alias *left, const struct lambda_alias *right)
{
	return !strcmp(left->name, right->name) && left->version == right->version &&
	       left->weighted_version == right->weighted_version && left->weight == right->weight &&
	       !strcmp(left->revision_id, right->revision_id) &&
	       !strcmp(left->description, right->description);
}

bool alias_sets_match(const struct alias_set *left, const struct alias_set *right)
{
	size_t count = left ? left->view.count : 0, i;

	if (count != (right ? right->view.count : 0))
		return false;
	for (i = 0; i < count; i++)
		if (!aliases_match(&left->entries[i], &right->entries[i]))
			return false;
	return true;
}

bool alias_set_contains(const struct alias_set *whole, const struct alias_set *part)
{
	size_t count = part ? part->view.count : 0, i;

	for (i = 0; i < count; i++) {
		size_t at = alias_set_index(whole, part->entries[i].name);

		if (at == SIZE_MAX || !aliases_match(&whole->entries[at], &part->entries[i]))
			return false;
	}
	return true;
}
