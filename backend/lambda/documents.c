/* SPDX-License-Identifier: MIT */
#include "backend/lambda/documents.h"

#include <errno.h>

#include "backend/base/text.h"
#include "backend/lambda/lost_answer.h"
#include "backend/lambda/model.h"
#include "backend/lambda/read.h"

#define QUERY_MAX_BYTES (3 * LAMBDA_MARKER_MAX + 65536)
#define BODY_MAX_BYTES (4 * 1024 * 1024)
#define FUNCTIONS(date) "/" date "/functions/"
#define MAPPINGS_PATH "/2015-03-31/event-source-mappings"

/* How a source is read. */
struct question {
	const char *operation;
	const char *prefix; /* of the path; the function follows where there is a suffix */
	const char *suffix; /* NULL: the path ends with the prefix */
	const char *query;  /* what always stands in the query; NULL: nothing */
	const char *list;   /* the list of all pages; NULL: one answer without pages */
	unsigned int items; /* of one page, as AWS sends them at most */
	enum rate_limit_kind rate_limit;
};

static const struct question questions[LAMBDA_SOURCE_COUNT] = {
	[LAMBDA_SOURCE_FUNCTION] = {"GetFunction", FUNCTIONS("2015-03-31"), "", NULL, NULL, 0,
		RATE_LIMIT_GET_FUNCTION},
	[LAMBDA_SOURCE_CONFIGURATION] = {"GetFunctionConfiguration", FUNCTIONS("2015-03-31"),
		"/configuration", "Qualifier=%24LATEST", NULL, 0, RATE_LIMIT_READ},
	[LAMBDA_SOURCE_ALIAS] = {"GetAlias", FUNCTIONS("2015-03-31"), "/aliases/", NULL, NULL, 0,
		RATE_LIMIT_READ},
	[LAMBDA_SOURCE_POLICY] = {"GetPolicy", FUNCTIONS("2015-03-31"), "/policy", NULL, NULL, 0,
		RATE_LIMIT_GET_POLICY},
	[LAMBDA_SOURCE_URLS] = {"ListFunctionUrlConfigs", FUNCTIONS("2021-10-31"), "/urls", NULL,
		"FunctionUrlConfigs", 50, RATE_LIMIT_READ},
	[LAMBDA_SOURCE_PROVISIONED_CONCURRENCY] = {"ListProvisionedConcurrencyConfigs",
		FUNCTIONS("2019-09-30"), "/provisioned-concurrency", "List=ALL",
		"ProvisionedConcurrencyConfigs", 50, RATE_LIMIT_READ},
	[LAMBDA_SOURCE_EVENT_INVOKE] = {"ListFunctionEventInvokeConfigs", FUNCTIONS("2019-09-25"),
		"/event-invoke-config/list", NULL, "FunctionEventInvokeConfigs", 50,
		RATE_LIMIT_READ},
	[LAMBDA_SOURCE_EVENT_SOURCES] = {"ListEventSourceMappings", MAPPINGS_PATH, NULL, NULL,
		"EventSourceMappings", 100, RATE_LIMIT_READ},
	[LAMBDA_SOURCE_ALL_EVENT_SOURCES] = {"ListEventSourceMappings", MAPPINGS_PATH, NULL, NULL,
		"EventSourceMappings", 100, RATE_LIMIT_READ},
	[LAMBDA_SOURCE_RECURSION] = {"GetFunctionRecursionConfig", FUNCTIONS("2024-08-31"),
		"/recursion-config", NULL, NULL, 0, RATE_LIMIT_READ},
	[LAMBDA_SOURCE_RUNTIME_MANAGEMENT] = {"GetRuntimeManagementConfig", FUNCTIONS("2021-07-20"),
		"/runtime-management-config", NULL, NULL, 0, RATE_LIMIT_READ},
	[LAMBDA_SOURCE_CODE_SIGNING] = {"GetFunctionCodeSigningConfig", FUNCTIONS("2020-06-30"),
		"/code-signing-config", NULL, NULL, 0, RATE_LIMIT_READ},
};

const char *lambda_source_operation(enum lambda_source source)
{
	return questions[source].operation;
}

/* --- reading --- */

struct reading {
	struct lambda_client *client;
	const struct call_scope *scope;
	const struct question *question;
	const char *path;
	const char *query; /* of every page; "" for none */
};

static enum lambda_status ask_lambda(const struct reading *reading, const char *query,
	struct json **ret_json, struct lambda_error *reterr)
{
	struct aws_request request = lambda_request(reading->client, reading->question->operation,
		"GET", reading->question->rate_limit);
	enum lambda_status status;

	request.path = reading->path;
	request.query = *query ? query : NULL;
	status = aws_request_json(reading->client->aws, reading->scope, &request, ret_json, reterr);
	if (status)
		return status;
	if (json_is_object(*ret_json))
		return LAMBDA_OK;
	json_free(*ret_json);
	*ret_json = NULL;
	return lambda_name_operation(
		lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the answer is not an object"),
		reading->question->operation, reterr);
}

/* MaxItems is named so that no server's own default cuts a page shorter. */
static int append_page_query(const struct reading *reading, const char *marker, struct buffer *out)
{
	int error = buffer_append_string(out, reading->query);

	if (!error)
		error = buffer_appendf(
			out, "%sMaxItems=%u", out->length ? "&" : "", reading->question->items);
	if (!error && marker)
		error = buffer_append_string(out, "&Marker=");
	return error || !marker ? error : text_append_percent_encoded(out, marker);
}

/* Appends the items of a page to the list. */
static enum lambda_status append_items(
	const struct json *page, const char *name, struct json *list, struct lambda_error *reterr)
{
	const struct json *items = json_member(page, name), *item;

	if (!json_is_array(items))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the answer has no list of %s", name);
	if (json_count(list) + json_count(items) > LAMBDA_SOURCE_ITEMS_MAX)
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the list has over %d %s",
			LAMBDA_SOURCE_ITEMS_MAX, name);
	for (item = json_first(items); item; item = json_next(item)) {
		if (!json_is_object(item))
			return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
				"the answer's list of %s holds something else", name);
		if (json_append(list, json_copy(item)))
			return lambda_fail_memory(reterr);
	}
	return LAMBDA_OK;
}

/* The marker of the page behind this one, for the caller to free; NULL: this was the last. */
static enum lambda_status next_marker(
	const struct json *page, const char *asked, char **ret_marker, struct lambda_error *reterr)
{
	const struct json *marker = json_member(page, "NextMarker");
	const char *text = json_string(marker);

	*ret_marker = NULL;
	if (marker && (!text || strlen(text) > LAMBDA_MARKER_MAX))
		return lambda_fail(
			reterr, LAMBDA_BAD_ANSWER, "the answer has no usable NextMarker");
	if (!text || !*text)
		return LAMBDA_OK;
	if (asked && !strcmp(asked, text))
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the answer's NextMarker is the one that was asked for");
	*ret_marker = strdup(text);
	return *ret_marker ? LAMBDA_OK : lambda_fail_memory(reterr);
}

/* One page; *marker becomes that of the next. An endless list ends at LAMBDA_SOURCE_ITEMS_MAX, or here if it is empty. */
static enum lambda_status read_page(const struct reading *reading, char **marker, struct json *list,
	struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	cleanup(json_free_pointer) struct json *page = NULL;
	char *next = NULL;
	int error = append_page_query(reading, *marker, &query);
	enum lambda_status status;

	if (error)
		return lambda_fail_to_write(error, reterr);
	status = ask_lambda(reading, buffer_text(&query), &page, reterr);
	if (status)
		return status;
	status = append_items(page, reading->question->list, list, reterr);
	if (!status)
		status = next_marker(page, *marker, &next, reterr);
	free(*marker);
	*marker = next;
	return lambda_name_operation(status, reading->question->operation, reterr);
}

#define PAGES_MAX 2000

static enum lambda_status read_pages(
	const struct reading *reading, struct json *list, struct lambda_error *reterr)
{
	cleanup(free_pointer) char *marker = NULL;
	unsigned int pages = 0;
	enum lambda_status status;

	do {
		status = read_page(reading, &marker, list, reterr);
		if (!status && marker && ++pages == PAGES_MAX)
			status = lambda_name_operation(
				lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the list has over %d pages",
					PAGES_MAX),
				reading->question->operation, reterr);
	} while (!status && marker);
	return status;
}

/* The list of all pages, below an object. With `also` those of another query follow. */
static enum lambda_status read_list(struct reading *reading, const char *also,
	struct json **ret_answer, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *list = json_new_array();
	cleanup(json_free_pointer) struct json *answer = json_new_object();
	enum lambda_status status;

	if (!list || !answer)
		return lambda_fail_memory(reterr);
	status = read_pages(reading, list, reterr);
	if (!status && also) {
		reading->query = also;
		status = read_pages(reading, list, reterr);
	}
	if (status)
		return status;
	if (json_set(answer, reading->question->list, take_pointer(list)))
		return lambda_fail_memory(reterr);
	*ret_answer = take_pointer(answer);
	return LAMBDA_OK;
}

/* FunctionName=NAME[:QUALIFIER] */
static int append_function_filter(struct buffer *query, const char *function, const char *qualifier)
{
	int error = buffer_append_string(query, "FunctionName=");

	if (!error)
		error = lambda_append_segment(query, function);
	if (!error && *qualifier)
		error = buffer_append_string(query, "%3A");
	return error || !*qualifier ? error : text_append_percent_encoded(query, qualifier);
}

/* The mappings of one alias; those of the function itself may name it with $LATEST or without. */
static enum lambda_status read_event_sources(struct reading *reading, const char *function,
	const char *qualifier, struct json **ret_answer, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer latest = BUFFER_INIT(LAMBDA_PATH_MAX);
	int error = append_function_filter(&query, function, qualifier);

	if (!error && !*qualifier)
		error = append_function_filter(&latest, function, "$LATEST");
	if (error)
		return lambda_fail_to_write(error, reterr);
	reading->query = buffer_text(&query);
	return read_list(reading, latest.length ? buffer_text(&latest) : NULL, ret_answer, reterr);
}

/* Keeps what documents are made of: not the code's address, not the environment. */
static enum lambda_status cut_function(const struct reading *reading, const char *function,
	struct json **answer, struct lambda_error *reterr)
{
	static const char *const kept[] = {"Concurrency", "Tags", "TagsError"};
	cleanup(json_free_pointer) struct json *whole = take_pointer(*answer);
	cleanup(json_free_pointer) struct json *cut = json_new_object();
	const char *name =
		json_member_string(json_member(whole, "Configuration"), "FunctionName", "");
	size_t i;

	if (strcmp(name, function) != 0)
		return lambda_name_operation(
			lambda_fail(reterr, LAMBDA_BAD_ANSWER,
				"the answer is about another function than %s", function),
			reading->question->operation, reterr);
	if (!cut)
		return lambda_fail_memory(reterr);
	for (i = 0; i < array_count(kept); i++) {
		const struct json *member = json_member(whole, kept[i]);

		if (member && json_set(cut, kept[i], json_copy(member)))
			return lambda_fail_memory(reterr);
	}
	*answer = take_pointer(cut);
	return LAMBDA_OK;
}

static int append_source_path(const struct question *question, enum lambda_source source,
	const char *function, const char *qualifier, struct buffer *path, struct buffer *query)
{
	int error = lambda_append_route(path, question->prefix, function, question->suffix);

	if (!error && question->query)
		error = buffer_append_string(query, question->query);
	if (!error && source == LAMBDA_SOURCE_ALIAS)
		error = lambda_append_segment(path, qualifier);
	if (error || source != LAMBDA_SOURCE_POLICY || !*qualifier)
		return error;
	return lambda_append_qualifier(query, qualifier);
}

enum lambda_status lambda_read_document_source(struct lambda_client *client,
	const struct call_scope *scope, enum lambda_source source, const char *function,
	const char *qualifier, struct json **ret_answer, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(json_free_pointer) struct json *answer = NULL;
	struct reading reading = {.client = client, .scope = scope, .question = &questions[source]};
	enum lambda_status status;
	int error =
		append_source_path(reading.question, source, function, qualifier, &path, &query);

	if (error)
		return lambda_fail_to_write(error, reterr);
	reading.path = buffer_text(&path);
	reading.query = buffer_text(&query);
	if (source == LAMBDA_SOURCE_EVENT_SOURCES)
		return read_event_sources(&reading, function, qualifier, ret_answer, reterr);
	if (reading.question->list)
		return read_list(&reading, NULL, ret_answer, reterr);
	status = ask_lambda(&reading, reading.query, &answer, reterr);
	if (!status && source == LAMBDA_SOURCE_FUNCTION)
		status = cut_function(&reading, function, &answer, reterr);
	if (!status)
		*ret_answer = take_pointer(answer);
	return status;
}

/* --- changing --- */

static enum verdict look_at_document(struct mutation *mutation, struct lambda_error *reterr)
{
	const struct lambda_document_look *look = mutation->document_look;

	if (!look) {
		/* A class that reading again does not help. */
		lambda_fail(reterr, LAMBDA_INVALID, "it cannot be read back");
		return VERDICT_UNKNOWN;
	}
	switch (look->look(look->look_data, &mutation->look_scope, reterr)) {
	case LAMBDA_DOCUMENT_DONE:
		return VERDICT_DONE;
	case LAMBDA_DOCUMENT_AS_WAS:
		return VERDICT_AS_WAS;
	case LAMBDA_DOCUMENT_OTHER:
		return VERDICT_OTHER;
	case LAMBDA_DOCUMENT_UNKNOWN:
		break;
	}
	return VERDICT_UNKNOWN;
}

static enum lambda_status keep_answer(
	struct mutation *mutation, const struct json *json, struct lambda_error *reterr)
{
	mutation->answer = json_copy(json);
	return mutation->answer ? LAMBDA_OK : lambda_fail_memory(reterr);
}

enum lambda_status lambda_send_document_call(struct lambda_client *client,
	const struct call_scope *scope, const char *function, const char *qualifier,
	const struct lambda_document_call *call, const struct lambda_document_look *look,
	struct json **ret_answer, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(QUERY_MAX_BYTES);
	cleanup(buffer_release_secret) struct buffer body = BUFFER_INIT(BODY_MAX_BYTES);
	const char *method = lambda_document_operation_method(call->operation);
	struct mutation mutation = {.client = client,
		.scope = scope,
		.function = function,
		.look = look_at_document,
		.document_look = look};
	enum lambda_status status;
	int error = lambda_document_call_path(call, function, qualifier, &path, &query);

	if (!error)
		error = lambda_document_call_body(call, &body);
	if (error)
		return lambda_fail_to_write(error, reterr);
	if (strcmp(method, "DELETE") != 0 && call->operation != LAMBDA_TAG_RESOURCE)
		mutation.read = keep_answer;
	mutation.request.query = query.length ? buffer_text(&query) : NULL;
	status = mutation_make_change(&mutation, lambda_document_operation_name(call->operation),
		method, &path, call->body ? &body : NULL, reterr);
	if (!status && ret_answer)
		*ret_answer = take_pointer(mutation.answer);
	json_free(mutation.answer);
	return status;
}
