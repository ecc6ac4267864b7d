/* SPDX-License-Identifier: MIT */
/* The requests of the providers: few, small, and never paced. */
#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/scope.h"
#include "backend/base/text.h"
#include "backend/credentials/providers.h"
#include "backend/credentials/sts_answer.h"
#include "backend/http/retry.h"

#define ATTEMPTS 3
#define PAUSE_MS 1000 /* between attempts */

enum lambda_status credentials_failed(
	struct lambda_error *reterr, enum lambda_status status, const char *who)
{
	struct lambda_error before;

	switch (status) {
	case LAMBDA_INTERRUPTED:
	case LAMBDA_NO_MEMORY:
	case LAMBDA_CREDENTIALS_EXPIRED:
	case LAMBDA_CREDENTIALS_REFUSED:
		break;
	default:
		status = LAMBDA_NO_CREDENTIALS;
	}
	if (!reterr)
		return status;
	before = *reterr;
	reterr->status = status;
	snprintf(reterr->message, sizeof(reterr->message), "%s: %.*s", who,
		(int)(sizeof(reterr->message) / 2), before.message);
	return status;
}

static enum lambda_status exchange_once(const struct credentials_context *context,
	const struct credentials_request *request, struct http_response *ret_response,
	struct http_failure *ret_failure, struct lambda_error *reterr)
{
	cleanup(signed_request_release) struct signed_request sent;
	const struct credentials none = {0}, *keys = request->signer ? request->signer : &none;
	const struct signer signer = {.access_key_id = keys->access_key_id,
		.secret_access_key = keys->secret_access_key,
		.session_token = keys->session_token,
		.region = request->region,
		.service = request->service,
		.now_s = clock_wall_ms() / 1000};
	struct signed_parts parts = request->parts;
	int64_t until_ms = clock_monotonic_ms() + request->timeout_ms;
	int error;

	parts.signer = request->signer ? &signer : NULL;
	error = signed_request_build(&sent, &parts);
	if (error == -ENOMEM)
		return lambda_fail_memory(reterr);
	if (error)
		return lambda_fail(reterr, LAMBDA_INVALID, "the request is too long");
	sent.http.direct = request->direct;
	sent.http.body_maximum = CREDENTIALS_BODY_MAX;
	sent.http.deadline_ms = context->deadline_ms;
	if (request->timeout_ms && until_ms < context->deadline_ms)
		sent.http.deadline_ms = until_ms;
	sent.http.interrupted = context->interrupted;
	return http_exchange(context->pool, &sent.http, ret_response, ret_failure);
}

/* STS throttles with 400 and names its code in the body alone. */
static bool answer_may_pass(const struct http_response *response)
{
	struct lambda_error error = {0};
	enum retry_class class;

	if (response->status >= 400 && !response->error_type[0])
		credentials_read_sts_error(
			buffer_text(&response->body), response->body.length, &error);
	class = retry_classify(response->status, error.code[0] ? error.code : response->error_type);
	return class == RETRY_TRANSIENT || class == RETRY_THROTTLED;
}

enum lambda_status credentials_exchange(const struct credentials_context *context,
	const struct credentials_request *request, struct http_response *ret_response,
	struct lambda_error *reterr)
{
	unsigned int left = request->attempts ? request->attempts : ATTEMPTS;

	for (;;) {
		struct http_failure failure = {0};
		enum lambda_status status =
			exchange_once(context, request, ret_response, &failure, reterr);
		bool passes = status ? failure.status && failure.transient
				     : answer_may_pass(ret_response);

		if (request->ret_sent)
			*request->ret_sent = !status || failure.sent;
		if (status && failure.status)
			lambda_fail(reterr, status, "%s: %s", request->parts.endpoint->authority,
				failure.text);
		if (!passes || !--left ||
			!call_sleep(PAUSE_MS, context->deadline_ms, context->interrupted))
			return status;
		if (!status)
			http_response_release(ret_response);
	}
}

static enum lambda_status refuse_status(const struct credentials_request *request,
	const struct http_response *response, struct lambda_error *reterr)
{
	return lambda_fail(
		reterr, LAMBDA_NO_CREDENTIALS, "%s: HTTP %d", request->who, response->status);
}

enum lambda_status credentials_fetch_answer(const struct credentials_context *context,
	const struct credentials_request *request, struct http_response *ret_response,
	struct lambda_error *reterr)
{
	enum lambda_status status = credentials_exchange(context, request, ret_response, reterr);

	if (status)
		return credentials_failed(reterr, status, request->who);
	if (ret_response->status == 200)
		return LAMBDA_OK;
	status = (request->refuse ? request->refuse : refuse_status)(request, ret_response, reterr);
	http_response_release(ret_response);
	return status;
}

enum lambda_status credentials_fetch_document(const struct credentials_context *context,
	const struct credentials_request *request, const struct credentials_document *document,
	struct credentials *ret_credentials, struct lambda_error *reterr)
{
	struct http_response response;
	enum lambda_status status = credentials_fetch_answer(context, request, &response, reterr);

	if (status)
		return status;
	status = credentials_read_document(buffer_text(&response.body), response.body.length,
		document, ret_credentials, reterr);
	http_response_release(&response);
	return status;
}
