/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/base/json.h"

static void refuses(const char *data, size_t length, const char *wanted)
{
	const char *reason = NULL;
	cleanup(json_free_pointer) struct json *json = json_parse(data, length, &reason);

	assert_null(json);
	assert_string_equal(reason, wanted);
}

#define REFUSES(text, wanted) refuses(text, sizeof(text) - 1, wanted)

static void refuses_what_cjson_lets_through(void **state)
{
	char deep[200];

	(void)state;
	REFUSES("", "is not JSON");
	REFUSES("{", "is not JSON");
	REFUSES("{}x", "has bytes behind its end");
	REFUSES("{} {}", "has bytes behind its end");
	REFUSES("\"a\0b\"", "holds a NUL byte");
	REFUSES("\"a\\u0000b\"", "holds a NUL byte");
	REFUSES("\"\\ude0)0\"", "holds an invalid escape");
	REFUSES("\"\\u12\"  ", "holds an invalid escape");
	REFUSES("\"a\nb\"", "holds a control character in a string");
	REFUSES("\"\xff\"", "is not UTF-8");
	REFUSES("{\"a\":1,\"b\":2,\"a\":3}", "holds a name twice");
	REFUSES("{}\0", "holds a NUL byte");
	REFUSES("[\x01]", "holds a control character");
	REFUSES("[01]", "holds an invalid number");
	REFUSES("[-01]", "holds an invalid number");
	REFUSES("[-]", "holds an invalid number");
	REFUSES("[-.5]", "holds an invalid number");
	REFUSES("[1.]", "holds an invalid number");
	REFUSES("[1.e5]", "holds an invalid number");
	REFUSES("[1e]", "holds an invalid number");
	REFUSES("[1e+]", "holds an invalid number");
	REFUSES("1.", "is not JSON");
	REFUSES("[1-2]", "is not JSON");
	REFUSES("[.5]", "is not JSON");
	REFUSES("[+1]", "is not JSON");
	REFUSES("\"", "is not JSON");
	REFUSES("\"\\", "is not JSON");
	memset(deep, '[', sizeof(deep));
	refuses(deep, sizeof(deep), "is nested too deeply");
}

static void takes_every_number_of_json(void **state)
{
	static const char text[] = " [0, -0, 0.5, -10.25, 1e5, 1E-5, 2.5e+3]\r\n\t";
	static const double wanted[] = {0, -0.0, 0.5, -10.25, 1e5, 1e-5, 2500};
	cleanup(json_free_pointer) struct json *json = json_parse(text, sizeof(text) - 1, NULL);
	const struct json *item = json_first(json);
	double value;
	size_t i;

	(void)state;
	assert_int_equal(json_count(json), array_count(wanted));
	for (i = 0; i < array_count(wanted); i++, item = json_next(item)) {
		assert_true(json_number(item, &value));
		assert_true(value == wanted[i]);
	}
}

/* A few bytes of text take eighty of memory: what is small on the wire may not fill the machine. */
static void the_number_of_values_is_bounded(void **state)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(4 * JSON_VALUES_MAX);
	cleanup(json_free_pointer) struct json *json = NULL;
	size_t i;

	(void)state;
	assert_int_equal(buffer_append_string(&text, "[0"), 0);
	for (i = 2; i < JSON_VALUES_MAX; i++)
		assert_int_equal(buffer_append_string(&text, ",0"), 0);
	assert_int_equal(buffer_append_string(&text, "]"), 0);
	json = json_parse(text.data, text.length, NULL);
	assert_non_null(json);
	text.data[text.length - 1] = ',';
	assert_int_equal(buffer_append_string(&text, "0]"), 0);
	refuses(text.data, text.length, "holds too many values");
}

static void reads_members_by_their_exact_name(void **state)
{
	static const char text[] =
		"{\"Name\":\"x\",\"n\":null,\"i\":3,\"d\":0.5,\"list\":[1,2],\"t\":true}";
	cleanup(json_free_pointer) struct json *json = json_parse(text, sizeof(text) - 1, NULL);
	int64_t integer = 0;

	(void)state;
	assert_non_null(json);
	assert_string_equal(json_member_string(json, "Name", "?"), "x");
	assert_string_equal(json_member_string(json, "name", "?"), "?");
	assert_null(json_member(json, "n"));
	assert_true(json_has_member(json, "n"));
	assert_true(json_integer(json_member(json, "i"), 0, 5, &integer));
	assert_int_equal(integer, 3);
	assert_false(json_integer(json_member(json, "d"), 0, 5, &integer));
	assert_false(json_integer(json_member(json, "i"), 4, 5, &integer));
	assert_int_equal(json_count(json_member(json, "list")), 2);
	assert_true(json_is_true(json_member(json, "t")));
}

static void canonical_text_is_sorted_and_stable(void **state)
{
	static const char left[] = "{\"b\":{\"z\":[],\"y\":{}},\"a\":[1,0.1,\"\\u00e9\\n\"]}";
	static const char right[] = "{\"a\":[1,0.1,\"\xc3\xa9\\u000a\"],\"b\":{\"y\":{},\"z\":[]}}";
	static const char wanted[] = "{\n  \"a\": [\n    1,\n    0.1,\n    \"\xc3\xa9\\n\"\n  ],\n "
				     " \"b\": {\n    \"y\": {},\n"
				     "    \"z\": []\n  }\n}\n";
	cleanup(json_free_pointer) struct json *one = json_parse(left, sizeof(left) - 1, NULL);
	cleanup(json_free_pointer) struct json *two = json_parse(right, sizeof(right) - 1, NULL);
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(1000), again = BUFFER_INIT(1000);

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	assert_int_equal(json_print_canonical(one, &text), 0);
	assert_int_equal(json_print_canonical(two, &again), 0);
	assert_string_equal(buffer_text(&text), wanted);
	assert_string_equal(buffer_text(&again), wanted);
}

static struct json *parse(const char *text)
{
	struct json *json = json_parse(text, strlen(text), NULL);

	assert_non_null(json);
	return json;
}

static void prints(const struct json *json, const char *wanted)
{
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(20000);

	assert_int_equal(json_print(json, &text), 0);
	assert_string_equal(buffer_text(&text), wanted);
}

/* semantics(1.2.3) */
static void numbers_keep_their_digits(void **state)
{
	static const char text[] =
		"{\"a\":[9007199254740993,-12345678901234567890,1e400,-1E+400,1e-400,1.0,1,-0,0,-0."
		"0,"
		"0.10,1E5,1e05,123456789012345,1234567890123456,0.1],\"5\":{\"6 -7\":8.50,"
		"\"\\\"9\":[[],1.50,{}],\"x\":\"1.0\"},\"b\":2.00}";
	cleanup(json_free_pointer) struct json *json = parse(text);
	cleanup(json_free_pointer) struct json *copy = json_copy(json);
	cleanup(json_free_pointer) struct json *alone = parse(" 1.00 ");

	(void)state;
	prints(json, text);
	prints(copy, text);
	prints(alone, "1.00");
	json_forget_digits(json);
	prints(json, "{\"a\":[9007199254740992,-1.2345678901234567e+19,1e400,-1E+400,0,1,1,0,0,0,"
		     "0.1,100000,100000,123456789012345,1234567890123456,0.1],\"5\":{\"6 -7\":8.5,"
		     "\"\\\"9\":[[],1.5,{}],\"x\":\"1.0\"},\"b\":2}");
	prints(copy, text);
}

/* cJSON 1.7.15 takes 63 bytes of a number and no more. */
static void numbers_may_be_of_any_length(void **state)
{
	static const size_t lengths[] = {15, 16, 62, 63, 64, 65, 400, 4000};
	char text[13000], number[4001];
	size_t i;

	(void)state;
	for (i = 0; i < array_count(lengths); i++) {
		cleanup(json_free_pointer) struct json *json = NULL;
		double value = 0;

		memset(number, '7', lengths[i]);
		number[lengths[i]] = '\0';
		snprintf(text, sizeof(text), "[\"1\",%s,[0.%s,1.0,-%s]]", number, number, number);
		json = parse(text);
		prints(json, text);
		json_free(parse(number));
		assert_true(json_number(json_next(json_first(json)), &value) == (lengths[i] < 309));
		assert_true(
			json_number(json_first(json_next(json_next(json_first(json)))), &value));
		assert_true(value > 0.77 && value < 0.78);
	}
}

static void a_number_that_no_double_holds_is_no_value(void **state)
{
	cleanup(json_free_pointer) struct json *json = parse("[1e999,-1e999,9007199254740993]");
	const struct json *item = json_first(json);
	int64_t integer;
	double value;

	(void)state;
	assert_false(json_number(item, &value));
	assert_false(json_integer(item, INT64_MIN, INT64_MAX, &integer));
	item = json_next(item);
	assert_false(json_number(item, &value));
	item = json_next(item);
	assert_true(json_number(item, &value));
	assert_false(json_integer(item, INT64_MIN, INT64_MAX, &integer));
}

static void builds_and_replaces_members(void **state)
{
	cleanup(json_free_pointer) struct json *json = json_new_object();
	cleanup(buffer_release) struct buffer text = BUFFER_INIT(1000);

	(void)state;
	assert_non_null(json);
	assert_int_equal(json_set_string(json, "a", "1"), 0);
	assert_int_equal(json_set_number(json, "a", 2), 0);
	assert_int_equal(json_set(json, "b", json_new_array()), 0);
	assert_int_equal(json_set_boolean(json, "c", false), 0);
	json_remove(json, "c");
	assert_int_equal(json_print(json, &text), 0);
	assert_string_equal(buffer_text(&text), "{\"a\":2,\"b\":[]}");
}

static void whole_numbers_are_cut_at_the_point(void **state)
{
	static const struct {
		const char *text;
		int64_t whole;
	} cases[] = {
		{"0", 0},
		{"-0.0", 0},
		{"7", 7},
		{"1.5", 1},
		{"-1.5", -1},
		{"3e-1", 0},
		{"30e-1", 3},
		{"2.9999999999999999999999999", 2},
		{"-2.9999999999999999999999999", -2},
		{"-0.9999999999999999999999999", 0},
		{"3.0000000000000000000000001", 3},
		{"99999", 1000},
		{"-1e100", -1000},
		{"1e999", 1000},
		{"-1e999", -1000},
		{"1e-999", 0},
	};
	int64_t whole;

	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		struct json *json = json_parse(cases[i].text, strlen(cases[i].text), NULL);

		assert_true(json_whole(json, -1000, 1000, &whole));
		if (whole != cases[i].whole)
			fail_msg("%s is %lld", cases[i].text, (long long)whole);
		json_free(json);
	}
	assert_false(json_whole(NULL, 0, 1, &whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_cjson_lets_through),
		cmocka_unit_test(takes_every_number_of_json),
		cmocka_unit_test(the_number_of_values_is_bounded),
		cmocka_unit_test(reads_members_by_their_exact_name),
		cmocka_unit_test(canonical_text_is_sorted_and_stable),
		cmocka_unit_test(numbers_keep_their_digits),
		cmocka_unit_test(numbers_may_be_of_any_length),
		cmocka_unit_test(a_number_that_no_double_holds_is_no_value),
		cmocka_unit_test(whole_numbers_are_cut_at_the_point),
		cmocka_unit_test(builds_and_replaces_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
