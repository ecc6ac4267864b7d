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

/* Forgets what is known, but keeps the function. */
static void function_clear(struct function *function)
{
	kept_clear(&function->versions);
	kept_clear(&function->aliases);
	keyed_set_unref(take_pointer(function->targets));
	pack_dictionary_unref(take_pointer(function->dictionary));
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
	size_t size = strlen(name) + 1;

	if (function)
		return function;
	function = calloc(1, sizeof(*function) + size);
	if (!function)
		return NULL;
	memcpy(function->name, name, size);
	if (name_map_add(&catalog->functions, name, function)) {
		free(function);
		return NULL;
	}
	function->in_table = true;
	function->references = 2;
	return function;
}

static bool holds_nothing(const struct function *function)
{
	return !function->versions.set && !function->aliases.set && !function->targets &&
	       !function->versions.parked && !function->aliases.parked;
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
	bool listed = keyed_set_find(catalog->list.set, key_of_name(function->name)) != SIZE_MAX;

	if (kept_shows_any(&function->versions) || kept_shows_any(&function->aliases) || listed)
		changes->root = true;
	/* The next look at the function list asks. */
	if (listed)
		kept_expire(catalog, &catalog->list);
	function_clear(function);
	leave_table(catalog, function);
}

void function_forget(struct catalog *catalog, struct function *function)
{
	leave_table(catalog, function);
	function->references++;
	function_drop(catalog, function);
}

/* --- what is known --- */

bool function_exists_surely(
	const struct catalog *catalog, const struct function *function, int64_t now_ms)
{
	const struct kept *const both[] = {&function->versions, &function->aliases};
	size_t i;

	for (i = 0; i < array_count(both); i++)
		if (kept_is_whole(catalog, both[i], now_ms) ||
			listing_is_good(both[i]->parked, kept_floor(catalog, both[i]), now_ms))
			return true;
	return false;
}

bool function_is_in_parked_list(const struct catalog *catalog, const char *name, int64_t now_ms)
{
	const struct listing *listing = catalog->list.parked;

	return listing_is_good(listing, kept_floor(catalog, &catalog->list), now_ms) &&
	       name_map_find(&listing->functions, name);
}

bool function_is_listed(const struct catalog *catalog, const char *name, int64_t now_ms)
{
	return keyed_set_find(catalog->list.set, key_of_name(name)) != SIZE_MAX ||
	       function_is_in_parked_list(catalog, name, now_ms);
}

static void find_known(void *data, const char *name, struct pack_dictionary **ret_dictionary,
	struct keyed_set **ret_previous)
{
	struct catalog *catalog = data;
	const struct function *function;

	catalog_lock(catalog);
	function = name_map_find(&catalog->functions, name);
	if (function && function->dictionary)
		*ret_dictionary = pack_dictionary_ref(function->dictionary);
	if (function)
		*ret_previous = keyed_set_ref(function->versions.set);
	catalog_unlock(catalog);
}

struct listing_lookup function_lookup(struct catalog *catalog)
{
	return (struct listing_lookup){catalog, find_known};
}
