/* SPDX-License-Identifier: MIT */
/* What changes ask of the catalog (private.h), put to the catalog. */
#include "backend/base/clock.h"
#include "backend/moves/moves.h"
#include "fs/gesture/private.h"

static enum lambda_status find_listed_alias(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *name, struct lambda_alias *ret_alias, bool *ret_there,
	struct lambda_error *reterr)
{
	const struct catalog_aliases *aliases = NULL;
	const struct lambda_alias *known;
	enum lambda_status status = catalog_aliases_get(catalog, scope, function, &aliases, reterr);

	if (status)
		return status;
	known = catalog_aliases_find(aliases, name);
	if (known && lambda_alias_copy(known, ret_alias) < 0)
		status = lambda_fail_memory(reterr);
	*ret_there = known && !status;
	catalog_aliases_unref(aliases);
	return status;
}

static enum lambda_status list_versions(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, bool *ret_there, uint64_t *ret_newest,
	struct lambda_error *reterr)
{
	const struct catalog_versions *versions = NULL;
	enum lambda_status status =
		catalog_versions_get_afresh(catalog, scope, function, &versions, reterr);

	if (status)
		return status;
	*ret_there = catalog_versions_find(versions, version) != NULL;
	*ret_newest = versions->newest;
	catalog_versions_unref(versions);
	return LAMBDA_OK;
}

const struct gesture_calls gesture_catalog_calls = {
	.get_alias = catalog_alias_get,
	.get_alias_afresh = catalog_alias_get_afresh,
	.find_listed_alias = find_listed_alias,
	.get_version = catalog_version_get,
	.list_versions = list_versions,
	.create_alias = catalog_create_alias,
	.update_alias = catalog_update_alias,
	.delete_alias = catalog_delete_alias,
	.find_settled = moves_find_settled,
	.now_ms = clock_monotonic_ms,
};
