/* SPDX-License-Identifier: MIT */
#include "backend/catalog/fetch.h"

#include "backend/base/clock.h"
#include "backend/catalog/changes.h"
#include "backend/catalog/function.h"

#define CRAWL_PARKED_MS 2000 /* how long a crawl that was left alone is kept, beside ttl */

static bool is_of_account(const struct question *question)
{
	return question->kind == FLIGHT_FUNCTIONS || question->kind == FLIGHT_CRAWL;
}

/* --- keeping the list of functions, or all versions of all --- */

/* All functions of a listing, made ready without the lock. */
struct harvest {
	const struct listing *listing;
	bool all_versions;
	struct keyed_set **sets; /* of each function, in the listing's order; references, or NULL */
	size_t count;
	struct keyed_set *list; /* of functions; a reference */
};

static void harvest_release(struct harvest *harvest)
{
	size_t i;

	for (i = 0; i < harvest->count; i++)
		keyed_set_unref(harvest->sets[i]);
	free(harvest->sets);
	keyed_set_unref(harvest->list);
}

static int harvest_function(
	struct harvest *harvest, const struct name_map_entry *entry, int64_t expires_ms)
{
	struct keyed_set *set =
		version_builder_finish(entry->value, harvest->all_versions, expires_ms);
	size_t latest = keyed_set_find(set, key_of_version(LAMBDA_VERSION_LATEST));

	harvest->sets[harvest->count++] = set;
	if (!set)
		return -1;
	/* What only the long list shows (Lambda@Edge replicas) would come and go in the root. */
	if (latest == SIZE_MAX && harvest->all_versions)
		return 0;
	return add_function(harvest->list, entry->name,
		latest == SIZE_MAX ? set->versions.last_modified
				   : version_at(set, latest)->last_modified,
		expires_ms);
}

/* Whether it is ready; false when out of memory. */
static bool harvest_prepare(struct harvest *harvest, int64_t expires_ms)
{
	const struct name_map *functions = &harvest->listing->functions;
	struct keyed_set *unlistable = harvest->listing->unlistable;
	const struct name_map_entry *entry;

	harvest->list =
		keyed_set_new(&functions_kind, functions->table.count, harvest->listing->tick);
	harvest->sets = calloc(functions->table.count + 1, sizeof(struct keyed_set *));
	if (!harvest->list || !harvest->sets)
		return false;
	for (entry = name_map_first(functions); entry; entry = name_map_next(functions, entry))
		if (harvest_function(harvest, entry, expires_ms))
			return false;
	if (unlistable && keyed_set_finish(unlistable, true, expires_ms))
		return false;
	harvest->list->others = keyed_set_ref(unlistable);
	return !keyed_set_finish(harvest->list, true, expires_ms);
}

/* Keeps the versions of one function: all of them, or the one that a short list holds. */
static int keep_function(struct catalog *catalog, const char *name, struct keyed_set *set,
	bool all_versions, struct change_list *changes)
{
	struct function *function = function_take(catalog, name);
	int error;

	if (!function) {
		keyed_set_unref(set);
		return -1;
	}
	error = function_merge(catalog, function, &function->versions, set, changes);
	if (all_versions)
		function->crawled = true;
	function_drop(catalog, function);
	return error;
}

/* Functions that the list does not hold are gone, unless they were seen since it started. */
static void drop_vanished(
	struct catalog *catalog, const struct listing *listing, struct change_list *changes)
{
	struct name_map_entry *entry, *next;

	for (entry = name_map_first(&catalog->functions); entry; entry = next) {
		struct function *function = entry->value;

		next = name_map_next(&catalog->functions, entry);
		if (name_map_find(&listing->functions, function->name) ||
			function->seen_tick > listing->tick || function->flights.first ||
			function->mutations)
			continue;
		function->references++;
		function_vanished(catalog, function, changes);
		function_drop(catalog, function);
	}
}

/* A complete listing becomes what is known. *ret_set is a reference to the list of functions. */
static enum lambda_status keep_functions(const struct question *question, struct listing *listing,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	struct harvest harvest = {listing, question->kind == FLIGHT_CRAWL};
	bool complete, changed = false;
	const struct name_map_entry *entry;
	struct change_list changes = {0};
	size_t i = 0;

	if (listing->marker)
		return LAMBDA_OK; /* catalog_verify(): the rest may come later */
	complete = harvest_prepare(&harvest, clock_monotonic_ms() + catalog->options.ttl_ms);
	catalog_lock(catalog);
	for (entry = name_map_first(&listing->functions); entry && complete;
		entry = name_map_next(&listing->functions, entry), i++)
		complete = !keep_function(catalog, entry->name, take_pointer(harvest.sets[i]),
			harvest.all_versions, &changes);
	if (complete)
		complete =
			!kept_merge(catalog, &catalog->list, keyed_set_ref(harvest.list), &changed);
	changes.root = changed;
	if (complete) {
		drop_vanished(catalog, listing, &changes);
		*ret_set = keyed_set_ref(catalog->list.set);
	}
	if (complete && harvest.all_versions)
		crawl_completed(&catalog->crawl, listing->guard.pages, clock_monotonic_ms());
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	harvest_release(&harvest);
	return complete ? LAMBDA_OK : lambda_fail_memory(reterr);
}

/* --- keeping a function's own lists --- */

/* The list's answer: all versions, or the aliases that came so far. NULL when out of memory. */
static enum lambda_status finish_set(const struct question *question, struct listing *listing,
	int64_t expires_ms, struct keyed_set **ret_set, struct lambda_error *reterr)
{
	struct version_builder *builder;

	if (question->kind == FLIGHT_ALIASES) {
		*ret_set = listing_aliases(listing, expires_ms);
	} else {
		builder = name_map_find(&listing->functions, question->function->name);
		if (!builder)
			return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
				"the list of versions of '%.140s' is empty",
				question->function->name);
		*ret_set = version_builder_finish(builder, true, expires_ms);
	}
	return *ret_set ? LAMBDA_OK : lambda_fail_memory(reterr);
}

static enum lambda_status keep_of_function(const struct question *question, struct listing *listing,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	struct function *function = question->function;
	struct kept *kept = question_kept(question);
	struct change_list changes = {0};
	int64_t now = clock_monotonic_ms();
	struct keyed_set *set;
	enum lambda_status status =
		finish_set(question, listing, now + catalog->options.ttl_ms, &set, reterr);
	int error;

	if (status)
		return status;
	catalog_lock(catalog);
	error = function_merge(catalog, function, kept, set, &changes);
	if (!error)
		*ret_set = keyed_set_ref(kept->set);
	if (question->kind == FLIGHT_VERSIONS) {
		function->crawled = false;
		crawl_answered(&catalog->crawl.wants, name_hash(function->name), now);
	}
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	return error ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

/* --- fetching --- */

static enum lambda_status add_alias_page(
	const struct question *question, struct listing *listing, struct lambda_error *reterr)
{
	struct lambda_alias_page page = {0};
	enum lambda_status status = lambda_list_aliases(question->catalog->client, question->scope,
		question->function->name, listing->marker, &page, reterr);
	size_t i;

	if (status)
		return status;
	for (i = 0; i < page.count; i++)
		catalog_note_seen(question->catalog, question->function->name, &page.items[i]);
	status = listing_add_aliases(listing, &page, reterr);
	lambda_alias_page_release(&page);
	return status;
}

static enum lambda_status add_version_page(
	const struct question *question, struct listing *listing, struct lambda_error *reterr)
{
	const struct listing_lookup lookup = function_lookup(question->catalog);
	struct lambda_client *client = question->catalog->client;
	const char *function = is_of_account(question) ? NULL : question->function->name;
	struct lambda_version_page page = {0};
	enum lambda_status status;

	if (function)
		status = lambda_list_versions(
			client, question->scope, function, listing->marker, &page, reterr);
	else
		status = lambda_list_functions(client, question->scope,
			question->kind == FLIGHT_CRAWL, listing->marker, &page, reterr);
	if (status)
		return status;
	status = listing_add_versions(listing, &page, function, &lookup, reterr);
	lambda_version_page_release(&page);
	return status;
}

static enum lambda_status add_page(
	const struct question *question, struct listing *listing, struct lambda_error *reterr)
{
	return question->kind == FLIGHT_ALIASES ? add_alias_page(question, listing, reterr)
						: add_version_page(question, listing, reterr);
}

/* Where the beginning of such a list is put aside. */
static struct listing **slot_of(const struct question *question)
{
	return question->kind == FLIGHT_CRAWL ? &question->catalog->parked_crawl
					      : &question_kept(question)->parked;
}

/* The listing that was put aside, or a new one. NULL when out of memory. */
static struct listing *take_up(const struct question *question, uint64_t tick)
{
	struct listing *listing;

	catalog_lock(question->catalog);
	listing = listing_resume(slot_of(question), question_floor(question), clock_monotonic_ms());
	if (!listing && question->kind == FLIGHT_ALIASES)
		question->function->asked_beyond = false;
	catalog_unlock(question->catalog);
	return listing ? listing : listing_new(tick);
}

/* Puts aside what may be resumed, frees the rest. */
static void put_aside(
	const struct question *question, struct listing *listing, enum lambda_status status)
{
	struct catalog *catalog = question->catalog;
	int64_t keep_ms = catalog->options.ttl_ms;

	if (question->kind == FLIGHT_CRAWL)
		keep_ms += CRAWL_PARKED_MS;
	catalog_lock(catalog);
	if (listing->marker &&
		(!status || status == LAMBDA_INTERRUPTED || status == LAMBDA_TIMED_OUT))
		listing_park(slot_of(question), listing, clock_monotonic_ms() + keep_ms);
	else
		listing_free(listing);
	catalog_unlock(catalog);
}

static void note_failed_crawl(struct catalog *catalog, enum lambda_status status)
{
	if (!status || status == LAMBDA_INTERRUPTED || status == LAMBDA_TIMED_OUT)
		return;
	log_write(catalog->options.log, LOG_LEVEL_INFO,
		"listing all versions of the account failed, each function is asked for its own: "
		"%s",
		lambda_status_name(status));
	catalog_lock(catalog);
	crawl_failed(&catalog->crawl, clock_monotonic_ms());
	catalog_unlock(catalog);
}

static enum lambda_status judge_missing(
	struct question *question, uint64_t tick, struct lambda_error *reterr);

static enum lambda_status fetch_list(struct question *question, uint64_t tick,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	struct listing *listing = take_up(question, tick);
	enum lambda_status status;

	if (!listing)
		return lambda_fail_memory(reterr);
	do {
		status = add_page(question, listing, reterr);
	} while (!status && listing->marker && !question->one_page);
	if (status == LAMBDA_NOT_FOUND)
		status = judge_missing(question, tick, reterr);
	else if (!status && is_of_account(question))
		status = keep_functions(question, listing, ret_set, reterr);
	else if (!status)
		status = keep_of_function(question, listing, ret_set, reterr);
	put_aside(question, listing, status);
	if (question->kind == FLIGHT_CRAWL) {
		keyed_set_unref(take_pointer(*ret_set));
		note_failed_crawl(question->catalog, status);
	}
	return status;
}

enum lambda_status list_ask(
	struct question *question, struct keyed_set **ret_set, struct lambda_error *reterr)
{
	question->fetch = fetch_list;
	return question_ask(question, ret_set, reterr);
}

/* --- those that are gone --- */

/* AWS says that the function is not there: forgets it, and remembers the answer. */
static void forget_function(struct catalog *catalog, struct function *function, uint64_t tick)
{
	int64_t expires_ms = clock_monotonic_ms() + catalog->options.ttl_ms;
	struct change_list changes = {0};
	struct keyed_set *absent;
	bool changed;

	catalog_lock(catalog);
	/* The list, which does not hold it either, may be newer than the answer. */
	if (catalog->list.set && catalog->list.set->complete && catalog->list.set->tick > tick)
		tick = catalog->list.set->tick;
	function_vanished(catalog, function, &changes);
	absent = set_of_absent(&functions_kind, key_of_name(function->name), tick, expires_ms);
	/* Without memory it is asked again. */
	if (absent && !kept_merge(catalog, &catalog->list, absent, &changed))
		changes.root = changes.root || changed;
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
}

/* Lists the functions again. *ret_listed: whether the function is one of them. */
static enum lambda_status look_again(
	const struct question *question, bool *ret_listed, struct lambda_error *reterr)
{
	struct question again = {
		.catalog = question->catalog, .scope = question->scope, .kind = FLIGHT_FUNCTIONS};
	struct keyed_set *list = NULL;
	struct lambda_error error;
	enum lambda_status status = list_ask(&again, &list, &error);

	if (status)
		lambda_fail_as(reterr, &error);
	*ret_listed = keyed_set_find(list, key_of_name(question->function->name)) != SIZE_MAX;
	keyed_set_unref(list);
	return status;
}

/*
 * AWS answered that the function is not there, although it may just have been listed: what is true is asked
 * of the function list, so that one wrong answer never makes a directory vanish (a backup with --delete would
 * follow). LAMBDA_NOT_FOUND, and it is forgotten; LAMBDA_BAD_ANSWER when AWS still lists it; or the failure
 * of the listing. That a list itself is not there is no empty account.
 */
static enum lambda_status judge_missing(
	struct question *question, uint64_t tick, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	struct function *function = question->function;
	enum lambda_status status;
	bool listed;

	if (is_of_account(question)) {
		if (reterr)
			reterr->status = LAMBDA_BAD_ANSWER;
		return LAMBDA_BAD_ANSWER;
	}
	catalog_lock(catalog);
	listed = function_is_listed(catalog, function->name, clock_monotonic_ms());
	if (listed)
		kept_expire(catalog, &catalog->list);
	catalog_unlock(catalog);
	if (listed) {
		status = look_again(question, &listed, reterr);
		if (status)
			return status;
	}
	if (listed)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"AWS lists the function '%.140s' and answers that it is not there",
			function->name);
	forget_function(catalog, function, tick);
	return LAMBDA_NOT_FOUND;
}
