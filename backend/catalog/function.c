/* SPDX-License-Identifier: MIT */
#include "backend/catalog/function.h"

/* --- life --- */

bool function_is_name(const char *name)
{
	size_t length = strlen(name);

	return length && length <= LAMBDA_FUNCTION_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
		       length &&
	       strcmp(name, ".") && strcmp(name, "..");
}

enum lambda_status function_fail_missing(struct lambda_error *reterr, const char *function)
{
	return lambda_fail(reterr, LAMBDA_NOT_FOUND, "there is no function '%.256s'", function);
}

static void clear_journal(struct function *function)
{
	struct journal_entry *entry, *next;

	for (entry = function->journal; entry; entry = next) {
		next = entry->next;
		lambda_alias_release(&entry->alias);
		pack_unref(entry->pack);
		free(entry);
	}
	function->journal = NULL;
	function->journal_length = 0;
}

/* Forgets what is known, but keeps the function. */
static void function_clear(struct function *function)
{
	if (function->versions)
		snapshot_unref(&function->versions->snapshot);
	if (function->aliases)
		snapshot_unref(&function->aliases->snapshot);
	function->versions = NULL;
	function->aliases = NULL;
	pack_dictionary_unref(take_pointer(function->dictionary));
	listing_free(take_pointer(function->parked_versions));
	listing_free(take_pointer(function->parked_aliases));
	missing_clear(function->missing);
	free(take_pointer(function->missing));
	clear_journal(function);
	function->crawled = false;
}

struct function *function_find(struct catalog *catalog, const char *name)
{
	struct function *function = name_map_find(&catalog->functions, name);

	if (function)
		function->references++;
	return function;
}

struct function *function_take(struct catalog *catalog, const char *name)
{
	struct function *function = function_find(catalog, name);

	if (function)
		return function;
	function = calloc(1, sizeof(*function));
	if (!function)
		return NULL;
	function->name = strdup(name);
	if (!function->name || name_map_add(&catalog->functions, name, function)) {
		free(function->name);
		free(function);
		return NULL;
	}
	function->in_table = true;
	function->references = 2;
	return function;
}

static bool holds_nothing(const struct function *function)
{
	return !function->versions && !function->aliases && !function->parked_versions &&
	       !function->parked_aliases && !function->missing && !function->journal;
}

static void leave_table(struct catalog *catalog, struct function *function)
{
	if (!function->in_table)
		return;
	name_map_remove(&catalog->functions, function->name);
	function->in_table = false;
	function->references--;
}

void function_drop(struct catalog *catalog, struct function *function)
{
	function->references--;
	if (function->references == 1 && function->in_table && holds_nothing(function))
		leave_table(catalog, function);
	if (function->references)
		return;
	function_clear(function);
	free(function->name);
	free(function);
}

enum lambda_status function_open(struct catalog *catalog, const char *name,
	struct function **ret_function, struct lambda_error *reterr)
{
	if (!function_is_name(name))
		return function_fail_missing(reterr, name);
	catalog_lock(catalog);
	*ret_function = function_take(catalog, name);
	catalog_unlock(catalog);
	return *ret_function ? LAMBDA_OK : lambda_fail_memory(reterr);
}

void function_close(struct catalog *catalog, struct function *function)
{
	catalog_lock(catalog);
	function_drop(catalog, function);
	catalog_unlock(catalog);
}

void function_vanished(
	struct catalog *catalog, struct function *function, struct change_list *changes)
{
	if (function->versions || function->aliases || root_set_find(catalog->root, function->name))
		changes->root = true;
	/* The next look at the root asks. */
	if (root_set_find(catalog->root, function->name))
		catalog->forget_root_tick = ++catalog->room.tick;
	function_clear(function);
	leave_table(catalog, function);
}

void function_forget(struct catalog *catalog, struct function *function)
{
	leave_table(catalog, function);
	function->references++;
	function_drop(catalog, function);
}

void function_add_missing(struct function *function, const char *name, uint64_t version,
	uint64_t tick, int64_t expires_ms)
{
	if (!function->missing)
		function->missing = calloc(1, sizeof(*function->missing));
	if (function->missing)
		missing_add(function->missing, name, version, tick, expires_ms);
}

/* --- freshness --- */

static uint64_t later(uint64_t left, uint64_t right)
{
	return left > right ? left : right;
}

uint64_t function_versions_floor(const struct catalog *catalog, const struct function *function)
{
	return later(catalog->forget_tick, function->forget_versions_tick);
}

uint64_t function_aliases_floor(const struct catalog *catalog, const struct function *function)
{
	return later(catalog->forget_tick, function->forget_aliases_tick);
}

bool function_has_versions(
	const struct catalog *catalog, const struct function *function, int64_t now_ms)
{
	const struct version_set *set = function->versions;

	return set && set->complete && set->tick > function_versions_floor(catalog, function) &&
	       now_ms < set->view.expires_ms;
}

bool function_has_aliases(
	const struct catalog *catalog, const struct function *function, int64_t now_ms)
{
	const struct alias_set *set = function->aliases;

	return set && set->complete && set->tick > function_aliases_floor(catalog, function) &&
	       now_ms < set->view.expires_ms;
}

bool listing_is_good(const struct listing *listing, uint64_t floor, int64_t now_ms)
{
	return listing && listing->tick > floor && now_ms < listing->keep_until_ms;
}

bool function_exists_surely(
	const struct catalog *catalog, const struct function *function, int64_t now_ms)
{
	return function_has_versions(catalog, function, now_ms) ||
	       function_has_aliases(catalog, function, now_ms) ||
	       listing_is_good(function->parked_aliases, function_aliases_floor(catalog, function),
		       now_ms) ||
	       listing_is_good(function->parked_versions,
		       function_versions_floor(catalog, function), now_ms);
}

size_t function_known_version(const struct catalog *catalog, const struct function *function,
	uint64_t version, int64_t now_ms)
{
	const struct version_set *set = function->versions;
	size_t at = version_set_index(set, version);

	if (at == SIZE_MAX || set->notes[at].tick <= function_versions_floor(catalog, function) ||
		now_ms >= set->entries[at].expires_ms)
		return SIZE_MAX;
	return at;
}

size_t function_known_alias(const struct catalog *catalog, const struct function *function,
	const char *name, int64_t now_ms)
{
	const struct alias_set *set = function->aliases;
	size_t at = alias_set_index(set, name);

	if (at == SIZE_MAX || set->notes[at].tick <= function_aliases_floor(catalog, function) ||
		now_ms >= set->notes[at].expires_ms)
		return SIZE_MAX;
	return at;
}

/* --- listings aside --- */

void listing_park(struct listing **slot, struct listing *listing, int64_t keep_until_ms)
{
	listing_free(*slot);
	listing->keep_until_ms = keep_until_ms;
	*slot = listing;
}

struct listing *listing_resume(struct listing **slot, uint64_t floor, int64_t now_ms)
{
	struct listing *listing = take_pointer(*slot);

	if (listing_is_good(listing, floor, now_ms))
		return listing;
	listing_free(listing);
	return NULL;
}

static void find_known(void *data, const char *name, struct pack_dictionary **ret_dictionary,
	struct version_set **ret_previous)
{
	struct catalog *catalog = data;
	const struct function *function;

	catalog_lock(catalog);
	function = name_map_find(&catalog->functions, name);
	if (function && function->dictionary)
		*ret_dictionary = pack_dictionary_ref(function->dictionary);
	if (function && function->versions) {
		snapshot_ref(&function->versions->snapshot);
		*ret_previous = function->versions;
	}
	catalog_unlock(catalog);
}

struct listing_lookup function_lookup(struct catalog *catalog)
{
	return (struct listing_lookup){catalog, find_known};
}
