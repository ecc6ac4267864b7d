/* SPDX-License-Identifier: MIT */
/* The functions of the account: the list, and the crawl that lists their versions too (backend/catalog/catalog.h). */
#include "backend/catalog/function_list.h"

#include "backend/base/clock.h"
#include "backend/catalog/kept.h"
#include "backend/catalog/list.h"

enum lambda_status catalog_function_list_get(struct catalog *catalog,
	const struct call_scope *scope, const struct catalog_function_list **ret_functions,
	struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope, .kind = FLIGHT_FUNCTIONS};
	struct keyed_set *set = NULL;
	enum lambda_status status;

	question_find_crawl(&question);
	status = list_ask(&question, &set, reterr);
	if (!status)
		*ret_functions = &set->functions;
	return status;
}

const struct catalog_function_list *catalog_function_list_peek(struct catalog *catalog)
{
	const struct catalog_function_list *functions = NULL;

	catalog_lock(catalog);
	if (catalog->list.set && catalog->list.set->complete)
		functions = &keyed_set_ref(catalog->list.set)->functions;
	catalog_unlock(catalog);
	return functions;
}

bool catalog_function_list_lacks(struct catalog *catalog, const char *function)
{
	const struct kept *list = &catalog->list;
	bool lacks;

	catalog_lock(catalog);
	lacks = kept_is_whole(catalog, list, clock_monotonic_ms()) &&
		keyed_set_find(list->set, key_of_name(function)) == SIZE_MAX;
	catalog_unlock(catalog);
	return lacks;
}

enum lambda_status catalog_verify(
	struct catalog *catalog, const struct call_scope *scope, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog,
		.scope = scope,
		.kind = FLIGHT_FUNCTIONS,
		.one_page = true,
		.afresh = true};
	struct keyed_set *set = NULL;
	enum lambda_status status = list_ask(&question, &set, reterr);

	keyed_set_unref(set);
	return status;
}

/* --- the crawl --- */

/* Notes the want. Whether it is a crawl's, or falls into one that is under way. The lock must be held. */
static bool joins_crawl(const struct question *question)
{
	struct catalog *catalog = question->catalog;
	const struct function *function = question->function;
	int64_t now = clock_monotonic_ms();
	bool wanted, running;

	if (catalog->ttl_ms <= 0 ||
		kept_is_whole(catalog, &function->versions, question_moment(question)))
		return false;
	running = flight_is_under_way(&catalog->flights, FLIGHT_CRAWL) ||
		  listing_is_good(catalog->parked_crawl, catalog->forget_tick, now);
	if (!running)
		listing_free(take_pointer(catalog->parked_crawl));
	wanted = crawl_want(&catalog->crawl.wants, name_hash(function->name), now, NULL);
	return running || (wanted && crawl_allowed(&catalog->crawl, now));
}

enum lambda_status catalog_crawl(const struct question *question, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	struct call_scope patience = *question->scope;
	struct question crawl = {.catalog = catalog,
		.scope = &patience,
		.kind = FLIGHT_CRAWL,
		.function = question->function};
	int64_t now = clock_monotonic_ms();
	struct keyed_set *none = NULL;
	struct lambda_error error;
	enum lambda_status status;
	bool joins;

	catalog_lock(catalog);
	joins = joins_crawl(question);
	catalog_unlock(catalog);
	if (!joins)
		return LAMBDA_OK;
	/* A part of the time is left to ask for this function alone. */
	if (patience.read_deadline_ms > now)
		patience.read_deadline_ms = now + (patience.read_deadline_ms - now) / 4 * 3;
	status = list_ask(&crawl, &none, &error);
	if (status != LAMBDA_INTERRUPTED)
		return LAMBDA_OK;
	if (reterr)
		*reterr = error;
	return status;
}
