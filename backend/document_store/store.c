/* SPDX-License-Identifier: MIT */
#include "backend/document_store/document_store.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/document_store/private.h"
#include "backend/lambda/documents.h"

#define ANSWER_BYTES_MAX (32 * 1024 * 1024)

/* One caller's question. */
struct question {
	struct document_store *store;
	const struct call_scope *scope;
	struct answer_key key;
	int64_t crawl_began_ms; /* of the crawl that asks; 0: none */
	bool afresh;            /* what is kept, and fetches that have started, are no answer */
	uint64_t asked_after;   /* afresh: what started up to this tick is no answer */
};

struct document_store *document_store_new(const struct document_store_options *options)
{
	struct document_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	if (flight_room_init(&store->room)) {
		free(store);
		return NULL;
	}
	if (condition_init(&store->turn_ended)) {
		flight_room_destroy(&store->room);
		free(store);
		return NULL;
	}
	store->options = *options;
	return store;
}

void document_store_free(struct document_store *store)
{
	if (!store)
		return;
	keep_drop(store, NULL);
	name_map_release(&store->answers);
	pthread_cond_destroy(&store->turn_ended);
	flight_room_destroy(&store->room);
	free(store);
}

static void forget_answers(struct document_store *store, const char *function)
{
	pthread_mutex_lock(&store->room.lock);
	store->forget_tick = ++store->room.tick;
	keep_drop(store, function);
	pthread_mutex_unlock(&store->room.lock);
}

void document_store_forget(struct document_store *store, const char *function)
{
	forget_answers(store, function);
}

void document_store_refresh(struct document_store *store)
{
	forget_answers(store, NULL);
}

void document_store_count(struct document_store *store, size_t *ret_answers, size_t *ret_bytes)
{
	pthread_mutex_lock(&store->room.lock);
	*ret_answers = store->answers.table.count;
	*ret_bytes = store->bytes;
	pthread_mutex_unlock(&store->room.lock);
}

/* --- answers --- */

static void destroy_answer(struct snapshot *snapshot)
{
	struct answer *answer = (struct answer *)snapshot;

	divide_release(answer);
	free(answer->text);
	free(answer);
}

/* `json` NULL: AWS said that there is none. On success *ret_answer has one reference. */
static enum lambda_status make_answer(enum lambda_source source, const struct json *json,
	struct answer **ret_answer, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(ANSWER_BYTES_MAX);
	struct answer *answer = calloc(1, sizeof(*answer));
	enum lambda_status status = LAMBDA_OK;

	if (!answer)
		return lambda_fail_memory(reterr);
	snapshot_init(&answer->snapshot, destroy_answer);
	answer->size = sizeof(*answer) + ANSWER_KEY_SIZE;
	if (source == LAMBDA_SOURCE_ALL_EVENT_SOURCES) {
		status = divide_event_sources(json, answer, reterr);
	} else if (json) {
		if (json_print(json, &text))
			status = lambda_fail_memory(reterr);
		answer->length = text.length;
		answer->text = take_pointer(text.data);
		answer->size += answer->length;
	}
	answer->fetched_ms = clock_monotonic_ms();
	if (status)
		snapshot_unref(&answer->snapshot);
	else
		*ret_answer = answer;
	return status;
}

/* The answer as it came; NULL in *ret_json: there is none. The caller frees it. */
static enum lambda_status read_answer(const struct answer *answer, const char *function,
	const char *qualifier, struct json **ret_json, struct lambda_error *reterr)
{
	const char *text = answer->text;
	size_t length = answer->length;

	*ret_json = NULL;
	if (answer->is_divided) {
		text = divide_find(answer, function, qualifier);
		length = strlen(text);
	}
	if (!text)
		return LAMBDA_OK;
	*ret_json = json_parse(text, length, NULL);
	return *ret_json ? LAMBDA_OK : lambda_fail_memory(reterr);
}

/* --- what the flight calls --- */

/* Whether the answer is fresh for who asks. The lock is held. */
static bool is_fresh(const struct question *question, const struct answer *answer)
{
	if (!answer)
		return false;
	return clock_monotonic_ms() < answer->fetched_ms + question->store->options.ttl_ms ||
	       (question->crawl_began_ms && answer->fetched_ms >= question->crawl_began_ms);
}

static struct answer *find_fresh(const struct question *question)
{
	static const struct answer_key all = {LAMBDA_SOURCE_ALL_EVENT_SOURCES, "", ""};
	struct answer *answer = keep_find(question->store, &question->key);

	if (is_fresh(question, answer))
		return answer;
	answer = question->key.source == LAMBDA_SOURCE_EVENT_SOURCES
			 ? keep_find(question->store, &all)
			 : NULL;
	return is_fresh(question, answer) ? answer : NULL;
}

static bool flight_known(void *data, enum lambda_status *ret_status, struct snapshot **ret_result,
	struct lambda_error *reterr)
{
	struct answer *answer = find_fresh(data);

	(void)reterr;
	if (!answer)
		return false;
	*ret_status = LAMBDA_OK;
	*ret_result = snapshot_ref(&answer->snapshot);
	return true;
}

static uint64_t flight_floor(void *data)
{
	const struct question *question = data;
	uint64_t floor = question->store->forget_tick;

	return question->asked_after > floor ? question->asked_after : floor;
}

/* GetPolicy says so also of a function that is not there; the caller has seen that it is. */
static bool says_there_is_none(
	enum lambda_source source, enum lambda_status status, const struct lambda_error *error)
{
	return source == LAMBDA_SOURCE_POLICY && status == LAMBDA_NOT_FOUND &&
	       !strcmp(error->code, "ResourceNotFoundException");
}

static enum lambda_status fetch_json(
	const struct question *question, struct json **ret_json, struct lambda_error *reterr)
{
	const struct document_store_options *options = &question->store->options;
	const struct answer_key *key = &question->key;
	const char *function = *key->function ? key->function : NULL;
	struct lambda_error error = {0};
	enum lambda_status status;

	*ret_json = NULL;
	catalog_begin_call(options->catalog, question->scope, function);
	status = lambda_read_document_source(options->client, question->scope, key->source,
		key->function, key->qualifier, ret_json, &error);
	catalog_end_call(options->catalog, question->scope, function);
	if (says_there_is_none(key->source, status, &error))
		return LAMBDA_OK;
	if (status && reterr)
		*reterr = error;
	return status;
}

static enum lambda_status flight_fetch(
	void *data, uint64_t tick, struct snapshot **ret_result, struct lambda_error *reterr)
{
	const struct question *question = data;
	struct document_store *store = question->store;
	cleanup(json_free_pointer) struct json *json = NULL;
	struct answer *answer = NULL;
	enum lambda_status status = fetch_json(question, &json, reterr);

	if (!status)
		status = make_answer(question->key.source, json, &answer, reterr);
	if (status)
		return status;
	pthread_mutex_lock(&store->room.lock);
	if (tick > store->forget_tick)
		keep_add(store, &question->key, answer);
	pthread_mutex_unlock(&store->room.lock);
	*ret_result = &answer->snapshot;
	return LAMBDA_OK;
}

/* --- questions --- */

/* Narrows the key to what counts for the source. */
static struct answer_key make_key(
	enum lambda_source source, const char *function, const char *qualifier)
{
	switch (lambda_source_scope(source)) {
	case LAMBDA_SOURCE_OF_ACCOUNT:
		return (struct answer_key){source, "", ""};
	case LAMBDA_SOURCE_OF_FUNCTION:
		return (struct answer_key){source, function, ""};
	case LAMBDA_SOURCE_OF_QUALIFIER:
		break;
	}
	return (struct answer_key){source, function, qualifier};
}

/* Finds out whether a crawl asks, where what is kept does not do. A crawl asks for all event sources at once. */
static void find_crawl(struct question *question)
{
	struct document_store *store = question->store;
	bool known;

	pthread_mutex_lock(&store->room.lock);
	known = find_fresh(question) != NULL;
	pthread_mutex_unlock(&store->room.lock);
	if (known)
		return;
	question->crawl_began_ms = catalog_find_crawl(store->options.catalog, question->scope);
	if (question->crawl_began_ms && question->key.source == LAMBDA_SOURCE_EVENT_SOURCES)
		question->key = make_key(LAMBDA_SOURCE_ALL_EVENT_SOURCES, "", "");
}

static enum lambda_status ask_question(
	struct question *question, struct answer **ret_answer, struct lambda_error *reterr)
{
	struct document_store *store = question->store;
	char name[ANSWER_KEY_SIZE];
	struct flight_task task = {
		.data = question,
		.known = question->afresh ? NULL : flight_known,
		.floor = flight_floor,
		.fetch = flight_fetch,
	};
	struct snapshot *result = NULL;
	enum lambda_status status;

	if (question->afresh) {
		pthread_mutex_lock(&store->room.lock);
		question->asked_after = store->room.tick;
		pthread_mutex_unlock(&store->room.lock);
	} else {
		find_crawl(question);
	}
	answer_key_format(&question->key, name);
	task.key.name = name;
	status = flight_run(&store->room, &store->flights, question->scope, &task, &result, reterr);
	*ret_answer = (struct answer *)result;
	return status;
}

/* Whether function and alias are there: what belongs to none is no empty document. */
static enum lambda_status check_subject(struct catalog *catalog, const struct call_scope *scope,
	const char *function, const char *qualifier, struct lambda_error *reterr)
{
	struct lambda_alias alias;
	enum lambda_status status;

	if (!*qualifier)
		return catalog_function_exists(catalog, scope, function, reterr);
	status = catalog_alias_get(catalog, scope, function, qualifier, &alias, reterr);
	if (!status)
		lambda_alias_release(&alias);
	return status;
}

enum lambda_status document_store_read(struct document_store *store, const struct call_scope *scope,
	const struct document_kind *kind, const char *function, const char *qualifier,
	struct buffer *out, int64_t *ret_expires_ms, struct lambda_error *reterr)
{
	struct question question = {
		.store = store, .scope = scope, .key = make_key(kind->source, function, qualifier)};
	const struct document_subject subject = {.function = function,
		.qualifier = qualifier,
		.redact_key = store->options.redact_key};
	cleanup(json_free_pointer) struct json *json = NULL;
	struct answer *answer = NULL;
	enum lambda_status status;

	status = check_subject(store->options.catalog, scope, function, qualifier, reterr);
	if (!status)
		status = ask_question(&question, &answer, reterr);
	if (status)
		return status;
	status = read_answer(answer, function, qualifier, &json, reterr);
	if (!status)
		status = document_print(kind, &subject, json, out, reterr);
	if (!status && ret_expires_ms)
		*ret_expires_ms = answer->fetched_ms + store->options.ttl_ms;
	snapshot_unref(&answer->snapshot);
	return status;
}

static bool may_be_kept(enum lambda_source source)
{
	return source != LAMBDA_SOURCE_CONFIGURATION && source != LAMBDA_SOURCE_ALIAS;
}

enum lambda_status document_store_ask(struct document_store *store, const struct call_scope *scope,
	const struct document_kind *kind, const char *function, const char *qualifier,
	struct json **ret_answer, struct lambda_error *reterr)
{
	struct question question = {.store = store,
		.scope = scope,
		.key = make_key(kind->source, function, qualifier),
		.afresh = true};
	struct answer *answer = NULL;
	enum lambda_status status =
		check_subject(store->options.catalog, scope, function, qualifier, reterr);

	if (status)
		return status;
	if (!may_be_kept(kind->source))
		return fetch_json(&question, ret_answer, reterr);
	status = ask_question(&question, &answer, reterr);
	if (status)
		return status;
	status = read_answer(answer, function, qualifier, ret_answer, reterr);
	snapshot_unref(&answer->snapshot);
	return status;
}
