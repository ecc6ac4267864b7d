/* SPDX-License-Identifier: MIT */
/* Questions about the functions of the account (backend/catalog/catalog.h). */
#include "backend/catalog/state.h"

#include "backend/base/clock.h"
#include "backend/catalog/fetch.h"
#include "backend/catalog/kept.h"

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
