/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/commands/ls.h"

static void shares_add_up_in_the_table(void **state)
{
	static char function_name[] = "f", alias_name[] = "PROD";
	struct show_version versions[] = {{0, 0}, {2, 0}, {1, 0}};
	struct show_alias alias = {
		.name = alias_name, .version = 1, .weighted_version = 2, .weight = 0.1};
	struct show_function function = {function_name, versions, 3, &alias, 1};
	struct show_list list = {&function, 1};
	cleanup(buffer_release) struct buffer out = BUFFER_INIT(4096);

	(void)state;
	assert_int_equal(show_print_table(&list, false, &out), 0);
	assert_string_equal(buffer_text(&out), "FUNCTION  VERSION  MODIFIED          ALIASES\n"
					       "f         $LATEST\n"
					       "          2                          PROD 10%\n"
					       "          1                          PROD 90%\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_add_up_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
