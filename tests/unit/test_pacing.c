/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "backend/base/cleanup.h"
#include "backend/pacing.h"

/* Takes as many places as there are from `start` on, each as early as it is given; counts them by `end`. */
static unsigned int drain(struct pacing *pacing, enum pacing_kind kind, int64_t start, int64_t end)
{
	unsigned int taken = 0;
	int64_t now = start;

	while (now < end) {
		int64_t wait = pacing_take(pacing, kind, now);

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
		assert_in_range(taken, (unsigned int)(rates[i] * 100) - 1,
			(unsigned int)(rates[i] * 100 + rates[i] * 0.4) + 1);
	}
}

static void any_second_stays_below_awss_limit(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	assert_in_range(drain(&pacing, PACING_READ, 0, 1000), 10, 14);
	/* after a rest the burst is the same */
	assert_in_range(drain(&pacing, PACING_READ, 60000, 61000), 10, 14);
}

static void a_few_calls_need_not_wait(void **state)
{
	struct pacing pacing;
	int i;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(pacing_take(&pacing, PACING_READ, 0), 0);
	assert_int_equal(pacing_take(&pacing, PACING_READ, 0), 100);
}

static void writes_go_first(void **state)
{
	struct pacing pacing;
	unsigned int i;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	drain(&pacing, PACING_READ, 0, 1000);
	/* the reads' tokens are gone, and still */
	for (i = 0; i < 20 && !pacing_take(&pacing, PACING_WRITE, 1000); i++)
		;
	assert_in_range(i, 5, 6);
	/* reads stand back while one waits, however many tokens there are */
	pacing.waiting_writes = 1;
	assert_true(pacing_take(&pacing, PACING_READ, 100000) > 0);
	pacing.waiting_writes = 0;
	assert_int_equal(pacing_take(&pacing, PACING_READ, 100000), 0);
}

static void get_function_has_its_own(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	drain(&pacing, PACING_READ, 0, 1000);
	assert_in_range(drain(&pacing, PACING_GET_FUNCTION, 0, 10000), 990, 1045);
}

static void unlimited_never_waits(void **state)
{
	struct pacing pacing;
	int i;

	(void)state;
	pacing_init(&pacing, 0, 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(pacing_take(&pacing, PACING_READ, 1), 0);
}

static void a_throttle_slows_down_and_time_heals(void **state)
{
	struct pacing pacing;
	unsigned int before, during;
	int64_t now;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	before = drain(&pacing, PACING_READ, 0, 10000);
	pacing_learn(&pacing, true, 10000);
	during = drain(&pacing, PACING_READ, 10000, 11000);
	assert_true(during < before / 10);
	/* a second throttle cuts again */
	pacing_learn(&pacing, true, 11000);
	assert_true(pacing.adaptive_rate < 0.7 * 0.8 * PACING_RATE);
	for (now = 11000; now < 60000; now += 100) {
		if (!pacing_take(&pacing, PACING_READ, now))
			pacing_learn(&pacing, false, now);
	}
	assert_false(pacing.throttled);
	assert_in_range(drain(&pacing, PACING_READ, 60000, 70000), 99, 105);
}

static void the_rate_never_falls_to_nothing(void **state)
{
	struct pacing pacing;
	int i;

	(void)state;
	pacing_init(&pacing, PACING_RATE, 0);
	for (i = 0; i < 50; i++)
		pacing_learn(&pacing, true, i * 10);
	assert_true(pacing.adaptive_rate >= 2);
	assert_in_range(drain(&pacing, PACING_READ, 1000, 11000), 18, 23);
}

static void unlimited_learns_too(void **state)
{
	struct pacing pacing;

	(void)state;
	pacing_init(&pacing, 0, 0);
	while (pacing.measured < 1)
		assert_int_equal(pacing_take(&pacing, PACING_READ, pacing.period * 500 + 600), 0);
	pacing_learn(&pacing, true, 1000);
	assert_int_equal(pacing_take(&pacing, PACING_READ, 1000) > 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_keep_the_rate),
		cmocka_unit_test(any_second_stays_below_awss_limit),
		cmocka_unit_test(a_few_calls_need_not_wait),
		cmocka_unit_test(writes_go_first),
		cmocka_unit_test(get_function_has_its_own),
		cmocka_unit_test(unlimited_never_waits),
		cmocka_unit_test(a_throttle_slows_down_and_time_heals),
		cmocka_unit_test(the_rate_never_falls_to_nothing),
		cmocka_unit_test(unlimited_learns_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
