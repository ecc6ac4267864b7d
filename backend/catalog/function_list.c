/* SPDX-License-Identifier: MIT */
/* The functions of the account: the list, and the crawl that lists their versions too (backend/catalog/catalog.h). */
#include "backend/catalog/function_list.h"

#include "backend/base/clock.h"
#include "backend/catalog/changes.h"
#include "backend/catalog/function.h"
#include "backend/catalog/merge.h"

#define CRAWL_PARKED_MS 2000 /* how long a crawl that was left alone is kept, beside ttl */

/* One caller's question; the `data` of its flight. */
struct question {
	struct catalog *catalog;
	const struct call_scope *scope;
	bool one_page;             /* catalog_verify() */
	uint64_t asked_after;      /* afresh: what started up to this tick is no answer */
	struct function *function; /* the one whose versions are wanted, for a crawl */
};

static uint64_t root_floor(const struct catalog *catalog)
{
	return catalog->forget_root_tick > catalog->forget_tick ? catalog->forget_root_tick
								: catalog->forget_tick;
}

bool catalog_root_is_fresh(const struct catalog *catalog, int64_t now_ms)
{
	return catalog->root && catalog->root->tick > root_floor(catalog) &&
	       now_ms < catalog->root->view.expires_ms;
}

bool catalog_root_part_holds(const struct catalog *catalog, const char *name, int64_t now_ms)
{
	const struct listing *listing = catalog->parked_root;

	return listing && listing->tick > root_floor(catalog) && now_ms < listing->keep_until_ms &&
	       name_map_find(&listing->functions, name);
}

static uint64_t floor_of(void *data)
{
	const struct question *question = data;
	uint64_t floor = root_floor(question->catalog);

	return question->asked_after > floor ? question->asked_after : floor;
}

/* --- keeping a complete listing --- */

/* All functions of a listing, made ready without the lock. */
struct harvest {
	const struct listing *listing;
	bool all_versions;
	struct root_item *items; /* what the root will hold */
	size_t item_count;
	struct version_set *
		*sets; /* of each function of the listing, in its map's order; references */
	size_t set_count;
	struct root_set *root; /* a reference */
};

static void harvest_release(struct harvest *harvest)
{
	size_t i;

	for (i = 0; i < harvest->set_count; i++)
		if (harvest->sets[i])
			snapshot_unref(&harvest->sets[i]->snapshot);
	free(harvest->sets);
	free(harvest->items);
	if (harvest->root)
		snapshot_unref(&harvest->root->snapshot);
}

/* Whether it is ready; false when out of memory. */
static bool harvest_prepare(struct harvest *harvest, int64_t expires_ms)
{
	const struct name_map *functions = &harvest->listing->functions;
	const struct name_map_entry *entry;

	harvest->items = calloc(functions->count + 1, sizeof(*harvest->items));
	harvest->sets = calloc(functions->count + 1, sizeof(struct version_set *));
	if (!harvest->items || !harvest->sets)
		return false;
	for (entry = name_map_first(functions); entry; entry = name_map_next(functions, entry)) {
		struct version_set *set = version_builder_finish(
			entry->value, harvest->all_versions, expires_ms, harvest->listing->tick);
		size_t latest = version_set_index(set, LAMBDA_VERSION_LATEST);

		if (!set)
			return false;
		harvest->sets[harvest->set_count++] = set;
		/* What only the long list shows (Lambda@Edge replicas) would come and go in the root. */
		if (latest != SIZE_MAX || !harvest->all_versions)
			harvest->items[harvest->item_count++] = (struct root_item){entry->name,
				latest == SIZE_MAX ? set->view.last_modified
						   : set->entries[latest].last_modified};
	}
	harvest->root = root_set_new(
		harvest->items, harvest->item_count, expires_ms, harvest->listing->tick);
	return harvest->root &&
	       !root_set_note_unlistable(harvest->root, harvest->listing->unlistable,
		       harvest->listing->unlistable_count);
}

/* Keeps the versions of one function: all of them, or the one that a short list holds. */
static int keep_function(struct catalog *catalog, const char *name, struct version_set *set,
	bool all_versions, struct change_list *changes)
{
	struct function *function = function_take(catalog, name);
	int error = 0;
	size_t i;

	if (!function) {
		snapshot_unref(&set->snapshot);
		return -1;
	}
	if (all_versions) {
		error = function_install_versions(catalog, function, set, NULL, changes);
		function->crawled = true;
	} else {
		for (i = 0; i < set->view.count && !error; i++)
			error = function_put_version(catalog, function, &set->entries[i],
				set->notes[i].pack, set->notes[i].tick, changes);
		snapshot_unref(&set->snapshot);
	}
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

static void keep_root(struct catalog *catalog, struct root_set *root, struct change_list *changes)
{
	struct root_set *known = catalog->root;

	if (known && known->tick > root->tick) {
		snapshot_unref(&root->snapshot);
		return;
	}
	if (root_sets_match(known, root)) {
		root->view.generation = known->view.generation;
	} else {
		root->view.generation = ++catalog->generation;
		changes->root = changes->root || known;
	}
	if (known)
		snapshot_unref(&known->snapshot);
	catalog->root = root;
}

/* A complete listing becomes what is known. *ret_result (may be NULL) is a reference to the root. */
static enum lambda_status keep_listing(struct catalog *catalog, const struct listing *listing,
	bool all_versions, struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct harvest harvest = {.listing = listing, .all_versions = all_versions};
	bool complete = harvest_prepare(&harvest, clock_monotonic_ms() + catalog->ttl_ms);
	const struct name_map_entry *entry;
	struct change_list changes = {0};
	size_t i = 0;

	catalog_lock(catalog);
	for (entry = name_map_first(&listing->functions); entry && complete;
		entry = name_map_next(&listing->functions, entry), i++)
		complete = !keep_function(catalog, entry->name, take_pointer(harvest.sets[i]),
			all_versions, &changes);
	if (complete) {
		if (ret_result)
			*ret_result = snapshot_ref(&harvest.root->snapshot);
		keep_root(catalog, take_pointer(harvest.root), &changes);
		drop_vanished(catalog, listing, &changes);
	}
	if (complete && all_versions)
		crawl_completed(&catalog->crawl, listing->guard.pages, clock_monotonic_ms());
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	harvest_release(&harvest);
	return complete ? LAMBDA_OK : lambda_fail_memory(reterr);
}

static enum lambda_status add_page(const struct question *question, struct listing *listing,
	bool all_versions, struct lambda_error *reterr)
{
	const struct listing_lookup lookup = function_lookup(question->catalog);
	struct lambda_version_page page = {0};
	enum lambda_status status = lambda_list_functions(question->catalog->client,
		question->scope, all_versions, listing->marker, &page, reterr);

	if (status == LAMBDA_NOT_FOUND) {
		/* A list is always there: this is no empty account. */
		status = LAMBDA_BAD_ANSWER;
		if (reterr)
			reterr->status = status;
	}
	if (status)
		return status;
	status = listing_add_versions(listing, &page, NULL, &lookup, reterr);
	lambda_version_page_release(&page);
	return status;
}

static void put_aside(const struct question *question, struct listing **slot,
	struct listing *listing, int64_t keep_ms)
{
	catalog_lock(question->catalog);
	listing_park(slot, listing, clock_monotonic_ms() + keep_ms);
	catalog_unlock(question->catalog);
}

/* The listing that was put aside, or a new one. NULL when out of memory. */
static struct listing *take_up(struct question *question, struct listing **slot,
	uint64_t (*floor)(void *data), uint64_t tick)
{
	struct listing *listing;

	catalog_lock(question->catalog);
	listing = listing_resume(slot, floor(question), clock_monotonic_ms());
	catalog_unlock(question->catalog);
	return listing ? listing : listing_new(tick);
}

/* --- the list --- */

static bool root_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	const struct question *question = data;

	(void)reterr;
	if (!catalog_root_is_fresh(question->catalog, clock_monotonic_ms()))
		return false;
	*ret_result = snapshot_ref(&question->catalog->root->snapshot);
	*ret_status = LAMBDA_OK;
	return true;
}

/* The first page alone (another's catalog_verify()) is no list. */
static bool root_accepts(void *data, const struct snapshot *result)
{
	const struct question *question = data;

	return question->one_page || result;
}

static enum lambda_status fetch_root(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct question *question = data;
	struct catalog *catalog = question->catalog;
	struct listing *listing = take_up(question, &catalog->parked_root, floor_of, tick);
	enum lambda_status status;
	bool resumable;

	if (!listing)
		return lambda_fail_memory(reterr);
	do {
		status = add_page(question, listing, false, reterr);
	} while (!status && listing->marker && !question->one_page);
	if (!status && !listing->marker)
		status = keep_listing(catalog, listing, false, ret_result, reterr);
	resumable = !status || status == LAMBDA_INTERRUPTED || status == LAMBDA_TIMED_OUT;
	if (listing->marker && resumable)
		put_aside(question, &catalog->parked_root, listing, catalog->ttl_ms);
	else
		listing_free(listing);
	return status;
}

enum lambda_status catalog_root_get(struct catalog *catalog, const struct call_scope *scope,
	const struct catalog_root **ret_root, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope};
	const struct flight_task task = {
		.key = {.kind = FLIGHT_ROOT},
		.data = &question,
		.known = root_known,
		.floor = floor_of,
		.accept = root_accepts,
		.fetch = fetch_root,
	};
	struct snapshot *result = NULL;
	enum lambda_status status =
		flight_run(&catalog->room, &catalog->flights, scope, &task, &result, reterr);

	if (!status)
		*ret_root = &((struct root_set *)result)->view;
	return status;
}

const struct catalog_root *catalog_root_peek(struct catalog *catalog)
{
	const struct catalog_root *root = NULL;

	catalog_lock(catalog);
	if (catalog->root) {
		snapshot_ref(&catalog->root->snapshot);
		root = &catalog->root->view;
	}
	catalog_unlock(catalog);
	return root;
}

bool catalog_root_lacks(struct catalog *catalog, const char *function)
{
	bool lacks;

	catalog_lock(catalog);
	lacks = catalog_root_is_fresh(catalog, clock_monotonic_ms()) &&
		!root_set_find(catalog->root, function);
	catalog_unlock(catalog);
	return lacks;
}

enum lambda_status catalog_verify(
	struct catalog *catalog, const struct call_scope *scope, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope, .one_page = true};
	const struct flight_task task = {
		.key = {.kind = FLIGHT_ROOT},
		.data = &question,
		.floor = floor_of,
		.fetch = fetch_root,
	};
	struct snapshot *result = NULL;
	enum lambda_status status;

	catalog_lock(catalog);
	question.asked_after = catalog->room.tick;
	catalog_unlock(catalog);
	status = flight_run(&catalog->room, &catalog->flights, scope, &task, &result, reterr);
	snapshot_unref(result);
	return status;
}

/* --- the crawl --- */

static bool crawl_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	const struct question *question = data;

	(void)reterr;
	if (!function_has_versions(question->catalog, question->function, clock_monotonic_ms()))
		return false;
	*ret_result = NULL;
	*ret_status = LAMBDA_OK;
	return true;
}

static uint64_t crawl_floor(void *data)
{
	const struct question *question = data;

	return question->catalog->forget_tick;
}

static enum lambda_status fetch_crawl(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct question *question = data;
	struct catalog *catalog = question->catalog;
	struct listing *listing = take_up(question, &catalog->parked_crawl, crawl_floor, tick);
	enum lambda_status status;

	*ret_result = NULL;
	if (!listing)
		return lambda_fail_memory(reterr);
	do {
		status = add_page(question, listing, true, reterr);
	} while (!status && listing->marker);
	if (!status)
		status = keep_listing(catalog, listing, true, NULL, reterr);
	if (listing->marker && (status == LAMBDA_INTERRUPTED || status == LAMBDA_TIMED_OUT)) {
		put_aside(question, &catalog->parked_crawl, listing,
			catalog->ttl_ms + CRAWL_PARKED_MS);
		return status;
	}
	listing_free(listing);
	if (status && status != LAMBDA_INTERRUPTED && status != LAMBDA_TIMED_OUT) {
		log_write(catalog->log, LOG_LEVEL_INFO,
			"listing all versions of the account failed, each function is asked for "
			"its own: %s",
			lambda_status_name(status));
		catalog_lock(catalog);
		crawl_failed(&catalog->crawl, clock_monotonic_ms());
		catalog_unlock(catalog);
	}
	return status;
}

/* Notes the want. Whether it is a crawl's, or falls into one that is under way. */
static bool joins_crawl(struct catalog *catalog, const struct function *function)
{
	int64_t now = clock_monotonic_ms();
	bool wanted, running;

	if (catalog->ttl_ms <= 0 || function_has_versions(catalog, function, now))
		return false;
	running = flight_is_under_way(&catalog->flights, FLIGHT_CRAWL);
	if (catalog->parked_crawl && !running) {
		running = now < catalog->parked_crawl->keep_until_ms &&
			  catalog->parked_crawl->tick > catalog->forget_tick;
		if (!running)
			listing_free(take_pointer(catalog->parked_crawl));
	}
	wanted = crawl_want(&catalog->crawl, name_hash(function->name), now);
	return running || (wanted && crawl_allowed(&catalog->crawl, now));
}

enum lambda_status catalog_crawl(struct catalog *catalog, const struct call_scope *scope,
	struct function *function, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .function = function};
	const struct flight_task task = {
		.key = {.kind = FLIGHT_CRAWL},
		.data = &question,
		.known = crawl_known,
		.floor = crawl_floor,
		.fetch = fetch_crawl,
	};
	struct call_scope patience = *scope;
	int64_t now = clock_monotonic_ms();
	struct snapshot *none = NULL;
	struct lambda_error error;
	enum lambda_status status;
	bool joins;

	catalog_lock(catalog);
	joins = joins_crawl(catalog, function);
	catalog_unlock(catalog);
	if (!joins)
		return LAMBDA_OK;
	/* A part of the time is left to ask for this function alone. */
	if (scope->read_deadline_ms > now)
		patience.read_deadline_ms = now + (scope->read_deadline_ms - now) / 4 * 3;
	question.scope = &patience;
	status = flight_run(&catalog->room, &catalog->flights, &patience, &task, &none, &error);
	if (status != LAMBDA_INTERRUPTED)
		return LAMBDA_OK;
	if (reterr)
		*reterr = error;
	return status;
}

/* --- those that are gone --- */

void function_vanish(struct catalog *catalog, struct function *function, uint64_t tick)
{
	struct change_list changes = {0};

	catalog_lock(catalog);
	missing_add(
		&catalog->missing, function->name, 0, tick, clock_monotonic_ms() + catalog->ttl_ms);
	function_vanished(catalog, function, &changes);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
}

enum lambda_status function_gone(struct catalog *catalog, const struct call_scope *scope,
	struct function *function, uint64_t tick, struct lambda_error *reterr)
{
	const struct catalog_root *root = NULL;
	enum lambda_status status;
	bool listed;

	catalog_lock(catalog);
	listed = root_set_find(catalog->root, function->name) ||
		 catalog_root_part_holds(catalog, function->name, clock_monotonic_ms());
	if (listed)
		catalog->forget_root_tick = ++catalog->room.tick;
	catalog_unlock(catalog);
	if (listed) {
		struct lambda_error error;

		status = catalog_root_get(catalog, scope, &root, &error);
		if (status) {
			if (reterr)
				*reterr = error;
			return status;
		}
		catalog_root_unref(root);
		catalog_lock(catalog);
		listed = root_set_find(catalog->root, function->name);
		catalog_unlock(catalog);
	}
	if (listed)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"AWS lists the function '%.140s' and answers that it is not there",
			function->name);
	function_vanish(catalog, function, tick);
	return LAMBDA_NOT_FOUND;
}
