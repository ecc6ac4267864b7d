/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/lambda/model.h"

static struct json *parse(const char *text)
{
	const char *reason = NULL;
	struct json *json = json_parse(text, strlen(text), &reason);

	if (!json)
		print_error("%s: %s\n", text, reason);
	assert_non_null(json);
	return json;
}

static void versions_and_their_texts(void **state)
{
	static const struct {
		const char *text;
		uint64_t version;
	} good[] = {
		{"$LATEST", LAMBDA_VERSION_LATEST},
		{"$LATEST.PUBLISHED", LAMBDA_VERSION_LATEST_PUBLISHED},
		{"1", 1},
		{"18446744073709551614", UINT64_MAX - 1},
	};
	static const char *const bad[] = {"", "0", "01", "-1", "+1", " 1", "1 ", "1.0", "$latest",
		"$LATEST ", "PROD", "18446744073709551615", "99999999999999999999"};
	uint64_t version;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(good); i++) {
		char text[LAMBDA_VERSION_TEXT_SIZE];

		assert_int_equal(lambda_version_parse(good[i].text, &version), 0);
		assert_true(version == good[i].version);
		lambda_version_format(version, text);
		assert_string_equal(text, good[i].text);
	}
	for (i = 0; i < array_count(bad); i++)
		assert_int_equal(lambda_version_parse(bad[i], &version), -EINVAL);
}

static void reads_an_alias(void **state)
{
	cleanup(json_free_pointer) struct json *json = parse(
		"{\"Name\":\"PROD\",\"FunctionVersion\":\"2\",\"RevisionId\":\"r\",\"New\":[],"
		"\"Description\":\"d\",\"RoutingConfig\":{\"AdditionalVersionWeights\":"
		"{\"3\":0.1}}}");
	struct lambda_error error = {0};
	struct lambda_alias alias, copy;

	(void)state;
	assert_int_equal(lambda_read_alias(json, &alias, &error), LAMBDA_OK);
	assert_string_equal(alias.name, "PROD");
	assert_string_equal(alias.revision_id, "r");
	assert_string_equal(alias.description, "d");
	assert_int_equal(alias.version, 2);
	assert_int_equal(alias.weighted_version, 3);
	assert_true(alias.weight == 0.1);
	assert_int_equal(lambda_alias_copy(&alias, &copy), 0);
	assert_true(lambda_alias_is(&copy, &alias, true));
	copy.weight = 0.2;
	assert_false(lambda_alias_is(&copy, &alias, true));
	lambda_alias_release(&alias);
	lambda_alias_release(&copy);
}

#define ALIAS(members) "{\"Name\":\"P\",\"FunctionVersion\":\"1\",\"RevisionId\":\"r\"" members "}"
#define NAMED(name) "{\"Name\":\"" name "\",\"FunctionVersion\":\"1\",\"RevisionId\":\"r\"}"

static void accepts_what_aws_may_send(void **state)
{
	static const char *const rows[] = {
		ALIAS(""),
		ALIAS(",\"Description\":null,\"RoutingConfig\":null"),
		ALIAS(",\"RoutingConfig\":{}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{}}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0}}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":1}}"),
		NAMED("us-east-1"),
		NAMED("_"),
		NAMED("1a"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(json_free_pointer) struct json *json = parse(rows[i]);
		struct lambda_error error = {0};
		struct lambda_alias alias;

		assert_int_equal(lambda_read_alias(json, &alias, &error), LAMBDA_OK);
		assert_string_equal(alias.description, "");
		lambda_alias_release(&alias);
	}
}

static void refuses_what_makes_no_sense(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"\"PROD\"",
		NAMED(""),
		NAMED("1"),
		NAMED("a/b"),
		NAMED("."),
		NAMED(".."),
		NAMED("a.b"),
		NAMED("a b"),
		NAMED("a%10"),
		NAMED("$LATEST"),
		"{\"Name\":1,\"FunctionVersion\":\"1\",\"RevisionId\":\"r\"}",
		"{\"Name\":\"P\",\"RevisionId\":\"r\"}",
		"{\"Name\":\"P\",\"FunctionVersion\":1,\"RevisionId\":\"r\"}",
		"{\"Name\":\"P\",\"FunctionVersion\":\"x\",\"RevisionId\":\"r\"}",
		"{\"Name\":\"P\",\"FunctionVersion\":\"1\"}",
		"{\"Name\":\"P\",\"FunctionVersion\":\"1\",\"RevisionId\":\"\"}",
		"{\"name\":\"P\",\"FunctionVersion\":\"1\",\"RevisionId\":\"r\"}",
		ALIAS(",\"Description\":5"),
		ALIAS(",\"RoutingConfig\":[]"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":[]}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":\"0.1\"}}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":1.1}}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":-0.1}}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"x\":0.1}}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"$LATEST\":0.1}}"),
		ALIAS(",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0.1,\"3\":0.1}}"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(json_free_pointer) struct json *json = parse(rows[i]);
		struct lambda_error error = {0};
		struct lambda_alias alias;

		assert_int_equal(lambda_read_alias(json, &alias, &error), LAMBDA_BAD_ANSWER);
		assert_string_not_equal(error.message, "");
	}
}

static void pages_are_complete_or_refused(void **state)
{
	static const struct {
		const char *text;
		enum lambda_status status;
		size_t count;
		const char *marker;
	} rows[] = {
		{"{\"Aliases\":[]}", LAMBDA_OK, 0, NULL},
		{"{\"Aliases\":[],\"NextMarker\":null}", LAMBDA_OK, 0, NULL},
		{"{\"Aliases\":[],\"NextMarker\":\"\"}", LAMBDA_OK, 0, NULL},
		{"{\"Aliases\":[" ALIAS("") "],\"NextMarker\":\"m\"}", LAMBDA_OK, 1, "m"},
		{"{}", LAMBDA_BAD_ANSWER, 0, NULL},
		{"[]", LAMBDA_BAD_ANSWER, 0, NULL},
		{"{\"Aliases\":null}", LAMBDA_BAD_ANSWER, 0, NULL},
		{"{\"Aliases\":{}}", LAMBDA_BAD_ANSWER, 0, NULL},
		{"{\"aliases\":[]}", LAMBDA_BAD_ANSWER, 0, NULL},
		{"{\"Aliases\":[null]}", LAMBDA_BAD_ANSWER, 0, NULL},
		{"{\"Aliases\":[" ALIAS("") ",{}]}", LAMBDA_BAD_ANSWER, 0, NULL},
		{"{\"Aliases\":[],\"NextMarker\":7}", LAMBDA_BAD_ANSWER, 0, NULL},
		{"{\"message\":\"Internal error\"}", LAMBDA_BAD_ANSWER, 0, NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(json_free_pointer) struct json *json = parse(rows[i].text);
		struct lambda_error error = {0};
		struct lambda_alias_page page;

		assert_int_equal(lambda_read_alias_page(json, &page, &error), rows[i].status);
		if (rows[i].status)
			continue;
		assert_int_equal(page.count, rows[i].count);
		if (rows[i].marker)
			assert_string_equal(page.next_marker, rows[i].marker);
		else
			assert_null(page.next_marker);
		lambda_alias_page_release(&page);
	}
}

static void version_pages_too(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"Functions\":null}", "{\"Versions\":[]}", "{\"Functions\":[{}]}"};
	cleanup(json_free_pointer) struct json *empty = parse("{\"Functions\":[]}");
	struct lambda_version_page page;
	struct lambda_error error = {0};
	size_t i;

	(void)state;
	assert_int_equal(
		lambda_read_version_page(empty, "Functions", NULL, &page, &error), LAMBDA_OK);
	assert_int_equal(page.count, 0);
	lambda_version_page_release(&page);
	for (i = 0; i < array_count(bad); i++) {
		cleanup(json_free_pointer) struct json *json = parse(bad[i]);

		assert_int_equal(lambda_read_version_page(json, "Functions", NULL, &page, &error),
			LAMBDA_BAD_ANSWER);
	}
}

/* semantics(1.4.2) */
static void a_function_whose_name_cannot_be_an_entry_has_no_item(void **state)
{
#define GOOD_FUNCTION                                                                              \
	"{\"FunctionName\":\"f\",\"FunctionArn\":\"arn:aws:lambda:us-east-1:000000000000:"         \
	"function:f\",\"LastModified\":\"2020-04-10T19:06:32.563+0000\",\"Version\":\"$LATEST\"}"
	static const struct {
		const char *name; /* as JSON */
		size_t unlistable;
		enum lambda_status of_functions, of_versions;
	} rows[] = {
		{"\"a/b\"", 1, LAMBDA_OK, LAMBDA_BAD_ANSWER},
		{"\"..\"", 1, LAMBDA_OK, LAMBDA_BAD_ANSWER},
		{"\".aliasfs\"", 1, LAMBDA_OK, LAMBDA_BAD_ANSWER},
		{"\"\\u0001\"", 1, LAMBDA_OK, LAMBDA_BAD_ANSWER},
		{"\"\"", 1, LAMBDA_OK, LAMBDA_BAD_ANSWER},
		{"5", 0, LAMBDA_BAD_ANSWER, LAMBDA_BAD_ANSWER}, /* that is no name */
		{"null", 0, LAMBDA_BAD_ANSWER, LAMBDA_BAD_ANSWER},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		cleanup(json_free_pointer) struct json *functions = NULL, *versions = NULL;
		struct lambda_version_page page = {0};
		struct lambda_error error = {0};
		char text[1000];

		snprintf(text, sizeof(text),
			"{\"Functions\":[{\"FunctionName\":%s}," GOOD_FUNCTION "]}", rows[i].name);
		functions = parse(text);
		snprintf(text, sizeof(text),
			"{\"Versions\":[{\"FunctionName\":%s}," GOOD_FUNCTION "]}", rows[i].name);
		versions = parse(text);
		assert_int_equal(
			lambda_read_version_page(functions, "Functions", NULL, &page, &error),
			rows[i].of_functions);
		if (!rows[i].of_functions) {
			assert_int_equal(page.count, 1);
			assert_int_equal(page.unlistable_count, rows[i].unlistable);
			lambda_version_page_release(&page);
		}
		assert_int_equal(
			lambda_read_version_page(versions, "Versions", NULL, &page, &error),
			rows[i].of_versions);
	}
}

static void versions_without_a_printer_have_no_documents(void **state)
{
	cleanup(json_free_pointer) struct json *json =
		parse("{\"FunctionName\":\"f\",\"Version\":\"3\",\"CodeSize\":1,"
		      "\"LastModified\":\"2020-04-10T19:06:32.563+0000\"}");
	struct lambda_version version;
	struct lambda_error error = {0};

	(void)state;
	assert_int_equal(lambda_read_version(json, NULL, &version, &error), LAMBDA_OK);
	assert_string_equal(version.function_name, "f");
	assert_int_equal(version.version, 3);
	assert_null(version.configuration);
	assert_null(version.environment);
	lambda_version_release(&version);
}

static void account_settings(void **state)
{
	cleanup(json_free_pointer) struct json *good =
		parse("{\"AccountLimit\":{\"TotalCodeSize\":80530636800,\"X\":1},"
		      "\"AccountUsage\":{\"TotalCodeSize\":12,\"FunctionCount\":3}}");
	static const char *const bad[] = {
		"{}",
		"{\"AccountLimit\":{\"TotalCodeSize\":1}}",
		"{\"AccountLimit\":{\"TotalCodeSize\":1},\"AccountUsage\":{\"TotalCodeSize\":-1,"
		"\"FunctionCount\":3}}",
		"{\"AccountLimit\":{\"TotalCodeSize\":\"1\"},\"AccountUsage\":{"
		"\"TotalCodeSize\":1,\"FunctionCount\":3}}",
	};
	struct lambda_account account = {0};
	struct lambda_error error = {0};
	size_t i;

	(void)state;
	assert_int_equal(lambda_read_account(good, &account, &error), LAMBDA_OK);
	assert_true(account.code_storage_limit == 80530636800);
	assert_int_equal(account.function_count, 3);
	for (i = 0; i < array_count(bad); i++) {
		cleanup(json_free_pointer) struct json *json = parse(bad[i]);

		assert_int_equal(lambda_read_account(json, &account, &error), LAMBDA_BAD_ANSWER);
	}
}

static void bodies_are_what_aws_wants(void **state)
{
	static char words[] = "say \"hi\"";
	struct lambda_alias wanted = {
		.name = "PROD", .revision_id = "r", .version = 2, .description = words};
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(4096);

	(void)state;
	assert_int_equal(lambda_write_update_alias(&wanted, false, &text), 0);
	assert_string_equal(buffer_text(&text),
		"{\"FunctionVersion\":\"2\",\"RoutingConfig\":{\"AdditionalVersionWeights\":{}},"
		"\"RevisionId\":\"r\"}");
	buffer_reset(&text);
	wanted.weighted_version = 3;
	wanted.weight = 0.1;
	wanted.version = LAMBDA_VERSION_LATEST_PUBLISHED;
	assert_int_equal(lambda_write_update_alias(&wanted, true, &text), 0);
	assert_string_equal(buffer_text(&text),
		"{\"FunctionVersion\":\"$LATEST.PUBLISHED\",\"RoutingConfig\":"
		"{\"AdditionalVersionWeights\":{\"3\":0.1}},\"Description\":\"say \\\"hi\\\"\","
		"\"RevisionId\":\"r\"}");
	buffer_reset(&text);
	assert_int_equal(lambda_write_create_alias(&wanted, &text), 0);
	assert_string_equal(buffer_text(&text),
		"{\"Name\":\"PROD\",\"FunctionVersion\":\"$LATEST.PUBLISHED\",\"Description\":"
		"\"say \\\"hi\\\"\",\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"3\":0.1}}}");
	buffer_reset(&text);
	assert_int_equal(lambda_write_publish_version(NULL, NULL, &text), 0);
	assert_string_equal(buffer_text(&text), "{}");
	buffer_reset(&text);
	assert_int_equal(lambda_write_publish_version("d", "c", &text), 0);
	assert_string_equal(buffer_text(&text), "{\"Description\":\"d\",\"CodeSha256\":\"c\"}");
}

static void knows_names_that_can_be_entries(void **state)
{
	char longest[258];

	(void)state;
	assert_true(lambda_is_entry_name("hello"));
	assert_true(lambda_is_entry_name("us-east-1.fn"));
	assert_true(lambda_is_entry_name("..."));
	assert_true(lambda_is_entry_name("\xc3\xa9"));
	assert_false(lambda_is_entry_name(""));
	assert_false(lambda_is_entry_name("."));
	assert_false(lambda_is_entry_name(".."));
	assert_false(lambda_is_entry_name(".aliasfs"));
	assert_false(lambda_is_entry_name("a/b"));
	assert_false(lambda_is_entry_name("a\nb"));
	assert_false(lambda_is_entry_name("a\x7f"));
	memset(longest, 'a', sizeof(longest));
	longest[256] = '\0';
	assert_false(lambda_is_entry_name(longest));
	longest[255] = '\0';
	assert_true(lambda_is_entry_name(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_and_their_texts),
		cmocka_unit_test(reads_an_alias),
		cmocka_unit_test(accepts_what_aws_may_send),
		cmocka_unit_test(refuses_what_makes_no_sense),
		cmocka_unit_test(pages_are_complete_or_refused),
		cmocka_unit_test(version_pages_too),
		cmocka_unit_test(a_function_whose_name_cannot_be_an_entry_has_no_item),
		cmocka_unit_test(account_settings),
		cmocka_unit_test(bodies_are_what_aws_wants),
		cmocka_unit_test(knows_names_that_can_be_entries),
		cmocka_unit_test(versions_without_a_printer_have_no_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
