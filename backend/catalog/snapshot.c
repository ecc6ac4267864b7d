/* SPDX-License-Identifier: MIT */
#include "backend/catalog/snapshot.h"

#include <errno.h>

#define container_of(pointer, type, member)                                                        \
	((type *)(uintptr_t)((const char *)(pointer)-offsetof(type, member)))

struct version_set *version_set_of(const struct catalog_versions *view)
{
	return container_of(view, struct version_set, view);
}

struct alias_set *alias_set_of(const struct catalog_aliases *view)
{
	return container_of(view, struct alias_set, view);
}

struct root_set *root_set_of(const struct catalog_root *view)
{
	return container_of(view, struct root_set, view);
}

void catalog_versions_unref(const struct catalog_versions *versions)
{
	if (versions)
		snapshot_unref(&version_set_of(versions)->snapshot);
}

void catalog_aliases_unref(const struct catalog_aliases *aliases)
{
	if (aliases)
		snapshot_unref(&alias_set_of(aliases)->snapshot);
}

void catalog_root_unref(const struct catalog_root *root)
{
	if (root)
		snapshot_unref(&root_set_of(root)->snapshot);
}

/* --- versions --- */

static void version_set_destroy(struct snapshot *snapshot)
{
	struct version_set *set = container_of(snapshot, struct version_set, snapshot);
	size_t i;

	for (i = 0; i < set->view.count; i++)
		pack_unref(set->notes[i].pack);
	free(set->entries);
	free(set->notes);
	free(set);
}

struct version_set *version_set_new(size_t count)
{
	struct version_set *set = calloc(1, sizeof(*set));

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
	snapshot_init(&set->snapshot, version_set_destroy);
	set->view.entries = set->entries;
	set->view.count = count;
	return set;
}

void version_set_finish(struct version_set *set)
{
	size_t i;

	set->view.last_modified = 0;
	set->view.newest = 0;
	for (i = 0; i < set->view.count; i++) {
		const struct catalog_version *entry = &set->entries[i];

		if (entry->last_modified > set->view.last_modified)
			set->view.last_modified = entry->last_modified;
		if (entry->version != LAMBDA_VERSION_LATEST_PUBLISHED)
			set->view.newest = entry->version;
	}
}

/* The first position whose version is not below `version`. */
static size_t version_position(
	const struct catalog_version *entries, size_t count, uint64_t version)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries[middle].version < version)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t version_set_index(const struct version_set *set, uint64_t version)
{
	size_t at;

	if (!set)
		return SIZE_MAX;
	at = version_position(set->entries, set->view.count, version);
	return at < set->view.count && set->entries[at].version == version ? at : SIZE_MAX;
}

const struct catalog_version *catalog_versions_find(
	const struct catalog_versions *versions, uint64_t version)
{
	size_t at = version_position(versions->entries, versions->count, version);

	return at < versions->count && versions->entries[at].version == version
		       ? &versions->entries[at]
		       : NULL;
}

/* Copies `count` entries with their notes from one set into another. */
static void copy_versions(struct version_set *to, size_t to_at, const struct version_set *from,
	size_t from_at, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		to->entries[to_at + i] = from->entries[from_at + i];
		to->notes[to_at + i] = from->notes[from_at + i];
		pack_ref(to->notes[to_at + i].pack);
	}
}

static void inherit_versions(struct version_set *set, const struct version_set *from)
{
	if (from) {
		set->complete = from->complete;
		set->tick = from->tick;
		set->view.expires_ms = from->view.expires_ms;
		set->view.generation = from->view.generation;
	}
	version_set_finish(set);
}

struct version_set *version_set_with(const struct version_set *set,
	const struct catalog_version *version, struct pack *pack, uint64_t tick)
{
	size_t count = set ? set->view.count : 0;
	size_t at = set ? version_position(set->entries, count, version->version) : 0;
	size_t replaced = at < count && set->entries[at].version == version->version;
	struct version_set *changed = version_set_new(count + 1 - replaced);

	if (!changed)
		return NULL;
	if (set) {
		copy_versions(changed, 0, set, 0, at);
		copy_versions(changed, at + 1, set, at + replaced, count - at - replaced);
	}
	changed->entries[at] = *version;
	changed->notes[at] = (struct version_note){pack_ref(pack), tick};
	inherit_versions(changed, set);
	return changed;
}

struct version_set *version_set_without(const struct version_set *set, uint64_t version)
{
	size_t count = set->view.count;
	size_t at = version_position(set->entries, count, version);
	size_t removed = at < count && set->entries[at].version == version;
	struct version_set *changed = version_set_new(count - removed);

	if (!changed)
		return NULL;
	copy_versions(changed, 0, set, 0, at);
	copy_versions(changed, at, set, at + removed, count - at - removed);
	inherit_versions(changed, set);
	return changed;
}

static bool versions_match(const struct version_set *left, size_t left_at,
	const struct version_set *right, size_t right_at)
{
	return left->entries[left_at].version == right->entries[right_at].version &&
	       left->notes[left_at].pack->fingerprint == right->notes[right_at].pack->fingerprint;
}

bool version_sets_match(const struct version_set *left, const struct version_set *right)
{
	size_t count = left ? left->view.count : 0, i;

	if (count != (right ? right->view.count : 0))
		return false;
	for (i = 0; i < count; i++)
		if (!versions_match(left, i, right, i))
			return false;
	return true;
}

bool version_set_contains(const struct version_set *whole, const struct version_set *part)
{
	size_t count = part ? part->view.count : 0, i;

	for (i = 0; i < count; i++) {
		size_t at = version_set_index(whole, part->entries[i].version);

		if (at == SIZE_MAX || !versions_match(whole, at, part, i))
			return false;
	}
	return true;
}

/* --- functions --- */

static void root_set_destroy(struct snapshot *snapshot)
{
	struct root_set *set = container_of(snapshot, struct root_set, snapshot);
	size_t i;

	for (i = 0; i < set->view.count; i++)
		free((char *)(uintptr_t)set->entries[i].name);
	for (i = 0; i < set->view.unlistable_count; i++)
		free(set->unlistable[i]);
	free(set->unlistable);
	free(set->entries);
	free(set);
}

static int compare_items(const void *left, const void *right)
{
	return strcmp(
		((const struct root_item *)left)->name, ((const struct root_item *)right)->name);
}

struct root_set *root_set_new(
	struct root_item *items, size_t count, int64_t expires_ms, uint64_t tick)
{
	struct root_set *set = calloc(1, sizeof(*set));
	size_t i;

	if (!set)
		return NULL;
	snapshot_init(&set->snapshot, root_set_destroy);
	set->entries = calloc(count ? count : 1, sizeof(*set->entries));
	if (!set->entries) {
		free(set);
		return NULL;
	}
	qsort(items, count, sizeof(*items), compare_items);
	for (i = 0; i < count; i++) {
		char *name = strdup(items[i].name);

		if (!name) {
			snapshot_unref(&set->snapshot);
			return NULL;
		}
		set->entries[i].name = name;
		set->entries[i].last_modified = items[i].last_modified;
		if (items[i].last_modified > set->view.last_modified)
			set->view.last_modified = items[i].last_modified;
		set->view.count = i + 1;
	}
	set->view.entries = set->entries;
	set->view.expires_ms = expires_ms;
	set->tick = tick;
	return set;
}

static int compare_texts(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

int root_set_note_unlistable(struct root_set *set, char *const *names, size_t count)
{
	size_t i;

	if (!count)
		return 0;
	set->unlistable = calloc(count, sizeof(*set->unlistable));
	if (!set->unlistable)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		set->unlistable[i] = strdup(names[i]);
		if (!set->unlistable[i])
			return -ENOMEM;
		set->view.unlistable_count = i + 1;
	}
	qsort(set->unlistable, count, sizeof(*set->unlistable), compare_texts);
	set->view.unlistable = (const char *const *)set->unlistable;
	return 0;
}

bool root_sets_match(const struct root_set *left, const struct root_set *right)
{
	size_t i;

	if (!left || !right || left->view.count != right->view.count ||
		left->view.unlistable_count != right->view.unlistable_count)
		return false;
	for (i = 0; i < left->view.unlistable_count; i++)
		if (strcmp(left->unlistable[i], right->unlistable[i]))
			return false;
	for (i = 0; i < left->view.count; i++)
		if (strcmp(left->entries[i].name, right->entries[i].name) ||
			left->entries[i].last_modified != right->entries[i].last_modified)
			return false;
	return true;
}

const struct catalog_root_entry *root_set_find(const struct root_set *set, const char *name)
{
	size_t low = 0, high = set ? set->view.count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(set->entries[middle].name, name);

		if (!order)
			return &set->entries[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
