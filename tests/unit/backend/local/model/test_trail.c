/* SPDX-License-Identifier: MIT */
/* CloudTrail's spelling of calls, who sent them, and how badly events are delivered: trail_event.h, sender.h, trail_delivery.h. */
#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

#include "backend/local/model/route.h"
#include "backend/local/model/sender.h"
#include "backend/local/model/trail_delivery.h"
#include "backend/local/model/trail_event.h"

static const struct operation *find(const char *name)
{
	for (size_t i = 0; i < operation_count; i++) {
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	}
	fail_msg("no operation %s", name);
	return NULL;
}

static void test_names_of_events(void **state)
{
	static const struct {
		const char *operation, *event;
	} cases[] = {
		{"CreateAlias", "CreateAlias20150331"},
		{"UpdateAlias", "UpdateAlias20150331"},
		{"DeleteAlias", "DeleteAlias20150331"},
		{"PublishVersion", "PublishVersion20150331"},
		{"CreateFunction", "CreateFunction20150331"},
		{"DeleteFunction", "DeleteFunction20150331"},
		{"UpdateFunctionCode", "UpdateFunctionCode20150331v2"},
		{"UpdateFunctionConfiguration", "UpdateFunctionConfiguration20150331v2"},
		{"AddPermission", "AddPermission20150331v2"},
		{"RemovePermission", "RemovePermission20150331v2"},
		{"CreateEventSourceMapping", "CreateEventSourceMapping20150331"},
		{"PublishLayerVersion", "PublishLayerVersion20181031"},
		{"PutFunctionConcurrency", "PutFunctionConcurrency20171031"},
		{"CreateFunctionUrlConfig", "CreateFunctionUrlConfig"},
	};
	char name[TRAIL_NAME_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		trail_event_name(find(cases[i].operation), name);
		assert_string_equal(name, cases[i].event);
		assert_ptr_equal(trail_find_operation(name), find(cases[i].operation));
	}
	assert_null(trail_find_operation("GetAlias20150331"));
	assert_null(trail_find_operation("LookupEvents"));
	for (size_t i = 0; i < operation_count; i++) {
		trail_event_name(&operations[i], name);
		if (operations[i].kind == OPERATION_WRITE)
			assert_ptr_equal(trail_find_operation(name), &operations[i]);
	}
}

static void test_targets(void **state)
{
	static const char prefix[] = "com.amazonaws.cloudtrail.v20131101.";
	char target[128];

	assert_ptr_equal(
		route_find_target("CloudTrail_20131101.LookupEvents"), find("LookupEvents"));
	snprintf(target, sizeof(target), "%sCloudTrail_20131101.LookupEvents", prefix);
	assert_ptr_equal(route_find_target(target), find("LookupEvents"));
	assert_null(route_find_target(prefix));
	assert_null(route_find_target("LookupEvents"));
	assert_null(route_find_target(""));
	assert_null(route_find("POST", "/"));
}

static void check_text(const struct buffer *text, int error, const char *wanted)
{
	assert_int_equal(error, 0);
	assert_string_equal(buffer_text(text), wanted);
}

static void test_spelling(void **state)
{
	static const struct {
		const char *json, *wanted;
	} cases[] = {
		{"{}", "{}"},
		{"{\"AliasArn\":\"a\",\"RoutingConfig\":null}", "{\"aliasArn\":\"a\"}"},
		{"{\"RoutingConfig\":{\"AdditionalVersionWeights\":{\"2\":0.25}}}",
			"{\"routingConfig\":{\"additionalVersionWeights\":{\"2\":0.25}}}"},
		{"{\"Tags\":{\"Key\":\"V\",\"Location\":\"x\"}}",
			"{\"tags\":{\"Key\":\"V\",\"Location\":\"x\"}}"},
		{"{\"Environment\":{\"Variables\":{\"A\":\"secret\"}}}", "{\"environment\":{}}"},
		{"{\"Code\":{\"ZipFile\":\"UEs=\",\"S3Key\":\"k\"}}",
			"{\"code\":{\"s3Key\":\"k\"}}"},
		{"{\"Content\":{\"Location\":\"http://\"}}", "{\"content\":{}}"},
		{"{\"KMSKeyArn\":\"\",\"UUID\":\"u\"}", "{\"kMSKeyArn\":\"\",\"uUID\":\"u\"}"},
		{"{\"Layers\":[{\"Arn\":\"a\"},{\"Arn\":\"b\"}],\"Publish\":true,\"Timeout\":3}",
			"{\"layers\":[{\"arn\":\"a\"},{\"arn\":\"b\"}],\"publish\":true,"
			"\"timeout\":3}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup(buffer_release) struct buffer text = BUFFER_INIT(1000);
		cleanup(json_free_pointer) struct json *json =
			json_parse(cases[i].json, strlen(cases[i].json), NULL);

		check_text(&text, trail_append_elements(&text, json), cases[i].wanted);
	}
}

static void test_parameters_are_those_of_the_model(void **state)
{
	static const char input[] = "{\"Description\":\"d\",\"Stray\":1,\"RevisionId\":\"r\","
				    "\"Name\":\"PROD\",\"FunctionName\":\"fn\"}";
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(1000), small = BUFFER_INIT(30);
	cleanup(json_free_pointer) struct json *json = json_parse(input, strlen(input), NULL);

	check_text(&text, trail_append_parameters(&text, find("UpdateAlias"), json),
		"{\"functionName\":\"fn\",\"name\":\"PROD\",\"description\":\"d\","
		"\"revisionId\":\"r\"}");
	assert_int_equal(trail_append_parameters(&small, find("UpdateAlias"), json), -EFBIG);
}

static void test_resources(void **state)
{
	static const struct {
		const char *answer, *input, *wanted;
	} cases[] = {
		{"{\"AliasArn\":\"arn\"}", "{\"FunctionName\":\"fn\",\"Name\":\"PROD\"}",
			"[{\"ResourceType\":\"AWS::Lambda::Alias\",\"ResourceName\":\"arn\"}]"},
		{NULL, "{\"FunctionName\":\"fn\",\"Name\":\"PROD\"}",
			"[{\"ResourceType\":\"AWS::Lambda::Alias\",\"ResourceName\":\"PROD\"},"
			"{\"ResourceType\":\"AWS::Lambda::Function\",\"ResourceName\":\"fn\"}]"},
		{"{\"FunctionArn\":\"arn\"}", "{\"FunctionName\":\"fn\"}",
			"[{\"ResourceType\":\"AWS::Lambda::Function\",\"ResourceName\":\"arn\"}]"},
		{NULL, "{\"LayerName\":\"lib\"}", "[]"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup(buffer_release) struct buffer text = BUFFER_INIT(1000);
		cleanup(json_free_pointer) struct json *answer =
			cases[i].answer ? json_parse(cases[i].answer, strlen(cases[i].answer), NULL)
					: NULL;
		cleanup(json_free_pointer) struct json *input =
			json_parse(cases[i].input, strlen(cases[i].input), NULL);

		check_text(&text, trail_append_resources(&text, answer, input), cases[i].wanted);
	}
}

#define SIGNED "AWS4-HMAC-SHA256 Credential="

static void test_senders(void **state)
{
	static const struct {
		const char *authorization, *key;
	} cases[] = {
		{SIGNED "AKIAEXAMPLE/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host",
			"AKIAEXAMPLE"},
		{SIGNED "AKIA", NULL},
		{SIGNED "/20260101", NULL},
		{SIGNED "A B/20260101", NULL},
		{SIGNED "\xff/20260101", NULL},
		{"Basic x", NULL},
		{"", NULL},
	};
	struct sender sender;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct http_header headers[] = {
			{"AUTHORIZATION", cases[i].authorization}, {"user-agent", "curl"}};

		sender_read(headers, 2, &sender);
		if (cases[i].key)
			assert_string_equal(sender.access_key_id, cases[i].key);
		else
			assert_null(sender.access_key_id);
		assert_string_equal(sender.user_agent, "curl");
		assert_null(sender.host);
	}
}

static void test_cut_texts(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *wanted;
	} cases[] = {
		{"abc", 4, "abc"},
		{"abcd", 4, "abc"},
		{"ab\xc3\xa4", 4, "ab"},
		{"a\xc3\xa4", 4, "a\xc3\xa4"},
		{"\xf0\x9f\x90\xa7", 4, ""},
		{"", 1, ""},
	};
	char copy[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sender_cut_text(cases[i].text, copy, cases[i].size);
		assert_string_equal(copy, cases[i].wanted);
	}
}

static void test_delivery(void **state)
{
	struct trail_delivery whole = {.delay_ms = 1000};
	struct trail_delivery half = {.withheld = 0.5, .duplicates = 0.5, .seed = 7};
	struct trail_delivery late = {.spread_ms = 1000};
	int delivered = 0, doubled = 0, early = 0;

	assert_false(trail_is_delivered(&whole, 1, 5000, 5999));
	assert_true(trail_is_delivered(&whole, 1, 5000, 6000));
	assert_true(trail_order(&whole, 2, 0) < trail_order(&whole, 2, 1));
	assert_true(trail_order(&whole, 2, 1) < trail_order(&whole, 1, 0));
	for (int64_t sequence = 1; sequence <= 1000; sequence++) {
		assert_false(trail_is_duplicated(&whole, sequence));
		assert_true(trail_is_delivered(&late, sequence, 0, 1000));
		delivered += trail_is_delivered(&half, sequence, 0, 0);
		doubled += trail_is_duplicated(&half, sequence);
		early += trail_is_delivered(&late, sequence, 0, 500);
	}
	assert_within(delivered, 400, 600);
	assert_within(doubled, 400, 600);
	assert_within(early, 400, 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_events),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_spelling),
		cmocka_unit_test(test_parameters_are_those_of_the_model),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_senders),
		cmocka_unit_test(test_cut_texts),
		cmocka_unit_test(test_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
