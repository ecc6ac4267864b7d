/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/documents/redact.h"

static char *redacted(const unsigned char *key, const char *function, const char *environment)
{
	cleanup(json_free_pointer) struct json *variables =
		json_parse(environment, strlen(environment), NULL);
	struct buffer text = BUFFER_INIT(4096);

	assert_int_equal(redact_variables(key, function, variables), 0);
	assert_int_equal(json_print_canonical(variables, &text), 0);
	return buffer_detach(&text, NULL);
}

static void hashes_stand_for_values(void **state)
{
	static const unsigned char key[REDACT_KEY_SIZE] = {1}, other_key[REDACT_KEY_SIZE] = {2};
	static const char given[] = "{\"A\":\"x\",\"B\":\"x\",\"Error\":{\"ErrorCode\":\"E\"}}";
	char *text = redacted(key, "f", given), *same = redacted(key, "f", given);
	char *of_other_key = redacted(other_key, "f", given), *of_other = redacted(key, "g", given);

	(void)state;
	assert_string_equal(text, same);
	assert_string_not_equal(text, of_other_key);
	assert_string_not_equal(text, of_other);
	assert_non_null(strstr(text, "\"A\": \"hmac:"));
	assert_null(strstr(text, "\"x\""));
	assert_non_null(strstr(text, "\"ErrorCode\": \"E\""));
	/* The same value of two variables is not seen to be the same. */
	assert_memory_not_equal(strstr(text, "\"A\": ") + 5, strstr(text, "\"B\": ") + 5, 31);
	free(text);
	free(same);
	free(of_other_key);
	free(of_other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_stand_for_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
