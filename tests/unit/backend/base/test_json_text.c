/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/base/json_text.h"

/* Every beginning of it is blank, unfinished or, with nothing but blanks to come, whole; json_parse() agrees. */
static void every_beginning_may_become_whole(void **state)
{
	static const char *const texts[] = {
		"{}",
		" {\"a\":1,\"b\":[true,false,null,-1.5e+10,0,\"x\"]}\n",
		"{\"\\u00e9\\ud83d\\ude00\\n\\\\\":\"é€😀\",\"n\":[[],{},[1,2]]}\r\n\t ",
		"[0.5, -0, 1E5, {\"a\": {\"b\": [\"]}\"]}}]",
	};
	struct json_text_fault fault;
	size_t i, length;

	(void)state;
	for (i = 0; i < array_count(texts); i++) {
		for (length = 0; length <= strlen(texts[i]); length++) {
			struct json *json = json_parse(texts[i], length, NULL);
			enum json_text_state got = json_text_judge(texts[i], length, &fault);

			if (got == JSON_TEXT_WRONG || (json != NULL) != (got == JSON_TEXT_WHOLE))
				fail_msg("'%.*s' is %d", (int)length, texts[i], got);
			json_free(json);
		}
		assert_int_equal(
			json_text_judge(texts[i], strlen(texts[i]), &fault), JSON_TEXT_WHOLE);
	}
}

static void wrong_is_what_nothing_can_mend(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *reason;
	} table[] = {
		{"x", 1, "is not JSON"},
		{"{\n1", 2, "is not JSON"},
		{"{,", 1, "is not JSON"},
		{"{\"a\"}", 1, "is not JSON"},
		{"{\"a\":}", 1, "is not JSON"},
		{"{\"a\":1,}", 1, "is not JSON"},
		{"[1,]", 1, "is not JSON"},
		{"[1 2", 1, "is not JSON"},
		{"[1}", 1, "is not JSON"},
		{"{\"a\":1]", 1, "is not JSON"},
		{"]", 1, "is not JSON"},
		{"{}\n\n{", 3, "has bytes behind its end"},
		{"[01", 1, "holds an invalid number"},
		{"[-x", 1, "holds an invalid number"},
		{"[1.x", 1, "holds an invalid number"},
		{"[1ex", 1, "holds an invalid number"},
		{"[.5", 1, "is not JSON"},
		{"[trie", 1, "is not JSON"},
		{"[nil", 1, "is not JSON"},
		{"[\"a\nb", 1, "holds a control character in a string"},
		{"[\"\\x", 1, "holds an invalid escape"},
		{"[\"\\u12g", 1, "holds an invalid escape"},
		{"[\"\\u0000", 1, "holds a NUL byte"},
		{"[\"\\udc00", 1, "holds an invalid escape"},
		{"[\"\\ud800x", 1, "holds an invalid escape"},
		{"[\"\\ud800\\u0041", 1, "holds an invalid escape"},
		{"[\"\xff", 0, "is not UTF-8"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		struct json_text_fault fault = {0};
		enum json_text_state got =
			json_text_judge(table[i].text, strlen(table[i].text), &fault);

		if (got != JSON_TEXT_WRONG || fault.line != table[i].line ||
			strcmp(fault.reason, table[i].reason) != 0)
			fail_msg("'%s': %d, line %u: %s", table[i].text, got, fault.line,
				fault.reason);
		assert_null(json_parse(table[i].text, strlen(table[i].text), NULL));
	}
}

static void a_value_is_found_in_its_line(void **state)
{
	static const char text[] = "{\n \"a\": [1,\n  {\"b\": \"]\"}],\n \"c\":\n  \"x\"\n}\n";
	struct json_text_fault fault;
	struct json *tree = json_text_parse(text, sizeof(text) - 1, &fault);
	const struct json *list = json_member(tree, "a");
	const struct json *object = json_next(json_first(list));

	(void)state;
	assert_non_null(tree);
	assert_int_equal(json_text_line(text, sizeof(text) - 1, tree, tree), 1);
	assert_int_equal(json_text_line(text, sizeof(text) - 1, tree, list), 2);
	assert_int_equal(json_text_line(text, sizeof(text) - 1, tree, object), 3);
	assert_int_equal(json_text_line(text, sizeof(text) - 1, tree, json_member(tree, "c")), 5);
	assert_int_equal(json_text_line(text, sizeof(text) - 1, tree, NULL), 0);
	json_free(tree);
}

static void a_name_that_repeats_is_named(void **state)
{
	static const char text[] = "{\"z\":{\"a\":1,\n\"b\":2,\n\"a\":[\n]}}";
	struct json_text_fault fault = {0};

	(void)state;
	assert_null(json_text_parse(text, sizeof(text) - 1, &fault));
	assert_string_equal(fault.reason, "holds a name twice");
	assert_string_equal(fault.name, "a");
	assert_int_equal(fault.line, 3);
	assert_null(json_text_parse(" ", 1, &fault));
	assert_string_equal(fault.reason, "is empty");
	assert_null(json_text_parse("[1", 2, &fault));
	assert_string_equal(fault.reason, "ends in the middle");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_beginning_may_become_whole),
		cmocka_unit_test(wrong_is_what_nothing_can_mend),
		cmocka_unit_test(a_value_is_found_in_its_line),
		cmocka_unit_test(a_name_that_repeats_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
