/* SPDX-License-Identifier: MIT */
/* Questions about aliases, and whether a function is there (backend/catalog/catalog.h). */
#include "backend/catalog/state.h"

#include "backend/base/clock.h"
#include "backend/catalog/changes.h"
#include "backend/catalog/function.h"
#include "backend/catalog/function_list.h"
#include "backend/catalog/merge.h"

/* One caller's question; the `data` of its flight. */
struct question {
	struct catalog *catalog;
	struct function *function;
	const struct call_scope *scope;
	const char *name;     /* of the alias, or NULL */
	bool one_page;        /* the first page will do: is the function there? */
	bool first_page;      /* the same, but that page is wanted */
	uint64_t asked_after; /* afresh: what started up to this tick is no answer */
};

static uint64_t floor_of(void *data)
{
	const struct question *question = data;
	uint64_t floor = function_aliases_floor(question->catalog, question->function);

	return question->asked_after > floor ? question->asked_after : floor;
}

static enum lambda_status give(struct alias_set *set, struct snapshot **ret_result)
{
	*ret_result = snapshot_ref(&set->snapshot);
	return LAMBDA_OK;
}

/* --- the list --- */

/* Whether what is known takes the place of a first page, which is all that is wanted. */
static bool page_suffices(struct question *question, int64_t now_ms)
{
	if (question->first_page)
		return listing_is_good(
			question->function->parked_aliases, floor_of(question), now_ms);
	return question->one_page &&
	       function_exists_surely(question->catalog, question->function, now_ms);
}

static bool list_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	struct question *question = data;
	const struct function *function = question->function;
	int64_t now = clock_monotonic_ms();

	(void)reterr;
	if (function_has_aliases(question->catalog, function, now)) {
		*ret_status = give(function->aliases, ret_result);
		return true;
	}
	if (page_suffices(question, now)) {
		*ret_result = NULL;
		*ret_status = LAMBDA_OK;
		return true;
	}
	return false;
}

static bool list_accepts(void *data, const struct snapshot *result)
{
	const struct question *question = data;

	return question->one_page || (result && ((const struct alias_set *)result)->complete);
}

/* Keeps what came in, complete or not. A listing that is not complete is put aside. */
static enum lambda_status keep_list(const struct question *question, struct listing *listing,
	struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	int64_t expires_ms = clock_monotonic_ms() + catalog->ttl_ms;
	struct change_list changes = {0};
	struct alias_set *set, *known = NULL;
	int error = -1;

	if (listing->marker) {
		set = listing_peek_aliases(listing, expires_ms);
	} else {
		set = alias_set_new(
			listing->aliases, listing->alias_count, true, expires_ms, listing->tick);
		listing->alias_count = 0;
	}
	catalog_lock(catalog);
	if (set)
		error = function_install_aliases(
			catalog, question->function, set, &known, &changes);
	if (listing->marker)
		listing_park(&question->function->parked_aliases, listing, expires_ms);
	else
		listing_free(listing);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	if (error)
		return lambda_fail_memory(reterr);
	*ret_result = &known->snapshot;
	return LAMBDA_OK;
}

static enum lambda_status add_page(
	const struct question *question, struct listing *listing, struct lambda_error *reterr)
{
	struct lambda_alias_page page = {0};
	enum lambda_status status = lambda_list_aliases(question->catalog->client, question->scope,
		question->function->name, listing->marker, &page, reterr);

	if (status)
		return status;
	status = listing_add_aliases(listing, &page, reterr);
	lambda_alias_page_release(&page);
	return status;
}

static enum lambda_status fetch_list(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct question *question = data;
	struct catalog *catalog = question->catalog;
	struct function *function = question->function;
	enum lambda_status status;
	struct listing *listing;

	catalog_lock(catalog);
	listing =
		listing_resume(&function->parked_aliases, floor_of(question), clock_monotonic_ms());
	if (!listing)
		function->asked_beyond = false;
	catalog_unlock(catalog);
	if (!listing)
		listing = listing_new(tick);
	if (!listing)
		return lambda_fail_memory(reterr);
	do {
		status = add_page(question, listing, reterr);
	} while (!status && listing->marker && !question->one_page);
	if (!status)
		return keep_list(question, listing, ret_result, reterr);
	if (status == LAMBDA_NOT_FOUND)
		status = function_gone(catalog, question->scope, function, tick, reterr);
	catalog_lock(catalog);
	if (listing->marker && (status == LAMBDA_INTERRUPTED || status == LAMBDA_TIMED_OUT))
		listing_park(&function->parked_aliases, take_pointer(listing),
			clock_monotonic_ms() + catalog->ttl_ms);
	catalog_unlock(catalog);
	listing_free(listing);
	return status;
}

static enum lambda_status ask_list(
	struct question *question, struct snapshot **ret_result, struct lambda_error *reterr)
{
	const struct flight_task task = {
		.key = {.kind = FLIGHT_ALIASES},
		.data = question,
		.known = list_known,
		.floor = floor_of,
		.accept = list_accepts,
		.fetch = fetch_list,
	};

	return flight_run(&question->catalog->room, &question->function->flights, question->scope,
		&task, ret_result, reterr);
}

enum lambda_status catalog_aliases_get(struct catalog *catalog, const struct call_scope *scope,
	const char *name, const struct catalog_aliases **ret_aliases, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope};
	struct snapshot *result = NULL;
	enum lambda_status status = function_open(catalog, name, &question.function, reterr);

	if (status)
		return status;
	status = ask_list(&question, &result, reterr);
	function_close(catalog, question.function);
	if (!status)
		*ret_aliases = &((struct alias_set *)result)->view;
	return status;
}

/* --- whether the function is there --- */

/*
 * What a fresh list of functions says: whether it says anything. A name that it does not hold may have
 * been created since: that is asked, once in its time. The lock must be held.
 */
static bool root_tells(struct catalog *catalog, const char *name, enum lambda_status *ret_status,
	struct lambda_error *reterr)
{
	int64_t now = clock_monotonic_ms();

	if ((catalog_root_is_fresh(catalog, now) && root_set_find(catalog->root, name)) ||
		catalog_root_part_holds(catalog, name, now)) {
		*ret_status = LAMBDA_OK;
		return true;
	}
	if (missing_holds(&catalog->missing, name, 0, catalog->forget_tick, now)) {
		*ret_status = function_fail_missing(reterr, name);
		return true;
	}
	return false;
}

enum lambda_status catalog_function_exists(struct catalog *catalog, const struct call_scope *scope,
	const char *name, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope, .one_page = true};
	struct snapshot *result = NULL;
	enum lambda_status status = LAMBDA_OK;
	bool told;

	if (!function_is_name(name))
		return function_fail_missing(reterr, name);
	catalog_lock(catalog);
	question.function = function_find(catalog, name);
	told = question.function &&
	       function_exists_surely(catalog, question.function, clock_monotonic_ms());
	if (!told)
		told = root_tells(catalog, name, &status, reterr);
	if (!told && !question.function)
		question.function = function_take(catalog, name);
	if (told && question.function)
		function_drop(catalog, question.function);
	catalog_unlock(catalog);
	if (told)
		return status;
	if (!question.function)
		return lambda_fail_memory(reterr);
	status = ask_list(&question, &result, reterr);
	snapshot_unref(result);
	function_close(catalog, question.function);
	return status;
}

/* Whether the function was there when it was last heard of. The lock must be held. */
static bool was_there(
	const struct catalog *catalog, const struct function *function, const char *name)
{
	if (function && (function->aliases || function->versions || function->parked_aliases ||
				function->parked_versions))
		return true;
	if (catalog->root && root_set_find(catalog->root, name))
		return true;
	return catalog->parked_root && name_map_find(&catalog->parked_root->functions, name);
}

enum lambda_status catalog_function_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *name, bool *ret_certain, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	struct function *function;
	bool told, known = false;

	*ret_certain = true;
	if (!function_is_name(name))
		return function_fail_missing(reterr, name);
	catalog_lock(catalog);
	function = function_find(catalog, name);
	told = function && function_exists_surely(catalog, function, clock_monotonic_ms());
	if (!told)
		told = root_tells(catalog, name, &status, reterr);
	if (!told)
		known = was_there(catalog, function, name);
	if (function)
		function_drop(catalog, function);
	catalog_unlock(catalog);
	*ret_certain = !known;
	if (told || known)
		return status;
	return catalog_function_exists(catalog, scope, name, reterr);
}

/* --- one alias --- */

static enum lambda_status fail_alias(struct lambda_error *reterr, const struct question *question)
{
	return lambda_fail(reterr, LAMBDA_NOT_FOUND, "the function '%.140s' has no alias '%.128s'",
		question->function->name, question->name);
}

static bool alias_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	const struct question *question = data;
	const struct function *function = question->function;
	int64_t now = clock_monotonic_ms();
	bool listed = function_has_aliases(question->catalog, function, now);

	if (listed ? alias_set_index(function->aliases, question->name) != SIZE_MAX
		   : function_known_alias(question->catalog, function, question->name, now) !=
				SIZE_MAX) {
		*ret_status = give(function->aliases, ret_result);
		return true;
	}
	if (listed || missing_holds(function->missing, question->name, 0,
			      function_aliases_floor(question->catalog, function), now)) {
		*ret_status = fail_alias(reterr, question);
		return true;
	}
	return false;
}

/* What GetAlias said is kept; *ret_result is a set that holds the alias. */
static enum lambda_status keep_alias(const struct question *question, struct lambda_alias *alias,
	uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	int64_t expires_ms = clock_monotonic_ms() + catalog->ttl_ms;
	struct alias_set *alone = alias_set_with(NULL, alias, expires_ms, tick);
	struct change_list changes = {0};
	int error;

	if (!alone)
		return lambda_fail_memory(reterr);
	catalog_lock(catalog);
	error = function_put_alias(catalog, question->function, alias, expires_ms, tick, &changes);
	/* What is known may be newer than what was fetched. */
	if (!error && alias_set_index(question->function->aliases, question->name) != SIZE_MAX) {
		snapshot_unref(&alone->snapshot);
		alone = question->function->aliases;
		snapshot_ref(&alone->snapshot);
	}
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	if (error) {
		snapshot_unref(&alone->snapshot);
		return lambda_fail_memory(reterr);
	}
	*ret_result = &alone->snapshot;
	return LAMBDA_OK;
}

static void forget_alias(const struct question *question, uint64_t tick)
{
	struct catalog *catalog = question->catalog;
	struct function *function = question->function;
	struct change_list changes = {0};

	catalog_lock(catalog);
	if (function_remove_alias(catalog, function, question->name, tick, &changes))
		function->forget_aliases_tick = ++catalog->room.tick;
	else if (!function_mutated_since(function, question->name, 0, tick))
		function_add_missing(
			function, question->name, 0, tick, clock_monotonic_ms() + catalog->ttl_ms);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
}

static enum lambda_status fetch_alias(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	const struct question *question = data;
	struct lambda_alias alias;
	enum lambda_status status = lambda_get_alias(question->catalog->client, question->scope,
		question->function->name, question->name, &alias, reterr);

	if (status == LAMBDA_NOT_FOUND)
		forget_alias(question, tick);
	if (status)
		return status;
	if (strcmp(alias.name, question->name))
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"asked for the alias '%.128s' and was answered with '%.128s'",
			question->name, alias.name);
	else
		status = keep_alias(question, &alias, tick, ret_result, reterr);
	lambda_alias_release(&alias);
	return status;
}

static enum lambda_status ask_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, bool afresh, struct lambda_alias *ret_alias,
	int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope, .name = name};
	const struct flight_task task = {
		.key = {.kind = FLIGHT_ALIAS, .name = name},
		.data = &question,
		.known = afresh ? NULL : alias_known,
		.floor = floor_of,
		.fetch = fetch_alias,
	};
	struct snapshot *result = NULL;
	enum lambda_status status = function_open(catalog, function, &question.function, reterr);
	const struct alias_set *set;
	size_t at;

	if (status)
		return status;
	if (afresh) {
		catalog_lock(catalog);
		question.asked_after = catalog->room.tick;
		catalog_unlock(catalog);
	}
	status = flight_run(
		&catalog->room, &question.function->flights, scope, &task, &result, reterr);
	set = (const struct alias_set *)result;
	if (!status) {
		at = alias_set_index(set, name);
		*ret_expires_ms = set->notes[at].expires_ms;
		if (lambda_alias_copy(&set->entries[at], ret_alias))
			status = lambda_fail_memory(reterr);
	}
	snapshot_unref(result);
	function_close(catalog, question.function);
	return status;
}

enum lambda_status catalog_alias_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	int64_t expires_ms;

	return ask_alias(catalog, scope, function, name, false, ret_alias, &expires_ms, reterr);
}

enum lambda_status catalog_alias_get_afresh(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	int64_t expires_ms;

	return ask_alias(catalog, scope, function, name, true, ret_alias, &expires_ms, reterr);
}

/* --- a look at a name --- */

/* A look, and what it finds. */
struct look {
	struct question question;
	struct lambda_alias *ret_alias;
	int64_t *ret_expires_ms;
	struct lambda_error *reterr;
	enum lambda_status status; /* of what answers() found */
};

/* Whether the set (a reference, given back; NULL: nothing) holds the alias, or is complete without it. */
static bool answers(struct look *look, struct snapshot *result)
{
	const struct alias_set *set = (const struct alias_set *)result;
	size_t at = set ? alias_set_index(set, look->question.name) : SIZE_MAX;
	bool found = at != SIZE_MAX, absent = set && set->complete && !found;

	if (found) {
		*look->ret_expires_ms = set->notes[at].expires_ms;
		look->status = lambda_alias_copy(&set->entries[at], look->ret_alias)
				       ? lambda_fail_memory(look->reterr)
				       : LAMBDA_OK;
	} else if (absent) {
		*look->ret_expires_ms = set->view.expires_ms;
		look->status = fail_alias(look->reterr, &look->question);
	}
	snapshot_unref(result);
	return found || absent;
}

/* Whether what is known answers. */
static bool is_known(struct look *look)
{
	struct snapshot *result = NULL;
	enum lambda_status status;
	bool known;

	catalog_lock(look->question.catalog);
	known = alias_known(&look->question, &status, &result, look->reterr);
	catalog_unlock(look->question.catalog);
	if (known && status)
		look->status = status;
	return known && (status || answers(look, result));
}

/* Lists the first page, or (`whole`) all. True when that answers, or fails. */
static bool list_answers(struct look *look, bool whole)
{
	struct snapshot *result = NULL;

	look->question.one_page = look->question.first_page = !whole;
	look->status = ask_list(&look->question, &result, look->reterr);
	return look->status || answers(look, result);
}

/* Whether a name beyond the first page was asked for before: more may follow, and a list is cheaper for those. */
static bool note_beyond(struct look *look)
{
	bool before;

	catalog_lock(look->question.catalog);
	before = look->question.function->asked_beyond;
	look->question.function->asked_beyond = true;
	catalog_unlock(look->question.catalog);
	return before;
}

enum lambda_status catalog_alias_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	struct look look = {.question = {.catalog = catalog, .scope = scope, .name = name},
		.ret_alias = ret_alias,
		.ret_expires_ms = ret_expires_ms,
		.reterr = reterr};
	enum lambda_status status =
		function_open(catalog, function, &look.question.function, reterr);

	*ret_expires_ms = 0;
	if (status)
		return status;
	if (is_known(&look) || list_answers(&look, false) ||
		(note_beyond(&look) && list_answers(&look, true)))
		status = look.status;
	else
		status = ask_alias(
			catalog, scope, function, name, false, ret_alias, ret_expires_ms, reterr);
	function_close(catalog, look.question.function);
	return status;
}

bool catalog_alias_peek(struct catalog *catalog, const char *function_name, const char *name,
	struct lambda_alias *ret_alias)
{
	const struct function *function;
	size_t at = SIZE_MAX;
	bool copied;

	catalog_lock(catalog);
	function = name_map_find(&catalog->functions, function_name);
	if (function)
		at = alias_set_index(function->aliases, name);
	copied = at != SIZE_MAX && !lambda_alias_copy(&function->aliases->entries[at], ret_alias);
	catalog_unlock(catalog);
	return copied;
}
