/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/rules/target.h"

#define HERE "/mnt/aws"

static const struct gesture_place hello = {.function = "hello"};
static const struct gesture_place hello_1 = {.function = "hello", .in_version = true, .version = 1};
static const struct gesture_place hello_latest = {.function = "hello", .in_version = true};

/* semantics(2.3.1, 2.3.2, 2.3.6) */
static void targets_are_versions_of_the_same_function(void **state)
{
	static const struct {
		const char *text;
		enum target_kind kind;
		uint64_t version;
		const char *alias;
	} cases[] = {
		{"2", TARGET_VERSION, 2, ""},
		{"./2", TARGET_VERSION, 2, ""},
		{"2/", TARGET_VERSION, 2, ""},
		{"2//", TARGET_VERSION, 2, ""},
		{"2/.", TARGET_VERSION, 2, ""},
		{"../hello/2", TARGET_VERSION, 2, ""},
		{".././hello//2/", TARGET_VERSION, 2, ""},
		{"/mnt/aws/hello/2", TARGET_VERSION, 2, ""},
		{"//mnt/x/../aws/hello/2/", TARGET_VERSION, 2, ""},
		{"../../aws/hello/2", TARGET_VERSION, 2, ""},
		{"../../../../../../mnt/aws/hello/2", TARGET_VERSION, 2, ""},
		{"1/../2", TARGET_VERSION, 2, ""},
		{"$LATEST", TARGET_VERSION, LAMBDA_VERSION_LATEST, ""},
		{"$LATEST.PUBLISHED", TARGET_VERSION, LAMBDA_VERSION_LATEST_PUBLISHED, ""},
		{"BETA", TARGET_ALIAS, 0, "BETA"},
		{"../hello/BETA", TARGET_ALIAS, 0, "BETA"},
		{".newest", TARGET_NEWEST, 0, ""},
		{"PROD@1", TARGET_SETTLED, 0, "PROD"},
		{"../hello/PROD@12", TARGET_SETTLED, 0, "PROD"},
		{"PROD@0", TARGET_MISSING, 0, "PROD"},
		{"PROD@01", TARGET_MISSING, 0, "PROD"},
		{"2=abc-1", TARGET_VERSION, 2, ""},
		{"PROD@1=abc-1", TARGET_SETTLED, 0, "PROD"},
		{"2=", TARGET_INVALID, 0, ""},
		{"2=a=b", TARGET_INVALID, 0, ""},
		{"2=0123456789012345678901234567890123456789012345678901234567890123",
			TARGET_INVALID, 0, ""},
		{"0", TARGET_MISSING, 0, ""},
		{"007", TARGET_MISSING, 0, ""},
		{"", TARGET_INVALID, 0, ""},
		{".", TARGET_INVALID, 0, ""},
		{"..", TARGET_INVALID, 0, ""},
		{"/", TARGET_INVALID, 0, ""},
		{"../other/2", TARGET_INVALID, 0, ""},
		{"../hello2/2", TARGET_INVALID, 0, ""},
		{"/mnt/aws/other/2", TARGET_INVALID, 0, ""},
		{"/mnt/aws2/hello/2", TARGET_INVALID, 0, ""},
		{"/hello/2", TARGET_INVALID, 0, ""},
		{"/etc/passwd", TARGET_INVALID, 0, ""},
		{"1/configuration.json", TARGET_INVALID, 0, ""},
		{"PROD%10", TARGET_INVALID, 0, ""},
		{".aliases", TARGET_INVALID, 0, ""},
		{"PROD~", TARGET_INVALID, 0, ""},
		{"user@host.123", TARGET_INVALID, 0, ""},
		{"+", TARGET_INVALID, 0, ""},
	};
	struct target target;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		target_parse(HERE, &hello, cases[i].text, &target);
		if (target.kind != cases[i].kind)
			fail_msg("'%s' is %d", cases[i].text, target.kind);
		assert_string_equal(target.alias, cases[i].alias);
		assert_true(target.version == cases[i].version);
		assert_int_equal(target.kind == TARGET_INVALID || target.kind == TARGET_MISSING,
			target.sentence != NULL);
	}
}

static void mounts_on_the_root_have_absolute_targets_too(void **state)
{
	struct target target;

	(void)state;
	target_parse("", &hello, "/hello/2", &target);
	assert_int_equal(target.kind, TARGET_VERSION);
}

/* semantics(2.1.3) */
static void targets_through_an_alias_are_meant_beside_it(void **state)
{
	struct target target;

	(void)state;
	target_parse_through(HERE, &hello_1, "2", &target);
	assert_int_equal(target.kind, TARGET_VERSION);
	assert_true(target.version == 2);
	target_parse_through(HERE, &hello_1, "../2", &target); /* ln -r */
	assert_int_equal(target.kind, TARGET_VERSION);
	assert_true(target.version == 2);
	target_parse_through(HERE, &hello_latest, "../2", &target);
	assert_true(target.kind == TARGET_VERSION && target.version == 2);
	target_parse_through(HERE, &hello_1, "/mnt/aws/hello/2", &target);
	assert_true(target.kind == TARGET_VERSION && target.version == 2);
	target_parse_through(HERE, &hello_1, "../../other/2", &target);
	assert_int_equal(target.kind, TARGET_INVALID);
}

static void a_text_that_does_not_fit_is_invalid(void **state)
{
	char text[TARGET_TEXT_MAX + 1];
	struct target target;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	target_parse(HERE, &hello, text, &target);
	assert_int_equal(target.kind, TARGET_INVALID);
}

static void last_parts_are_compared_as_tools_cut_them(void **state)
{
	(void)state;
	assert_true(target_ends_with_name("2", "2"));
	assert_true(target_ends_with_name("./2", "2"));
	assert_true(target_ends_with_name("2//", "2"));
	assert_true(target_ends_with_name("/mnt/aws/hello/2", "2"));
	assert_true(target_ends_with_name("$LATEST", "$LATEST"));
	assert_false(target_ends_with_name("12", "2"));
	assert_false(target_ends_with_name("2", "12"));
	assert_false(target_ends_with_name("", "2"));
	assert_false(target_ends_with_name("2/x", "2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_versions_of_the_same_function),
		cmocka_unit_test(mounts_on_the_root_have_absolute_targets_too),
		cmocka_unit_test(targets_through_an_alias_are_meant_beside_it),
		cmocka_unit_test(a_text_that_does_not_fit_is_invalid),
		cmocka_unit_test(last_parts_are_compared_as_tools_cut_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
