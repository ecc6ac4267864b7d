/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/commands/ls.h"

static char function_name[] = "f", alias_name[] = "PROD", other_name[] = "BETA";
static char description[] = "fix\nlogin", state[] = "live";

static void shares_add_up_in_the_table(void **state_)
{
	struct show_version versions[] = {
		{.version = 0}, {.version = 2, .description = description}, {.version = 1}};
	struct show_alias alias = {.name = alias_name,
		.version = 1,
		.weighted_version = 2,
		.weight = 0.1,
		.description = state};
	struct show_function function = {function_name, versions, 3, &alias, 1};
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(4096);

	(void)state_;
	assert_int_equal(show_print_head(1, false, &out), 0);
	assert_int_equal(show_print_function(&function, 1, false, &out), 0);
	assert_string_equal(buffer_text(&out),
		"FUNCTION  VERSION  MODIFIED          ALIASES\n"
		"f         $LATEST\n"
		"          2                          PROD 10% (live)  - fix?login\n"
		"          1                          PROD 90% (live)\n");
}

static void the_matrix_has_a_column_for_each_alias(void **state_)
{
	static char second_name[] = "longer-one", third_name[] = "g";
	struct show_alias first[] = {
		{.name = other_name, .version = 12}, {.name = alias_name,
							     .version = 1,
							     .weighted_version = 2,
							     .weight = 0.25,
							     .since = 1000000 - 3 * 86400}};
	struct show_alias second = {.name = alias_name, .version = 3, .since = 1000000 - 7199};
	struct show_function functions[] = {
		{function_name, NULL, 0, first, 2},
		{third_name, NULL, 0, NULL, 0},
		{second_name, NULL, 0, &second, 1},
	};
	const struct show_list list = {functions, 3}, nothing = {NULL, 0};
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(4096);

	(void)state_;
	assert_int_equal(show_print_matrix(&list, 1000000, false, &out), 0);
	assert_string_equal(buffer_text(&out), "FUNCTION    PROD              BETA\n"
					       "f           1 75% 2 25% (3d)  12\n"
					       "g           -                 -\n"
					       "longer-one  3 (1h)            -\n");
	buffer_reset(&out);
	assert_int_equal(show_print_matrix(&nothing, 1000000, false, &out), 0);
	assert_string_equal(buffer_text(&out), "FUNCTION\n");
}

static void aliases_differ_in_version_and_weight(void **state_)
{
	const struct show_alias plain = {.name = alias_name, .version = 1};
	const struct show_alias same = {.name = other_name, .version = 1, .description = state};
	const struct show_alias moved = {.name = other_name, .version = 2};
	const struct show_alias shared = {
		.name = other_name, .version = 1, .weighted_version = 2, .weight = 0.1};
	const struct show_alias more = {
		.name = other_name, .version = 1, .weighted_version = 2, .weight = 0.2};

	(void)state_;
	assert_false(show_differs(NULL, NULL));
	assert_false(show_differs(&plain, &same));
	assert_false(show_differs(&shared, &shared));
	assert_true(show_differs(&plain, NULL));
	assert_true(show_differs(NULL, &plain));
	assert_true(show_differs(&plain, &moved));
	assert_true(show_differs(&plain, &shared));
	assert_true(show_differs(&shared, &more));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_add_up_in_the_table),
		cmocka_unit_test(the_matrix_has_a_column_for_each_alias),
		cmocka_unit_test(aliases_differ_in_version_and_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
