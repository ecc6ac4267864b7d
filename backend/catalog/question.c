/* SPDX-License-Identifier: MIT */
#include "backend/catalog/question.h"

#include "backend/base/clock.h"
#include "backend/catalog/function.h"

struct kept *question_kept(const struct question *question)
{
	switch (question->kind) {
	case FLIGHT_FUNCTIONS:
		return &question->catalog->list;
	case FLIGHT_ALIASES:
	case FLIGHT_ALIAS:
	case FLIGHT_TARGET:
		return &question->function->aliases;
	default:
		return &question->function->versions;
	}
}

uint64_t question_floor(const struct question *question)
{
	uint64_t floor = question->kind == FLIGHT_CRAWL
				 ? question->catalog->forget_tick
				 : kept_floor(question->catalog, question_kept(question));

	return question->asked_after > floor ? question->asked_after : floor;
}

enum lambda_status question_fail_missing(
	const struct question *question, struct lambda_error *reterr)
{
	char version[LAMBDA_VERSION_TEXT_SIZE];

	if (question->key.name)
		return lambda_fail(reterr, LAMBDA_NOT_FOUND,
			"the function '%.140s' has no alias '%.128s'", question->function->name,
			question->key.name);
	lambda_version_format(question->key.number, version);
	return lambda_fail(reterr, LAMBDA_NOT_FOUND, "the function '%.140s' has no version %s",
		question->function->name, version);
}

/* Whether what is known takes the place of a first page, which is all that is wanted. */
static bool page_suffices(const struct question *question, int64_t now_ms)
{
	if (question->first_page)
		return listing_is_good(
			question->function->aliases.parked, question_floor(question), now_ms);
	return question->one_page &&
	       function_exists_surely(question->catalog, question->function, now_ms);
}

static bool list_is_known(
	const struct question *question, struct keyed_set **ret_set, int64_t now_ms)
{
	struct function *function = question->function;
	const struct kept *kept = question_kept(question);

	*ret_set = NULL;
	if (!kept_is_whole(question->catalog, kept, now_ms))
		return question->kind == FLIGHT_ALIASES && page_suffices(question, now_ms);
	if (question->kind == FLIGHT_CRAWL)
		return true;
	if (question->kind == FLIGHT_VERSIONS && function->crawled) {
		question->catalog->crawl.used++;
		function->crawled = false;
	}
	*ret_set = keyed_set_ref(kept->set);
	return true;
}

/* Whether what was read of the alias's target is fresh, and no older than what is known of the alias itself. */
static bool target_is_known(const struct question *question, int64_t now_ms)
{
	const struct kept *aliases = &question->function->aliases;
	const struct keyed_set *targets = question->function->targets;
	size_t at = keyed_set_find(targets, question->key);

	return at != SIZE_MAX && targets->notes[at].tick > kept_floor(question->catalog, aliases) &&
	       targets->notes[at].tick >= keyed_set_tick(aliases->set, question->key) &&
	       now_ms < targets->notes[at].expires_ms;
}

static bool is_about_one(const struct question *question)
{
	return question->kind == FLIGHT_VERSION || question->kind == FLIGHT_ALIAS ||
	       question->kind == FLIGHT_TARGET;
}

bool question_is_known(struct question *question, enum lambda_status *ret_status,
	struct keyed_set **ret_set, struct lambda_error *reterr)
{
	const struct catalog *catalog = question->catalog;
	const struct kept *kept = question_kept(question);
	int64_t now = question_moment(question);
	bool whole;

	*ret_status = LAMBDA_OK;
	if (!is_about_one(question))
		return list_is_known(question, ret_set, now);
	whole = kept_is_whole(catalog, kept, now);
	if (question->kind == FLIGHT_TARGET && target_is_known(question, now)) {
		*ret_set = keyed_set_ref(question->function->targets);
		return true;
	}
	if ((whole && keyed_set_find(kept->set, question->key) != SIZE_MAX) ||
		kept_find(catalog, kept, question->key, now) != SIZE_MAX) {
		*ret_set = keyed_set_ref(kept->set);
		return true;
	}
	if (!(whole && question->kind != FLIGHT_VERSION) &&
		!kept_lacks(catalog, kept, question->key, now))
		return false;
	*ret_status = question_fail_missing(question, reterr);
	return true;
}

/* --- who asks --- */

int64_t question_moment(const struct question *question)
{
	int64_t now = clock_monotonic_ms(), began = question->crawl_began_ms, moment;

	if (!began)
		return now;
	/* What was fetched since then; the function list is what the crawl began with. */
	moment = question->kind == FLIGHT_FUNCTIONS ? began
						    : began + question->catalog->options.ttl_ms;
	return moment < now ? moment : now;
}

int64_t catalog_find_crawl(struct catalog *catalog, const struct call_scope *scope)
{
	const struct call_lineage *lineage = scope->for_change ? NULL : call_scope_lineage(scope);
	int64_t began;

	if (!lineage)
		return 0;
	catalog_lock(catalog);
	began = walks_find_crawl(
		&catalog->walks, lineage, catalog->options.ttl_ms, clock_monotonic_ms());
	catalog_unlock(catalog);
	return began == INT64_MAX ? 0 : began;
}

void catalog_begin_call(
	struct catalog *catalog, const struct call_scope *scope, const char *function)
{
	const struct call_lineage *lineage = call_scope_lineage(scope);

	catalog_lock(catalog);
	walks_begin_call(&catalog->walks, lineage, function ? name_hash(function) : 0,
		catalog->options.ttl_ms, clock_monotonic_ms());
	catalog_unlock(catalog);
}

void catalog_end_call(struct catalog *catalog, const struct call_scope *scope, const char *function)
{
	const struct call_lineage *lineage = call_scope_lineage(scope);

	catalog_lock(catalog);
	walks_end_call(
		&catalog->walks, lineage, function ? name_hash(function) : 0, clock_monotonic_ms());
	catalog_unlock(catalog);
}

void question_find_crawl(struct question *question)
{
	struct catalog *catalog = question->catalog;
	struct keyed_set *set = NULL;
	enum lambda_status status;
	bool known;

	if (question->afresh || question->scope->for_change || !question->scope->asker)
		return;
	catalog_lock(catalog);
	known = question_is_known(question, &status, &set, NULL);
	catalog_unlock(catalog);
	keyed_set_unref(set);
	if (known)
		return;
	question->crawl_began_ms = catalog_find_crawl(catalog, question->scope);
}

enum lambda_status question_open(
	struct question *question, const char *function, struct lambda_error *reterr)
{
	enum lambda_status status =
		function_open(question->catalog, function, &question->function, reterr);

	if (!status)
		question_find_crawl(question);
	return status;
}

void question_close(struct question *question)
{
	function_close(question->catalog, question->function);
}

/* --- what the flight calls --- */

static bool flight_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	struct keyed_set *set = NULL;
	bool is_known = question_is_known(data, ret_status, &set, reterr);

	*ret_result = (struct snapshot *)set;
	return is_known;
}

static uint64_t flight_floor(void *data)
{
	return question_floor(data);
}

/* The first page alone is no list. */
static bool flight_accepts(void *data, const struct snapshot *result)
{
	const struct question *question = data;
	const struct keyed_set *set = (const struct keyed_set *)result;

	if (question->one_page || is_about_one(question) || question->kind == FLIGHT_CRAWL)
		return true;
	return set && set->complete;
}

static enum lambda_status flight_fetch(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	struct question *question = data;
	const char *function = question->function ? question->function->name : NULL;
	struct keyed_set *set = NULL;
	enum lambda_status status;

	catalog_begin_call(question->catalog, question->scope, function);
	status = question->fetch(question, tick, &set, reterr);
	catalog_end_call(question->catalog, question->scope, function);
	*ret_result = (struct snapshot *)set;
	return status;
}

enum lambda_status question_ask(
	struct question *question, struct keyed_set **ret_set, struct lambda_error *reterr)
{
	bool of_account = question->kind == FLIGHT_FUNCTIONS || question->kind == FLIGHT_CRAWL;
	struct flight_list *flights =
		of_account ? &question->catalog->flights : &question->function->flights;
	const struct flight_task task = {
		.key = {question->kind, question->key.number, question->key.name},
		.data = question,
		.known = question->afresh ? NULL : flight_known,
		.floor = flight_floor,
		.accept = flight_accepts,
		.fetch = flight_fetch,
	};
	struct snapshot *result = NULL;
	enum lambda_status status;

	if (question->afresh) {
		catalog_lock(question->catalog);
		question->asked_after = question->catalog->room.tick;
		catalog_unlock(question->catalog);
	}
	status = flight_run(
		&question->catalog->room, flights, question->scope, &task, &result, reterr);
	*ret_set = (struct keyed_set *)result;
	return status;
}
