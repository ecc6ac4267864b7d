/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/aws/rate_limit.h"
#include "backend/base/cleanup.h"

/* A token for a call that is alone in its queue. */
static int64_t ask(struct rate_limit *rate_limit, enum rate_limit_kind kind, int64_t now)
{
	struct rate_limit_waiter waiter = {.kind = kind};
	int64_t wait;

	rate_limit_join(rate_limit, &waiter);
	wait = rate_limit_take(rate_limit, &waiter, now);
	if (wait)
		rate_limit_leave(rate_limit, &waiter);
	return wait;
}

/* Takes as many places as there are from `start` on, each as early as it is given; counts them by `end`. */
static unsigned int drain(
	struct rate_limit *rate_limit, enum rate_limit_kind kind, int64_t start, int64_t end)
{
	unsigned int taken = 0;
	int64_t now = start;

	while (now < end) {
		int64_t wait = ask(rate_limit, kind, now);

		assert_true(wait >= 0);
		if (wait)
			now += wait;
		else
			taken++;
	}
	return taken;
}

static void reads_keep_the_rate(void **state)
{
	static const double rates[] = {0.5, 1, 10, 14};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(rates); i++) {
		struct rate_limit rate_limit;
		unsigned int taken;

		rate_limit_init(&rate_limit, rates[i], 5000);
		taken = drain(&rate_limit, RATE_LIMIT_READ, 5000, 105000);
		assert_within(taken, (unsigned int)(rates[i] * 100) - 1,
			(unsigned int)(rates[i] * 100 + rates[i] * 0.4) + 1);
	}
}

static void any_second_stays_below_awss_limit(void **state)
{
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	assert_within(drain(&rate_limit, RATE_LIMIT_READ, 0, 1000), 10, 14);
	/* after a rest the burst is the same */
	assert_within(drain(&rate_limit, RATE_LIMIT_READ, 60000, 61000), 10, 14);
}

static void a_few_calls_need_not_wait(void **state)
{
	struct rate_limit rate_limit;
	int i;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(ask(&rate_limit, RATE_LIMIT_READ, 0), 0);
	assert_int_equal(ask(&rate_limit, RATE_LIMIT_READ, 0), 100);
}

static void writes_go_first(void **state)
{
	struct rate_limit rate_limit;
	unsigned int i;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	drain(&rate_limit, RATE_LIMIT_READ, 0, 1000);
	/* the reads' tokens are gone, and still */
	for (i = 0; i < 20 && !ask(&rate_limit, RATE_LIMIT_WRITE, 1000); i++)
		;
	assert_within(i, 5, 6);
}

static void reads_stand_back_while_a_write_waits(void **state)
{
	struct rate_limit_waiter write = {.kind = RATE_LIMIT_WRITE},
				 read = {.kind = RATE_LIMIT_READ};
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	rate_limit_join(&rate_limit, &read);
	rate_limit_join(&rate_limit, &write);
	/* however many places there are */
	assert_true(rate_limit_take(&rate_limit, &read, 100000) == RATE_LIMIT_OTHERS_FIRST);
	assert_null(rate_limit_next(&rate_limit, RATE_LIMIT_READ));
	assert_ptr_equal(rate_limit_next(&rate_limit, RATE_LIMIT_WRITE), &write);
	assert_int_equal(rate_limit_take(&rate_limit, &write, 100000), 0);
	assert_ptr_equal(rate_limit_next(&rate_limit, RATE_LIMIT_READ), &read);
	assert_int_equal(rate_limit_take(&rate_limit, &read, 100000), 0);
	assert_null(rate_limit_next(&rate_limit, RATE_LIMIT_READ));
}

static void who_came_first_goes_first(void **state)
{
	struct rate_limit_waiter waiters[5];
	struct rate_limit rate_limit;
	size_t i;

	(void)state;
	for (i = 0; i < RATE_LIMIT_KIND_COUNT; i++) {
		size_t j;

		rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
		for (j = 0; j < array_count(waiters); j++) {
			waiters[j].kind = (enum rate_limit_kind)i;
			rate_limit_join(&rate_limit, &waiters[j]);
		}
		assert_true(
			rate_limit_take(&rate_limit, &waiters[1], 1000) == RATE_LIMIT_OTHERS_FIRST);
		/* the first, the middle one and the last give up */
		rate_limit_leave(&rate_limit, &waiters[0]);
		rate_limit_leave(&rate_limit, &waiters[2]);
		rate_limit_leave(&rate_limit, &waiters[4]);
		assert_true(
			rate_limit_take(&rate_limit, &waiters[3], 1000) == RATE_LIMIT_OTHERS_FIRST);
		assert_int_equal(rate_limit_take(&rate_limit, &waiters[1], 1000), 0);
		/* and one comes again, at the end */
		rate_limit_join(&rate_limit, &waiters[0]);
		assert_true(
			rate_limit_take(&rate_limit, &waiters[0], 2000) == RATE_LIMIT_OTHERS_FIRST);
		assert_int_equal(rate_limit_take(&rate_limit, &waiters[3], 2000), 0);
		assert_int_equal(rate_limit_take(&rate_limit, &waiters[0], 3000), 0);
		assert_null(rate_limit_next(&rate_limit, (enum rate_limit_kind)i));
	}
}

/* No waiter overtakes the first while that waits for its token: else it might wait for ever. */
static void the_first_is_not_overtaken(void **state)
{
	struct rate_limit_waiter first = {.kind = RATE_LIMIT_READ},
				 second = {.kind = RATE_LIMIT_READ};
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	drain(&rate_limit, RATE_LIMIT_READ, 0, 1001);
	rate_limit_join(&rate_limit, &first);
	rate_limit_join(&rate_limit, &second);
	assert_within(rate_limit_take(&rate_limit, &first, 1000), 1, 100);
	assert_int_equal(rate_limit.waiting, 2);
	assert_true(rate_limit_take(&rate_limit, &second, 1100) == RATE_LIMIT_OTHERS_FIRST);
	assert_int_equal(rate_limit_take(&rate_limit, &first, 1100), 0);
	assert_int_equal(rate_limit.waiting, 1);
}

static void get_function_has_its_own(void **state)
{
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	drain(&rate_limit, RATE_LIMIT_READ, 0, 1000);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_FUNCTION, 0, 10000), 890, 940);
}

static void get_function_goes_at_nine_times_the_rate(void **state)
{
	static const struct {
		double rate, wanted;
	} table[] = {{10, 90}, {5, 45}, {0.1, 0.9}, {11, 99}, {15, 100}, {1000, 9000}, {0, 90}};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		struct rate_limit rate_limit;

		rate_limit_init(&rate_limit, table[i].rate, 0);
		assert_float_equal(rate_limit.get_function.rate, table[i].wanted, 1e-9);
	}
}

/* A throttle of GetFunction slows GetFunction, for a while, and nothing else; nor does one of the others slow it. */
static void get_function_is_throttled_by_itself(void **state)
{
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	drain(&rate_limit, RATE_LIMIT_READ, 0, 1000);
	drain(&rate_limit, RATE_LIMIT_GET_FUNCTION, 0, 1000);
	rate_limit_learn(&rate_limit, RATE_LIMIT_GET_FUNCTION, true, 1000);
	assert_false(rate_limit.throttled);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_FUNCTION, 1000, 1500), 20, 40);
	assert_within(drain(&rate_limit, RATE_LIMIT_READ, 1000, 2000), 9, 15);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_FUNCTION, 11000, 12000), 85, 130);
	rate_limit_learn(&rate_limit, RATE_LIMIT_READ, true, 12000);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_FUNCTION, 12000, 13000), 85, 100);
}

/* 12 a second, never more than AWS's 15 within one; a throttle of it slows nothing else. semantics(6.10.2) */
static void get_policy_has_its_own(void **state)
{
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	drain(&rate_limit, RATE_LIMIT_READ, 0, 1000);
	drain(&rate_limit, RATE_LIMIT_GET_FUNCTION, 0, 1000);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_POLICY, 0, 1000), 12, 15);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_POLICY, 1000, 11000), 118, 122);
	rate_limit_learn(&rate_limit, RATE_LIMIT_GET_POLICY, true, 11000);
	assert_false(rate_limit.throttled);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_POLICY, 11000, 12000), 4, 10);
	assert_within(drain(&rate_limit, RATE_LIMIT_GET_FUNCTION, 11000, 12000), 85, 130);
	assert_within(drain(&rate_limit, RATE_LIMIT_READ, 11000, 12000), 9, 15);
	rate_limit_init(&rate_limit, 5, 0);
	assert_float_equal(rate_limit.get_policy.rate, 6, 1e-9);
	rate_limit_init(&rate_limit, RATE_LIMIT_MAX, 0);
	assert_float_equal(rate_limit.get_policy.rate, RATE_LIMIT_GET_POLICY_MAX, 1e-9);
}

static void cloudtrail_has_its_own(void **state)
{
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	assert_within(drain(&rate_limit, RATE_LIMIT_TRAIL, 0, 10000), 19, 21);
	assert_within(drain(&rate_limit, RATE_LIMIT_READ, 10000, 20000), 99, 105);
	rate_limit_learn(&rate_limit, RATE_LIMIT_READ, true, 20000);
	assert_within(drain(&rate_limit, RATE_LIMIT_TRAIL, 20000, 30000), 19, 21);
}

static void unlimited_never_waits(void **state)
{
	struct rate_limit rate_limit;
	int i;

	(void)state;
	rate_limit_init(&rate_limit, 0, 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(
			ask(&rate_limit, i % 2 ? RATE_LIMIT_READ : RATE_LIMIT_TRAIL, 1), 0);
}

static void a_throttle_slows_down_and_time_heals(void **state)
{
	struct rate_limit rate_limit;
	unsigned int before, during;
	int64_t now;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	before = drain(&rate_limit, RATE_LIMIT_READ, 0, 10000);
	rate_limit_learn(&rate_limit, RATE_LIMIT_READ, true, 10000);
	during = drain(&rate_limit, RATE_LIMIT_READ, 10000, 11000);
	assert_true(during < before / 10);
	/* a second throttle cuts again */
	rate_limit_learn(&rate_limit, RATE_LIMIT_READ, true, 11000);
	assert_true(rate_limit.adaptive_rate < 0.7 * 0.8 * RATE_LIMIT_DEFAULT);
	for (now = 11000; now < 60000; now += 100) {
		if (!ask(&rate_limit, RATE_LIMIT_READ, now))
			rate_limit_learn(&rate_limit, RATE_LIMIT_READ, false, now);
	}
	assert_false(rate_limit.throttled);
	assert_within(drain(&rate_limit, RATE_LIMIT_READ, 60000, 70000), 99, 105);
}

static void the_rate_never_falls_to_nothing(void **state)
{
	struct rate_limit rate_limit;
	int i;

	(void)state;
	rate_limit_init(&rate_limit, RATE_LIMIT_DEFAULT, 0);
	for (i = 0; i < 50; i++)
		rate_limit_learn(&rate_limit, RATE_LIMIT_READ, true, i * 10);
	assert_true(rate_limit.adaptive_rate >= 2);
	assert_within(drain(&rate_limit, RATE_LIMIT_READ, 1000, 11000), 18, 23);
}

static void unlimited_learns_too(void **state)
{
	struct rate_limit rate_limit;

	(void)state;
	rate_limit_init(&rate_limit, 0, 0);
	while (rate_limit.measured < 1)
		assert_int_equal(
			ask(&rate_limit, RATE_LIMIT_READ, rate_limit.period * 500 + 600), 0);
	rate_limit_learn(&rate_limit, RATE_LIMIT_READ, true, 1000);
	assert_int_equal(ask(&rate_limit, RATE_LIMIT_READ, 1000) > 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_keep_the_rate),
		cmocka_unit_test(any_second_stays_below_awss_limit),
		cmocka_unit_test(a_few_calls_need_not_wait),
		cmocka_unit_test(writes_go_first),
		cmocka_unit_test(reads_stand_back_while_a_write_waits),
		cmocka_unit_test(who_came_first_goes_first),
		cmocka_unit_test(the_first_is_not_overtaken),
		cmocka_unit_test(get_function_has_its_own),
		cmocka_unit_test(get_policy_has_its_own),
		cmocka_unit_test(cloudtrail_has_its_own),
		cmocka_unit_test(get_function_goes_at_nine_times_the_rate),
		cmocka_unit_test(get_function_is_throttled_by_itself),
		cmocka_unit_test(unlimited_never_waits),
		cmocka_unit_test(a_throttle_slows_down_and_time_heals),
		cmocka_unit_test(the_rate_never_falls_to_nothing),
		cmocka_unit_test(unlimited_learns_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
