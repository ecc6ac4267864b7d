/* SPDX-License-Identifier: MIT */
/*
 * Invoke, without running anything: it finds the version that would run, an alias's weights included,
 * and answers with its name. So "invoke PROD" shows which version PROD is.
 */
#include <errno.h>

#include "backend/base/text.h"
#include "backend/local/fault.h"
#include "backend/local/model/event_stream.h"
#include "backend/local/model/invoke_choice.h"
#include "backend/local/operations/private.h"
#include "backend/local/private.h"
#include "backend/local/store/attachment.h"

#define PAYLOAD_MAX_SYNCHRONOUS 6291456 /* bytes */
#define PAYLOAD_MAX_EVENT 1048576       /* bytes */
#define LOG_MAX 8192                    /* bytes */

static int fail_missing(struct call *call)
{
	const char *qualifier = call_qualifier(call);

	return call_fail_function(call, call->name.name, qualifier ? qualifier : "$LATEST");
}

/* A reservation of 0 stops a function. */
static int check_reserved(struct call *call)
{
	int64_t reserved;
	int error = store_integer(call->store, "SELECT reserved FROM function WHERE name = ?", -1,
		&reserved, "t", call->name.name);

	if (error || reserved != 0)
		return error;
	answer_throttle(call->answer, "ReservedFunctionConcurrentInvocationLimitExceeded",
		"Rate Exceeded.");
	return CALL_FAILED;
}

static int check_payload(struct call *call, bool event)
{
	const char *reason = "";
	struct json *payload;

	if (call->body->length > (event ? PAYLOAD_MAX_EVENT : PAYLOAD_MAX_SYNCHRONOUS))
		return call_fail(call, FAILURE_TOO_LARGE,
			"%zu byte payload is too large for the %s invocation type (limit %d bytes)",
			call->body->length, event ? "Event" : "RequestResponse",
			event ? PAYLOAD_MAX_EVENT : PAYLOAD_MAX_SYNCHRONOUS);
	if (!call->body->length)
		return 0;
	payload = json_parse(call->body->data, call->body->length, &reason);
	if (!payload)
		return call_fail(call, FAILURE_REQUEST_CONTENT,
			"Could not parse request body into json: %s", reason);
	json_free(payload);
	return 0;
}

/* The version that runs: the one version, or by the alias's weights. */
static int choose_version(struct call *call, int64_t *ret_version)
{
	struct target target;
	int found = resource_find(call, call_qualifier(call), &target);

	if (found != 1)
		return found ? found : fail_missing(call);
	*ret_version = target.version;
	if (target.weighted_version)
		*ret_version = invoke_choose(target.version, target.weighted_version, target.weight,
			invoke_draw(&call->plane->invocations, call->plane->seed));
	return 0;
}

static int check_active(struct call *call, int64_t version)
{
	struct version_row row;
	int found = version_find(call, call->name.name, version, &row);
	bool pending;

	if (found != 1)
		return found ? found : fail_missing(call);
	pending = version_is_settling(call, &row) && version_is_new(&row);
	version_row_done(&row);
	if (!pending)
		return 0;
	return call_fail(call, FAILURE_CONFLICT,
		"The operation cannot be performed at this time. The function is currently in the "
		"following state: Pending");
}

/* Which version runs, and whether it would. */
static int begin_invoke(struct call *call, bool event, bool dry_run, int64_t *ret_version)
{
	int error = choose_version(call, ret_version);

	if (!error)
		error = check_active(call, *ret_version);
	if (!error)
		error = check_payload(call, event);
	if (!error && !dry_run)
		error = check_reserved(call);
	return error;
}

/* The last lines of the log, base64. */
static int append_log(struct call *call, struct buffer *out, const char *version)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(4096);
	int error = buffer_appendf(&text,
		"START RequestId: %s Version: %s\nEND RequestId: %s\n"
		"REPORT RequestId: %s\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 "
		"MB\tMax Memory Used: 1 MB\t\n",
		call->request_id, version, call->request_id, call->request_id);

	return error ? error : text_append_base64(out, buffer_text(&text), text.length);
}

static bool wants_log(const struct call *call)
{
	const char *log_type = call_string(call, "LogType");

	return log_type && !strcmp(log_type, "Tail");
}

/* What a runtime answers for a function that failed. */
static int append_function_error(struct call *call, struct buffer *out)
{
	const struct fault *fault = call->function_fault;
	int error = buffer_append_string(out, "{\"errorMessage\":");

	snprintf(call->answer->function_error, sizeof(call->answer->function_error), "%s",
		fault->code);
	if (!error)
		error = append_json_string(out, fault->text);
	return error ? error : buffer_append_string(out, ",\"errorType\":\"Fault\"}");
}

/* What the function would answer: the version that ran. Notes it for the header too. */
static int append_payload(struct call *call, struct buffer *out, const char *version)
{
	int error;

	snprintf(call->answer->executed_version, sizeof(call->answer->executed_version), "%s",
		version);
	if (call->function_fault)
		return append_function_error(call, out);
	error = buffer_append_string(out, "{\"FunctionArn\":\"");
	if (!error)
		error = append_function_arn(out, call->identity, call->name.name, version);
	return error ? error : buffer_appendf(out, "\",\"ExecutedVersion\":\"%s\"}", version);
}

static int answer_synchronously(struct call *call, int64_t number)
{
	cleanup(buffer_release) struct buffer log = BUFFER_INIT(LOG_MAX);
	char version[VERSION_TEXT_SIZE];
	int error;

	version_format(number, version);
	error = append_payload(call, &call->answer->body, version);
	if (error || !wants_log(call))
		return error;
	error = append_log(call, &log, version);
	if (error)
		return error;
	call->answer->log_result = buffer_detach(&log, NULL);
	return call->answer->log_result ? 0 : -ENOMEM;
}

/* One chunk with all of the payload, and the end with the log. */
static int answer_streaming(struct call *call, int64_t number)
{
	cleanup(buffer_release) struct buffer payload = BUFFER_INIT(LOG_MAX);
	struct buffer *out = &call->answer->body;
	char version[VERSION_TEXT_SIZE];
	int error;

	version_format(number, version);
	call->answer->content_type = EVENT_STREAM_CONTENT_TYPE;
	error = append_payload(call, &payload, version);
	if (!error)
		error = event_stream_append(out, "PayloadChunk", "application/octet-stream",
			payload.data, payload.length);
	buffer_reset(&payload);
	if (!error)
		error = buffer_append_string(
			&payload, "{\"ErrorCode\":null,\"ErrorDetails\":null,\"LogResult\":\"");
	if (!error && wants_log(call))
		error = append_log(call, &payload, version);
	if (!error)
		error = buffer_append_string(&payload, "\"}");
	return error ? error
		     : event_stream_append(out, "InvokeComplete", "application/json", payload.data,
			       payload.length);
}

int handle_invoke_with_response_stream(struct call *call)
{
	const char *type = call_string(call, "InvocationType");
	bool dry_run = type && !strcmp(type, "DryRun");
	int64_t version;
	int error = begin_invoke(call, false, dry_run, &version);

	if (error)
		return error;
	if (!dry_run)
		return answer_streaming(call, version);
	call->answer->status = 204;
	return 0;
}

int handle_invoke(struct call *call)
{
	const char *type = call_string(call, "InvocationType");
	bool event = type && !strcmp(type, "Event");
	bool dry_run = type && !strcmp(type, "DryRun");
	int64_t version;
	int error = begin_invoke(call, event, dry_run, &version);

	if (error)
		return error;
	if (!event && !dry_run)
		return answer_synchronously(call, version);
	call->answer->status = event ? 202 : 204;
	return 0;
}

int handle_invoke_async(struct call *call)
{
	int64_t version;
	int error = choose_version(call, &version);

	if (!error)
		error = check_payload(call, true);
	return error ? error : buffer_append_string(&call->answer->body, "{}");
}
