/* SPDX-License-Identifier: MIT */
/* semantics(2.4.9): how long the end of a mount may take, with the clock in the test's hand. */
#include "tests/unit/unit.h"

#include "fs/rules/ending.h"

#define BEGUN_MS 1000000

/* 200 removals of two calls each at the default rate take 40 s. */
static void it_goes_on_while_the_calls_succeed(void **state)
{
	struct ending ending;
	int64_t now_ms;
	int reports = 0;

	(void)state;
	ending_begin(&ending, BEGUN_MS);
	for (now_ms = BEGUN_MS; now_ms < BEGUN_MS + 40000; now_ms += 200) {
		assert_true(ending_deadline_ms(&ending) > now_ms);
		assert_int_equal(ending_deadline_ms(&ending), BEGUN_MS + 80000);
		reports += ending_is_report_due(&ending, now_ms);
		ending_note(&ending, LAMBDA_OK);
	}
	assert_int_equal(reports, 7); /* after 5, 10 … 35 s */
	assert_int_equal(ending_next_report_ms(&ending), BEGUN_MS + 40000);
}

static void what_concerns_one_alias_shortens_nothing(void **state)
{
	static const enum lambda_status of_one[] = {LAMBDA_NOT_FOUND, LAMBDA_ALREADY_EXISTS,
		LAMBDA_CONFLICT, LAMBDA_REVISION_CHANGED, LAMBDA_INVALID, LAMBDA_ACCESS_DENIED,
		LAMBDA_LIMIT_EXCEEDED, LAMBDA_TOO_LARGE};
	struct ending ending;
	size_t i;

	(void)state;
	ending_begin(&ending, BEGUN_MS);
	for (i = 0; i < array_count(of_one); i++)
		ending_note(&ending, of_one[i]);
	assert_int_equal(ending_deadline_ms(&ending), BEGUN_MS + 80000);
}

static void what_concerns_all_leaves_25_seconds(void **state)
{
	static const enum lambda_status of_all[] = {LAMBDA_NO_CREDENTIALS,
		LAMBDA_CREDENTIALS_EXPIRED, LAMBDA_CREDENTIALS_REFUSED, LAMBDA_THROTTLED,
		LAMBDA_SERVICE_FAILED, LAMBDA_BAD_ANSWER, LAMBDA_CONNECTION_REFUSED,
		LAMBDA_HOST_UNREACHABLE, LAMBDA_NETWORK_UNREACHABLE, LAMBDA_TLS_FAILED,
		LAMBDA_TIMED_OUT, LAMBDA_INTERRUPTED, LAMBDA_NO_MEMORY};
	struct ending ending;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(of_all); i++) {
		ending_begin(&ending, BEGUN_MS);
		ending_note(&ending, of_all[i]);
		ending_note(&ending, LAMBDA_OK);
		assert_int_equal(ending_deadline_ms(&ending), BEGUN_MS + 25000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_goes_on_while_the_calls_succeed),
		cmocka_unit_test(what_concerns_one_alias_shortens_nothing),
		cmocka_unit_test(what_concerns_all_leaves_25_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
