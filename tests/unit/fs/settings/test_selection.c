/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/settings/selection.h"

static void globs_choose_functions(void **state)
{
	static const struct {
		const char *globs, *function;
		bool shown;
	} rows[] = {
		{NULL, "anything", true},
		{"shop-*", "shop-front", true},
		{"shop-*", "shop", false},
		{"a:shop-*:b", "shop-x", true},
		{"a::b", "b", true},
		{"a::b", "", false},
		{"", "a", false},
		{":", "a", false},
		{"[ab]", "b", true},
		{"a", "ab", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++)
		assert_int_equal(selection_shows(rows[i].globs, rows[i].function), rows[i].shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs_choose_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
