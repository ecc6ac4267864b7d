/* SPDX-License-Identifier: MIT */
/* The requests of the providers: few, small, and never paced. */
#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/credentials/providers.h"
#include "backend/credentials/sts_answer.h"
#include "backend/http/retry.h"

#define ATTEMPTS 3
#define PAUSE_MS 1000 /* between attempts */
#define STEP_MS 20
#define URL_MAX 8192
#define AUTHORIZATION_MAX 2048
#define OWN_HEADERS 6

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

static bool wait_before_next(const struct credentials_context *context, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;
	struct timespec step = {.tv_sec = 0, .tv_nsec = STEP_MS * 1000000};

	while (clock_monotonic_ms() < until) {
		if (clock_monotonic_ms() >= context->deadline_ms ||
			(context->interrupted && atomic_load(context->interrupted)))
			return false;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
	}
	return true;
}

/* Signs what stands in `headers`. 0, -ENOMEM, -EFBIG, -EIO. */
static int sign(const struct credentials_request *request, const char *path, const char *date,
	const struct sigv4_header *headers, size_t count, struct buffer *out)
{
	const struct sigv4_request to_sign = {.method = request->method,
		.path = path,
		.query = request->query,
		.headers = headers,
		.header_count = count,
		.body = request->body,
		.body_length = request->body_length};
	struct sigv4_scope scope = {.region = request->region, .service = request->service};
	unsigned char key[SIGV4_KEY_SIZE];
	int error;

	memcpy(scope.date, date, sizeof(scope.date));
	error = sigv4_derive_key(request->signer->secret_access_key, &scope, key);
	if (!error)
		error = sigv4_authorization(
			&to_sign, &scope, request->signer->access_key_id, key, out);
	explicit_bzero(key, sizeof(key));
	return error;
}

static enum lambda_status exchange_once(const struct credentials_context *context,
	const struct credentials_request *request, struct http_response *ret_response,
	struct http_failure *ret_failure, struct lambda_error *reterr)
{
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(URL_MAX);
	cleanup(buffer_release_secret) struct buffer url = BUFFER_INIT(URL_MAX);
	cleanup(buffer_release_secret) struct buffer authorization = BUFFER_INIT(AUTHORIZATION_MAX);
	const struct endpoint *endpoint = request->endpoint;
	struct sigv4_header headers[OWN_HEADERS + CREDENTIALS_HEADERS_MAX];
	int64_t until = clock_monotonic_ms() + request->timeout_ms;
	struct http_request http = {.method = request->method,
		.direct = request->direct,
		.headers = headers,
		.body = request->body,
		.body_length = request->body_length,
		.body_maximum = CREDENTIALS_BODY_MAX,
		.deadline_ms = context->deadline_ms,
		.interrupted = context->interrupted};
	char date[SIGV4_DATE_SIZE];
	size_t count = 0, i;
	int error = buffer_appendf(&path, "%s%s", endpoint->path, request->path);

	if (!error)
		error = buffer_appendf(&url, "http%s://%s%s%s%s", endpoint->https ? "s" : "",
			endpoint->authority, buffer_text(&path), request->query ? "?" : "",
			request->query ? request->query : "");
	sigv4_format_date(clock_wall_ms() / 1000, date);
	headers[count++] = (struct sigv4_header){"Host", endpoint->authority};
	for (i = 0; i < request->header_count; i++)
		headers[count++] = request->headers[i];
	if (request->signer) {
		headers[count++] = (struct sigv4_header){"X-Amz-Date", date};
		if (request->signer->session_token)
			headers[count++] = (struct sigv4_header){
				"X-Amz-Security-Token", request->signer->session_token};
		if (!error)
			error = sign(
				request, buffer_text(&path), date, headers, count, &authorization);
		headers[count++] =
			(struct sigv4_header){"Authorization", buffer_text(&authorization)};
	}
	headers[count++] = (struct sigv4_header){"Accept-Encoding", "identity"};
	headers[count++] = (struct sigv4_header){"User-Agent", "aliasfs/" ALIASFS_VERSION};
	if (error)
		return error == -ENOMEM
			       ? lambda_fail_memory(reterr)
			       : lambda_fail(reterr, LAMBDA_INVALID, "the request is too long");
	if (request->timeout_ms && until < http.deadline_ms)
		http.deadline_ms = until;
	http.url = buffer_text(&url);
	http.header_count = count;
	return http_exchange(context->pool, &http, ret_response, ret_failure);
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
			lambda_fail(reterr, status, "%s: %s", request->endpoint->authority,
				failure.text);
		if (!passes || !--left || !wait_before_next(context, PAUSE_MS))
			return status;
		if (!status)
			http_response_release(ret_response);
	}
}
