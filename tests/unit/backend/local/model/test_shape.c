/* SPDX-License-Identifier: MIT */
/* The ValidationException texts: backend/local/model/shape.h over the table of operations. */
#include "tests/unit/unit.h"

#include "backend/local/call.h"

static const struct operation *find(const char *name)
{
	for (size_t i = 0; i < operation_count; i++) {
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	}
	fail_msg("no operation %s", name);
	return NULL;
}

static void check(const char *operation, const char *input, const char *wanted)
{
	struct buffer message = BUFFER_INIT(65536);
	struct json *json = json_parse(input, strlen(input), NULL);

	assert_non_null(json);
	assert_int_equal(shape_validate(find(operation)->members, json, &message), 0);
	assert_string_equal(buffer_text(&message), wanted);
	buffer_release(&message);
	json_free(json);
}

#define AT(value, path) "Value '" value "' at '" path "' failed to satisfy constraint: "

static void test_what_is_in_order_says_nothing(void **state)
{
	(void)state;
	check("CreateAlias",
		"{\"FunctionName\":\"fn\",\"Name\":\"PROD\",\"FunctionVersion\":\"1\","
		"\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0.5}},\"Unknown\":[1]}",
		"");
	check("ListFunctions", "{}", "");
	check("UpdateAlias", "{\"FunctionName\":\"fn\",\"Name\":\"PROD\",\"Description\":null}",
		"");
}

static void test_scalars(void **state)
{
	(void)state;
	check("GetAlias", "{\"FunctionName\":\"fn\",\"Name\":\"2024\"}",
		"1 validation error detected: " AT(
			"2024", "name") "Member must satisfy regular expression pattern: "
					"(?!^[0-9]+$)([a-zA-Z0-9-_]+)");
	check("ListFunctions", "{\"MaxItems\":10001}",
		"1 validation error detected: " AT(
			"10001", "maxItems") "Member must have value less than or equal to 10000");
	check("ListFunctions", "{\"MaxItems\":0,\"FunctionVersion\":\"all\"}",
		"2 validation errors detected: " AT("all",
			"functionVersion") "Member must satisfy enum value set: [ALL]; " AT("0",
			"maxItems") "Member must have value greater than or equal to 1");
	check("CreateAlias", "{\"FunctionName\":\"fn\",\"Name\":\"A\"}",
		"1 validation error detected: Value null at 'functionVersion' failed to satisfy "
		"constraint: Member must not be null");
}

static void test_lists_and_maps(void **state)
{
	(void)state;
	check("UpdateFunctionCode", "{\"FunctionName\":\"fn\",\"Architectures\":[\"X86_64\"]}",
		"1 validation error detected: " AT("[X86_64]",
			"architectures") "Member must satisfy constraint: [Member must satisfy "
					 "enum "
					 "value set: [x86_64, arm64], Member must not be null]");
	check("UpdateFunctionCode",
		"{\"FunctionName\":\"fn\",\"Architectures\":[\"x86_64\",\"arm64\"]}",
		"1 validation error detected: " AT("[x86_64, arm64]",
			"architectures") "Member must have length less than or equal to 1");
	check("UpdateAlias",
		"{\"FunctionName\":\"fn\",\"Name\":\"A\",\"RoutingConfig\":"
		"{\"AdditionalVersionWeights\":{\"2\":2}}}",
		"1 validation error detected: " AT("{2=2.0}",
			"routingConfig.additionalVersionWeights") "Map value must satisfy "
								  "constraint: [Member must "
								  "have value less than or "
								  "equal to 1.0, Member must "
								  "have value greater than or "
								  "equal to 0.0, Member must "
								  "not be null]");
	check("UpdateAlias",
		"{\"FunctionName\":\"fn\",\"Name\":\"A\",\"RoutingConfig\":"
		"{\"AdditionalVersionWeights\":{\"$LATEST\":0.5}}}",
		"1 validation error detected: " AT("{$LATEST=0.5}",
			"routingConfig.additionalVersionWeights") "Map keys must satisfy "
								  "constraint: [Member must "
								  "have length less than or "
								  "equal to 1024, Member must "
								  "have length greater than "
								  "or equal to 1, Member must "
								  "satisfy regular expression "
								  "pattern: [0-9]+]");
}

static void test_what_is_below_is_named_with_its_path(void **state)
{
	(void)state;
	check("UpdateFunctionConfiguration",
		"{\"FunctionName\":\"fn\",\"EphemeralStorage\":{\"Size\":1},\"FileSystemConfigs\":["
		"{\"LocalMountPath\":\"/mnt/a\"}]}",
		"2 validation errors detected: Value null at 'fileSystemConfigs.1.member.arn' "
		"failed "
		"to satisfy constraint: Member must not be null; " AT("1",
			"ephemeralStorage.size") "Member must have value greater than or equal to "
						 "512");
}

static void test_lengths_count_characters(void **state)
{
	struct buffer input = BUFFER_INIT(65536);

	(void)state;
	assert_int_equal(buffer_append_string(&input,
				 "{\"FunctionName\":\"fn\",\"Name\":\"A\",\"Description\":\""),
		0);
	for (size_t i = 0; i < 256; i++)
		assert_int_equal(buffer_append_string(&input, "\xc3\xa4"), 0);
	assert_int_equal(buffer_append_string(&input, "\"}"), 0);
	check("UpdateAlias", buffer_text(&input), "");
	buffer_release(&input);
}

static void test_types(void **state)
{
	static const struct {
		const char *operation, *input, *wanted;
	} cases[] = {
		{"CreateFunction", "{\"Timeout\":\"3\"}",
			"STRING_VALUE can not be converted to an Integer"},
		{"CreateFunction", "{\"Timeout\":3.5}", NULL},
		{"CreateFunction", "{\"Description\":3.5}",
			"DECIMAL_VALUE can not be converted to a String"},
		{"CreateFunction", "{\"Publish\":1}",
			"NUMBER_VALUE can not be converted to a Boolean"},
		{"CreateFunction", "{\"Code\":[]}", "Start of list found where not expected"},
		{"CreateFunction", "{\"Tags\":{\"a\":{}}}",
			"Start of structure or map found where not expected."},
		{"CreateFunction", "{\"Layers\":true}", "Unexpected field type"},
		{"CreateFunction", "{\"Layers\":[true]}",
			"TRUE_VALUE can not be converted to a String"},
		{"CreateFunction", "{\"Timeout\":null,\"Nobody\":1}", NULL},
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		struct json *json = json_parse(cases[i].input, strlen(cases[i].input), NULL);
		const char *wrong = shape_check_types(
			find(cases[i].operation)->members, json, text, sizeof(text));

		if (cases[i].wanted)
			assert_string_equal(wrong, cases[i].wanted);
		else
			assert_null(wrong);
		json_free(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_in_order_says_nothing),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_lists_and_maps),
		cmocka_unit_test(test_what_is_below_is_named_with_its_path),
		cmocka_unit_test(test_lengths_count_characters),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
