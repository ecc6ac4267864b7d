/* SPDX-License-Identifier: MIT */
#include "backend/aws/request.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "backend/base/clock.h"
#include "backend/base/text.h"
#include "backend/http/error_answer.h"
#include "backend/http/signed.h"

#define LOOK_ATTEMPT_MS 500
#define UPLOAD_LOOK_MS 10000  /* what one attempt leaves of the deadline of an upload */
#define READ_ATTEMPT_MS 10000 /* a read that hangs longer than this is tried again */
#define SKEW_S (4 * 60)       /* a clock this far from the server's is worth correcting */

/* What one attempt ended with. */
struct attempt {
	enum lambda_status status;
	struct http_failure failure;   /* when there was no answer */
	struct http_response response; /* when there was one */
	struct credentials credentials;
	bool answered;
};

static int64_t deadline_of(const struct call_scope *scope, bool mutation)
{
	return mutation ? scope->mutation_deadline_ms : scope->read_deadline_ms;
}

/* A mutation is not interrupted, except while its body goes. */
static const atomic_bool *interruption_of(
	const struct call_scope *scope, const struct aws_request *request)
{
	return request->mutation && !request->source ? NULL : scope->interrupted;
}

bool aws_request_sleep(const struct call_scope *scope, bool mutation, int64_t ms)
{
	return call_sleep(ms, deadline_of(scope, mutation), mutation ? NULL : scope->interrupted);
}

/* --- before and after an attempt --- */

static enum lambda_status wait_for_a_place(struct aws_client *client,
	const struct call_scope *scope, const struct aws_request *request,
	struct lambda_error *reterr)
{
	bool goes_first = scope->for_change && request->rate_limit == RATE_LIMIT_READ;
	int error = 0;

	if (request->rate_limit != RATE_LIMIT_NONE)
		error = rate_limiter_wait(client->rate_limiter,
			goes_first ? RATE_LIMIT_WRITE : request->rate_limit,
			deadline_of(scope, request->mutation), interruption_of(scope, request));
	if (!error)
		return LAMBDA_OK;
	if (error == -EINTR)
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	if (error != -ETIMEDOUT)
		return lambda_fail_memory(reterr);
	lambda_fail(reterr, LAMBDA_TIMED_OUT, "too many calls are queued");
	lambda_hint(reterr,
		"calls are held to a rate (-o rate) below AWS's own limit: try again later");
	return LAMBDA_TIMED_OUT;
}

static void learn_rate(
	struct aws_client *client, const struct aws_request *request, const struct aws_tries *tries)
{
	if (request->rate_limit != RATE_LIMIT_NONE)
		rate_limiter_learn(
			client->rate_limiter, request->rate_limit, tries->class == RETRY_THROTTLED);
	if (tries->class != RETRY_SUCCESS)
		return;
	pthread_mutex_lock(&client->mutex);
	retry_refund(&client->quota, tries->cost ? tries->cost : 1);
	pthread_mutex_unlock(&client->mutex);
}

/* --- one attempt --- */

/* How long one attempt may take: long enough for any answer, short enough to try or look again. */
static int64_t attempt_deadline(const struct call_scope *scope, const struct aws_request *request)
{
	int64_t now = clock_monotonic_ms(), deadline = deadline_of(scope, request->mutation);
	int64_t left = deadline - now;

	if (request->once)
		return deadline;
	if (request->source && left > 2 * UPLOAD_LOOK_MS)
		return deadline -
		       UPLOAD_LOOK_MS; /* it may take long to send, reading back does not */
	if (request->mutation)
		return now + left * 3 / 5; /* what remains is for reading back */
	if (scope->reads_back && left > 2 * LOOK_ATTEMPT_MS)
		return now + left / 2; /* one answer that hangs is not the end */
	return left > 2 * READ_ATTEMPT_MS ? now + READ_ATTEMPT_MS : deadline;
}

/* The caller's headers, and those that describe the body. Gives how many there are. */
static size_t gather_headers(
	const struct aws_request *request, struct http_header headers[2 + AWS_REQUEST_HEADERS_MAX])
{
	bool has_body = request->body || request->source;
	size_t count = 0, i;

	if (has_body)
		headers[count++] = (struct http_header){"Content-Type",
			request->content_type ? request->content_type : "application/json"};
	if (has_body && request->target)
		headers[count++] = (struct http_header){"X-Amz-Target", request->target};
	for (i = 0; i < request->header_count && i < AWS_REQUEST_HEADERS_MAX; i++)
		headers[count++] = request->headers[i];
	return count;
}

/* Signs and sends. -ENOMEM, -EFBIG or -EIO when it could not even be made. */
static int sign_and_send(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct attempt *attempt)
{
	struct http_header headers[2 + AWS_REQUEST_HEADERS_MAX];
	const size_t header_count = gather_headers(request, headers);
	cleanup(signed_request_release) struct signed_request sent;
	const struct signer signer = {.access_key_id = attempt->credentials.access_key_id,
		.secret_access_key = attempt->credentials.secret_access_key,
		.session_token = attempt->credentials.session_token,
		.region = client->settings.region.value,
		.service = request->service,
		.now_s = clock_wall_ms() / 1000 + atomic_load(&client->clock_offset_s)};
	const struct signed_parts parts = {.method = request->method,
		.endpoint = request->endpoint,
		.path = request->path,
		.query = request->query,
		.headers = headers,
		.header_count = header_count,
		.body = request->body,
		.body_length = request->body_length,
		.source = request->source,
		.signer = client->unix_socket ? NULL : &signer};
	int error = signed_request_build(&sent, &parts);

	if (error)
		return error;
	sent.http.unix_socket = client->unix_socket;
	sent.http.body_maximum = HTTP_BODY_MAX;
	sent.http.wanted = request->wanted;
	sent.http.wanted_count = request->wanted_count;
	sent.http.deadline_ms = attempt_deadline(scope, request);
	sent.http.interrupted = interruption_of(scope, request);
	sent.http.sendings = &client->calls;
	attempt->status = http_exchange(request->once ? client->once_pool : client->pool,
		&sent.http, &attempt->response, &attempt->failure);
	attempt->answered = !attempt->status;
	return 0;
}

/* --- what it means --- */

/* No answer: why, and whether a mutation may have happened all the same. */
static enum lambda_status judge_failure(const struct aws_request *request,
	const struct http_failure *failure, struct aws_tries *tries, struct lambda_error *reterr)
{
	tries->class = failure->timed_out   ? RETRY_TIMED_OUT
		       : failure->transient ? RETRY_TRANSIENT
					    : RETRY_PERMANENT;
	tries->lost = (request->mutation || request->once) && failure->sent;
	tries->answered = false;
	lambda_fail(reterr, failure->status, "%s", failure->text);
	return lambda_name_operation(failure->status, request->operation, reterr);
}

static enum lambda_status judge_answer(const struct aws_request *request,
	const struct http_response *response, struct aws_tries *tries, struct lambda_error *reterr)
{
	struct lambda_error error;

	lambda_error_read(response, &error);
	lambda_name_operation(error.status, request->operation, &error);
	tries->class = retry_classify(response->status, error.code);
	tries->retry_after_ms = retry_after_ms(response->retry_after, response->retry_after_ms);
	/* A server that failed may have done it; one that throttles says that it did not. */
	tries->lost = (request->mutation || request->once) &&
		      (tries->class == RETRY_TRANSIENT || error.status == LAMBDA_BAD_ANSWER);
	tries->answered = true;
	if (response->status >= 300 && response->status <= 399)
		snprintf(error.message, sizeof(error.message),
			"the server answered HTTP %d, and redirects are not followed",
			response->status);
	return lambda_fail_as(reterr, &error);
}

static enum lambda_status judge_attempt(const struct aws_request *request, struct attempt *attempt,
	struct aws_tries *tries, struct lambda_error *reterr)
{
	const struct http_response *response = &attempt->response;

	tries->retry_after_ms = 0;
	if (!attempt->answered)
		return judge_failure(request, &attempt->failure, tries, reterr);
	if (response->status < 200 || response->status > 299)
		return judge_answer(request, response, tries, reterr);
	tries->class = RETRY_SUCCESS;
	tries->lost = false;
	tries->answered = true;
	if (!response->content_encoding[0] || !strcasecmp(response->content_encoding, "identity"))
		return LAMBDA_OK;
	tries->class = RETRY_PERMANENT;
	tries->lost = request->mutation || request->once;
	lambda_fail(reterr, LAMBDA_BAD_ANSWER,
		"the server sent a compressed answer, which aliasfs does not ask for");
	return lambda_name_operation(LAMBDA_BAD_ANSWER, request->operation, reterr);
}

static bool is_about_the_clock(const char *code)
{
	static const char *const codes[] = {"InvalidSignatureException", "SignatureDoesNotMatch",
		"AuthFailure", "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
		"AccessDeniedException", NULL};

	return text_is_one_of(code, codes);
}

/* Once per request: takes over the server's time when ours is far away. True: try again. */
static bool correct_clock(struct aws_client *client, const struct attempt *attempt,
	const struct lambda_error *error, struct aws_tries *tries)
{
	int64_t offset, known = atomic_load(&client->clock_offset_s);

	if (tries->clock_corrected || !attempt->answered || !attempt->response.date ||
		!is_about_the_clock(error->code))
		return false;
	offset = attempt->response.date - clock_wall_ms() / 1000;
	if (llabs(offset - known) <= SKEW_S)
		return false;
	tries->clock_corrected = true;
	atomic_store(&client->clock_offset_s, llabs(offset) > SKEW_S ? offset : 0);
	log_write(client->log, LOG_LEVEL_WARNING,
		"the clock is %lld s away from Lambda's: signing with Lambda's time",
		(long long)-offset);
	return true;
}

/* Once per request: looks for newer credentials. True: there are, try again. Else the hint says why not. */
static bool renew_credentials(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, const struct attempt *attempt,
	struct lambda_error *error, struct aws_tries *tries)
{
	cleanup(credentials_release) struct credentials others = {0};
	struct lambda_error why = {0};

	if (error->status != LAMBDA_CREDENTIALS_EXPIRED || tries->credentials_renewed ||
		client->unix_socket)
		return false;
	tries->credentials_renewed = true;
	credentials_store_expire(client->credentials, &attempt->credentials);
	if (credentials_store_get(client->credentials, deadline_of(scope, request->mutation),
		    interruption_of(scope, request), &others, &why)) {
		lambda_hint(error, "%s", why.hint[0] ? why.hint : why.message);
		return false;
	}
	return !credentials_are_equal(&others, &attempt->credentials);
}

static double random_fraction(void)
{
	uint32_t bits = 0;

	if (getrandom(&bits, sizeof(bits), GRND_NONBLOCK) != sizeof(bits))
		return 0.5;
	return bits / 4294967296.0;
}

bool aws_request_again(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct aws_tries *tries)
{
	const struct retry_facts facts = {.class = tries->class,
		.attempt = tries->attempt,
		.attempts_max = (unsigned int)client->settings.attempts,
		.random = random_fraction(),
		.retry_after_ms = tries->retry_after_ms,
		.left_ms = deadline_of(scope, request->mutation) - clock_monotonic_ms()};
	struct retry_decision decision;

	if (request->once && tries->answered)
		return false;
	pthread_mutex_lock(&client->mutex);
	decision = retry_decide(&client->quota, &facts);
	pthread_mutex_unlock(&client->mutex);
	if (!decision.again)
		return false;
	tries->cost = tries->class == RETRY_TIMED_OUT ? RETRY_COST_TIMED_OUT : RETRY_COST;
	log_write(client->log, LOG_LEVEL_DEBUG, "%s: attempt %u failed, again in %lld ms",
		request->operation, tries->attempt, (long long)decision.delay_ms);
	if (call_sleep(decision.delay_ms, deadline_of(scope, request->mutation),
		    interruption_of(scope, request)))
		return true;
	/* An upload that is interrupted here ends by its next attempt, which says so. */
	return request->source && call_scope_interrupted(scope);
}

/* --- the loop --- */

/* Everything up to and including the sending. */
static enum lambda_status try_once(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct attempt *attempt, struct lambda_error *reterr)
{
	enum lambda_status status = wait_for_a_place(client, scope, request, reterr);
	int error;

	if (!status && !client->unix_socket)
		status = credentials_store_get(client->credentials,
			deadline_of(scope, request->mutation), interruption_of(scope, request),
			&attempt->credentials, reterr);
	if (!status && clock_monotonic_ms() >= deadline_of(scope, request->mutation))
		status = lambda_fail(
			reterr, LAMBDA_TIMED_OUT, "the timeout ran out before the call was sent");
	if (status)
		return status;
	error = sign_and_send(client, scope, request, attempt);
	if (error == -EFBIG)
		return lambda_fail(reterr, LAMBDA_TOO_LARGE, "the request is too large");
	return error ? lambda_fail_memory(reterr) : LAMBDA_OK;
}

/* One attempt and its judgement. */
static enum lambda_status attempt_request(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct aws_tries *tries,
	struct http_response *ret_response, struct lambda_error *reterr)
{
	const struct lambda_error before = reterr ? *reterr : (struct lambda_error){0};
	struct attempt attempt = {0};
	enum lambda_status status = try_once(client, scope, request, &attempt, reterr);

	tries->again = false;
	tries->lost = false;
	if (status == LAMBDA_TIMED_OUT && tries->attempt && tries->class == RETRY_THROTTLED) {
		/* The time went by in waiting for AWS to allow more: that is what there is to say. */
		status = LAMBDA_THROTTLED;
		if (reterr)
			*reterr = before;
	}
	if (status) {
		tries->class = RETRY_PERMANENT;
		credentials_release(&attempt.credentials);
		return lambda_name_operation(status, request->operation, reterr);
	}
	tries->attempt++;
	status = judge_attempt(request, &attempt, tries, reterr);
	tries->throttled += tries->class == RETRY_THROTTLED;
	if (scope->record) {
		scope->record->calls++;
		memcpy(scope->record->request_id, attempt.response.request_id,
			sizeof(scope->record->request_id));
	}
	learn_rate(client, request, tries);
	if (status && attempt.answered)
		tries->again = correct_clock(client, &attempt, reterr, tries) ||
			       renew_credentials(client, scope, request, &attempt, reterr, tries);
	credentials_release(&attempt.credentials);
	if (!status)
		*ret_response = attempt.response;
	else if (attempt.answered)
		http_response_release(&attempt.response);
	return status;
}

static enum lambda_status try_until_settled(struct aws_client *client,
	const struct call_scope *scope, const struct aws_request *request, struct aws_tries *tries,
	struct http_response *ret_response, struct lambda_error *reterr)
{
	struct lambda_error error = {0};

	for (;;) {
		enum lambda_status status =
			attempt_request(client, scope, request, tries, ret_response, &error);

		if (!status)
			return LAMBDA_OK;
		if (!tries->again &&
			(tries->lost || !aws_request_again(client, scope, request, tries))) {
			if (!request->mutation && call_scope_interrupted(scope))
				error.status = LAMBDA_INTERRUPTED;
			return lambda_fail_as(reterr, &error);
		}
	}
}

enum lambda_status aws_request(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct aws_tries *tries,
	struct http_response *ret_response, struct lambda_error *reterr)
{
	unsigned int attempts = tries->attempt, throttled = tries->throttled;
	int64_t begun_ms = clock_monotonic_ms();
	enum lambda_status status =
		try_until_settled(client, scope, request, tries, ret_response, reterr);

	aws_stats_note(client->stats, request->operation, status, tries->attempt - attempts,
		tries->throttled - throttled, clock_monotonic_ms() - begun_ms);
	return status;
}

enum lambda_status aws_parse_answer(const struct http_response *response, const char *operation,
	struct json **ret_json, struct lambda_error *reterr)
{
	const char *reason = NULL;

	*ret_json = json_parse(buffer_text(&response->body), response->body.length, &reason);
	if (*ret_json)
		return LAMBDA_OK;
	lambda_fail(reterr, LAMBDA_BAD_ANSWER, "the answer of %zu bytes %s", response->body.length,
		reason);
	if (reterr) {
		reterr->http_status = response->status;
		memcpy(reterr->request_id, response->request_id, sizeof(reterr->request_id));
	}
	return lambda_name_operation(LAMBDA_BAD_ANSWER, operation, reterr);
}

enum lambda_status aws_request_json(struct aws_client *client, const struct call_scope *scope,
	const struct aws_request *request, struct json **ret_json, struct lambda_error *reterr)
{
	struct aws_tries tries = {0};
	struct http_response response;
	enum lambda_status status = aws_request(client, scope, request, &tries, &response, reterr);

	if (status)
		return status;
	status = aws_parse_answer(&response, request->operation, ret_json, reterr);
	http_response_release(&response);
	return status;
}
