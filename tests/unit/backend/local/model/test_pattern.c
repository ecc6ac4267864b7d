/* SPDX-License-Identifier: MIT */
/* AWS's regular expressions, function names and versions: backend/local/model/pattern.h, name.h. */
#include <errno.h>

#include "tests/unit/unit.h"

#include "backend/local/model/name.h"
#include "backend/local/model/pattern.h"

static void test_patterns(void **state)
{
	static const char alias[] = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";
	static const char bucket[] = "[0-9A-Za-z\\.\\-_]*(?<!\\.)";
	static const char url_qualifier[] = "((?!^\\d+$)^[0-9a-zA-Z-_]+$)";
	static const char version[] = "(\\$LATEST(\\.PUBLISHED)?|[0-9]+)";
	static const char tag[] = "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)";
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{"abc", "abc", true},
		{"abc", "abcd", false},
		{"abc", "ab", false},
		{"a|bc|", "", true},
		{"a|bc|", "bc", true},
		{"a|bc", "abc", false},
		{"(a|ab)(c|bcd)", "abcd", true},
		{"a{2}", "aa", true},
		{"a{2}", "a", false},
		{"a{1,3}", "aaa", true},
		{"a{1,3}", "aaaa", false},
		{"(ab){2,}", "ababab", true},
		{"(ab){2,}", "ab", false},
		{"(a*)*", "aaaa", true},
		{"(a*)*b", "aaaac", false},
		{"(a|b)*c", "abbac", true},
		{"[^\\s]+", "a b", false},
		{"[^\\s]+", "ab", true},
		{"[a-c-_]+", "a-_", true},
		{"[a-c-_]+", "d", false},
		{"[+=,.@\\-_/]+", "+-/", true},
		{".*", "anything at all", true},
		{"x.z", "xyz", true},
		{"\\$\\.", "$.", true},
		{alias, "PROD", true},
		{alias, "2024", false},
		{alias, "2024-01-02", true},
		{alias, "", false},
		{alias, "a.b", false},
		{bucket, "my.bucket", true},
		{bucket, "my.bucket.", false},
		{url_qualifier, "7", false},
		{url_qualifier, "v7", true},
		{url_qualifier, "$LATEST", false},
		{version, "$LATEST", true},
		{version, "$LATEST.PUBLISHED", true},
		{version, "$LATES", false},
		{version, "10", true},
		{version, "1a", false},
		{tag, "key: a/b=c+d-e@f_1 2", true},
		{tag, "gr\xc3\xbc\xc3\x9f", true},
		{tag, "\xe9\x8d\xb5\xc2\xa0\xe2\x85\xa6",
			true},                /* a letter, a no-break space, a Roman number */
		{tag, "\xe2\x82\xac", false}, /* a currency sign is none of them */
		{tag, "\xff", false},
		{".", "\xe9\x8d\xb5", true},
		{"\\d\\w", "1\xc3\xa9", false}, /* ASCII */
		{"a$", "a\n", false},
		{"(?<!ab)c|x(?<=x)", "x", true},
		{"[a-z]+(?<!ab)c", "abc", false},
		{"[a-z]+(?<!ab)c", "bbc", true},
		{tag, "<tag>", false},
		{"[\\s\\S]+", "any thing\n", true},
		{"[\\s\\S]+", "", false},
		{"\\D\\W\\S", "a-b", true},
		{"\\D\\W\\S", "1-b", false},
		{"\\D\\W\\S", "aab", false},
		{"\\D\\W\\S", "a- ", false},
		{"[\\x21-\\x7E]+", "!x~", true},
		{"[\\x21-\\x7E]+", "a b", false},
		{"[\\x2", "2", false},
		{"\\q", "q", false},
		{"(", "", false},
		{"[a", "a", false},
		{"a{", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		if (pattern_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
			fail_msg("%s against '%s' should be %d", cases[i].pattern, cases[i].text,
				cases[i].matches);
	}
}

/* What would take for ever is refused instead, and a failed (?!...) is no way around that. */
static void test_patterns_are_bounded(void **state)
{
	char text[4096];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(pattern_matches("(a|aa)*(a|aa)*(a|aa)*b", text));
	assert_false(pattern_matches("(?!(a|aa)*(a|aa)*(a|aa)*b).*", text));
	assert_true(pattern_matches("[a-z]+", text));
	assert_true(pattern_matches("[a-zA-Z]([a-zA-Z0-9_])+", text));
}

static void test_function_names(void **state)
{
	static const struct {
		const char *text, *region, *account, *name, *qualifier;
	} cases[] = {
		{"fn", "", "", "fn", ""},
		{"fn:PROD", "", "", "fn", "PROD"},
		{"fn:$LATEST", "", "", "fn", "$LATEST"},
		{"function:fn", "", "", "fn", ""},
		{"function:fn:7", "", "", "fn", "7"},
		{"123456789012:function:fn", "", "123456789012", "fn", ""},
		{"123456789012:fn:1", "", "123456789012", "fn", "1"},
		{"us-east-1:123456789012:function:fn", "us-east-1", "123456789012", "fn", ""},
		{"arn:aws:lambda:eu-west-1:123456789012:function:fn:PROD", "eu-west-1",
			"123456789012", "fn", "PROD"},
		{"arn:aws-cn:lambda:cn-north-1:123456789012:function:a.b", "cn-north-1",
			"123456789012", "a.b", ""},
		/* no name: then the word is it */
		{"arn:aws:lambda:us-east-1:123456789012:function", "us-east-1", "123456789012",
			"function", ""},
		{"function:$LATEST", "", "", "function", "$LATEST"},
		{"123456789012", "", "", "123456789012", ""},
		{"us-east-1", "", "", "us-east-1", ""},
	};
	static const char *const bad[] = {"", ":", "a:b:c:d:e:f:g:h:i", "fn:1:2", "$LATEST"};
	struct function_name name;

	(void)state;
	for (size_t i = 0; i < array_count(cases); i++) {
		assert_int_equal(function_name_parse(cases[i].text, &name), 0);
		assert_string_equal(name.region, cases[i].region);
		assert_string_equal(name.account, cases[i].account);
		assert_string_equal(name.name, cases[i].name);
		assert_string_equal(name.qualifier, cases[i].qualifier);
	}
	for (size_t i = 0; i < array_count(bad); i++)
		assert_int_equal(function_name_parse(bad[i], &name), -EINVAL);
}

static void test_versions(void **state)
{
	static const char *const bad[] = {"", "0", "01", "-1", "PROD", "$latest", "1.0",
		"9223372036854775807", "99999999999999999999"};
	char text[VERSION_TEXT_SIZE];
	int64_t version;

	(void)state;
	assert_int_equal(version_parse("$LATEST", &version), 0);
	assert_int_equal(version, VERSION_LATEST);
	assert_int_equal(version_parse("$LATEST.PUBLISHED", &version), 0);
	assert_int_equal(version, VERSION_LATEST_PUBLISHED);
	version_format(version, text);
	assert_string_equal(text, "$LATEST.PUBLISHED");
	assert_int_equal(version_parse("9223372036854775806", &version), 0);
	version_format(version, text);
	assert_string_equal(text, "9223372036854775806");
	for (size_t i = 0; i < array_count(bad); i++)
		assert_int_equal(version_parse(bad[i], &version), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_patterns_are_bounded),
		cmocka_unit_test(test_function_names),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
