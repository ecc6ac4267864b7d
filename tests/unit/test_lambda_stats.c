/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/lambda_stats.h"

static void calls_are_counted_by_operation(void **state)
{
	struct lambda_operation_stats rows[LAMBDA_STATS_OPERATIONS];
	struct lambda_stats *stats = lambda_stats_new();
	char name[] = "GetAlias";

	(void)state;
	lambda_stats_note(stats, "GetAlias", LAMBDA_OK, 1, 0, 5);
	lambda_stats_note(stats, name, LAMBDA_OK, 3, 2, 6);
	lambda_stats_note(stats, "GetAlias", LAMBDA_THROTTLED, 3, 3, 99999);
	lambda_stats_note(stats, "ListAliases", LAMBDA_OK, 1, 0, -1);
	assert_int_equal(lambda_stats_copy(stats, rows), 2);
	assert_string_equal(rows[0].operation, "GetAlias");
	assert_int_equal(rows[0].outcomes[LAMBDA_OK], 2);
	assert_int_equal(rows[0].outcomes[LAMBDA_THROTTLED], 1);
	assert_int_equal(rows[0].attempts, 7);
	assert_int_equal(rows[0].throttled, 5);
	assert_int_equal(rows[0].buckets[0], 1);
	assert_int_equal(rows[0].buckets[1], 1);
	assert_int_equal(rows[0].buckets[LAMBDA_STATS_BUCKETS - 1], 1);
	assert_int_equal(rows[1].milliseconds, 0);
	lambda_stats_free(stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_counted_by_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
