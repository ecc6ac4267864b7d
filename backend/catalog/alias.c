/* SPDX-License-Identifier: MIT */
/* Questions about aliases, and whether a function is there (backend/catalog/catalog.h). */
#include "backend/catalog/state.h"

#include "backend/base/clock.h"
#include "backend/catalog/function.h"
#include "backend/catalog/item.h"
#include "backend/catalog/list.h"

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
static bool existence_is_known(struct catalog *catalog, const struct function *function,
	const char *name, enum lambda_status *ret_status, struct lambda_error *reterr)
{
	int64_t now = clock_monotonic_ms();
	const struct kept *list = &catalog->list;

	*ret_status = LAMBDA_OK;
	if ((function && function_exists_surely(catalog, function, now)) ||
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
	known = existence_is_known(
		catalog, name_map_find(&catalog->functions, name), name, &status, reterr);
	catalog_unlock(catalog);
	if (known)
		return status;
	status = question_open(&question, name, reterr);
	if (status)
		return status;
	status = list_ask(&question, &set, reterr);
	keyed_set_unref(set);
	question_close(&question);
	return status;
}

/* Whether the function was there when it was last heard of. The lock must be held. */
static bool was_there(
	const struct catalog *catalog, const struct function *function, const char *name)
{
	if (function && (kept_shows_any(&function->aliases) || kept_shows_any(&function->versions)))
		return true;
	return keyed_set_find(catalog->list.set, key_of_name(name)) != SIZE_MAX ||
	       (catalog->list.parked && name_map_find(&catalog->list.parked->functions, name));
}

enum lambda_status catalog_function_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *name, bool *ret_certain, struct lambda_error *reterr)
{
	enum lambda_status status = LAMBDA_OK;
	const struct function *function;
	bool known, believed;

	*ret_certain = true;
	if (!function_is_name(name))
		return function_fail_missing(reterr, name);
	catalog_lock(catalog);
	function = name_map_find(&catalog->functions, name);
	known = existence_is_known(catalog, function, name, &status, reterr);
	believed = !known && was_there(catalog, function, name);
	catalog_unlock(catalog);
	*ret_certain = !believed;
	if (known || believed)
		return status;
	return catalog_function_exists(catalog, scope, name, reterr);
}

/* --- one alias --- */

/* Hands out the alias at `at` of a set. */
static enum lambda_status give_alias(const struct keyed_set *set, size_t at,
	struct lambda_alias *ret_alias, int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	if (ret_expires_ms)
		*ret_expires_ms = set->notes[at].expires_ms;
	return lambda_alias_copy(alias_at(set, at), ret_alias) ? lambda_fail_memory(reterr)
							       : LAMBDA_OK;
}

/* Asks for one alias; `question` says of which function, and how. */
static enum lambda_status ask_alias(struct question *question, struct lambda_alias *ret_alias,
	int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	struct keyed_set *set = NULL;
	enum lambda_status status;
	size_t at;

	question->kind = FLIGHT_ALIAS;
	status = item_ask(question, &set, &at, reterr);
	if (!status)
		status = give_alias(set, at, ret_alias, ret_expires_ms, reterr);
	keyed_set_unref(set);
	return status;
}

static enum lambda_status get_alias(struct question *question, const char *function,
	struct lambda_alias *ret_alias, struct lambda_error *reterr)
{
	enum lambda_status status = question_open(question, function, reterr);

	if (status)
		return status;
	status = ask_alias(question, ret_alias, NULL, reterr);
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
	struct lambda_alias *ret_alias;
	int64_t *ret_expires_ms;
	struct lambda_error *reterr;
	enum lambda_status status; /* of what set_answers() found */
};

/* Whether the set (a reference, given back; NULL: nothing) holds the alias, or is complete without it. */
static bool set_answers(struct look *look, struct keyed_set *set)
{
	size_t at = keyed_set_find(set, look->question.key);
	bool found = at != SIZE_MAX, absent = set && set->complete && !found;

	if (found) {
		look->status =
			give_alias(set, at, look->ret_alias, look->ret_expires_ms, look->reterr);
	} else if (absent) {
		*look->ret_expires_ms = set->expires_ms;
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

	look->question.kind = FLIGHT_ALIAS;
	catalog_lock(look->question.catalog);
	known = question_is_known(&look->question, &status, &set, look->reterr);
	catalog_unlock(look->question.catalog);
	if (known && status)
		look->status = status;
	return known && (status || set_answers(look, set));
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

enum lambda_status catalog_alias_look_up(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias,
	int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	struct look look = {
		.question = {.catalog = catalog,
			.scope = scope,
			.kind = FLIGHT_ALIAS,
			.key = key_of_name(name)},
		.ret_alias = ret_alias,
		.ret_expires_ms = ret_expires_ms,
		.reterr = reterr,
	};
	enum lambda_status status = question_open(&look.question, function, reterr);

	*ret_expires_ms = 0;
	if (status)
		return status;
	if (is_known(&look) || list_answers(&look, false) ||
		(note_beyond(&look) && list_answers(&look, true)))
		status = look.status;
	else
		status = ask_alias(&look.question, ret_alias, ret_expires_ms, reterr);
	question_close(&look.question);
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
		at = keyed_set_find(function->aliases.set, key_of_name(name));
	copied = at != SIZE_MAX &&
		 !lambda_alias_copy(alias_at(function->aliases.set, at), ret_alias);
	catalog_unlock(catalog);
	return copied;
}
