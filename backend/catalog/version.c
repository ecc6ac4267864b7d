/* SPDX-License-Identifier: MIT */
/* Questions about versions and their documents (backend/catalog/catalog.h). */
#include "backend/catalog/state.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/catalog/fetch.h"
#include "backend/catalog/function.h"
#include "backend/documents/document.h"

/* Notes the want. Whether it is a crawl's, or falls into one that is under way. The lock must be held. */
static bool joins_crawl(const struct question *question)
{
	struct catalog *catalog = question->catalog;
	const struct function *function = question->function;
	int64_t now = clock_monotonic_ms();
	bool wanted, running;

	if (catalog->options.ttl_ms <= 0 ||
		kept_is_whole(catalog, &function->versions, question_moment(question)))
		return false;
	running = flight_is_under_way(&catalog->flights, FLIGHT_CRAWL) ||
		  listing_is_good(catalog->parked_crawl, catalog->forget_tick, now);
	if (!running)
		listing_free(take_pointer(catalog->parked_crawl));
	wanted = crawl_want(&catalog->crawl.wants, name_hash(function->name), now, NULL);
	return running || (wanted && crawl_allowed(&catalog->crawl, now));
}

/*
 * Joins or leads a crawl, if this is one: the versions may be known then. Fails only with LAMBDA_INTERRUPTED; after any
 * other failure of the crawl the caller asks by itself.
 */
static enum lambda_status crawl_all(const struct question *question, struct lambda_error *reterr)
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
	return lambda_fail_as(reterr, &error);
}

/* All versions, of what `question` says beside the function. */
static enum lambda_status ask_versions(struct question *question, const char *name,
	const struct catalog_versions **ret_versions, struct lambda_error *reterr)
{
	struct keyed_set *set = NULL;
	enum lambda_status status = question_open(question, name, reterr);

	if (status)
		return status;
	if (!question->afresh)
		status = crawl_all(question, reterr);
	if (!status)
		status = list_ask(question, &set, reterr);
	question_close(question);
	if (!status)
		*ret_versions = &set->versions;
	return status;
}

enum lambda_status catalog_versions_get(struct catalog *catalog, const struct call_scope *scope,
	const char *name, const struct catalog_versions **ret_versions, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog, .scope = scope, .kind = FLIGHT_VERSIONS};

	return ask_versions(&question, name, ret_versions, reterr);
}

enum lambda_status catalog_versions_get_afresh(struct catalog *catalog,
	const struct call_scope *scope, const char *name,
	const struct catalog_versions **ret_versions, struct lambda_error *reterr)
{
	struct question question = {
		.catalog = catalog, .scope = scope, .kind = FLIGHT_VERSIONS, .afresh = true};

	return ask_versions(&question, name, ret_versions, reterr);
}

const struct catalog_versions *catalog_versions_peek(struct catalog *catalog, const char *name)
{
	const struct catalog_versions *versions = NULL;
	const struct function *function;

	catalog_lock(catalog);
	function = name_map_find(&catalog->functions, name);
	if (function && kept_is_whole(catalog, &function->versions, clock_monotonic_ms()))
		versions = &keyed_set_ref(function->versions.set)->versions;
	catalog_unlock(catalog);
	return versions;
}

/* *ret_set is a reference to a set that holds the version at *ret_at. */
static enum lambda_status ask_version(struct question *question, const char *name,
	struct keyed_set **ret_set, size_t *ret_at, struct lambda_error *reterr)
{
	enum lambda_status status = question_open(question, name, reterr);

	if (status)
		return status;
	status = item_ask(question, ret_set, reterr);
	*ret_at = status ? SIZE_MAX : keyed_set_find(*ret_set, question->key);
	question_close(question);
	return status;
}

enum lambda_status catalog_version_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, struct catalog_version *ret_version,
	int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog,
		.scope = scope,
		.kind = FLIGHT_VERSION,
		.key = key_of_version(version)};
	struct keyed_set *set;
	size_t at;
	enum lambda_status status = ask_version(&question, function, &set, &at, reterr);

	if (status)
		return status;
	*ret_version = *version_at(set, at);
	if (ret_expires_ms)
		*ret_expires_ms = set->notes[at].expires_ms;
	keyed_set_unref(set);
	return LAMBDA_OK;
}

enum lambda_status catalog_document_get(struct catalog *catalog, const struct call_scope *scope,
	const char *function, uint64_t version, enum catalog_document document, struct buffer *out,
	struct lambda_error *reterr)
{
	struct question question = {.catalog = catalog,
		.scope = scope,
		.kind = FLIGHT_VERSION,
		.key = key_of_version(version)};
	struct keyed_set *set;
	size_t at;
	enum lambda_status status = ask_version(&question, function, &set, &at, reterr);
	int error;

	if (status)
		return status;
	error = pack_open(set->notes[at].value, document, out);
	keyed_set_unref(set);
	if (error == -EFBIG)
		return lambda_fail(reterr, LAMBDA_TOO_LARGE,
			"the document is larger than the room that was made for it");
	return error ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

enum lambda_status catalog_function_arn(struct catalog *catalog, const struct call_scope *scope,
	const char *function, struct buffer *out, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer configuration = BUFFER_INIT(DOCUMENT_MAX);
	enum lambda_status status = catalog_document_get(catalog, scope, function,
		LAMBDA_VERSION_LATEST, CATALOG_CONFIGURATION, &configuration, reterr);
	int error;

	if (status)
		return status;
	error = document_read_arn(buffer_text(&configuration), configuration.length, out);
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error || !text_ends_with(buffer_text(out), ":$LATEST"))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the configuration of '%.140s' names no ARN of $LATEST", function);
	out->length -= strlen(":$LATEST");
	out->data[out->length] = '\0';
	return LAMBDA_OK;
}
