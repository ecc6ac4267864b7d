/* SPDX-License-Identifier: MIT */
#include "backend/local/dispatch.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/change.h"
#include "backend/local/code.h"
#include "backend/local/plane_private.h"
#include "backend/local/route.h"

#define VALIDATION_MESSAGE_MAX (256u << 10)

size_t dispatch_body_max(const char *method, const char *target)
{
	const struct operation *operation = route_find(method, target);

	if (operation && operation->prepare)
		return BODY_MAX_CODE;
	return operation && operation->raw_body ? BODY_MAX_PAYLOAD : BODY_MAX_OTHER;
}

/* --- what a request brings --- */

static int parse_body(struct call *call, const struct request *request)
{
	const char *reason = "";

	if (!request->body->length || call->operation->raw_body) {
		call->input = json_new_object();
		return call->input ? 0 : -ENOMEM;
	}
	call->input = json_parse(request->body->data, request->body->length, &reason);
	if (!call->input)
		return call_fail(call, FAILURE_REQUEST_CONTENT,
			"Could not parse request body into json: %s", reason);
	if (!json_is_object(call->input))
		return call_fail(call, FAILURE_REQUEST_CONTENT,
			"Could not parse request body into json: it is not an object");
	return 0;
}

static int take_headers(struct call *call, const struct request *request)
{
	int error = 0;

	for (const struct member *member = call->operation->members; member->name && !error;
		member++) {
		const char *value = member->location == IN_HEADER
					    ? request->header(request, member->wire_name)
					    : NULL;

		if (value && text_is_utf8(value, strlen(value)))
			error = json_set_string(call->input, member->name, value);
	}
	return error;
}

static int take_parameters(struct call *call, const struct request *request)
{
	const char *reason = "";
	int error = route_parameters(call->operation, request->target, call->input, &reason);

	if (error == -EINVAL)
		return call_fail(call, FAILURE_SERIALIZATION, "%s", reason);
	return error ? error : take_headers(call, request);
}

static int validate(struct call *call)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(VALIDATION_MESSAGE_MAX);
	char text[128];
	const char *wrong =
		shape_check_types(call->operation->members, call->input, text, sizeof(text));
	int error;

	if (wrong)
		return call_fail(call, FAILURE_SERIALIZATION, "%s", wrong);
	error = shape_validate(call->operation->members, call->input, &message);
	if (error == -EFBIG)
		return call_fail(call, FAILURE_VALIDATION, "too many validation errors detected");
	if (error || !message.length)
		return error;
	answer_fail(call->answer, FAILURE_VALIDATION, buffer_text(&message));
	return CALL_FAILED;
}

/* Which account, region and qualifier FunctionName spells, and whether they are ours. */
static int check_name(struct call *call)
{
	const char *given = call_string(call, "FunctionName");
	const char *qualifier = call_string(call, "Qualifier");
	const struct function_name *name = &call->name;

	if (!given)
		return 0;
	if (function_name_parse(given, &call->name))
		return call_fail(
			call, FAILURE_INVALID_PARAMETER, "Invalid function name: %s", given);
	if (qualifier && name->qualifier[0] && strcmp(qualifier, name->qualifier))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"The derived qualifier from the function name does not match the specified "
			"qualifier.");
	if (name->region[0] && strcmp(name->region, call->identity->region))
		return call_fail(call, FAILURE_NOT_FOUND,
			"Functions from '%s' are not reachable in this region ('%s')", name->region,
			call->identity->region);
	if (name->account[0] && strcmp(name->account, call->identity->account)) {
		answer_fail_as(call->answer, FAILURE_ACCESS_DENIED, NULL, "Message", NULL);
		return CALL_FAILED;
	}
	if (call->operation->unqualified_only && name->qualifier[0] &&
		strcmp(name->qualifier, "$LATEST"))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"This operation is permitted on Lambda functions only. Aliases and "
			"versions "
			"do not support this operation. Please specify either a function name or "
			"an "
			"unqualified function ARN.");
	return 0;
}

/* --- the transaction --- */

static int run_in_transaction(struct call *call)
{
	bool write = call->operation->kind == OPERATION_WRITE;
	int error = write ? store_begin_write(call->store) : store_begin_read(call->store);

	if (error)
		return error;
	/* Not before the lock: what is settled, and what a change is dated, must follow its order. */
	call->now_ms = clock_wall_ms();
	error = call->operation->handle(call);
	if (!error)
		return store_commit(call->store);
	store_rollback(call->store);
	return error;
}

static int run(struct call *call)
{
	int error = call->operation->prepare ? call->operation->prepare(call) : 0;

	if (!error) {
		call->store = store_pool_take(call->plane->stores);
		if (!call->store)
			return -EIO;
		error = run_in_transaction(call);
		if (!error)
			code_collect(call);
		store_pool_give(call->plane->stores, call->store);
	}
	code_abandon(call);
	return error;
}

static void call_release(struct call *call)
{
	json_free(call->input);
	json_free(call->settings);
	buffer_release(&call->released);
}

/* A failure of ours, not of the caller: 500, and a line in the log. */
static void answer_internal(
	struct plane *plane, const struct operation *operation, struct answer *answer, int error)
{
	log_write(plane->log, LOG_LEVEL_ERROR, "%s: %s", operation->name, strerror(-error));
	answer_fail(answer, FAILURE_SERVICE,
		error == -ENOSPC ? "The store is full." : "An error occurred. Please try again.");
}

static void answer_call(struct plane *plane, const struct operation *operation,
	const struct request *request, struct answer *answer, const char *request_id)
{
	struct call call = {.plane = plane,
		.identity = &plane->identity,
		.operation = operation,
		.body = request->body,
		.now_ms = clock_wall_ms(),
		.settle_ms = plane->settle_ms,
		.base_url = request->base_url,
		.answer = answer,
		.released = BUFFER_INIT(64u << 20)};
	int error;

	snprintf(call.request_id, sizeof(call.request_id), "%s", request_id);
	answer->status = operation->status;
	error = parse_body(&call, request);
	if (!error)
		error = take_parameters(&call, request);
	if (!error)
		error = validate(&call);
	if (!error)
		error = check_name(&call);
	if (!error)
		error = run(&call);
	if (error < 0)
		answer_internal(plane, operation, answer, error);
	call_release(&call);
}

/* --- what is not Lambda's: /_local/ --- */

static int append_calls(struct plane *plane, struct buffer *out)
{
	const char *separator = "{";
	int error = 0;

	for (size_t i = 0; i < operation_count && !error; i++) {
		uint64_t count = atomic_load(&plane->calls[i]);

		if (!count)
			continue;
		error = buffer_appendf(out, "%s\"%s\":%llu", separator, operations[i].name,
			(unsigned long long)count);
		separator = ",";
	}
	if (error)
		return error;
	return buffer_append_string(out, *separator == '{' ? "{}" : "}");
}

static int answer_changes(struct plane *plane, const char *target, struct answer *answer)
{
	const char *after = strstr(target, "?after=");
	struct store *store;
	uint64_t sequence = 0;
	int error;

	if (after && number_parse_u64(after + strlen("?after="), INT64_MAX, &sequence))
		return -EINVAL;
	store = store_pool_take(plane->stores);
	if (!store)
		return -EIO;
	error = change_append_list(&answer->body, store, (int64_t)sequence);
	store_pool_give(plane->stores, store);
	return error;
}

static bool path_is(const char *target, const char *path)
{
	size_t length = strcspn(target, "?");

	return length == strlen(path) && !memcmp(target, path, length);
}

static int answer_local(struct plane *plane, const struct request *request, struct answer *answer)
{
	bool get = !strcmp(request->method, "GET");

	answer->status = 200;
	if (path_is(request->target, "/_local/calls") && get)
		return append_calls(plane, &answer->body);
	if (path_is(request->target, "/_local/calls") && !strcmp(request->method, "DELETE")) {
		for (size_t i = 0; i < operation_count; i++)
			atomic_store(&plane->calls[i], 0);
		answer->status = 204;
		return 0;
	}
	if (path_is(request->target, "/_local/changes") && get)
		return answer_changes(plane, request->target, answer);
	if (text_starts_with(request->target, "/_local/code/") && get) {
		code_download(plane, request->target, answer);
		return 0;
	}
	return -EINVAL;
}

void dispatch(struct plane *plane, const struct request *request, struct answer *answer,
	char request_id[UUID_SIZE])
{
	const struct operation *operation;

	make_uuid(request_id);
	if (text_starts_with(request->target, "/_local/")) {
		int error = answer_local(plane, request, answer);

		if (error == -EINVAL)
			answer_fail(
				answer, FAILURE_UNKNOWN_OPERATION, "No such thing under /_local/");
		else if (error)
			answer_fail(
				answer, FAILURE_SERVICE, "An error occurred. Please try again.");
		return;
	}
	operation = route_find(request->method, request->target);
	if (!operation) {
		answer_fail(answer, FAILURE_UNKNOWN_OPERATION, NULL);
		return;
	}
	atomic_fetch_add(&plane->calls[operation - operations], 1);
	if (request->body_too_large) {
		char message[160];

		snprintf(message, sizeof(message),
			"Request must be smaller than %zu bytes for the %s operation",
			dispatch_body_max(request->method, request->target), operation->name);
		answer_fail(answer, FAILURE_ENTITY_TOO_LARGE, message);
		return;
	}
	answer_call(plane, operation, request, answer, request_id);
}
