/* SPDX-License-Identifier: MIT */
#include "backend/lambda/invoke.h"

#include "backend/base/text.h"
#include "backend/lambda/read.h"

#define LOG_RESULT_SIZE 8192 /* bytes of the log's end as base64, with room */

void lambda_invocation_release(struct lambda_invocation *invocation)
{
	buffer_release(&invocation->log);
	buffer_release_secret(&invocation->payload);
}

/* A log that cannot be read is none: the function has run, and what it answered is what counts. */
static void read_log(const char *log_result, struct buffer *log)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(LOG_RESULT_SIZE);
	size_t skip;

	if (text_decode_base64(log_result, strlen(log_result), &text))
		return;
	skip = text.length > log->maximum ? text.length - log->maximum : 0;
	if (text.length && buffer_append(log, text.data + skip, text.length - skip))
		buffer_reset(log);
}

/* A success that is none: another status than Invoke's, or more than a function can answer. */
static void fail_answer(const struct http_response *response, struct lambda_error *reterr)
{
	bool has_run = response->status == 200;

	if (has_run)
		lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the function has run, but its answer is larger than Lambda's limit");
	else
		lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the answer is HTTP %d", response->status);
	lambda_name_operation(LAMBDA_BAD_ANSWER, "Invoke", reterr);
	if (!reterr)
		return;
	reterr->http_status = response->status;
	reterr->outcome_unknown = !has_run;
	memcpy(reterr->request_id, response->request_id, sizeof(reterr->request_id));
}

static enum lambda_status send_invoke(struct lambda_client *client, const struct call_scope *scope,
	struct aws_request *request, struct lambda_invocation *ret_invocation,
	struct lambda_error *reterr)
{
	static const struct http_header headers[] = {
		{"X-Amz-Invocation-Type", "RequestResponse"}, {"X-Amz-Log-Type", "Tail"}};
	struct lambda_invocation invocation = {.log = BUFFER_INIT(LAMBDA_LOG_TAIL_MAX)};
	char log_result[LOG_RESULT_SIZE] = "";
	const struct http_wanted_header wanted[] = {
		{"X-Amz-Executed-Version", invocation.executed_version,
			sizeof(invocation.executed_version)},
		{"X-Amz-Function-Error", invocation.function_error,
			sizeof(invocation.function_error)},
		{"X-Amz-Log-Result", log_result, sizeof(log_result)}};
	struct aws_tries tries = {0};
	struct http_response response;
	enum lambda_status status;

	request->headers = headers;
	request->header_count = array_count(headers);
	request->wanted = wanted;
	request->wanted_count = array_count(wanted);
	status = aws_request(client->aws, scope, request, &tries, &response, reterr);
	if (status && tries.lost) {
		if (reterr)
			reterr->outcome_unknown = true;
		lambda_hint(
			reterr, "it is not sent again: the function may have run, or run still");
	}
	if (status)
		return status;
	if (response.status != 200 || response.body.length > LAMBDA_ANSWER_MAX) {
		fail_answer(&response, reterr);
		http_response_release(&response);
		return LAMBDA_BAD_ANSWER;
	}
	invocation.status = response.status;
	invocation.payload = response.body;
	memcpy(invocation.request_id, response.request_id, sizeof(invocation.request_id));
	read_log(log_result, &invocation.log);
	*ret_invocation = invocation;
	return LAMBDA_OK;
}

enum lambda_status lambda_invoke(struct lambda_client *client, const struct call_scope *scope,
	const char *function, const char *qualifier, const char *payload, size_t length,
	struct lambda_invocation *ret_invocation, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(LAMBDA_PATH_MAX);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(LAMBDA_PATH_MAX);
	struct aws_request request = lambda_request(client, "Invoke", "POST", RATE_LIMIT_NONE);
	int error;

	if (length > LAMBDA_PAYLOAD_MAX)
		return lambda_name_operation(
			lambda_fail(reterr, LAMBDA_TOO_LARGE, "a payload has at most %d bytes",
				LAMBDA_PAYLOAD_MAX),
			"Invoke", reterr);
	error = lambda_append_path(&path, function, "/invocations");
	if (!error)
		error = lambda_append_qualifier(&query, qualifier);
	if (error)
		return lambda_fail_to_write(error, reterr);
	request.path = buffer_text(&path);
	request.query = buffer_text(&query);
	request.body = payload && length ? payload : "";
	request.body_length = length;
	request.content_type = "application/octet-stream";
	request.once = true;
	return send_invoke(client, scope, &request, ret_invocation, reterr);
}
