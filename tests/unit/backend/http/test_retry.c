/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/http/retry.h"

static void answers_are_classified(void **state)
{
	static const struct {
		int http_status;
		const char *code;
		enum retry_class class;
		enum lambda_status status; /* LAMBDA_OK: not asked */
	} rows[] = {
		{200, "", RETRY_SUCCESS, LAMBDA_OK},
		{204, "", RETRY_SUCCESS, LAMBDA_OK},
		{429, "TooManyRequestsException", RETRY_THROTTLED, LAMBDA_THROTTLED},
		{400, "ThrottlingException", RETRY_THROTTLED, LAMBDA_THROTTLED},
		{429, "", RETRY_THROTTLED, LAMBDA_THROTTLED}, /* a bare one too */
		{429, "NeverHeardOf", RETRY_THROTTLED, LAMBDA_THROTTLED},
		{503, "SlowDown", RETRY_THROTTLED, LAMBDA_THROTTLED}, /* the code wins */
		{502, "EC2ThrottledException", RETRY_THROTTLED, LAMBDA_THROTTLED},
		{500, "ServiceException", RETRY_TRANSIENT, LAMBDA_SERVICE_FAILED},
		{500, "", RETRY_TRANSIENT, LAMBDA_SERVICE_FAILED},
		{502, "", RETRY_TRANSIENT, LAMBDA_SERVICE_FAILED},
		{503, "ServiceUnavailable", RETRY_TRANSIENT, LAMBDA_SERVICE_FAILED},
		{504, "", RETRY_TRANSIENT, LAMBDA_SERVICE_FAILED},
		{501, "", RETRY_PERMANENT, LAMBDA_SERVICE_FAILED},
		{408, "RequestTimeoutException", RETRY_TRANSIENT, LAMBDA_SERVICE_FAILED},
		{400, "RequestTimeout", RETRY_TRANSIENT, LAMBDA_SERVICE_FAILED},
		{404, "ResourceNotFoundException", RETRY_PERMANENT, LAMBDA_NOT_FOUND},
		{404, "", RETRY_PERMANENT, LAMBDA_BAD_ANSWER}, /* not Lambda that answers */
		{409, "ResourceConflictException", RETRY_PERMANENT, LAMBDA_CONFLICT},
		{400, "ResourceInUseException", RETRY_PERMANENT, LAMBDA_CONFLICT},
		{412, "PreconditionFailedException", RETRY_PERMANENT, LAMBDA_REVISION_CHANGED},
		{400, "InvalidParameterValueException", RETRY_PERMANENT, LAMBDA_INVALID},
		{400, "ValidationException", RETRY_PERMANENT, LAMBDA_INVALID},
		{418, "", RETRY_PERMANENT, LAMBDA_INVALID},
		{403, "AccessDeniedException", RETRY_PERMANENT, LAMBDA_ACCESS_DENIED},
		{403, "", RETRY_PERMANENT, LAMBDA_ACCESS_DENIED},
		{403, "ExpiredTokenException", RETRY_PERMANENT, LAMBDA_CREDENTIALS_EXPIRED},
		{400, "ExpiredToken", RETRY_PERMANENT, LAMBDA_CREDENTIALS_EXPIRED},
		{403, "UnrecognizedClientException", RETRY_PERMANENT, LAMBDA_CREDENTIALS_REFUSED},
		{403, "InvalidSignatureException", RETRY_PERMANENT, LAMBDA_CREDENTIALS_REFUSED},
		{400, "CodeStorageExceededException", RETRY_PERMANENT, LAMBDA_LIMIT_EXCEEDED},
		{400, "AliasLimitExceededException", RETRY_PERMANENT, LAMBDA_LIMIT_EXCEEDED},
		{413, "RequestEntityTooLargeException", RETRY_PERMANENT, LAMBDA_TOO_LARGE},
		{413, "", RETRY_PERMANENT, LAMBDA_TOO_LARGE},
		{301, "", RETRY_PERMANENT, LAMBDA_BAD_ANSWER},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		assert_int_equal(retry_classify(rows[i].http_status, rows[i].code), rows[i].class);
		if (rows[i].status)
			assert_int_equal(
				retry_status(rows[i].http_status, rows[i].code), rows[i].status);
	}
}

static void decides_by_class_attempts_time_and_quota(void **state)
{
	static const struct {
		struct retry_facts facts;
		unsigned int tokens;
		bool again;
		int64_t delay_ms;
		unsigned int left;
	} rows[] = {
		/* class, attempt, of, random, Retry-After, time left */
		{{RETRY_SUCCESS, 1, 3, 0.5, 0, 9000}, 500, false, 0, 500},
		{{RETRY_PERMANENT, 1, 3, 0.5, 0, 9000}, 500, false, 0, 500},
		{{RETRY_TRANSIENT, 1, 3, 0.5, 0, 9000}, 500, true, 500, 495},
		{{RETRY_TRANSIENT, 2, 3, 0.5, 0, 9000}, 500, true, 1000, 495},
		{{RETRY_TRANSIENT, 3, 3, 0.5, 0, 9000}, 500, false, 0, 500},
		{{RETRY_TRANSIENT, 1, 1, 0.5, 0, 9000}, 500, false, 0, 500},
		{{RETRY_TIMED_OUT, 1, 3, 0.5, 0, 9000}, 500, true, 500, 490},
		{{RETRY_TIMED_OUT, 1, 3, 0.5, 0, 9000}, 9, false, 0, 9},
		{{RETRY_TRANSIENT, 1, 3, 0.5, 0, 9000}, 5, true, 500, 0},
		{{RETRY_TRANSIENT, 1, 3, 0.5, 0, 9000}, 4, false, 0, 4},
		{{RETRY_THROTTLED, 1, 3, 0.0, 0, 9000}, 500, true, 0, 495},
		{{RETRY_THROTTLED, 1, 3, 0.1, 3000, 9000}, 500, true, 3000, 495},
		{{RETRY_THROTTLED, 1, 3, 0.9, 300, 9000}, 500, true, 900, 495},
		{{RETRY_THROTTLED, 1, 3, 0.1, 3000, 3000}, 500, false, 0, 500},
		{{RETRY_TRANSIENT, 1, 3, 0.5, 0, 500}, 500, false, 0, 500},
		{{RETRY_TRANSIENT, 9, 10, 0.5, 0, 90000}, 500, true, 10000, 495},
		{{RETRY_TRANSIENT, 5, 10, 0.5, 0, 90000}, 500, true, 8000, 495},
		{{RETRY_TRANSIENT, 6, 10, 0.5, 0, 90000}, 500, true, 10000, 495},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		struct retry_quota quota = {.tokens = rows[i].tokens};
		struct retry_decision decision = retry_decide(&quota, &rows[i].facts);

		assert_int_equal(decision.again, rows[i].again);
		assert_int_equal(decision.delay_ms, rows[i].delay_ms);
		assert_int_equal(quota.tokens, rows[i].left);
	}
}

static void the_quota_never_overflows(void **state)
{
	struct retry_quota quota = {.tokens = RETRY_QUOTA};

	(void)state;
	retry_refund(&quota, 10);
	assert_int_equal(quota.tokens, RETRY_QUOTA);
	quota.tokens = 100;
	retry_refund(&quota, 5);
	assert_int_equal(quota.tokens, 105);
}

static void retry_after_is_read(void **state)
{
	static const struct {
		const char *seconds, *milliseconds;
		int64_t wanted;
	} rows[] = {
		{"", "", 0},
		{"2", "", 2000},
		{"0.25", "", 250},
		{"", "1500", 1500},
		{"9", "1500", 1500},
		{"9", "soon", 0 + 9000},
		{"999999", "", 999999000},
		{"1000000000000", "", 1000000000000000},
		{"99999999999999999999", "", 0},
		{"-1", "", 0},
		{"1x", "", 0},
		{"Wed, 21 Oct 2015 07:28:00 GMT", "", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++)
		assert_int_equal(
			retry_after_ms(rows[i].seconds, rows[i].milliseconds), rows[i].wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_classified),
		cmocka_unit_test(decides_by_class_attempts_time_and_quota),
		cmocka_unit_test(the_quota_never_overflows),
		cmocka_unit_test(retry_after_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
