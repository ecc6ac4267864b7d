/* SPDX-License-Identifier: MIT */
#include "backend/catalog/fetch.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/catalog/changes.h"
#include "backend/catalog/function.h"

#define TARGETS_MAX 64 /* aliases of a function whose targets are remembered */

struct keyed_set *set_of_version(struct catalog *catalog, const struct lambda_version *version,
	uint64_t tick, int64_t expires_ms)
{
	const struct listing_lookup lookup = function_lookup(catalog);
	cleanup(version_builder_free_pointer) struct version_builder *builder =
		version_builder_new(tick);
	cleanup(packer_free_pointer) struct packer *packer = packer_new();

	if (!builder || !packer)
		return NULL;
	lookup.find(lookup.data, version->function_name, &builder->dictionary, &builder->previous);
	if (version_builder_add(builder, packer, version))
		return NULL;
	return version_builder_finish(builder, false, expires_ms);
}

/* The one alias as AWS has it now, as a set; *ret_set is NULL when out of memory. */
static enum lambda_status get_alias(const struct question *question, uint64_t tick, int64_t ttl_ms,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	struct lambda_alias alias;
	enum lambda_status status = lambda_get_alias(question->catalog->client, question->scope,
		question->function->name, question->key.name, &alias, reterr);

	if (status)
		return status;
	*ret_set = set_of_alias(&alias, tick, clock_monotonic_ms() + ttl_ms);
	catalog_note_seen(question->catalog, question->function->name, &alias);
	lambda_alias_release(&alias);
	return LAMBDA_OK;
}

/* The same of one version. */
static enum lambda_status get_version(const struct question *question, uint64_t tick,
	int64_t ttl_ms, struct keyed_set **ret_set, struct lambda_error *reterr)
{
	const char *function = question->function->name;
	struct lambda_version version;
	enum lambda_status status = lambda_get_version(question->catalog->client, question->scope,
		function, question->key.number, &version, reterr);

	if (status)
		return status;
	if (version.version != question->key.number || strcmp(version.function_name, function))
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer is about another version of '%.140s' than the one asked for",
			function);
	else
		*ret_set = set_of_version(
			question->catalog, &version, tick, clock_monotonic_ms() + ttl_ms);
	lambda_version_release(&version);
	return status;
}

/* Where the alias leads now, as a set; *ret_set is NULL when out of memory. */
static enum lambda_status get_target(const struct question *question, uint64_t tick, int64_t ttl_ms,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	struct alias_target entry = {0};
	struct lambda_alias_target target;
	enum lambda_status status = lambda_get_alias_target(question->catalog->client,
		question->scope, question->function->name, question->key.name, &target, reterr);

	if (status)
		return status;
	snprintf(entry.name, sizeof(entry.name), "%s", question->key.name);
	entry.version = target.version;
	entry.last_modified = target.last_modified;
	*ret_set =
		keyed_set_of_one(&targets_kind, &entry, NULL, tick, clock_monotonic_ms() + ttl_ms);
	return LAMBDA_OK;
}

/* Keeps where an alias leads; *set, a reference, becomes one to what is known then. 0 or -ENOMEM. */
static int keep_target(
	const struct question *question, struct keyed_set **set, struct change_list *changes)
{
	struct function *function = question->function;
	struct keyed_set *known = function->targets, *merged;
	const struct alias_target *target = keyed_set_entry(*set, 0);
	size_t at = keyed_set_find(function->aliases.set, question->key);
	size_t before = keyed_set_find(known, question->key);

	if (at != SIZE_MAX ? alias_at(function->aliases.set, at)->version != target->version
			   : before != SIZE_MAX &&
				     ((struct alias_target *)keyed_set_entry(known, before))
						     ->version != target->version)
		change_list_add(changes, function, false, true);
	if ((*set)->tick > function->seen_tick)
		function->seen_tick = (*set)->tick;
	/* Few aliases of a function are looked at; of one with many the rest is asked again. */
	merged = known && known->count < TARGETS_MAX ? keyed_set_merge(known, *set)
						     : keyed_set_ref(*set);
	if (!merged)
		return -ENOMEM;
	keyed_set_unref(known);
	function->targets = merged;
	if (keyed_set_find(merged, question->key) != SIZE_MAX) {
		keyed_set_unref(*set);
		*set = keyed_set_ref(merged);
	}
	return 0;
}

/* That AWS has none is kept: for ttl, or for as long as a fresh list of versions, which lacks it too. */
static void keep_absent(const struct question *question, uint64_t tick)
{
	struct catalog *catalog = question->catalog;
	struct kept *kept = question_kept(question);
	int64_t now = clock_monotonic_ms(), expires_ms = now + catalog->options.ttl_ms;
	struct change_list changes = {0};
	struct keyed_set *absent;

	catalog_lock(catalog);
	if (question->kind == FLIGHT_VERSION && kept_is_whole(catalog, kept, now))
		expires_ms = kept->set->expires_ms;
	absent = set_of_absent(question->kind == FLIGHT_VERSION ? &versions_kind : &aliases_kind,
		question->key, tick, expires_ms);
	if (!absent || function_merge(catalog, question->function, kept, absent, &changes))
		kept_expire(catalog, kept);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
}

/* Keeps one alias or version; *set, a reference, becomes one to what is known then. 0 or -ENOMEM. */
static int keep_item(
	const struct question *question, struct keyed_set **set, struct change_list *changes)
{
	struct kept *kept = question_kept(question);

	if (function_merge(
		    question->catalog, question->function, kept, keyed_set_ref(*set), changes))
		return -ENOMEM;
	/* What is known may be newer than what was fetched. */
	if (keyed_set_find(kept->set, question->key) != SIZE_MAX) {
		keyed_set_unref(*set);
		*set = keyed_set_ref(kept->set);
	}
	return 0;
}

static enum lambda_status get_item(const struct question *question, uint64_t tick,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	int64_t ttl_ms = question->catalog->options.ttl_ms;

	if (question->kind == FLIGHT_ALIAS)
		return get_alias(question, tick, ttl_ms, ret_set, reterr);
	if (question->kind == FLIGHT_TARGET)
		return get_target(question, tick, ttl_ms, ret_set, reterr);
	return get_version(question, tick, ttl_ms, ret_set, reterr);
}

static enum lambda_status fetch_item(struct question *question, uint64_t tick,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	cleanup(keyed_set_unref_pointer) struct keyed_set *set = NULL;
	struct change_list changes = {0};
	enum lambda_status status = get_item(question, tick, &set, reterr);
	int error;

	if (status == LAMBDA_NOT_FOUND)
		keep_absent(question, tick);
	if (status)
		return status;
	if (!set)
		return lambda_fail_memory(reterr);
	catalog_lock(catalog);
	error = question->kind == FLIGHT_TARGET ? keep_target(question, &set, &changes)
						: keep_item(question, &set, &changes);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	if (error)
		return lambda_fail_memory(reterr);
	*ret_set = take_pointer(set);
	return LAMBDA_OK;
}

enum lambda_status item_ask(
	struct question *question, struct keyed_set **ret_set, struct lambda_error *reterr)
{
	question->fetch = fetch_item;
	return question_ask(question, ret_set, reterr);
}
