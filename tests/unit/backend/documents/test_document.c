/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/documents/document.h"
#include "backend/lambda/model.h"

#define ZIP_HASH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define HEX_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ARN "arn:aws:lambda:eu-west-1:111122223333:function:shop"

/* What every FunctionConfiguration here starts with; the qualifier (or "") follows ARN. */
#define HEAD(qualifier, version)                                                                   \
	"{\"FunctionName\":\"shop\",\"FunctionArn\":\"" ARN qualifier "\",\"Version\":\"" version  \
	"\",\"LastModified\":\"2020-04-10T19:06:32.563+0000\",\"CodeSize\":22"

static enum lambda_status read_text(
	const char *text, struct lambda_version *ret_version, struct lambda_error *reterr)
{
	cleanup(json_free_pointer) struct json *json = json_parse(text, strlen(text), NULL);

	assert_non_null(json);
	return lambda_read_version(json, &document_printer, ret_version, reterr);
}

static struct lambda_version must_read(const char *text)
{
	struct lambda_version version;
	struct lambda_error error = {0};

	if (read_text(text, &version, &error))
		fail_msg("%s", error.message);
	assert_int_equal(strlen(version.configuration), version.configuration_length);
	assert_int_equal(strlen(version.environment), version.environment_length);
	return version;
}

static void gives_the_same_bytes_whichever_call_it_came_from(void **state)
{
	static const char *const spellings[] = {
		/* ListVersionsByFunction */
		HEAD(":$LATEST", "$LATEST") ",\"Timeout\":3,\"CodeSha256\":\"" ZIP_HASH "\"}",
		/* ListFunctions, with the nulls of older answers */
		HEAD("", "$LATEST") ",\"CodeSha256\":\"" ZIP_HASH
				    "\",\"VpcConfig\":null,\"Environment\":null,\"Timeout\":3}",
		/* GetFunctionConfiguration while an update is running */
		HEAD("", "$LATEST") ",\"State\":\"Active\",\"StateReason\":\"r\","
				    "\"StateReasonCode\":\"Creating\",\"RevisionId\":\"1-2\","
				    "\"LastUpdateStatus\":\"InProgress\","
				    "\"LastUpdateStatusReason\":\"r\","
				    "\"LastUpdateStatusReasonCode\":\"Creating\","
				    "\"RuntimeVersionConfig\":{\"RuntimeVersionArn\":\"a\"},"
				    "\"Environment\":{\"Variables\":{}},"
				    "\"Timeout\":3,\"CodeSha256\":\"" ZIP_HASH "\"}",
		/* asked for through an alias that leads there */
		HEAD(":PROD", "$LATEST") ",\"CodeSha256\":\"" ZIP_HASH "\",\"Timeout\":3}",
	};
	static const char wanted[] = "{\n"
				     "  \"CodeSha256\": \"" ZIP_HASH "\",\n"
				     "  \"CodeSize\": 22,\n"
				     "  \"FunctionArn\": \"" ARN ":$LATEST\",\n"
				     "  \"FunctionName\": \"shop\",\n"
				     "  \"LastModified\": \"2020-04-10T19:06:32.563+0000\",\n"
				     "  \"Timeout\": 3,\n"
				     "  \"Version\": \"$LATEST\"\n"
				     "}\n";
	size_t i;

	(void)state;
	for (i = 0; i < array_count(spellings); i++) {
		struct lambda_version version = must_read(spellings[i]);

		assert_string_equal(version.configuration, wanted);
		assert_string_equal(version.environment, "{}\n");
		assert_string_equal(version.function_name, "shop");
		assert_true(version.version == LAMBDA_VERSION_LATEST);
		assert_true(version.last_modified == 1586545592);
		assert_true(version.code_size == 22);
		lambda_version_release(&version);
	}
}

/* semantics(1.2.3) */
static void keeps_unknown_members_and_drops_nulls_at_every_level(void **state)
{
	struct lambda_version version = must_read(
		HEAD(":7", "7") ",\"Added2031\":{\"z\":null,\"b\":[null,{\"n\":null}],\"a\":0.1}}");

	(void)state;
	assert_non_null(strstr(version.configuration, "  \"Added2031\": {\n"
						      "    \"a\": 0.1,\n"
						      "    \"b\": [\n"
						      "      null,\n"
						      "      {}\n"
						      "    ]\n"
						      "  },\n"));
	assert_non_null(strstr(version.configuration, "\"FunctionArn\": \"" ARN ":7\""));
	assert_true(version.version == 7);
	lambda_version_release(&version);
}

static void hides_only_at_the_top(void **state)
{
	struct lambda_version version =
		must_read(HEAD("", "$LATEST") ",\"SomeConfig\":{\"State\":\"On\"}}");

	(void)state;
	assert_non_null(strstr(version.configuration, "\"State\": \"On\""));
	lambda_version_release(&version);
}

static void writes_the_variables_alone(void **state)
{
	static const struct {
		const char *environment, *wanted;
	} table[] = {
		{"null", "{}\n"},
		{"{}", "{}\n"},
		{"{\"Variables\":null}", "{}\n"},
		{"{\"Variables\":{}}", "{}\n"},
		{"{\"Variables\":{\"STAGE\":\"x\\ny\",\"A1\":\"\\u00e9\"}}",
			"{\n  \"A1\": \"\xc3\xa9\",\n  \"STAGE\": \"x\\ny\"\n}\n"},
		/* not decrypted: never an empty environment */
		{"{\"Error\":{\"ErrorCode\":\"AccessDeniedException\",\"Message\":\"(Request ID: "
		 "9)\"}}",
			"{\n  \"Error\": {\n    \"ErrorCode\": \"AccessDeniedException\"\n  "
			"}\n}\n"},
		{"{\"Error\":{}}", "{\n  \"Error\": {\n    \"ErrorCode\": \"Unknown\"\n  }\n}\n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		char text[1024];
		struct lambda_version version;

		snprintf(text, sizeof(text), "%s,\"Environment\":%s}", HEAD("", "$LATEST"),
			table[i].environment);
		version = must_read(text);
		assert_string_equal(version.environment, table[i].wanted);
		assert_null(strstr(version.configuration, "Environment"));
		lambda_version_release(&version);
	}
}

static void reads_zip_hashes_and_image_digests(void **state)
{
	static const struct {
		const char *member, *wanted;
	} table[] = {
		{"", ""},
		{",\"CodeSha256\":\"\"", ""},
		{",\"CodeSha256\":null", ""},
		{",\"CodeSha256\":\"" ZIP_HASH "\"", HEX_HASH "  code.zip\n"},
		{",\"CodeSha256\":\"" HEX_HASH "\"", HEX_HASH "  code.zip\n"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		char text[1024], written[DOCUMENT_SHA256_SIZE];
		struct lambda_version version;

		snprintf(text, sizeof(text), "%s%s}", HEAD("", "$LATEST"), table[i].member);
		version = must_read(text);
		document_format_sha256(&version, written);
		assert_string_equal(written, table[i].wanted);
		assert_true(version.has_code_sha256 == (table[i].wanted[0] != '\0'));
		lambda_version_release(&version);
	}
}

static void knows_every_kind_of_version(void **state)
{
	struct lambda_version version;

	(void)state;
	version = must_read(HEAD("", "$LATEST.PUBLISHED") "}");
	assert_true(version.version == LAMBDA_VERSION_LATEST_PUBLISHED);
	assert_non_null(strstr(version.configuration, ARN ":$LATEST.PUBLISHED\""));
	lambda_version_release(&version);
	version = must_read(HEAD(":12", "12") "}");
	assert_true(version.version == 12);
	lambda_version_release(&version);
}

static void refuses(const char *text, const char *named)
{
	struct lambda_version version;
	struct lambda_error error;

	assert_int_equal(read_text(text, &version, &error), LAMBDA_BAD_ANSWER);
	assert_int_equal(error.status, LAMBDA_BAD_ANSWER);
	if (!strstr(error.message, named))
		fail_msg("'%s' does not name %s", error.message, named);
}

#define WITH(name, arn, version, modified, rest)                                                   \
	"{\"FunctionName\":" name ",\"FunctionArn\":" arn ",\"Version\":" version                  \
	",\"LastModified\":" modified rest "}"
#define GOOD_TIME "\"2020-04-10T19:06:32.563+0000\""

static void refuses_what_it_cannot_show(void **state)
{
	(void)state;
	refuses("[]", "without a name");
	refuses("{}", "without a name");
	refuses(WITH("5", "\"" ARN "\"", "\"1\"", GOOD_TIME, ""), "without a name");
	refuses(WITH("\"a/b\"", "\"" ARN "\"", "\"1\"", GOOD_TIME, ""), "'a/b'");
	refuses(WITH("\"..\"", "\"" ARN "\"", "\"1\"", GOOD_TIME, ""), "'..'");
	refuses(WITH("\"f\"", "null", "\"1\"", GOOD_TIME, ""), "FunctionArn");
	refuses(WITH("\"f\"", "\"arn:aws:lambda:x:1:function\"", "\"1\"", GOOD_TIME, ""),
		"FunctionArn");
	refuses(WITH("\"f\"", "\"arn:aws:lambda:x:1:function:\"", "\"1\"", GOOD_TIME, ""),
		"FunctionArn");
	refuses(WITH("\"f\"", "\"arn:aws:lambda:x:1:layer:f\"", "\"1\"", GOOD_TIME, ""),
		"FunctionArn");
	refuses(WITH("\"f\"", "\"" ARN ":1:2\"", "\"1\"", GOOD_TIME, ""), "FunctionArn");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"0\"", GOOD_TIME, ""), "Version");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"01\"", GOOD_TIME, ""), "Version");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"PROD\"", GOOD_TIME, ""), "Version");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"18446744073709551615\"", GOOD_TIME, ""), "Version");
	refuses(WITH("\"f\"", "\"" ARN "\"", "1", GOOD_TIME, ""), "Version");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"1\"", "\"yesterday\"", ""), "LastModified");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"1\"", GOOD_TIME, ",\"CodeSize\":-1"), "CodeSize");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"1\"", GOOD_TIME, ",\"CodeSize\":\"1\""),
		"CodeSize");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"1\"", GOOD_TIME, ",\"CodeSha256\":\"eHg=\""),
		"CodeSha256");
	refuses(WITH("\"f\"", "\"" ARN "\"", "\"1\"", GOOD_TIME,
			",\"Environment\":{\"Variables\":[\"s3cret\"]}"),
		"Environment");
}

static void refuses_objects_without_bound(void **state)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(DOCUMENT_MAX);
	size_t i;

	(void)state;
	assert_int_equal(buffer_append_string(
				 &text, HEAD("", "$LATEST") ",\"Environment\":{\"Variables\":{"),
		0);
	for (i = 0; i <= DOCUMENT_MEMBERS_MAX; i++)
		assert_int_equal(buffer_appendf(&text, "%s\"V%zu\":\"\"", i ? "," : "", i), 0);
	assert_int_equal(buffer_append_string(&text, "}}}"), 0);
	refuses(buffer_text(&text), "too large");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_same_bytes_whichever_call_it_came_from),
		cmocka_unit_test(keeps_unknown_members_and_drops_nulls_at_every_level),
		cmocka_unit_test(hides_only_at_the_top),
		cmocka_unit_test(writes_the_variables_alone),
		cmocka_unit_test(reads_zip_hashes_and_image_digests),
		cmocka_unit_test(knows_every_kind_of_version),
		cmocka_unit_test(refuses_what_it_cannot_show),
		cmocka_unit_test(refuses_objects_without_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
