/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/base/text.h"
#include "backend/http/error_answer.h"

static void reads_every_form(void **state)
{
	static const struct {
		int http_status;
		const char *type, *body, *code, *message;
		enum lambda_status status;
	} rows[] = {
		{404, "ResourceNotFoundException",
			"{\"Type\":\"User\",\"Message\":\"Function not found: x\"}",
			"ResourceNotFoundException", "Function not found: x", LAMBDA_NOT_FOUND},
		{412, "PreconditionFailedException:http://internal/", "{\"message\":\"low\"}",
			"PreconditionFailedException", "low", LAMBDA_REVISION_CHANGED},
		{400, "com.amazonaws#ValidationException:x#y", "{}", "ValidationException",
			"AWS answered ValidationException without a message", LAMBDA_INVALID},
		{400, "", "{\"__type\":\"aws#ThrottlingException\",\"message\":\"slow\"}",
			"ThrottlingException", "slow", LAMBDA_THROTTLED},
		{400, "", "{\"code\":\"A\",\"Code\":\"B\",\"__type\":\"C\"}", "A",
			"AWS answered A without a message", LAMBDA_INVALID},
		{403, "AccessDeniedException", "{\"Message\":null}", "AccessDeniedException",
			"AWS answered AccessDeniedException without a message",
			LAMBDA_ACCESS_DENIED},
		{403, "AccessDeniedException", "{\"message\":\"low\",\"Message\":\"high\"}",
			"AccessDeniedException", "low", LAMBDA_ACCESS_DENIED},
		{500, "", "", "", "the server answered HTTP 500", LAMBDA_SERVICE_FAILED},
		{502, "", "<html>bad gateway</html>", "", "the server answered HTTP 502",
			LAMBDA_SERVICE_FAILED},
		{503, "", " \n<!doctype html>", "", "the server answered HTTP 503",
			LAMBDA_SERVICE_FAILED},
		{400, "", "plain\nwords\x01\x7f", "", "plain words  ", LAMBDA_INVALID},
		{400, "", "\xff\xfe", "", "??", LAMBDA_INVALID},
		{400, "", "{\"message\":5}", "", "the server answered HTTP 400", LAMBDA_INVALID},
		{400, "", "[]", "", "the server answered HTTP 400", LAMBDA_INVALID},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		struct http_response response = {.status = rows[i].http_status,
			.body = BUFFER_INIT(4096),
			.request_id = "id-1"};
		struct lambda_error error;

		snprintf(response.error_type, sizeof(response.error_type), "%s", rows[i].type);
		assert_int_equal(buffer_append_string(&response.body, rows[i].body), 0);
		lambda_error_read(&response, &error);
		http_response_release(&response);
		assert_string_equal(error.code, rows[i].code);
		assert_string_equal(error.message, rows[i].message);
		assert_int_equal(error.status, rows[i].status);
		assert_int_equal(error.http_status, rows[i].http_status);
		assert_string_equal(error.request_id, "id-1");
		assert_false(error.outcome_unknown);
	}
}

static void lines_are_cut_at_a_character(void **state)
{
	char line[6];

	(void)state;
	lambda_error_copy_line(line, sizeof(line), "abcd\xc3\xa9", 6);
	assert_string_equal(line, "abcd");
	lambda_error_copy_line(line, sizeof(line), "abc\xc3\xa9z", 6);
	assert_string_equal(line, "abc\xc3\xa9");
	lambda_error_copy_line(line, sizeof(line),
		"a\xc2\x9b"
		"31m",
		6);
	assert_string_equal(line, "a 31m");
	lambda_error_copy_line(line, sizeof(line), "a\xe9\x1bz", 4);
	assert_string_equal(line, "a? z");
	lambda_error_copy_line(line, sizeof(line), "", 0);
	assert_string_equal(line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(lines_are_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
