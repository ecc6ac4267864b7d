/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/rules/name.h"

/* semantics(3.3.11) */
static void every_name_means_one_thing(void **state)
{
	static const struct {
		const char *text;
		enum name_kind kind;
		const char *alias;
		uint64_t version;
	} cases[] = {
		{"$LATEST", NAME_VERSION, "", LAMBDA_VERSION_LATEST},
		{"$LATEST.PUBLISHED", NAME_VERSION, "", LAMBDA_VERSION_LATEST_PUBLISHED},
		{"1", NAME_VERSION, "", 1},
		{"130", NAME_VERSION, "", 130},
		{"0", NAME_NUMERIC, "", 0},
		{"007", NAME_NUMERIC, "", 0},
		{"99999999999999999999999", NAME_NUMERIC, "", 0},
		{"PROD", NAME_ALIAS, "PROD", 0},
		{"-", NAME_ALIAS, "-", 0},
		{"_1", NAME_ALIAS, "_1", 0},
		{"1a", NAME_ALIAS, "1a", 0},
		{"LATEST", NAME_ALIAS, "LATEST", 0},
		{"PROD%10", NAME_WEIGHT, "PROD", 0},
		{"PROD%0", NAME_WEIGHT, "PROD", 0},
		{"PROD%33.3", NAME_WEIGHT, "PROD", 0},
		{"PROD%", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"PROD%10.0", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"PROD%010", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"PROD%101", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"PROD%10_a8Xk2p", NAME_LOCAL, "", 0},
		{"PROD%10.new", NAME_LOCAL, "", 0},
		{"PROD%33.3.dpkg-tmp", NAME_LOCAL, "", 0},
		{".PROD%10.4711", NAME_LOCAL, "", 0},
		{"a.b%10", NAME_LOCAL, "", 0},
		{"PROD%-1", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"PROD%x", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"PROD%101.new", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"PROD%10%10", NAME_WEIGHT_MALFORMED, "PROD", 0},
		{"%10", NAME_WEIGHT_MALFORMED, "", 0},
		{"7%10", NAME_WEIGHT_MALFORMED, "", 0},
		{"PROD@1", NAME_SETTLED, "PROD", 0},
		{"PROD@99", NAME_SETTLED, "PROD", 0},
		{"PROD@0", NAME_SETTLED, "PROD", 0},
		{"PROD@01", NAME_SETTLED, "PROD", 0},
		{"PROD@99999999999999999999999", NAME_SETTLED, "PROD", 0},
		{"PROD@", NAME_LOCAL, "", 0},
		{"PROD@x", NAME_LOCAL, "", 0},
		{"PROD@1x", NAME_LOCAL, "", 0},
		{"PROD@1@1", NAME_LOCAL, "", 0},
		{"PROD%10@1", NAME_LOCAL, "", 0},
		{"7@1", NAME_LOCAL, "", 0},
		{"@1", NAME_LOCAL, "", 0},
		{".aliases", NAME_ALIASES, "", 0},
		{".function", NAME_FUNCTION_DOCUMENTS, "", 0},
		{".newest", NAME_NEWEST, "", 0},
		{"+", NAME_PUBLISH, "", 0},
		{"+fix login", NAME_PUBLISH, "", 0},
		{"PROD~", NAME_BACKUP, "PROD", 0},
		{"PROD.~1~", NAME_BACKUP, "PROD", 0},
		{"PROD.~130~", NAME_BACKUP, "PROD", 0},
		{"PROD%10~", NAME_BACKUP, "PROD", 0},
		{"PROD%33.3.~2~", NAME_BACKUP, "PROD", 0},
		{"~", NAME_LOCAL, "", 0},
		{"PROD~~", NAME_LOCAL, "", 0},
		{"PROD.~~", NAME_LOCAL, "", 0},
		{"1~", NAME_LOCAL, "", 0},
		{"PROD.old", NAME_LOCAL, "", 0},
		{".PROD.1234", NAME_LOCAL, "", 0},
		{".#PROD", NAME_LOCAL, "", 0},
		{".4711.1700000000.25.tmp", NAME_LOCAL, "", 0},
		{"$LATESTX", NAME_LOCAL, "", 0},
		{"PR\xc3\x96"
		 "D",
			NAME_LOCAL, "", 0},
	};
	struct name name;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++) {
		name_parse(cases[i].text, &name);
		if (name.kind != cases[i].kind)
			fail_msg("%s is %d", cases[i].text, name.kind);
		assert_string_equal(name.alias, cases[i].alias);
		if (name.kind == NAME_VERSION)
			assert_true(name.version == cases[i].version);
	}
}

static void parts_of_names_are_told(void **state)
{
	struct name name;

	(void)state;
	name_parse("PROD%33.3", &name);
	assert_true(name.weight == 0.333);
	name_parse("+fix login", &name);
	assert_string_equal(name.description, "fix login");
	name_parse("PROD%10.~12~", &name);
	assert_int_equal(name.backup_of, 7);
}

static void names_of_more_than_128_bytes_are_too_long(void **state)
{
	char text[256];
	struct name name;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[128] = '\0';
	name_parse(text, &name);
	assert_int_equal(name.kind, NAME_ALIAS);
	assert_string_equal(name.alias, text);
	text[128] = 'a';
	text[129] = '\0';
	name_parse(text, &name);
	assert_int_equal(name.kind, NAME_ALIAS_TOO_LONG);
	snprintf(text + 129, sizeof(text) - 129, "%%10");
	name_parse(text, &name);
	assert_int_equal(name.kind, NAME_ALIAS_TOO_LONG);
	memset(text, 'a', 255);
	text[255] = '\0';
	name_parse(text, &name);
	assert_int_equal(name.kind, NAME_ALIAS_TOO_LONG);
}

static void temporary_looks_are_those_of_the_measured_tools(void **state)
{
	static const unsigned int coreutils = NAME_PATTERN_COREUTILS, toybox = NAME_PATTERN_TOYBOX,
				  any = 4;
	static const struct {
		const char *name;
		unsigned int whose; /* which patterns it takes; `any`: none */
	} cases[] = {
		{"CuAbc123", coreutils},
		{"Customer", coreutils},
		{"Currency", coreutils},
		{"PROD_a8Xk2p", toybox},
		{"PROD_canary", toybox},
		{"api_stable", toybox},
		{"app_canary", toybox},
		{"a_b_123456", toybox},
		{"tmpab_123456", toybox},
		{"tmpfile_01a", any},
		{"tmpab_12345", any},
		{"PROD", 0},
		{"Cu", 0},
		{"Customers", 0},
		{"Custom", 0},
		{"_canary", 0},
		{"PROD-canary", 0},
		{"tmp", 0},
		{"tmpabc", 0},
		{"PROD_canary2", 0},
		{"PROD_can-ry", 0},
		{".x_123456", 0},
		{"tmpfiles01", 0},
	};
	unsigned int patterns;
	size_t i;

	(void)state;
	for (i = 0; i < array_count(cases); i++)
		for (patterns = 0; patterns <= NAME_PATTERNS_ALL; patterns++)
			if (name_looks_temporary(cases[i].name, patterns) !=
				((cases[i].whose & (patterns | any)) != 0))
				fail_msg("%s %u", cases[i].name, patterns);
}

static void weight_names_are_written_as_they_are_read(void **state)
{
	char text[NAME_WEIGHT_SIZE], alias[LAMBDA_ALIAS_NAME_MAX + 1];
	struct name name;

	(void)state;
	assert_int_equal(name_format_weight("PROD", 0.1, text), 0);
	assert_string_equal(text, "PROD%10");
	memset(alias, 'x', sizeof(alias) - 1);
	alias[sizeof(alias) - 1] = '\0';
	assert_int_equal(name_format_weight(alias, 5e-324, text), 0);
	name_parse(text, &name);
	assert_int_equal(name.kind, NAME_WEIGHT);
	assert_string_equal(name.alias, alias);
	assert_true(name.weight == 5e-324);
	assert_int_not_equal(name_format_weight("PROD", 1.5, text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_means_one_thing),
		cmocka_unit_test(parts_of_names_are_told),
		cmocka_unit_test(names_of_more_than_128_bytes_are_too_long),
		cmocka_unit_test(temporary_looks_are_those_of_the_measured_tools),
		cmocka_unit_test(weight_names_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
