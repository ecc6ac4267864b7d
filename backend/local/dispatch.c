/* SPDX-License-Identifier: MIT */
#include "backend/local/dispatch.h"

#include <errno.h>
#include <strings.h>

#include "backend/base/clock.h"
#include "backend/base/number.h"
#include "backend/base/text.h"
#include "backend/local/model/fault_code.h"
#include "backend/local/model/route.h"
#include "backend/local/model/signature.h"
#include "backend/local/private.h"
#include "backend/local/store/change.h"
#include "backend/local/store/code.h"
#include "backend/local/store/trail.h"

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
					    ? find_header(request->headers, request->header_count,
						      member->wire_name)
					    : NULL;

		if (value && text_is_utf8(value, strlen(value)))
			error = json_set_string(call->input, member->name, value);
	}
	return error;
}

static bool is_in_body(const struct operation *operation, const char *name)
{
	for (const struct member *member = operation->members; member->name; member++) {
		if (!strcmp(member->name, name))
			return member->location == IN_BODY;
	}
	return false;
}

/* What belongs into the path, the query or a header is not taken from the body. */
static void drop_strays(struct call *call)
{
	static const char *const everywhere[] = {"FunctionName", "Qualifier"};

	for (const struct member *member = call->operation->members; member->name; member++) {
		if (member->location != IN_BODY)
			json_remove(call->input, member->name);
	}
	for (size_t i = 0; i < array_count(everywhere); i++) {
		if (!is_in_body(call->operation, everywhere[i]))
			json_remove(call->input, everywhere[i]);
	}
}

static int take_parameters(struct call *call, const struct request *request)
{
	const char *reason = "";
	int error;

	drop_strays(call);
	error = route_parameters(call->operation, request->target, call->input, &reason);
	if (error == -EINVAL)
		return call_fail(call, FAILURE_SERIALIZATION, "%s", reason);
	return error ? error : take_headers(call, request);
}

static int validate_call(struct call *call)
{
	cleanup(buffer_release) struct buffer message = BUFFER_INIT(VALIDATION_MESSAGE_MAX);
	char text[128];
	const char *wrong =
		shape_check_types(call->operation->members, call->input, text, sizeof(text));
	int error;

	if (wrong)
		return call_fail(call, FAILURE_SERIALIZATION, "%s", wrong);
	error = shape_truncate_integers(call->operation->members, call->input);
	if (error)
		return error;
	json_forget_digits(call->input);
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
	if (call_check_place(call, "Functions", name->region, name->account))
		return CALL_FAILED;
	if (call->operation->unqualified_only && name->qualifier[0] &&
		(call->operation->not_even_latest || strcmp(name->qualifier, "$LATEST")))
		return call_fail(call, FAILURE_INVALID_PARAMETER,
			"This operation is permitted on Lambda functions only. Aliases and "
			"versions do not support this operation. Please specify either a function "
			"name or an unqualified function ARN.");
	return 0;
}

/* --- what CloudTrail says of a call that writes --- */

/* Before the handler runs: it may change the input. */
static int describe_call(struct call *call, const struct request *request)
{
	int error;

	sender_read(request->headers, request->header_count, &call->sender);
	call->sender.address = request->address;
	buffer_reset(&call->parameters);
	error = trail_append_parameters(&call->parameters, call->operation, call->input);
	if (error != -EFBIG)
		return error;
	buffer_reset(&call->parameters);
	return trail_append_omitted(&call->parameters);
}

/* The caller gets the answer of the call, whatever becomes of this. */
static void record_failure(struct call *call)
{
	int error = trail_record_failure(call, call->plane->stores);

	if (error)
		log_write(call->plane->log, LOG_LEVEL_ERROR,
			"%s failed, and its event cannot be kept: %s", call->operation->name,
			strerror(-error));
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
	if (write && !error)
		error = trail_record(call);
	if (!write && error >= 0)
		store_end_read(call->store);
	else if (!error)
		error = store_commit(call->store);
	else
		store_rollback(call->store);
	return error;
}

static int run_call(struct call *call)
{
	int error = call->operation->prepare ? call->operation->prepare(call) : 0;

	if (!error) {
		call->store = store_pool_take(call->plane->stores);
		if (!call->store)
			return -EIO;
		error = run_in_transaction(call);
		/* A zip that was renamed into place for rows that were rolled back belongs to no row. */
		if (error && !call->staged[0] && code_release(call, call->code.digest))
			error = -ENOMEM;
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
	buffer_release(&call->parameters);
	change_release(&call->change);
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
	const struct request *request, struct answer *answer, const char *request_id,
	const struct fault *fault)
{
	struct call call = {.plane = plane,
		.identity = &plane->identity,
		.operation = operation,
		.body = request->body,
		.now_ms = clock_wall_ms(),
		.settle_ms = plane->settle_ms,
		.base_url = request->base_url,
		.answer = answer,
		.parameters = BUFFER_INIT(TRAIL_TEXT_MAX),
		.released = BUFFER_INIT(64u << 20)};
	bool write = operation->kind == OPERATION_WRITE;
	int error;

	if (fault->kind == FAULT_SETTLES_FAILED)
		snprintf(call.failure, sizeof(call.failure), "\n%s\n%s", fault->code, fault->text);
	if (fault->kind == FAULT_FUNCTION_ERROR)
		call.function_fault = fault;
	snprintf(call.request_id, sizeof(call.request_id), "%s", request_id);
	answer->status = operation->status;
	error = parse_body(&call, request);
	if (!error)
		error = take_parameters(&call, request);
	if (!error && write)
		error = describe_call(&call, request);
	if (!error)
		error = validate_call(&call);
	if (!error)
		error = check_name(&call);
	if (!error)
		error = run_call(&call);
	if (error == CALL_FAILED && call.parameters.length)
		record_failure(&call);
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
	/* Or it would read from whatever snapshot the connection last had. */
	error = store_begin_read(store);
	if (!error) {
		error = change_append_list(&answer->body, store, (int64_t)sequence);
		store_end_read(store);
	}
	store_pool_give(plane->stores, store);
	return error;
}

static bool path_is(const char *target, const char *path)
{
	size_t length = strcspn(target, "?");

	return length == strlen(path) && !memcmp(target, path, length);
}

static int answer_calls(struct plane *plane, const char *method, struct answer *answer)
{
	if (!strcmp(method, "GET"))
		return append_calls(plane, &answer->body);
	if (strcmp(method, "DELETE"))
		return -EINVAL;
	for (size_t i = 0; i < operation_count; i++)
		atomic_store(&plane->calls[i], 0);
	answer->status = 204;
	return 0;
}

static int put_faults(struct plane *plane, const struct request *request, struct answer *answer)
{
	const char *no_json = NULL;
	char reason[FAULT_REASON_SIZE];
	struct json *list = json_parse(buffer_text(request->body), request->body->length, &no_json);
	bool is_taken = list && !faults_set(plane->faults, list, reason);

	if (!is_taken)
		answer_fail(answer, FAILURE_REQUEST_CONTENT, list ? reason : no_json);
	json_free(list);
	return is_taken ? faults_append(plane->faults, &answer->body) : 0;
}

static int answer_faults(struct plane *plane, const struct request *request, struct answer *answer)
{
	char reason[FAULT_REASON_SIZE];

	if (!strcmp(request->method, "GET"))
		return faults_append(plane->faults, &answer->body);
	if (!strcmp(request->method, "PUT"))
		return put_faults(plane, request, answer);
	if (strcmp(request->method, "DELETE"))
		return -EINVAL;
	answer->status = 204;
	return faults_set(plane->faults, NULL, reason);
}

static int answer_trail(struct plane *plane, const struct request *request, struct answer *answer)
{
	cleanup(json_free_pointer) struct json *object = NULL;
	struct trail_delivery settings;
	const char *reason = NULL;

	if (!strcmp(request->method, "DELETE")) {
		answer->status = 204;
		delivery_set(plane->delivery, NULL);
		return 0;
	}
	if (!strcmp(request->method, "PUT")) {
		object = json_parse(buffer_text(request->body), request->body->length, &reason);
		if (object)
			reason = delivery_set(plane->delivery, object);
		if (reason) {
			answer_fail(answer, FAILURE_REQUEST_CONTENT, reason);
			return 0;
		}
	} else if (strcmp(request->method, "GET")) {
		return -EINVAL;
	}
	settings = delivery_get(plane->delivery);
	return trail_delivery_append(&answer->body, &settings);
}

static int answer_local(struct plane *plane, const struct request *request, struct answer *answer)
{
	bool get = !strcmp(request->method, "GET");

	answer->status = 200;
	if (path_is(request->target, "/_local/calls"))
		return answer_calls(plane, request->method, answer);
	if (path_is(request->target, "/_local/faults"))
		return answer_faults(plane, request, answer);
	if (path_is(request->target, "/_local/trail"))
		return answer_trail(plane, request, answer);
	if (path_is(request->target, "/_local/changes") && get)
		return answer_changes(plane, request->target, answer);
	if (text_starts_with(request->target, "/_local/code/") && get) {
		code_download(plane, request->target, answer);
		return 0;
	}
	return -EINVAL;
}

static void dispatch_local(
	struct plane *plane, const struct request *request, struct answer *answer)
{
	int error = answer_local(plane, request, answer);

	if (error == -EINVAL)
		answer_fail(answer, FAILURE_UNKNOWN_OPERATION, "No such thing under /_local/");
	else if (error)
		answer_fail(answer, FAILURE_SERVICE, "An error occurred. Please try again.");
}

/* --- what happens before an operation has its say --- */

/* False when the signature is to be checked and is not good: then that is answered. */
static bool pass_signature(struct plane *plane, const struct operation *operation,
	const struct request *request, struct answer *answer)
{
	cleanup(free_pointer) char *path = NULL;
	struct signature_key key = {.access_key_id = plane->access_key_id,
		.secret_access_key = plane->secret_access_key,
		.region = plane->identity.region,
		.service = operation->target ? "cloudtrail" : "lambda"};
	size_t length = strcspn(request->target, "?");
	struct signature_verdict verdict;
	struct sigv4_request signed_request = {.method = request->method,
		.query = request->target[length] ? request->target + length + 1 : "",
		.headers = request->headers,
		.header_count = request->header_count,
		.body = buffer_text(request->body),
		.body_length = request->body->length};

	if (!plane->access_key_id)
		return true;
	path = strndup(request->target, length);
	signed_request.path = path;
	if (!path || signature_verify(&key, &signed_request, clock_wall_ms() / 1000, &verdict)) {
		answer_fail(answer, FAILURE_SERVICE, "An error occurred. Please try again.");
		return false;
	}
	if (!verdict.good)
		answer_fail(answer, verdict.failure, verdict.message);
	return verdict.good;
}

/* False when the body could not be taken in. */
static bool pass_body(
	const struct operation *operation, const struct request *request, struct answer *answer)
{
	bool invoke = operation->raw_body;
	char message[160];

	if (request->overloaded) {
		answer_fail(answer, FAILURE_UNAVAILABLE, "Too much is being uploaded at once.");
		return false;
	}
	if (!request->body_too_large)
		return true;
	snprintf(message, sizeof(message),
		"Request must be smaller than %zu bytes for the %s operation",
		dispatch_body_max(request->method, request->target),
		invoke ? "InvokeFunction" : operation->name);
	answer_fail(answer, invoke ? FAILURE_TOO_LARGE : FAILURE_ENTITY_TOO_LARGE, message);
	return false;
}

/* The failure of that code, with AWS's status for it unless the fault names another. */
static void answer_code(struct answer *answer, const struct fault *fault)
{
	const struct failure_form *form = fault_code_form(fault->code);
	const char *message = fault->text[0] ? fault->text : "A fault was asked for.";

	if (form == &failure_forms[FAILURE_THROTTLED])
		answer_throttle(answer, "CallerRateLimitExceeded",
			fault->text[0] ? fault->text : "Rate exceeded");
	else
		answer_fail_as(answer, FAILURE_SERVICE, form->type, form->message_key, message);
	answer->status = fault->amount ? (int)fault->amount : form->status;
	snprintf(answer->error_type, sizeof(answer->error_type), "%s", fault->code);
}

static void answer_fault(struct answer *answer, const struct fault *fault)
{
	if (fault->kind == FAULT_CODE) {
		answer_code(answer, fault);
		return;
	}
	answer_release(answer);
	answer_init(answer);
	answer->status = (int)fault->amount;
	if (buffer_append_string(&answer->body, fault->text))
		buffer_reset(&answer->body);
}

static bool replaces_answer(const struct fault *fault)
{
	return fault->kind == FAULT_STATUS || fault->kind == FAULT_CODE;
}

/* Whether a fault lets the call take effect: those that spoil its answer have to. */
static bool runs_anyway(const struct fault *fault)
{
	return fault->kind == FAULT_NONE || fault->kind == FAULT_TRUNCATE ||
	       fault->kind == FAULT_SLOW || fault->kind == FAULT_SETTLES_FAILED ||
	       fault->kind == FAULT_FUNCTION_ERROR || fault->after_commit;
}

/* False when the call may not pass: then that is answered. */
static bool pass_checks(struct plane *plane, const struct operation *operation,
	const struct request *request, struct answer *answer)
{
	if (!pass_body(operation, request, answer) ||
		!pass_signature(plane, operation, request, answer))
		return false;
	if (throttle_pass(&plane->throttle, operation->name, clock_monotonic_ms()))
		return true;
	answer_throttle(answer, "CallerRateLimitExceeded", "Rate exceeded");
	return false;
}

static void dispatch_operation(struct plane *plane, const struct operation *operation,
	const struct request *request, struct answer *answer, const char *request_id,
	struct fault *fault)
{
	bool runs, passes;

	atomic_fetch_add(&plane->calls[operation - operations], 1);
	faults_take(plane->faults, operation->name, fault);
	runs = runs_anyway(fault);
	passes = !runs || pass_checks(plane, operation, request, answer);
	if (runs && passes)
		answer_call(plane, operation, request, answer, request_id, fault);
	if (passes && replaces_answer(fault))
		answer_fault(answer, fault);
	if (operation->target)
		answer_use_json11(answer);
	if (passes && replaces_answer(fault)) {
		answer->status = fault->amount ? (int)fault->amount : answer->status;
		fault->kind = FAULT_NONE;
	}
}

void dispatch_request(struct plane *plane, const struct request *request, struct answer *answer,
	char request_id[UUID_SIZE], struct fault *fault)
{
	const struct operation *operation;
	const char *action = NULL;

	make_uuid(request_id);
	fault->kind = FAULT_NONE;
	if (text_starts_with(request->target, "/_local/")) {
		dispatch_local(plane, request, answer);
		return;
	}
	operation = route_find(request->method, request->target);
	if (!operation && !strcmp(request->method, "POST") && path_is(request->target, "/"))
		action = find_header(request->headers, request->header_count, "X-Amz-Target");
	if (action)
		operation = route_find_target(action);
	if (operation) {
		dispatch_operation(plane, operation, request, answer, request_id, fault);
		return;
	}
	answer_fail(answer, FAILURE_UNKNOWN_OPERATION,
		action ? "Of CloudTrail's operations only LookupEvents is answered."
		       : "No operation of the Lambda API has this method and path.");
	if (action)
		answer_use_json11(answer);
}
