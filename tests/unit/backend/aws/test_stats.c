/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/aws/stats.h"

static void calls_are_counted_by_operation(void **state)
{
	struct aws_operation_stats rows[AWS_STATS_OPERATIONS];
	struct aws_stats *stats = aws_stats_new();
	char name[] = "GetAlias";

	(void)state;
	aws_stats_note(stats, "GetAlias", LAMBDA_OK, 1, 0, 5);
	aws_stats_note(stats, name, LAMBDA_OK, 3, 2, 6);
	aws_stats_note(stats, "GetAlias", LAMBDA_THROTTLED, 3, 3, 99999);
	aws_stats_note(stats, "ListAliases", LAMBDA_OK, 1, 0, -1);
	assert_int_equal(aws_stats_copy(stats, rows), 2);
	assert_string_equal(rows[0].operation, "GetAlias");
	assert_int_equal(rows[0].outcomes[LAMBDA_OK], 2);
	assert_int_equal(rows[0].outcomes[LAMBDA_THROTTLED], 1);
	assert_int_equal(rows[0].attempts, 7);
	assert_int_equal(rows[0].throttled, 5);
	assert_int_equal(rows[0].buckets[0], 1);
	assert_int_equal(rows[0].buckets[1], 1);
	assert_int_equal(rows[0].buckets[AWS_STATS_BUCKETS - 1], 1);
	assert_int_equal(rows[1].milliseconds, 0);
	aws_stats_free(stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_counted_by_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
