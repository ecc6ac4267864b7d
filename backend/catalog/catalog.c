/* SPDX-License-Identifier: MIT */
#include "backend/catalog/state.h"

#include "backend/base/clock.h"
#include "backend/catalog/function.h"

struct catalog *catalog_new(struct lambda_client *client, const struct catalog_options *options)
{
	struct catalog *catalog = calloc(1, sizeof(*catalog));

	if (!catalog)
		return NULL;
	if (flight_room_init(&catalog->room)) {
		free(catalog);
		return NULL;
	}
	catalog->client = client;
	catalog->options = *options;
	return catalog;
}

void catalog_free(struct catalog *catalog)
{
	struct name_map_entry *entry, *next;

	if (!catalog)
		return;
	for (entry = name_map_first(&catalog->functions); entry; entry = next) {
		struct function *function = entry->value;

		next = name_map_next(&catalog->functions, entry);
		function_forget(catalog, function);
	}
	name_map_release(&catalog->functions);
	kept_clear(&catalog->list);
	listing_free(catalog->parked_crawl);
	flight_room_destroy(&catalog->room);
	free(catalog);
}

void catalog_refresh(struct catalog *catalog)
{
	catalog_lock(catalog);
	catalog->forget_tick = ++catalog->room.tick;
	catalog_unlock(catalog);
}

void catalog_refresh_function(struct catalog *catalog, const char *name)
{
	struct function *function;

	catalog_lock(catalog);
	function = function_find(catalog, name);
	if (function) {
		kept_expire(catalog, &function->versions);
		kept_expire(catalog, &function->aliases);
		function_drop(catalog, function);
	}
	catalog_unlock(catalog);
}

/* --- the account --- */

bool catalog_account_peek(
	struct catalog *catalog, struct lambda_account *ret_account, int64_t *ret_age_ms)
{
	bool known;

	catalog_lock(catalog);
	known = catalog->account_known;
	if (known) {
		*ret_account = catalog->account;
		*ret_age_ms = clock_monotonic_ms() - catalog->account_fetched_ms;
	}
	catalog_unlock(catalog);
	return known;
}

enum lambda_status catalog_account_fetch(
	struct catalog *catalog, const struct call_scope *scope, struct lambda_error *reterr)
{
	struct lambda_account account;
	enum lambda_status status = lambda_get_account(catalog->client, scope, &account, reterr);

	if (status)
		return status;
	catalog_lock(catalog);
	catalog->account = account;
	catalog->account_fetched_ms = clock_monotonic_ms();
	catalog->account_known = true;
	catalog_unlock(catalog);
	return LAMBDA_OK;
}
