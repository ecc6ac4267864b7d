/* SPDX-License-Identifier: MIT */
#include "backend/http/retry.h"

#include <stddef.h>

#include "backend/base/cleanup.h"
#include "backend/base/number.h"

#define DELAY_MAX_MS 20000
#define RETRY_AFTER_MAX 1e12 /* whatever the unit: beyond every deadline, and within an int64_t */

struct code_meaning {
	const char *code;
	enum lambda_status status;
	enum retry_class class;
};

/* backend/lambda/NOTES.md sections 5.1, 5.2 and 8.1. The HTTP status decides about codes that are missing here. */
static const struct code_meaning meanings[] = {
	/* throttling */
	{"Throttling", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"ThrottlingException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"ThrottledException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"RequestThrottledException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"RequestThrottled", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"TooManyRequestsException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"ProvisionedThroughputExceededException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"TransactionInProgressException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"RequestLimitExceeded", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"BandwidthLimitExceeded", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"LimitExceededException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"SlowDown", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"PriorRequestNotComplete", LAMBDA_THROTTLED, RETRY_THROTTLED},
	{"EC2ThrottledException", LAMBDA_THROTTLED, RETRY_THROTTLED},
	/* transient, whatever the status */
	{"RequestTimeout", LAMBDA_SERVICE_FAILED, RETRY_TRANSIENT},
	{"RequestTimeoutException", LAMBDA_SERVICE_FAILED, RETRY_TRANSIENT},
	{"InternalError", LAMBDA_SERVICE_FAILED, RETRY_TRANSIENT},
	{"IDPCommunicationError", LAMBDA_SERVICE_FAILED, RETRY_TRANSIENT},
	/* who asks */
	{"AccessDeniedException", LAMBDA_ACCESS_DENIED, RETRY_PERMANENT},
	{"AccessDenied", LAMBDA_ACCESS_DENIED, RETRY_PERMANENT},
	{"NotAuthorized", LAMBDA_ACCESS_DENIED, RETRY_PERMANENT},
	{"OptInRequired", LAMBDA_ACCESS_DENIED, RETRY_PERMANENT},
	{"ExpiredToken", LAMBDA_CREDENTIALS_EXPIRED, RETRY_PERMANENT},
	{"ExpiredTokenException", LAMBDA_CREDENTIALS_EXPIRED, RETRY_PERMANENT},
	{"UnrecognizedClientException", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"InvalidClientTokenId", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"InvalidSignatureException", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"SignatureDoesNotMatch", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"IncompleteSignature", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"IncompleteSignatureException", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"MissingAuthenticationToken", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"MissingAuthenticationTokenException", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"AuthFailure", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"RequestExpired", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"RequestTimeTooSkewed", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	{"RequestInTheFuture", LAMBDA_CREDENTIALS_REFUSED, RETRY_PERMANENT},
	/* what is asked */
	{"ResourceNotFoundException", LAMBDA_NOT_FOUND, RETRY_PERMANENT},
	{"ResourceConflictException", LAMBDA_CONFLICT, RETRY_PERMANENT},
	{"ResourceInUseException", LAMBDA_CONFLICT, RETRY_PERMANENT},
	{"PreconditionFailedException", LAMBDA_REVISION_CHANGED, RETRY_PERMANENT},
	{"InvalidParameterValueException", LAMBDA_INVALID, RETRY_PERMANENT},
	{"ValidationException", LAMBDA_INVALID, RETRY_PERMANENT},
	{"CodeStorageExceededException", LAMBDA_LIMIT_EXCEEDED, RETRY_PERMANENT},
	{"AliasLimitExceededException", LAMBDA_LIMIT_EXCEEDED, RETRY_PERMANENT},
	{"FunctionVersionsPerCapacityProviderLimitExceededException", LAMBDA_LIMIT_EXCEEDED,
		RETRY_PERMANENT},
	{"RequestTooLargeException", LAMBDA_TOO_LARGE, RETRY_PERMANENT},
	{"RequestEntityTooLargeException", LAMBDA_TOO_LARGE, RETRY_PERMANENT},
};

static const struct code_meaning *find_meaning(const char *code)
{
	size_t i;

	for (i = 0; i < array_count(meanings); i++)
		if (!strcmp(meanings[i].code, code))
			return &meanings[i];
	return NULL;
}

static bool is_transient_status(int http_status)
{
	return http_status == 500 || http_status == 502 || http_status == 503 || http_status == 504;
}

enum retry_class retry_classify(int http_status, const char *code)
{
	const struct code_meaning *meaning = find_meaning(code);

	if (http_status >= 200 && http_status <= 299)
		return RETRY_SUCCESS;
	if (meaning && meaning->class != RETRY_PERMANENT)
		return meaning->class;
	if (is_transient_status(http_status))
		return RETRY_TRANSIENT;
	if (http_status == 429 && !meaning)
		return RETRY_THROTTLED;
	return RETRY_PERMANENT;
}

enum lambda_status retry_status(int http_status, const char *code)
{
	const struct code_meaning *meaning = find_meaning(code);

	if (meaning && (http_status < 500 || meaning->class != RETRY_PERMANENT))
		return meaning->status;
	switch (http_status) {
	case 401:
	case 403:
		return LAMBDA_ACCESS_DENIED;
	case 404:
		return LAMBDA_BAD_ANSWER; /* no code of Lambda's: something else answers there */
	case 409:
		return LAMBDA_CONFLICT;
	case 412:
		return LAMBDA_REVISION_CHANGED;
	case 413:
		return LAMBDA_TOO_LARGE;
	case 429:
		return LAMBDA_THROTTLED;
	default:
		break;
	}
	if (http_status >= 500)
		return LAMBDA_SERVICE_FAILED;
	if (http_status >= 400)
		return LAMBDA_INVALID;
	return LAMBDA_BAD_ANSWER; /* a redirect, or a success that should not be here */
}

/* random * 2^(attempt - 1) seconds, at most 20. */
static int64_t jittered_ms(unsigned int attempt, double random)
{
	int64_t ceiling = DELAY_MAX_MS;

	if (attempt <= 5 && (1000 << (attempt - 1)) < DELAY_MAX_MS)
		ceiling = 1000 << (attempt - 1);
	return (int64_t)(random * (double)ceiling);
}

struct retry_decision retry_decide(struct retry_quota *quota, const struct retry_facts *facts)
{
	unsigned int cost = facts->class == RETRY_TIMED_OUT ? RETRY_COST_TIMED_OUT : RETRY_COST;
	struct retry_decision decision = {.again = false, .delay_ms = 0};
	int64_t delay;

	if (facts->class == RETRY_SUCCESS || facts->class == RETRY_PERMANENT)
		return decision;
	if (facts->attempt >= facts->attempts_max || quota->tokens < cost)
		return decision;
	delay = jittered_ms(facts->attempt, facts->random);
	if (delay < facts->retry_after_ms)
		delay = facts->retry_after_ms;
	if (delay >= facts->left_ms)
		return decision;
	quota->tokens -= cost;
	decision.again = true;
	decision.delay_ms = delay;
	return decision;
}

void retry_refund(struct retry_quota *quota, unsigned int cost)
{
	quota->tokens += cost;
	if (quota->tokens > RETRY_QUOTA)
		quota->tokens = RETRY_QUOTA;
}

int64_t retry_after_ms(const char *retry_after, const char *amz_retry_after)
{
	double seconds = 0, milliseconds = 0;

	if (*amz_retry_after &&
		!number_parse_double(amz_retry_after, 0, RETRY_AFTER_MAX, &milliseconds))
		return (int64_t)milliseconds;
	if (*retry_after && number_parse_double(retry_after, 0, RETRY_AFTER_MAX, &seconds))
		return 0;
	return (int64_t)(seconds * 1000);
}
