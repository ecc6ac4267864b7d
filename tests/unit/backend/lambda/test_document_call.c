/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>

#include "backend/lambda/document_call.h"
#include "backend/lambda/documents.h"

static void every_operation_has_a_route(void **state)
{
	char label[] = "l";
	int operation;

	(void)state;
	for (operation = 0; operation < LAMBDA_DOCUMENT_OPERATION_COUNT; operation++) {
		const struct lambda_document_call call = {
			.operation = (enum lambda_document_operation)operation, .label = label};
		cleanup(buffer_release) struct buffer path = BUFFER_INIT(1024);
		cleanup(buffer_release) struct buffer query = BUFFER_INIT(1024);

		assert_non_null(lambda_document_operation_name(call.operation));
		assert_non_null(lambda_document_operation_method(call.operation));
		assert_int_equal(lambda_document_call_path(&call, "shop", "", &path, &query), 0);
		assert_int_equal(buffer_text(&path)[0], '/');
		assert_int_equal(query.length, 0);
	}
}

static void every_source_is_asked_for(void **state)
{
	int source;

	(void)state;
	for (source = 0; source < LAMBDA_SOURCE_COUNT; source++)
		assert_non_null(lambda_source_operation((enum lambda_source)source));
	assert_int_equal(
		lambda_source_scope(LAMBDA_SOURCE_ALL_EVENT_SOURCES), LAMBDA_SOURCE_OF_ACCOUNT);
	assert_int_equal(lambda_source_scope(LAMBDA_SOURCE_POLICY), LAMBDA_SOURCE_OF_QUALIFIER);
	assert_int_equal(lambda_source_scope(LAMBDA_SOURCE_URLS), LAMBDA_SOURCE_OF_FUNCTION);
}

/* A server that tidies paths would take them for another one. */
static void names_that_are_no_segment_are_refused(void **state)
{
	static const struct {
		enum lambda_document_operation operation;
		const char *function, *label;
	} table[] = {
		{LAMBDA_REMOVE_PERMISSION, "shop", ".."},
		{LAMBDA_REMOVE_PERMISSION, "shop", ""},
		{LAMBDA_REMOVE_PERMISSION, "shop", NULL},
		{LAMBDA_UPDATE_EVENT_SOURCE, "shop", "."},
		{LAMBDA_TAG_RESOURCE, "shop", NULL},
		{LAMBDA_PUT_CONCURRENCY, "..", NULL},
		{LAMBDA_PUT_CONCURRENCY, "", NULL},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		cleanup(free_pointer) char *label = table[i].label ? strdup(table[i].label) : NULL;
		const struct lambda_document_call call = {
			.operation = table[i].operation, .label = label};
		cleanup(buffer_release) struct buffer path = BUFFER_INIT(1024);
		cleanup(buffer_release) struct buffer query = BUFFER_INIT(1024);

		assert_int_equal(
			lambda_document_call_path(&call, table[i].function, "", &path, &query),
			-EINVAL);
	}
}

static void what_goes_along_is_encoded(void **state)
{
	char label[] = "a/b c", query_text[] = "tagKeys=x";
	struct lambda_document_call call = {.operation = LAMBDA_REMOVE_PERMISSION,
		.label = label,
		.query = query_text,
		.revision_id = "r&1"};
	cleanup(buffer_release) struct buffer path = BUFFER_INIT(1024);
	cleanup(buffer_release) struct buffer query = BUFFER_INIT(1024);
	cleanup(buffer_release) struct buffer body = BUFFER_INIT(1024);

	(void)state;
	assert_int_equal(lambda_document_call_path(&call, "f:g", "$X", &path, &query), 0);
	assert_string_equal(buffer_text(&path), "/2015-03-31/functions/f%3Ag/policy/a%2Fb%20c");
	assert_string_equal(buffer_text(&query), "Qualifier=%24X&tagKeys=x&RevisionId=r%261");
	assert_int_equal(lambda_document_call_body(&call, &body), 0);
	assert_int_equal(body.length, 0);
	call.operation = LAMBDA_UPDATE_CONFIGURATION;
	call.body = json_parse("{\"Timeout\":3}", 13, NULL);
	assert_int_equal(lambda_document_call_body(&call, &body), 0);
	assert_string_equal(buffer_text(&body), "{\"Timeout\":3,\"RevisionId\":\"r&1\"}");
	buffer_reset(&body);
	call.operation = LAMBDA_PUT_CONCURRENCY;
	assert_int_equal(lambda_document_call_body(&call, &body), 0);
	assert_string_equal(buffer_text(&body), "{\"Timeout\":3}");
	call.label = NULL;
	call.query = NULL;
	lambda_document_call_release(&call);
	assert_null(call.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_has_a_route),
		cmocka_unit_test(every_source_is_asked_for),
		cmocka_unit_test(names_that_are_no_segment_are_refused),
		cmocka_unit_test(what_goes_along_is_encoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
