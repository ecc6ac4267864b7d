/* SPDX-License-Identifier: MIT */
/* Names of layers, policies as documents, messages of event streams: backend/local/store/layer.h, policy_document.h, event_stream.h. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/local/model/event_stream.h"
#include "backend/local/model/policy_document.h"
#include "backend/local/store/layer.h"

#define ARN "arn:aws:lambda:eu-west-1:123456789012:layer:"

static void test_names_of_layers(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *name, *region, *account;
		int64_t version;
	} cases[] = {
		{"lib", 0, "lib", "", "", 0},
		{ARN "lib", 0, "lib", "eu-west-1", "123456789012", 0},
		{ARN "lib:7", 0, "lib", "eu-west-1", "123456789012", 7},
		{ARN "lib:9223372036854775807", 0, "lib", "eu-west-1", "123456789012", INT64_MAX},
		{ARN "lib:0", -EINVAL, NULL, NULL, NULL, 0},
		{ARN "lib:x", -EINVAL, NULL, NULL, NULL, 0},
		{ARN "lib:9223372036854775808", -EINVAL, NULL, NULL, NULL, 0},
		{ARN "lib:1:2", -EINVAL, NULL, NULL, NULL, 0},
		{"a:b", -EINVAL, NULL, NULL, NULL, 0},
		{"arn:aws:lambda:eu-west-1:123456789012:function:fn", -EINVAL, NULL, NULL, NULL, 0},
		{"arn:aws:lambda:eu-west-1:1234567890123:layer:lib", -EINVAL, NULL, NULL, NULL, 0},
		{"arn:aws:lambda:::awslayer:AmazonLinux1703", -EINVAL, NULL, NULL, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		struct layer_name name;

		assert_int_equal(layer_name_parse(cases[i].text, &name), cases[i].error);
		if (cases[i].error)
			continue;
		assert_string_equal(name.name, cases[i].name);
		assert_string_equal(name.region, cases[i].region);
		assert_string_equal(name.account, cases[i].account);
		assert_true(name.version == cases[i].version);
	}
}

#define STATEMENT "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"a\",\"Resource\":\"r\"}"

static void test_policies_as_documents(void **state)
{
	static const struct {
		const char *text;
		const char *wanted; /* NULL: refused */
	} cases[] = {
		{"{\"Version\":\"v\",\"Statement\":[" STATEMENT "]}",
			"{\"Version\":\"v\",\"Statement\":[" STATEMENT "]}"},
		{"{\"Statement\":" STATEMENT ",\"Id\":\"i\"}",
			"{\"Id\":\"i\",\"Statement\":[" STATEMENT "]}"},
		{"{\"Statement\":[" STATEMENT "," STATEMENT "]}",
			"{\"Statement\":[" STATEMENT "," STATEMENT "]}"},
		{"", NULL},
		{"\"text\"", NULL},
		{"{}", NULL},
		{"{\"Statement\":null}", NULL},
		{"{\"Statement\":[]}", NULL},
		{"{\"Statement\":[1]}", NULL},
		{"{\"Statement\":{\"Effect\":\"Allow\"}}", NULL},
		{"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\"}}", NULL},
		{"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"a\"}}",
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		struct buffer text = BUFFER_INIT(4096);
		struct json *head = NULL, *statements = NULL;
		const char *reason = NULL;
		int error = policy_document_split(cases[i].text, &head, &statements, &reason);

		assert_int_equal(error, cases[i].wanted ? 0 : -EINVAL);
		if (cases[i].wanted) {
			assert_int_equal(policy_document_append(&text, head, statements), 0);
			assert_string_equal(buffer_text(&text), cases[i].wanted);
		} else {
			assert_non_null(reason);
			assert_null(head);
			assert_null(statements);
		}
		json_free(head);
		json_free(statements);
		buffer_release(&text);
	}
}

static void test_the_default_head_of_a_policy(void **state)
{
	struct buffer text = BUFFER_INIT(4096);
	struct json *statements = json_new_array();

	(void)state;
	assert_int_equal(policy_document_append(&text, NULL, statements), 0);
	assert_string_equal(buffer_text(&text),
		"{\"Version\":\"2012-10-17\",\"Id\":\"default\",\"Statement\":[]}");
	json_free(statements);
	buffer_release(&text);
}

static void test_statements_by_their_sid(void **state)
{
	static const char text[] = "[{\"Sid\":\"a\"},{\"Sid\":\"b\"},{},{\"Sid\":\"b\"}]";
	struct json *statements = json_parse(text, strlen(text), NULL);
	struct buffer left = BUFFER_INIT(4096);

	(void)state;
	assert_null(policy_find_statement(NULL, "a"));
	assert_null(policy_find_statement(statements, "c"));
	assert_ptr_equal(policy_find_statement(statements, "a"), json_first(statements));
	assert_ptr_equal(policy_find_statement(statements, "b"), json_next(json_first(statements)));
	assert_int_equal(policy_remove_statement(&statements, "c"), 0);
	assert_int_equal(policy_remove_statement(&statements, "b"), 0);
	assert_int_equal(json_print(statements, &left), 0);
	assert_string_equal(buffer_text(&left), "[{\"Sid\":\"a\"},{}]");
	json_free(statements);
	buffer_release(&left);
}

/* The checksums are those that Python's zlib.crc32 gives. */
static void test_messages_of_event_streams(void **state)
{
	static const char wanted[] = "\x00\x00\x00\x4b"
				     "\x00\x00\x00\x38"
				     "\x62\x03\x0e\xaf"
				     "\x0b:event-type\7\0\1E"
				     "\x0d:content-type\7\0\1c"
				     "\x0d:message-type\7\0\5event"
				     "abc"
				     "\xd1\xbc\xca\x08";
	struct buffer out = BUFFER_INIT(4096);

	(void)state;
	assert_int_equal(event_stream_append(&out, "E", "c", "abc", 3), 0);
	assert_int_equal(out.length, sizeof(wanted) - 1);
	assert_memory_equal(out.data, wanted, out.length);
	assert_int_equal(event_stream_append(&out, "E", "c", "abc", 3), 0);
	assert_memory_equal(out.data + sizeof(wanted) - 1, wanted, sizeof(wanted) - 1);
	buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_layers),
		cmocka_unit_test(test_policies_as_documents),
		cmocka_unit_test(test_the_default_head_of_a_policy),
		cmocka_unit_test(test_statements_by_their_sid),
		cmocka_unit_test(test_messages_of_event_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
