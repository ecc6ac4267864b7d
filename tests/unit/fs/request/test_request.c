/* SPDX-License-Identifier: MIT */
/* Who may do what. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "fs/request/request.h"
#include "fs/settings/options.h"

#define MOUNTED_BY 1000

/* semantics(1.6.1, 1.6.2, 2.0.15) */
static void every_change_begins_with_may_this_user(void **state)
{
	static const struct {
		bool read_only;
		uid_t uid;
		int error;
		const char *sentence;
	} rows[] = {
		{false, MOUNTED_BY, 0, ""},
		{false, 0, 0, ""},
		{false, 1001, -EACCES,
			"only the user who mounted (uid 1000) and root may change anything"},
		{true, MOUNTED_BY, -EROFS, "the account is mounted read-only"},
		{true, 0, -EROFS, "the account is mounted read-only"},
		{true, 1001, -EROFS, "the account is mounted read-only"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rows); i++) {
		struct options options = {.read_only = rows[i].read_only};
		struct aliasfs fs = {.options = &options, .uid = MOUNTED_BY};
		struct request request = {.fs = &fs, .caller = {.uid = rows[i].uid}};

		assert_int_equal(request_permits_change(&request), rows[i].error);
		assert_string_equal(request.error.message, rows[i].sentence);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_begins_with_may_this_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
