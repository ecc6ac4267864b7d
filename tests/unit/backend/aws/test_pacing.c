/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/aws/pacing.h"
#include "backend/base/cleanup.h"

/* A token for a call that is alone in its queue. */
static int64_t ask(struct pacing *pacing, enum pacing_kind kind, int64_t now)
{
	struct pacing_waiter waiter = {.kind = kind};
	int64_t wait;

	pacing_join(pacing, &waiter);
	wait = pacing_take(pacing, &waiter, now);
	if (wait)
		pacing_leave(pacing, &waiter);
	return wait;
}

/* Takes as many places as there are from `start` on, each as early as it is given; counts them by `end`. */
static unsigned int drain(struct pacing *pacing, enum pacing_kind kind, int64_t start, int64_t end)
{
	unsigned int taken = 0;
	int64_t now = start;

	while (now < end) {
		int64_t wait = ask(pacing, kind, now);

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
		struct pacing pacing;
		unsigned int taken;

		pacing_init(&pacing, rates[i], 5000);
		taken = drain(&pacing, PACING_READ, 5000, 105000);
		assert_within(taken, (unsigned int)(rates[i] * 100) - 1,
			(unsigned int)(rates[i] * 100 + rates[i] * 0.4) + 1);
	}
}

static void any_second_stays_below_awss_limit(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	assert_within(drain(&pacing, PACING_READ, 0, 1000), 10, 14);
	/* after a rest the burst is the same */
	assert_within(drain(&pacing, PACING_READ, 60000, 61000), 10, 14);
}

static void a_few_calls_need_not_wait(void **state)
{
	struct pacing pacing;
	int i;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(ask(&pacing, PACING_READ, 0), 0);
	assert_int_equal(ask(&pacing, PACING_READ, 0), 100);
}

static void writes_go_first(void **state)
{
	struct pacing pacing;
	unsigned int i;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	drain(&pacing, PACING_READ, 0, 1000);
	/* the reads' tokens are gone, and still */
	for (i = 0; i < 20 && !ask(&pacing, PACING_WRITE, 1000); i++)
		;
	assert_within(i, 5, 6);
}

static void reads_stand_back_while_a_write_waits(void **state)
{
	struct pacing_waiter write = {.kind = PACING_WRITE}, read = {.kind = PACING_READ};
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	pacing_join(&pacing, &read);
	pacing_join(&pacing, &write);
	/* however many places there are */
	assert_true(pacing_take(&pacing, &read, 100000) == PACING_OTHERS_FIRST);
	assert_null(pacing_next(&pacing, PACING_READ));
	assert_ptr_equal(pacing_next(&pacing, PACING_WRITE), &write);
	assert_int_equal(pacing_take(&pacing, &write, 100000), 0);
	assert_ptr_equal(pacing_next(&pacing, PACING_READ), &read);
	assert_int_equal(pacing_take(&pacing, &read, 100000), 0);
	assert_null(pacing_next(&pacing, PACING_READ));
}

static void who_came_first_goes_first(void **state)
{
	struct pacing_waiter waiters[5];
	struct pacing pacing;
	size_t i;

	(void)state;
	for (i = 0; i < PACING_KIND_COUNT; i++) {
		size_t j;

		pacing_init(&pacing, PACING_RATE, 0);
		for (j = 0; j < array_count(waiters); j++) {
			waiters[j].kind = (enum pacing_kind)i;
			pacing_join(&pacing, &waiters[j]);
		}
		assert_true(pacing_take(&pacing, &waiters[1], 1000) == PACING_OTHERS_FIRST);
		/* the first, the middle one and the last give up */
		pacing_leave(&pacing, &waiters[0]);
		pacing_leave(&pacing, &waiters[2]);
		pacing_leave(&pacing, &waiters[4]);
		assert_true(pacing_take(&pacing, &waiters[3], 1000) == PACING_OTHERS_FIRST);
		assert_int_equal(pacing_take(&pacing, &waiters[1], 1000), 0);
		/* and one comes again, at the end */
		pacing_join(&pacing, &waiters[0]);
		assert_true(pacing_take(&pacing, &waiters[0], 2000) == PACING_OTHERS_FIRST);
		assert_int_equal(pacing_take(&pacing, &waiters[3], 2000), 0);
		assert_int_equal(pacing_take(&pacing, &waiters[0], 3000), 0);
		assert_null(pacing_next(&pacing, (enum pacing_kind)i));
	}
}

/* No waiter overtakes the first while that waits for its token: else it might wait for ever. */
static void the_first_is_not_overtaken(void **state)
{
	struct pacing_waiter first = {.kind = PACING_READ}, second = {.kind = PACING_READ};
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	drain(&pacing, PACING_READ, 0, 1001);
	pacing_join(&pacing, &first);
	pacing_join(&pacing, &second);
	assert_within(pacing_take(&pacing, &first, 1000), 1, 100);
	assert_int_equal(pacing.waiting, 2);
	assert_true(pacing_take(&pacing, &second, 1100) == PACING_OTHERS_FIRST);
	assert_int_equal(pacing_take(&pacing, &first, 1100), 0);
	assert_int_equal(pacing.waiting, 1);
}

static void get_function_has_its_own(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	drain(&pacing, PACING_READ, 0, 1000);
	assert_within(drain(&pacing, PACING_GET_FUNCTION, 0, 10000), 890, 940);
}

static void get_function_goes_at_nine_times_the_rate(void **state)
{
	static const struct {
		double rate, wanted;
	} table[] = {{10, 90}, {5, 45}, {0.1, 0.9}, {11, 99}, {15, 100}, {1000, 9000}, {0, 90}};
	size_t i;

	(void)state;
	for (i = 0; i < array_count(table); i++) {
		struct pacing pacing;

		pacing_init(&pacing, table[i].rate, 0);
		assert_float_equal(pacing.get_function_rate, table[i].wanted, 1e-9);
	}
}

/* A throttle of GetFunction slows GetFunction, for a while, and nothing else; nor does one of the others slow it. */
static void get_function_is_throttled_by_itself(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	drain(&pacing, PACING_READ, 0, 1000);
	drain(&pacing, PACING_GET_FUNCTION, 0, 1000);
	pacing_learn(&pacing, PACING_GET_FUNCTION, true, 1000);
	assert_false(pacing.throttled);
	assert_within(drain(&pacing, PACING_GET_FUNCTION, 1000, 1500), 20, 40);
	assert_within(drain(&pacing, PACING_READ, 1000, 2000), 9, 15);
	assert_within(drain(&pacing, PACING_GET_FUNCTION, 11000, 12000), 85, 130);
	pacing_learn(&pacing, PACING_READ, true, 12000);
	assert_within(drain(&pacing, PACING_GET_FUNCTION, 12000, 13000), 85, 100);
}

static void cloudtrail_has_its_own(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	assert_within(drain(&pacing, PACING_TRAIL, 0, 10000), 19, 21);
	assert_within(drain(&pacing, PACING_READ, 10000, 20000), 99, 105);
	pacing_learn(&pacing, PACING_READ, true, 20000);
	assert_within(drain(&pacing, PACING_TRAIL, 20000, 30000), 19, 21);
}

static void unlimited_never_waits(void **state)
{
	struct pacing pacing;
	int i;

	(void)state;
	pacing_init(&pacing, 0, 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(ask(&pacing, i % 2 ? PACING_READ : PACING_TRAIL, 1), 0);
}

static void a_throttle_slows_down_and_time_heals(void **state)
{
	struct pacing pacing;
	unsigned int before, during;
	int64_t now;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	before = drain(&pacing, PACING_READ, 0, 10000);
	pacing_learn(&pacing, PACING_READ, true, 10000);
	during = drain(&pacing, PACING_READ, 10000, 11000);
	assert_true(during < before / 10);
	/* a second throttle cuts again */
	pacing_learn(&pacing, PACING_READ, true, 11000);
	assert_true(pacing.adaptive_rate < 0.7 * 0.8 * PACING_RATE);
	for (now = 11000; now < 60000; now += 100) {
		if (!ask(&pacing, PACING_READ, now))
			pacing_learn(&pacing, PACING_READ, false, now);
	}
	assert_false(pacing.throttled);
	assert_within(drain(&pacing, PACING_READ, 60000, 70000), 99, 105);
}

static void the_rate_never_falls_to_nothing(void **state)
{
	struct pacing pacing;
	int i;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	for (i = 0; i < 50; i++)
		pacing_learn(&pacing, PACING_READ, true, i * 10);
	assert_true(pacing.adaptive_rate >= 2);
	assert_within(drain(&pacing, PACING_READ, 1000, 11000), 18, 23);
}

static void unlimited_learns_too(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, 0, 0);
	while (pacing.measured < 1)
		assert_int_equal(ask(&pacing, PACING_READ, pacing.period * 500 + 600), 0);
	pacing_learn(&pacing, PACING_READ, true, 1000);
	assert_int_equal(ask(&pacing, PACING_READ, 1000) > 0, 1);
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
