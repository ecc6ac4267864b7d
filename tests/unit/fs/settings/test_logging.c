/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "fs/settings/logging.h"

static void the_journal_is_known_by_its_file(void **state)
{
	static const struct {
		const char *value;
		bool is_journal;
	} rows[] = {
		{"8:77", true},
		{"8:78", false},
		{"9:77", false},
		{"8:77x", false},
		{"8", false},
		{":", false},
		{"", false},
		{NULL, false},
	};
	const struct stat file = {.st_dev = 8, .st_ino = 77};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++)
		assert_int_equal(logging_is_journal(rows[i].value, &file), rows[i].is_journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_journal_is_known_by_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
