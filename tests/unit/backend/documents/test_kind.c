/* SPDX-License-Identifier: MIT */
/* What holds for every kind: names, what may still become valid, bounds, and what became of a call. */
#include "tests/unit/backend/documents/planned.h"

static void every_kind_is_found(void **state)
{
	int id;

	(void)state;
	for (id = 0; id < DOCUMENT_COUNT; id++) {
		const struct document_kind *kind = document_kind((enum document_id)id);

		assert_int_equal(kind->id, id);
		assert_ptr_equal(document_find_kind(kind->name), kind);
		assert_ptr_equal(document_find_file(kind->places, kind->file), kind);
		assert_null(document_find_file(~kind->places, kind->file));
		assert_true(id == 0 || strcmp(document_kind((enum document_id)(id - 1))->file,
					       kind->file) < 0);
	}
	assert_null(document_find_kind("policies"));
	assert_null(document_find_file(DOCUMENT_OF_FUNCTION, "policy"));
}

static void tells_what_may_still_become_valid(void **state)
{
	static const struct {
		enum document_id id;
		const char *bytes;
		enum document_state wanted;
	} table[] = {
		{DOCUMENT_TAGS, "", DOCUMENT_EMPTY},
		{DOCUMENT_TAGS, " \n\t", DOCUMENT_EMPTY},
		{DOCUMENT_TAGS, "{", DOCUMENT_UNFINISHED},
		{DOCUMENT_TAGS, "{\"team\": \"x", DOCUMENT_UNFINISHED},
		{DOCUMENT_TAGS, "{\"team\": \"\xc3", DOCUMENT_UNFINISHED},
		{DOCUMENT_TAGS, "{\"team\": \"x\"}\n", DOCUMENT_WHOLE},
		{DOCUMENT_TAGS, "{\"team\": \"x\"} {", DOCUMENT_WRONG},
		{DOCUMENT_TAGS, "{\"team\": 1}", DOCUMENT_WRONG},
		{DOCUMENT_TAGS, "team=x", DOCUMENT_WRONG},
		{DOCUMENT_TAGS, "{\"team\": \"\xc3\x28", DOCUMENT_WRONG},
		{DOCUMENT_TAGS, "[", DOCUMENT_UNFINISHED},
		{DOCUMENT_TAGS, "[]", DOCUMENT_WRONG},
		{DOCUMENT_RECURSION, "{}", DOCUMENT_WRONG},
		{DOCUMENT_URL, "{}", DOCUMENT_WHOLE},
		{DOCUMENT_DESCRIPTION, "", DOCUMENT_EMPTY},
		{DOCUMENT_DESCRIPTION, "\n", DOCUMENT_WHOLE},
		{DOCUMENT_DESCRIPTION, "{", DOCUMENT_WHOLE},
		{DOCUMENT_DESCRIPTION, "\xc3", DOCUMENT_UNFINISHED},
		{DOCUMENT_DESCRIPTION, "\xff\xff", DOCUMENT_WRONG},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		struct lambda_error error = {0};
		enum document_state got = document_check(
			document_kind(table[i].id), table[i].bytes, strlen(table[i].bytes), &error);

		if (got != table[i].wanted)
			fail_msg("'%s' is %d, not %d", table[i].bytes, got, table[i].wanted);
		assert_int_equal(error.message[0] != '\0',
			got == DOCUMENT_UNFINISHED || got == DOCUMENT_WRONG);
		assert_int_equal(document_check(document_kind(table[i].id), table[i].bytes,
					 strlen(table[i].bytes), NULL),
			got);
	}
}

static void an_empty_file_changes_nothing(void **state)
{
	int id;

	(void)state;
	for (id = 0; id < DOCUMENT_COUNT; id++) {
		struct document_plan plan = {0};
		struct lambda_error error = {0};

		if (id == DOCUMENT_DESCRIPTION)
			continue;
		assert_int_equal(document_plan(document_kind((enum document_id)id), &of_function,
					 NULL, "\n", 1, &plan, &error),
			LAMBDA_OK);
		assert_int_equal(plan.count, 0);
	}
}

static void sizes_are_bounded(void **state)
{
	const struct document_kind *kind = document_kind(DOCUMENT_TAGS);
	struct buffer text = BUFFER_INIT(2 * DOCUMENT_MAX);
	struct lambda_error error = {0};
	char deep[300];
	int i;

	(void)state;
	assert_int_equal(buffer_append_string(&text, "{\"a\":\""), 0);
	while (text.length <= DOCUMENT_MAX)
		assert_int_equal(buffer_append_string(&text, "0123456789abcdef"), 0);
	assert_int_equal(
		document_check(kind, buffer_text(&text), text.length, &error), DOCUMENT_WRONG);
	assert_int_equal(error.status, LAMBDA_TOO_LARGE);
	buffer_reset(&text);
	for (i = 0; i <= DOCUMENT_MEMBERS_MAX; i++)
		assert_int_equal(buffer_appendf(&text, "%s\"t%d\":\"\"", i ? "," : "{", i), 0);
	assert_int_equal(buffer_append_string(&text, "}"), 0);
	assert_int_equal(
		document_check(kind, buffer_text(&text), text.length, &error), DOCUMENT_WRONG);
	assert_int_equal(error.status, LAMBDA_TOO_LARGE);
	memset(deep, '[', sizeof(deep));
	assert_int_equal(document_check(kind, deep, sizeof(deep), &error), DOCUMENT_WRONG);
	assert_int_equal(error.status, LAMBDA_INVALID);
	buffer_release(&text);
}

static void descriptions_are_text(void **state)
{
	static const char alias[] = "{\"Name\":\"PROD\",\"Description\":\"old\",\"RevisionId\":"
				    "\"r1\"}";
	static const struct case_of_plan cases[] = {
		{"old\n", ""},
		{"old", ""},
		{"new \"é\"\n", "PUT /2015-03-31/functions/shop/aliases/PROD {\"Description\":"
				"\"new \\\"é\\\"\",\"RevisionId\":\"r1\"}\n"},
		{"", "PUT /2015-03-31/functions/shop/aliases/PROD {\"Description\":\"\","
		     "\"RevisionId\":\"r1\"}\n"},
		{"\xff", "invalid: a description is UTF-8 text"},
	};
	char longest[LAMBDA_DESCRIPTION_MAX + 2];
	struct lambda_error error = {0};

	(void)state;
	CHECK_PLANS(DOCUMENT_DESCRIPTION, &of_alias, alias, cases);
	check_prints(DOCUMENT_DESCRIPTION, &of_alias, alias, "old\n");
	check_prints(DOCUMENT_DESCRIPTION, &of_alias, "{\"Name\":\"PROD\"}", "");
	check_prints(DOCUMENT_DESCRIPTION, &of_alias, "{}",
		"bad answer: the answer's Description is missing or cannot be read");
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(document_check(document_kind(DOCUMENT_DESCRIPTION), longest,
				 LAMBDA_DESCRIPTION_MAX, &error),
		DOCUMENT_WHOLE);
	assert_int_equal(document_check(document_kind(DOCUMENT_DESCRIPTION), longest,
				 LAMBDA_DESCRIPTION_MAX + 1, &error),
		DOCUMENT_WRONG);
	assert_int_equal(error.status, LAMBDA_TOO_LARGE);
}

/* A lost answer: the document is read back. */
static void an_outcome_is_done_as_it_was_or_something_else(void **state)
{
	static const struct {
		enum document_id id;
		const char *before, *written, *after, *other;
	} table[] = {
		{DOCUMENT_TAGS, "{\"Tags\":{\"a\":\"1\"}}", "{\"a\":\"2\"}",
			"{\"Tags\":{\"a\":\"2\"}}", "{\"Tags\":{\"a\":\"3\"}}"},
		{DOCUMENT_RESERVED_CONCURRENCY, "{}", "{\"ReservedConcurrentExecutions\":1}",
			"{\"Concurrency\":{\"ReservedConcurrentExecutions\":1}}",
			"{\"Concurrency\":{\"ReservedConcurrentExecutions\":2}}"},
		{DOCUMENT_CODE_SIGNING, "{\"CodeSigningConfigArn\":\"c\"}", "{}", "{}",
			"{\"CodeSigningConfigArn\":\"d\"}"},
		/* The address of a new URL is AWS's. */
		{DOCUMENT_URL, "{\"FunctionUrlConfigs\":[]}", "{\"AuthType\":\"NONE\"}",
			"{\"FunctionUrlConfigs\":[{\"FunctionArn\":\"" FUNCTION_ARN
			"\",\"AuthType\":\"NONE\",\"InvokeMode\":\"BUFFERED\",\"FunctionUrl\":"
			"\"u\"}]"
			"}",
			"{\"FunctionUrlConfigs\":[{\"FunctionArn\":\"" FUNCTION_ARN
			"\",\"AuthType\":\"AWS_IAM\",\"FunctionUrl\":\"u\"}]}"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		const struct document_kind *kind = document_kind(table[i].id);
		cleanup(json_free_pointer) struct json *before = answer_of(table[i].before);
		cleanup(json_free_pointer) struct json *after = answer_of(table[i].after);
		cleanup(json_free_pointer) struct json *other = answer_of(table[i].other);
		struct document_plan plan = {0};
		struct lambda_error error = {0};

		assert_int_equal(document_plan(kind, &of_function, before, table[i].written,
					 strlen(table[i].written), &plan, &error),
			LAMBDA_OK);
		assert_int_equal(plan.count, 1);
		assert_int_equal(
			document_outcome(kind, &of_function, &plan.calls[0], after, &error),
			DOCUMENT_DONE);
		assert_int_equal(
			document_outcome(kind, &of_function, &plan.calls[0], before, &error),
			DOCUMENT_AS_WAS);
		assert_int_equal(
			document_outcome(kind, &of_function, &plan.calls[0], other, &error),
			DOCUMENT_OTHER);
		assert_int_equal(error.status, LAMBDA_REVISION_CHANGED);
		document_plan_release(&plan);
	}
}

static void revisions_are_read(void **state)
{
	cleanup(json_free_pointer) struct json *answer = answer_of("{\"RevisionId\":\"r\"}");
	char revision_id[LAMBDA_REVISION_ID_MAX + 1] = "x";

	(void)state;
	document_read_revision(answer, revision_id);
	assert_string_equal(revision_id, "r");
	document_read_revision(NULL, revision_id);
	assert_string_equal(revision_id, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_found),
		cmocka_unit_test(tells_what_may_still_become_valid),
		cmocka_unit_test(an_empty_file_changes_nothing),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(descriptions_are_text),
		cmocka_unit_test(an_outcome_is_done_as_it_was_or_something_else),
		cmocka_unit_test(revisions_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
