/* SPDX-License-Identifier: MIT */
/* Questions about aliases, and whether a function is there (backend/catalog/catalog.h). */
#include "backend/catalog/state.h"

#include "backend/base/clock.h"
#include "backend/catalog/fetch.h"
#include "backend/catalog/function.h"

#define TARGETS_DENIED_MS                                                                          \
	(10 * 60 * 1000) /* how long GetFunction is not tried again after a denial */

enum lambda_status catalog_aliases_get(struct catalog *catalog, const struct call_scope *scope,
	const char *name, const struct catalog_aliases **ret_aliases, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope, .kind = FLIGHT_ALIASES};
	struct keyed_set *set = NULL;
	enum lambda_status status = question_open(&question, name, reterr);

	if (status)
		return status;
	status = list_ask(&question, &set, reterr);
	question_close(&question);
	if (!status)
		*ret_aliases = &set->aliases;
	return status;
}

/* --- whether the function is there --- */

/*
 * What is known: whether that says anything. A name that a fresh list of functions does not hold may have
 * been created since: that is asked, once in its time. The lock must be held.
 */
static bool existence_is_known(const struct question *question, const char *name,
	enum lambda_status *ret_status, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	const struct question of_list = {.catalog = catalog,
		.kind = FLIGHT_FUNCTIONS,
		.crawl_began_ms = question->crawl_began_ms};
	const struct function *function = name_map_find(&catalog->functions, name);
	const struct kept *list = &catalog->list;
	int64_t now = question_moment(&of_list);

	*ret_status = LAMBDA_OK;
	if ((function && function_exists_surely(catalog, function, question_moment(question))) ||
		(kept_is_whole(catalog, list, now) &&
			keyed_set_find(list->set, key_of_name(name)) != SIZE_MAX) ||
		function_is_in_parked_list(catalog, name, now))
		return true;
	if (!kept_lacks(catalog, list, key_of_name(name), now))
		return false;
	*ret_status = function_fail_missing(reterr, name);
	return true;
}

enum lambda_status catalog_function_exists(struct catalog *catalog, const struct call_scope *scope,
	const char *name, struct lambda_error *reterr)
{
	struct question question = {
		.catalog = catalog, .scope = scope, .kind = FLIGHT_ALIASES, .one_page = true};
	struct keyed_set *set = NULL;
	enum lambda_status status = LAMBDA_OK;
	bool known;

	if (!function_is_name(name))
		return function_fail_missing(reterr, name);
	catalog_lock(catalog);
	known = existence_is_known(&question, name, &status, reterr);
	catalog_unlock(catalog);
	if (known)
		return status;
	status = question_open(&question, name, reterr);
	if (status)
		return status;
	if (question.crawl_began_ms) {
		catalog_lock(catalog);
		known = existence_is_known(&question, name, &status, reterr);
		catalog_unlock(catalog);
	}
	if (!known)
		status = list_ask(&question, &set, reterr);
	keyed_set_unref(set);
	question_close(&question);
	return status;
}

/* Whether the function was there when it was last heard of. The lock must be held. */
static bool was_there(const struct catalog *catalog, const char *name)
{
	const struct function *function = name_map_find(&catalog->functions, name);

	if (function && (kept_shows_any(&function->aliases) || kept_shows_any(&function->versions)))
		return true;
	return keyed_set_find(catalog->list.set, key_of_name(name)) != SIZE_MAX ||
	       (catalog->list.parked && name_map_find(&catalog->list.parked->functions, name));
}

enum lambda_status catalog_function_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *name, bool *ret_certain, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	const struct question question = {.catalog = catalog, .kind = FLIGHT_ALIASES};
	bool known, believed;

	*ret_certain = true;
	if (!function_is_name(name))
		return function_fail_missing(reterr, name);
	catalog_lock(catalog);
	known = existence_is_known(&question, name, &status, reterr);
	believed = !known && was_there(catalog, name);
	catalog_unlock(catalog);
	*ret_certain = !believed;
	if (known || believed)
		return status;
	return catalog_function_exists(catalog, scope, name, reterr);
}

/* --- one alias --- */

static enum lambda_status get_alias(struct question *question, const char *function,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	struct keyed_set *set = NULL;
	enum lambda_status status = question_open(question, function, reterr);

	if (status)
		return status;
	status = item_ask(question, &set, reterr);
	if (!status &&
		lambda_alias_copy(alias_at(set, keyed_set_find(set, question->key)), ret_alias))
		status = lambda_fail_memory(reterr);
	keyed_set_unref(set);
	question_close(question);
	return status;
}

enum lambda_status catalog_alias_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	struct question question = {
		.catalog = catalog, .scope = scope, .kind = FLIGHT_ALIAS, .key = key_of_name(name)};

	return get_alias(&question, function, ret_alias, reterr);
}

enum lambda_status catalog_alias_get_afresh(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog,
		.scope = scope,
		.kind = FLIGHT_ALIAS,
		.key = key_of_name(name),
		.afresh = true};

	return get_alias(&question, function, ret_alias, reterr);
}

/* --- a look at a name --- */

/* A look, and what it finds. */
struct look {
	struct question question;
	struct catalog_alias_look *ret_look;
	struct lambda_error *reterr;
	enum lambda_status status; /* of what set_answers() found */
};

static void fill_look(struct catalog_alias_look *look, const struct keyed_set *set, size_t at)
{
	*look = (struct catalog_alias_look){
		.last_modified = INT64_MIN, .expires_ms = set->notes[at].expires_ms};
	if (set->kind == &targets_kind) {
		const struct alias_target *target = keyed_set_entry(set, at);

		look->routing.version = target->version;
		look->last_modified = target->last_modified;
	} else {
		const struct lambda_alias *alias = alias_at(set, at);

		look->routing = catalog_routing_of(alias);
	}
}

/* Whether the set (a reference, given back; NULL: nothing) holds the alias, or is complete without it. */
static bool set_answers(struct look *look, struct keyed_set *set)
{
	size_t at = keyed_set_find(set, look->question.key);
	bool found = at != SIZE_MAX, absent = set && set->complete && !found;

	if (found) {
		fill_look(look->ret_look, set, at);
		look->status = LAMBDA_OK;
	} else if (absent) {
		look->ret_look->expires_ms = set->expires_ms;
		look->status = question_fail_missing(&look->question, look->reterr);
	}
	keyed_set_unref(set);
	return found || absent;
}

/* Whether what is known answers. */
static bool is_known(struct look *look)
{
	struct keyed_set *set = NULL;
	enum lambda_status status;
	bool known;

	catalog_lock(look->question.catalog);
	known = question_is_known(&look->question, &status, &set, look->reterr);
	catalog_unlock(look->question.catalog);
	if (known && status)
		look->status = status;
	return known && (status || set_answers(look, set));
}

/* Asks for the one alias, or (FLIGHT_TARGET) where it leads. True when that answers, or fails. */
static bool item_answers(struct look *look, enum flight_kind kind)
{
	struct keyed_set *set = NULL;

	look->question.kind = kind;
	look->status = item_ask(&look->question, &set, look->reterr);
	return look->status || set_answers(look, set);
}

/* Lists the first page, or (`whole`) all. True when that answers, or fails. */
static bool list_answers(struct look *look, bool whole)
{
	struct keyed_set *set = NULL;

	look->question.kind = FLIGHT_ALIASES;
	look->question.one_page = look->question.first_page = !whole;
	look->status = list_ask(&look->question, &set, look->reterr);
	return look->status || set_answers(look, set);
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

/* Whether this is a third function in which the alias is looked at within the time of a crawl. */
static bool note_look(struct look *look)
{
	struct catalog *catalog = look->question.catalog;
	uint64_t alias = name_hash(look->question.key.name);
	int64_t now = clock_monotonic_ms();
	bool third;

	catalog_lock(catalog);
	if (catalog->looked_alias != alias)
		catalog->looks.count = 0;
	catalog->looked_alias = alias;
	third = crawl_want(&catalog->looks, name_hash(look->question.function->name), now, NULL);
	third = third && catalog->options.ttl_ms > 0 && now >= catalog->no_targets_until_ms;
	catalog_unlock(catalog);
	return third;
}

/* Ends note_look(): the time that the answer took does not count, and a failure is no look. */
static void end_look(struct look *look)
{
	struct catalog *catalog = look->question.catalog;

	catalog_lock(catalog);
	if (look->status && look->status != LAMBDA_NOT_FOUND)
		catalog->looks.count = 0;
	else
		crawl_answered(&catalog->looks, name_hash(look->question.function->name),
			clock_monotonic_ms());
	catalog_unlock(catalog);
}

/* GetFunction, while it is allowed. True when that answers, or fails otherwise. */
static bool target_answers(struct look *look)
{
	struct catalog *catalog = look->question.catalog;

	if (!item_answers(look, FLIGHT_TARGET))
		return false;
	if (look->status != LAMBDA_ACCESS_DENIED)
		return true;
	log_write(catalog->options.log, LOG_LEVEL_INFO,
		"lambda:GetFunction is denied: aliases are read by ListAliases, at the rate of "
		"all calls");
	catalog_lock(catalog);
	catalog->no_targets_until_ms = clock_monotonic_ms() + TARGETS_DENIED_MS;
	catalog_unlock(catalog);
	return false;
}

enum lambda_status catalog_alias_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, bool with_weight,
	struct catalog_alias_look *ret_look, struct lambda_error *reterr)
{
	struct look look = {
		.question = {.catalog = catalog,
			.scope = scope,
			.kind = with_weight ? FLIGHT_ALIAS : FLIGHT_TARGET,
			.key = key_of_name(name)},
		.ret_look = ret_look,
		.reterr = reterr,
	};
	enum lambda_status status = question_open(&look.question, function, reterr);

	*ret_look = (struct catalog_alias_look){.last_modified = INT64_MIN};
	if (status)
		return status;
	if (!is_known(&look)) {
		bool third = note_look(&look) && !with_weight && !scope->for_change;

		if (!(third && target_answers(&look)) && !list_answers(&look, false) &&
			!(note_beyond(&look) && list_answers(&look, true)))
			(void)item_answers(&look, FLIGHT_ALIAS);
		end_look(&look);
	}
	question_close(&look.question);
	return look.status;
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
		at = keyed_set_find(function->aliases.set, key_of_name(name));
	copied = at != SIZE_MAX &&
		 !lambda_alias_copy(alias_at(function->aliases.set, at), ret_alias);
	catalog_unlock(catalog);
	return copied;
}
