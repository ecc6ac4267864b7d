/* SPDX-License-Identifier: MIT */
#include "backend/catalog/snapshot.h"

#include <errno.h>

struct shared_text {
	atomic_uint references;
	char text[];
};

/* A text that is counted, as value of an entry, with one reference. NULL when out of memory. */
static struct shared_text *shared_text_new(const char *text)
{
	size_t size = strlen(text) + 1;
	struct shared_text *shared = malloc(sizeof(*shared) + size);

	if (!shared)
		return NULL;
	atomic_init(&shared->references, 1);
	memcpy(shared->text, text, size);
	return shared;
}

static void shared_text_unref(void *value)
{
	struct shared_text *shared = value;

	if (atomic_fetch_sub(&shared->references, 1) == 1)
		free(shared);
}

/* The set that a view is a part of. */
static struct keyed_set *set_of_view(const void *view)
{
	return (struct keyed_set *)((uintptr_t)view - offsetof(struct keyed_set, versions));
}

/* --- versions --- */

static struct keyed_key version_key(const void *entry)
{
	return key_of_version(((const struct catalog_version *)entry)->version);
}

static bool versions_same(
	const void *left, const void *left_value, const void *right, const void *right_value)
{
	const struct pack *a = left_value, *b = right_value;

	return a->fingerprint == b->fingerprint;
}

static void version_unref(void *value)
{
	pack_unref(value);
}

static void finish_versions(struct keyed_set *set)
{
	struct catalog_versions *view = &set->versions;
	size_t i;

	view->last_modified = 0;
	view->newest = 0;
	for (i = 0; i < view->count; i++) {
		if (view->entries[i].last_modified > view->last_modified)
			view->last_modified = view->entries[i].last_modified;
		if (view->entries[i].version != LAMBDA_VERSION_LATEST_PUBLISHED)
			view->newest = view->entries[i].version;
	}
}

const struct keyed_kind versions_kind = {
	sizeof(struct catalog_version), version_key, versions_same, version_unref, finish_versions};

void catalog_versions_unref(const struct catalog_versions *versions)
{
	if (versions)
		keyed_set_unref(set_of_view(versions));
}

const struct catalog_version *catalog_versions_find(
	const struct catalog_versions *versions, uint64_t version)
{
	size_t at = keyed_set_find(set_of_view(versions), key_of_version(version));

	return at == SIZE_MAX ? NULL : &versions->entries[at];
}

/* --- aliases --- */

static struct keyed_key alias_key(const void *entry)
{
	return key_of_name(((const struct lambda_alias *)entry)->name);
}

static bool aliases_same(
	const void *left, const void *left_value, const void *right, const void *right_value)
{
	const struct lambda_alias *a = left, *b = right;

	return a->version == b->version && a->weighted_version == b->weighted_version &&
	       a->weight == b->weight && !strcmp(a->revision_id, b->revision_id) &&
	       !strcmp(a->description, b->description);
}

static void finish_nothing(struct keyed_set *set)
{
}

const struct keyed_kind aliases_kind = {
	sizeof(struct lambda_alias), alias_key, aliases_same, shared_text_unref, finish_nothing};

void catalog_aliases_unref(const struct catalog_aliases *aliases)
{
	if (aliases)
		keyed_set_unref(set_of_view(aliases));
}

const struct lambda_alias *catalog_aliases_find(
	const struct catalog_aliases *aliases, const char *name)
{
	size_t at = keyed_set_find(set_of_view(aliases), key_of_name(name));

	return at == SIZE_MAX ? NULL : &aliases->entries[at];
}

int add_alias(struct keyed_set *set, const struct lambda_alias *alias, int64_t expires_ms)
{
	struct shared_text *description = shared_text_new(alias->description);
	struct lambda_alias entry = *alias;

	if (!description)
		return -ENOMEM;
	entry.description = description->text;
	return keyed_set_add(set, &entry, description, set->tick, expires_ms);
}

struct keyed_set *set_of_alias(const struct lambda_alias *alias, uint64_t tick, int64_t expires_ms)
{
	cleanup(keyed_set_unref_pointer) struct keyed_set *set =
		keyed_set_new(&aliases_kind, 1, tick);

	if (!set || add_alias(set, alias, expires_ms) || keyed_set_finish(set, false, 0))
		return NULL;
	return take_pointer(set);
}

/* --- where aliases lead --- */

static struct keyed_key target_key(const void *entry)
{
	return key_of_name(((const struct alias_target *)entry)->name);
}

static bool targets_same(
	const void *left, const void *left_value, const void *right, const void *right_value)
{
	const struct alias_target *a = left, *b = right;

	return a->version == b->version;
}

const struct keyed_kind targets_kind = {
	sizeof(struct alias_target), target_key, targets_same, NULL, finish_nothing};

/* --- functions --- */

static struct keyed_key function_key(const void *entry)
{
	return key_of_name(((const struct catalog_function *)entry)->name);
}

static bool functions_same(
	const void *left, const void *left_value, const void *right, const void *right_value)
{
	const struct catalog_function *a = left, *b = right;

	return a->last_modified == b->last_modified;
}

static void finish_functions(struct keyed_set *set)
{
	struct catalog_function_list *view = &set->functions;
	size_t i;

	view->last_modified = 0;
	for (i = 0; i < view->count; i++)
		if (view->entries[i].last_modified > view->last_modified)
			view->last_modified = view->entries[i].last_modified;
	view->unlistable_count = set->others ? set->others->count : 0;
	view->unlistable = set->others ? set->others->entries : NULL;
}

const struct keyed_kind functions_kind = {sizeof(struct catalog_function), function_key,
	functions_same, shared_text_unref, finish_functions};

void catalog_function_list_unref(const struct catalog_function_list *functions)
{
	if (functions)
		keyed_set_unref(set_of_view(functions));
}

const struct catalog_function *catalog_function_list_find(
	const struct catalog_function_list *functions, const char *name)
{
	size_t at = keyed_set_find(set_of_view(functions), key_of_name(name));

	return at == SIZE_MAX ? NULL : &functions->entries[at];
}

int add_function(struct keyed_set *set, const char *name, int64_t last_modified, int64_t expires_ms)
{
	struct shared_text *shared = shared_text_new(name);

	if (!shared)
		return -ENOMEM;
	return keyed_set_add(set, &(struct catalog_function){shared->text, last_modified}, shared,
		set->tick, expires_ms);
}

/* --- names --- */

static struct keyed_key name_key(const void *entry)
{
	return key_of_name(*(const char *const *)entry);
}

static bool names_same(
	const void *left, const void *left_value, const void *right, const void *right_value)
{
	return true;
}

const struct keyed_kind names_kind = {
	sizeof(const char *), name_key, names_same, shared_text_unref, finish_nothing};

int add_name(struct keyed_set *set, const char *name)
{
	struct shared_text *shared = shared_text_new(name);
	const char *text = shared ? shared->text : NULL;

	return shared ? keyed_set_add(set, &text, shared, 0, 0) : -ENOMEM;
}

/* --- what is not there --- */

struct keyed_set *set_of_absent(
	const struct keyed_kind *kind, struct keyed_key key, uint64_t tick, int64_t expires_ms)
{
	struct shared_text *name = key.name ? shared_text_new(key.name) : NULL;
	union {
		struct catalog_version version;
		struct lambda_alias alias;
		struct catalog_function function;
	} entry = {0};

	if (key.name && !name)
		return NULL;
	if (kind == &versions_kind)
		entry.version.version = key.number;
	else if (kind == &aliases_kind)
		snprintf(entry.alias.name, sizeof(entry.alias.name), "%s", key.name);
	else
		entry.function.name = name->text;
	return keyed_set_of_mark(kind, &entry, name, tick, expires_ms);
}
