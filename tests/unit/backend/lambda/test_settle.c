/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/lambda/settle.h"

static struct lambda_settling settling_of(const char *text)
{
	struct json *json = json_parse(text, strlen(text), NULL);
	struct lambda_settling settling = lambda_read_settling(json);

	assert_non_null(json);
	json_free(json);
	return settling;
}

#define UPDATE(status) "\"LastUpdateStatus\":\"" status "\""
#define STATE(state) "\"State\":\"" state "\""
#define WHY                                                                                        \
	",\"LastUpdateStatusReason\":\"an update\",\"LastUpdateStatusReasonCode\":\"U\","          \
	"\"StateReason\":\"a state\",\"StateReasonCode\":\"S\",\"RevisionId\":\"r\"}"

static void what_an_answer_means(void **state)
{
	static const struct {
		const char *answer;
		enum lambda_settle_outcome outcome;
		const char *status, *reason, *code;
	} rows[] = {
		{"{" STATE("Active") "," UPDATE("Successful") WHY, LAMBDA_SETTLED, "Successful",
			"an update", "U"},
		{"{" STATE("Active") "," UPDATE("InProgress") WHY, LAMBDA_SETTLE_IN_PROGRESS,
			"InProgress", "an update", "U"},
		{"{" STATE("Active") "," UPDATE("Failed") WHY, LAMBDA_SETTLE_FAILED, "Failed",
			"an update", "U"},
		/* A new function, or one that wakes up, cannot be changed either. */
		{"{" STATE("Pending") "," UPDATE("Successful") WHY, LAMBDA_SETTLE_IN_PROGRESS,
			"Pending", "a state", "S"},
		{"{" STATE("Pending") "," UPDATE("InProgress") WHY, LAMBDA_SETTLE_IN_PROGRESS,
			"InProgress", "an update", "U"},
		{"{" STATE("Failed") "," UPDATE("Successful") WHY, LAMBDA_SETTLE_FAILED, "Failed",
			"a state", "S"},
		{"{" STATE("Failed") "," UPDATE("InProgress") WHY, LAMBDA_SETTLE_IN_PROGRESS,
			"InProgress", "an update", "U"},
		{"{" STATE("Failed") "," UPDATE("Failed") WHY, LAMBDA_SETTLE_FAILED, "Failed",
			"an update", "U"},
		{"{" STATE("Inactive") "," UPDATE("Successful") WHY, LAMBDA_SETTLED, "Successful",
			"an update", "U"},
		{"{" UPDATE("Successful") WHY, LAMBDA_SETTLED, "Successful", "an update", "U"},
		{"{\"RevisionId\":\"r\"}", LAMBDA_SETTLED, "", "", ""},
		/* What AWS adds one day is no reason to wait forever. */
		{"{" STATE("Dreaming") "," UPDATE("Whatever") WHY, LAMBDA_SETTLED, "Whatever",
			"an update", "U"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		struct lambda_settling settling = settling_of(rows[i].answer);

		assert_int_equal(settling.outcome, rows[i].outcome);
		assert_string_equal(settling.status, rows[i].status);
		assert_string_equal(settling.reason, rows[i].reason);
		assert_string_equal(settling.reason_code, rows[i].code);
		assert_string_equal(settling.revision_id, "r");
	}
	assert_int_equal(lambda_read_settling(NULL).outcome, LAMBDA_SETTLED);
}

static void when_to_ask_again(void **state)
{
	static const int64_t pauses[] = {200, 400, 800, 1600, 2000, 2000};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(pauses); i++)
		assert_int_equal(lambda_settle_pause_ms((unsigned int)i + 1), pauses[i]);
	assert_int_equal(lambda_settle_pause_ms(4000000000U), 2000);
}

static void which_outcome_is_a_failure(void **state)
{
	struct lambda_settling settling = {.outcome = LAMBDA_SETTLED};
	struct lambda_error error = {0};

	(void)state;
	assert_int_equal(lambda_judge_settling(&settling, &error), LAMBDA_OK);
	settling.outcome = LAMBDA_SETTLE_IN_PROGRESS;
	assert_int_equal(lambda_judge_settling(&settling, &error), LAMBDA_OK);
	settling.outcome = LAMBDA_SETTLE_INTERRUPTED;
	assert_int_equal(lambda_judge_settling(&settling, &error), LAMBDA_OK);
	settling = settling_of("{" UPDATE("Failed") WHY);
	assert_int_equal(lambda_judge_settling(&settling, &error), LAMBDA_SERVICE_FAILED);
	assert_string_equal(error.message, "an update");
	assert_string_equal(error.code, "U");
	assert_string_equal(error.operation, "GetFunctionConfiguration");
	assert_int_equal(error.http_status, 200);
	settling = settling_of("{" UPDATE("Failed") "}");
	assert_int_equal(lambda_judge_settling(&settling, NULL), LAMBDA_SERVICE_FAILED);
	assert_int_equal(lambda_judge_settling(&settling, &error), LAMBDA_SERVICE_FAILED);
	assert_string_not_equal(error.message, "");
	assert_string_equal(error.code, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_answer_means),
		cmocka_unit_test(when_to_ask_again),
		cmocka_unit_test(which_outcome_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
