/* SPDX-License-Identifier: MIT */
/* Questions about versions and their documents (backend/catalog/catalog.h). */
#include "backend/catalog/version.h"

#include <errno.h>

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
	uint64_t version;
	uint64_t asked_after; /* afresh: what started up to this tick is no answer */
};

static uint64_t floor_of(void *data)
{
	const struct question *question = data;
	uint64_t floor = function_versions_floor(question->catalog, question->function);

	return question->asked_after > floor ? question->asked_after : floor;
}

/* --- the list --- */

static bool list_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	const struct question *question = data;
	struct function *function = question->function;

	(void)reterr;
	if (!function_has_versions(question->catalog, function, clock_monotonic_ms()))
		return false;
	if (function->crawled)
		question->catalog->crawl.used++;
	function->crawled = false;
	*ret_result = snapshot_ref(&function->versions->snapshot);
	*ret_status = LAMBDA_OK;
	return true;
}

static enum lambda_status keep_list(const struct question *question, struct listing *listing,
	struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	struct function *function = question->function;
	struct version_builder *builder = name_map_find(&listing->functions, function->name);
	struct change_list changes = {0};
	struct version_set *set, *known = NULL;
	int64_t now = clock_monotonic_ms();
	int error = -ENOMEM;

	if (!builder)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the list of versions of '%.140s' is empty", function->name);
	set = version_builder_finish(builder, true, now + catalog->ttl_ms, listing->tick);
	catalog_lock(catalog);
	if (set)
		error = function_install_versions(catalog, function, set, &known, &changes);
	function->crawled = false;
	crawl_answered(&catalog->crawl, name_hash(function->name), now);
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
	const struct listing_lookup lookup = function_lookup(question->catalog);
	const char *function = question->function->name;
	struct lambda_version_page page = {0};
	enum lambda_status status = lambda_list_versions(question->catalog->client, question->scope,
		function, listing->marker, &page, reterr);

	if (status)
		return status;
	status = listing_add_versions(listing, &page, function, &lookup, reterr);
	lambda_version_page_release(&page);
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
	listing = listing_resume(
		&function->parked_versions, floor_of(question), clock_monotonic_ms());
	catalog_unlock(catalog);
	if (!listing)
		listing = listing_new(tick);
	if (!listing)
		return lambda_fail_memory(reterr);
	do {
		status = add_page(question, listing, reterr);
	} while (!status && listing->marker);
	if (!status)
		status = keep_list(question, listing, ret_result, reterr);
	else if (status == LAMBDA_NOT_FOUND)
		status = function_gone(catalog, question->scope, function, tick, reterr);
	catalog_lock(catalog);
	if (listing->marker && (status == LAMBDA_INTERRUPTED || status == LAMBDA_TIMED_OUT))
		listing_park(&function->parked_versions, take_pointer(listing),
			clock_monotonic_ms() + catalog->ttl_ms);
	catalog_unlock(catalog);
	listing_free(listing);
	return status;
}

static enum lambda_status ask_list(struct question *question, bool afresh,
	const struct catalog_versions **ret_versions, struct lambda_error *reterr)
{
	const struct flight_task task = {
		.key = {.kind = FLIGHT_VERSIONS},
		.data = question,
		.known = afresh ? NULL : list_known,
		.floor = floor_of,
		.fetch = fetch_list,
	};
	struct snapshot *result = NULL;
	enum lambda_status status = flight_run(&question->catalog->room,
		&question->function->flights, question->scope, &task, &result, reterr);

	if (!status)
		*ret_versions = &((struct version_set *)result)->view;
	return status;
}

enum lambda_status catalog_versions_get(struct catalog *catalog, const struct call_scope *scope,
	const char *name, const struct catalog_versions **ret_versions, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope};
	enum lambda_status status = function_open(catalog, name, &question.function, reterr);

	if (status)
		return status;
	status = catalog_crawl(catalog, scope, question.function, reterr);
	if (!status)
		status = ask_list(&question, false, ret_versions, reterr);
	function_close(catalog, question.function);
	return status;
}

enum lambda_status catalog_versions_get_afresh(struct catalog *catalog,
	const struct call_scope *scope, const char *name,
	const struct catalog_versions **ret_versions, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope};
	enum lambda_status status = function_open(catalog, name, &question.function, reterr);

	if (status)
		return status;
	catalog_lock(catalog);
	question.asked_after = catalog->room.tick;
	catalog_unlock(catalog);
	status = ask_list(&question, true, ret_versions, reterr);
	function_close(catalog, question.function);
	return status;
}

const struct catalog_versions *catalog_versions_peek(struct catalog *catalog, const char *name)
{
	const struct catalog_versions *versions = NULL;
	const struct function *function;

	catalog_lock(catalog);
	function = name_map_find(&catalog->functions, name);
	if (function && function_has_versions(catalog, function, clock_monotonic_ms())) {
		snapshot_ref(&function->versions->snapshot);
		versions = &function->versions->view;
	}
	catalog_unlock(catalog);
	return versions;
}

/* --- one version --- */

static enum lambda_status fail_version(struct lambda_error *reterr, const struct question *question)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];

	lambda_version_format(question->version, version);
	return lambda_fail(reterr, LAMBDA_NOT_FOUND, "the function '%.140s' has no version %s",
		question->function->name, version);
}

static bool version_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	const struct question *question = data;
	const struct function *function = question->function;
	int64_t now = clock_monotonic_ms();

	if ((function_has_versions(question->catalog, function, now) &&
		    version_set_index(function->versions, question->version) != SIZE_MAX) ||
		function_known_version(question->catalog, function, question->version, now) !=
			SIZE_MAX) {
		*ret_result = snapshot_ref(&function->versions->snapshot);
		*ret_status = LAMBDA_OK;
		return true;
	}
	if (missing_holds(function->missing, NULL, question->version,
		    function_versions_floor(question->catalog, function), now)) {
		*ret_status = fail_version(reterr, question);
		return true;
	}
	return false;
}

struct version_set *version_set_of_one(struct catalog *catalog,
	const struct lambda_version *version, int64_t expires_ms, uint64_t tick)
{
	const struct listing_lookup lookup = function_lookup(catalog);
	cleanup(version_builder_free_pointer) struct version_builder *builder =
		version_builder_new();
	cleanup(packer_free_pointer) struct packer *packer = packer_new();

	if (!builder || !packer)
		return NULL;
	lookup.find(lookup.data, version->function_name, &builder->dictionary, &builder->previous);
	if (version_builder_add(builder, packer, version))
		return NULL;
	return version_builder_finish(builder, false, expires_ms, tick);
}

/* What was fetched is kept; *ret_result is a set that holds the version. */
static enum lambda_status keep_version(const struct question *question,
	const struct lambda_version *version, uint64_t tick, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	struct catalog *catalog = question->catalog;
	struct version_set *alone =
		version_set_of_one(catalog, version, clock_monotonic_ms() + catalog->ttl_ms, tick);
	struct change_list changes = {0};
	int error;

	if (!alone)
		return lambda_fail_memory(reterr);
	catalog_lock(catalog);
	error = function_put_version(catalog, question->function, &alone->entries[0],
		alone->notes[0].pack, tick, &changes);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
	if (error) {
		snapshot_unref(&alone->snapshot);
		return lambda_fail_memory(reterr);
	}
	*ret_result = &alone->snapshot;
	return LAMBDA_OK;
}

static void forget_version(const struct question *question, uint64_t tick)
{
	struct catalog *catalog = question->catalog;
	struct function *function = question->function;
	struct change_list changes = {0};
	int64_t now = clock_monotonic_ms();

	catalog_lock(catalog);
	if (function_remove_version(catalog, function, question->version, tick, &changes))
		function->forget_versions_tick = ++catalog->room.tick;
	else if (!function_mutated_since(function, NULL, question->version, tick))
		function_add_missing(function, NULL, question->version, tick,
			function_has_versions(catalog, function, now)
				? function->versions->view.expires_ms
				: now + catalog->ttl_ms);
	catalog_unlock(catalog);
	change_list_report(&changes, catalog);
}

static enum lambda_status fetch_version(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	const struct question *question = data;
	const char *function = question->function->name;
	struct lambda_version version;
	enum lambda_status status = lambda_get_version(question->catalog->client, question->scope,
		function, question->version, &version, reterr);

	if (status == LAMBDA_NOT_FOUND)
		forget_version(question, tick);
	if (status)
		return status;
	if (version.version != question->version || strcmp(version.function_name, function))
		status = lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"asked for a version of '%.140s' and was answered with another one",
			function);
	else
		status = keep_version(question, &version, tick, ret_result, reterr);
	lambda_version_release(&version);
	return status;
}

/* *ret_set is a reference to a set that holds the version. */
static enum lambda_status ask_version(struct catalog *catalog, const struct call_scope *scope,
	const char *name, uint64_t version, struct version_set **ret_set,
	struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope, .version = version};
	const struct flight_task task = {
		.key = {.kind = FLIGHT_VERSION, .version = version},
		.data = &question,
		.known = version_known,
		.floor = floor_of,
		.fetch = fetch_version,
	};
	struct snapshot *result = NULL;
	enum lambda_status status = function_open(catalog, name, &question.function, reterr);

	if (status)
		return status;
	status = flight_run(
		&catalog->room, &question.function->flights, scope, &task, &result, reterr);
	function_close(catalog, question.function);
	if (!status)
		*ret_set = (struct version_set *)result;
	return status;
}

enum lambda_status catalog_version_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, struct catalog_version *ret_version,
	struct lambda_error *reterr)
{
	struct version_set *set;
	enum lambda_status status = ask_version(catalog, scope, function, version, &set, reterr);

	if (status)
		return status;
	*ret_version = set->entries[version_set_index(set, version)];
	snapshot_unref(&set->snapshot);
	return LAMBDA_OK;
}

enum lambda_status catalog_document_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, enum catalog_document document, struct buffer *out,
	struct lambda_error *reterr)
{
	struct version_set *set;
	enum lambda_status status = ask_version(catalog, scope, function, version, &set, reterr);
	int error;

	if (status)
		return status;
	error = pack_open(set->notes[version_set_index(set, version)].pack, document, out);
	snapshot_unref(&set->snapshot);
	if (error == -EFBIG)
		return lambda_fail(reterr, LAMBDA_TOO_LARGE,
			"the document is larger than the room that was made for it");
	return error ? lambda_fail_memory(reterr) : LAMBDA_OK;
}
