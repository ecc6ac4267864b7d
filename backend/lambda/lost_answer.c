/* SPDX-License-Identifier: MIT */
#include "backend/lambda/lost_answer.h"

#include <errno.h>

#include "backend/base/clock.h"

#define LOOK_FIRST_MS 100 /* between two looks; doubles up to LOOK_LAST_MS */
#define LOOK_LAST_MS 1000

bool lambda_may_pass(const struct lambda_error *error)
{
	switch (error->status) {
	case LAMBDA_ACCESS_DENIED:
	case LAMBDA_NO_CREDENTIALS:
	case LAMBDA_CREDENTIALS_EXPIRED:
	case LAMBDA_CREDENTIALS_REFUSED:
	case LAMBDA_INVALID:
		return false;
	default:
		return true;
	}
}

/* Looks until there is an answer; with `insist` until it is another one than "as before". */
static enum verdict look_until(struct mutation *mutation, bool insist, struct lambda_error *reterr)
{
	int64_t pause = LOOK_FIRST_MS;

	for (;;) {
		enum verdict verdict = mutation->look(mutation, reterr);

		if (verdict == VERDICT_DONE || verdict == VERDICT_OTHER ||
			(verdict == VERDICT_AS_WAS && !insist))
			return verdict;
		if (verdict == VERDICT_UNKNOWN && !lambda_may_pass(reterr))
			return VERDICT_UNKNOWN;
		if (!aws_request_sleep(mutation->scope, true, pause))
			return verdict;
		pause = pause * 2 < LOOK_LAST_MS ? pause * 2 : LOOK_LAST_MS;
	}
}

/* The outcome is unknown: says so, with the first failure. */
static enum lambda_status give_up(const struct mutation *mutation, const struct lambda_error *first,
	struct lambda_error *reterr)
{
	struct lambda_error error = *first;
	bool over = clock_monotonic_ms() >= mutation->scope->mutation_deadline_ms;

	if (over)
		error.status = LAMBDA_TIMED_OUT;
	error.outcome_unknown = true;
	lambda_hint(&error, "check what AWS has before you try again");
	return lambda_fail_as(reterr, &error);
}

/*
 * A success without content is Lambda's only if it looks like Lambda's: a gateway on the way that says
 * 200 to everything has deleted nothing.
 */
static enum lambda_status check_empty(
	const struct http_response *response, const char *operation, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;

	if (!response->request_id[0])
		return lambda_fail(reterr, LAMBDA_BAD_ANSWER,
			"the server answered HTTP %d without Lambda's request id",
			response->status);
	if (!response->body.length)
		return LAMBDA_OK;
	return aws_parse_answer(response, operation, &json, reterr);
}

/* Reads a 2xx. LAMBDA_BAD_ANSWER: it may have happened, but the answer is as good as lost. */
static enum lambda_status read_success(
	struct mutation *mutation, struct http_response *response, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = NULL;
	const char *operation = mutation->request.operation;
	enum lambda_status status;

	if (mutation->read)
		status = aws_parse_answer(response, operation, &json, reterr);
	else
		status = check_empty(response, operation, reterr);
	if (!status && mutation->read)
		status = mutation->read(mutation, json, reterr);
	http_response_release(response);
	return status;
}

/* One round: LAMBDA_OK, a refusal, or a loss with tries->lost. */
static enum lambda_status send_once(
	struct mutation *mutation, struct aws_tries *tries, struct lambda_error *reterr)
{
	struct http_response response;
	enum lambda_status status = aws_request(mutation->client->aws, mutation->scope,
		&mutation->request, tries, &response, reterr);

	if (status == LAMBDA_SERVICE_FAILED)
		tries->lost = true; /* also with a 501 or 524, which no retry is for */
	if (status)
		return status;
	status = read_success(mutation, &response, reterr);
	if (status == LAMBDA_BAD_ANSWER) {
		tries->lost = true;
		tries->answered = true;
		tries->class = RETRY_TRANSIENT;
	} else if (status == LAMBDA_NO_MEMORY) {
		reterr->outcome_unknown = true;
	}
	return status;
}

/* After a loss a refusal may be the echo of our own first copy. */
static bool may_be_an_echo(enum lambda_status status)
{
	return status == LAMBDA_CONFLICT || status == LAMBDA_ALREADY_EXISTS ||
	       status == LAMBDA_REVISION_CHANGED || status == LAMBDA_NOT_FOUND;
}

static enum lambda_status settle_echo(
	struct mutation *mutation, const struct lambda_error *refusal, struct lambda_error *reterr)
{
	struct lambda_error error = {0};
	enum verdict verdict = look_until(mutation, false, &error);

	if (verdict == VERDICT_DONE)
		return LAMBDA_OK;
	if (verdict == VERDICT_UNKNOWN)
		return give_up(mutation, refusal, reterr);
	return lambda_fail_as(reterr, refusal);
}

/*
 * After a loss: reads back, and decides whether to send again (*ret_again), which is only so while nothing has
 * changed. `lost` is what was heard instead of an answer.
 */
static enum lambda_status settle_loss(struct mutation *mutation, struct aws_tries *tries,
	const struct lambda_error *lost, bool *ret_again, struct lambda_error *reterr)
{
	struct lambda_error seen = {0};
	enum verdict verdict = look_until(mutation, false, &seen);

	*ret_again = false;
	if (verdict == VERDICT_DONE)
		return LAMBDA_OK;
	if (verdict == VERDICT_UNKNOWN)
		return give_up(mutation, lost, reterr);
	if (verdict == VERDICT_OTHER) {
		lambda_name_operation(seen.status, mutation->request.operation, &seen);
		return lambda_fail_as(reterr, &seen);
	}
	*ret_again = aws_request_again(
		mutation->client->aws, mutation->scope, &mutation->request, tries);
	if (*ret_again)
		return LAMBDA_OK;
	if (tries->answered) /* the server failed, and nothing has changed */
		return lambda_fail_as(reterr, lost);
	verdict = look_until(mutation, true, &seen);
	return verdict == VERDICT_DONE ? LAMBDA_OK : give_up(mutation, lost, reterr);
}

/* The mutation ends with success. `lost`: this was read back. */
static enum lambda_status end_mutation(const struct mutation *mutation, bool lost)
{
	if (mutation->scope->record)
		mutation->scope->record->answer_lost = lost;
	return LAMBDA_OK;
}

static enum lambda_status run_mutation(struct mutation *mutation, struct lambda_error *reterr)
{
	struct aws_tries tries = {0};
	bool lost_before = false, again = true;
	enum lambda_status status = LAMBDA_OK;

	mutation->look_scope =
		(struct call_scope){.read_deadline_ms = mutation->scope->mutation_deadline_ms,
			.mutation_deadline_ms = mutation->scope->mutation_deadline_ms,
			.for_change = true,
			.reads_back = true};
	while (again) {
		struct lambda_error error = {0};

		if (!send_once(mutation, &tries, &error))
			return end_mutation(mutation, false);
		if (!tries.lost && lost_before && may_be_an_echo(error.status)) {
			status = settle_echo(mutation, &error, reterr);
			return status ? status : end_mutation(mutation, true);
		}
		if (!tries.lost) {
			error.outcome_unknown |= lost_before;
			return lambda_fail_as(reterr, &error);
		}
		lost_before = true;
		status = settle_loss(mutation, &tries, &error, &again, reterr);
	}
	return status ? status : end_mutation(mutation, true);
}

enum lambda_status mutation_make_change(struct mutation *mutation, const char *operation,
	const char *method, const struct buffer *path, const struct buffer *body,
	struct lambda_error *reterr)
{
	struct aws_request *request = &mutation->request;
	const struct http_body_source *source = request->source;
	const char *query = request->query;

	*request = lambda_request(mutation->client, operation, method, RATE_LIMIT_WRITE);
	request->query = query;
	request->source = source;
	request->path = buffer_text(path);
	request->body = body ? buffer_text(body) : NULL;
	request->body_length = body ? body->length : 0;
	request->mutation = true;
	return run_mutation(mutation, reterr);
}
