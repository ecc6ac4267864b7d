/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "backend/aws/rate_limiter.h"
#include "backend/base/clock.h"

#define CALLERS 40
#define PATIENCE_MS 30000

/* Threads that each want places of one kind, and the order in which they got them. */
struct crowd {
	struct rate_limiter *rate_limiter;
	enum rate_limit_kind kind;
	int64_t deadline_ms;
	atomic_bool interrupted;
	atomic_uint arrived;
	atomic_uint served, late, stopped;
};

static void *call_in_thread(void *data)
{
	struct crowd *crowd = data;
	int result;

	atomic_fetch_add(&crowd->arrived, 1);
	result = rate_limiter_wait(
		crowd->rate_limiter, crowd->kind, crowd->deadline_ms, &crowd->interrupted);
	if (!result)
		atomic_fetch_add(&crowd->served, 1);
	else if (result == -ETIMEDOUT)
		atomic_fetch_add(&crowd->late, 1);
	else if (result == -EINTR)
		atomic_fetch_add(&crowd->stopped, 1);
	return NULL;
}

static void start(struct crowd *crowd, pthread_t *threads, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_in_thread, crowd), 0);
	while (atomic_load(&crowd->arrived) < count)
		sched_yield();
}

static void join(pthread_t *threads, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* Takes all tokens, so that every later waiter waits. */
static void use_up(struct rate_limiter *rate_limiter)
{
	while (!rate_limiter_wait(rate_limiter, RATE_LIMIT_WRITE, clock_monotonic_ms(), NULL))
		;
}

static void every_waiter_has_its_turn(void **state)
{
	struct crowd crowd = {
		.kind = RATE_LIMIT_READ, .deadline_ms = clock_monotonic_ms() + PATIENCE_MS};
	pthread_t threads[CALLERS];

	(void)state;
	crowd.rate_limiter = rate_limiter_new(100);
	assert_non_null(crowd.rate_limiter);
	use_up(crowd.rate_limiter);
	start(&crowd, threads, CALLERS);
	join(threads, CALLERS);
	assert_int_equal(atomic_load(&crowd.served), CALLERS);
	rate_limiter_free(crowd.rate_limiter);
}

/* Each caller comes when the one before it stands in the line, and they are served in that order. */
struct place_in_line {
	struct rate_limiter *rate_limiter;
	atomic_uint *next; /* the number of who is served next */
	unsigned int number;
	bool in_order;
};

static void *call_in_order(void *data)
{
	struct place_in_line *place = data;

	if (!rate_limiter_wait(place->rate_limiter, RATE_LIMIT_WRITE,
		    clock_monotonic_ms() + PATIENCE_MS, NULL))
		place->in_order = atomic_fetch_add(place->next, 1) == place->number;
	return NULL;
}

static void who_came_first_is_served_first(void **state)
{
	struct place_in_line places[8];
	pthread_t threads[array_count(places)];
	struct rate_limiter *rate_limiter = rate_limiter_new(20);
	atomic_uint next = 0;
	unsigned int i;

	(void)state;
	assert_non_null(rate_limiter);
	use_up(rate_limiter);
	for (i = 0; i < array_count(places); i++) {
		places[i] = (struct place_in_line){
			.rate_limiter = rate_limiter, .next = &next, .number = i};
		assert_int_equal(pthread_create(&threads[i], NULL, call_in_order, &places[i]), 0);
		while (atomic_load(&next) + rate_limiter_waiting(rate_limiter) <= i)
			sched_yield();
	}
	join(threads, array_count(places));
	for (i = 0; i < array_count(places); i++)
		assert_true(places[i].in_order);
	rate_limiter_free(rate_limiter);
}

static void the_deadline_ends_the_wait(void **state)
{
	struct crowd crowd = {.kind = RATE_LIMIT_WRITE};
	pthread_t threads[CALLERS];

	(void)state;
	crowd.rate_limiter = rate_limiter_new(0.001); /* the next turn comes after 1000 s */
	assert_non_null(crowd.rate_limiter);
	use_up(crowd.rate_limiter);
	crowd.deadline_ms = clock_monotonic_ms() + 500;
	start(&crowd, threads, CALLERS);
	join(threads, CALLERS);
	assert_int_equal(atomic_load(&crowd.late), CALLERS);
	/* and the line is empty again */
	assert_int_equal(rate_limiter_waiting(crowd.rate_limiter), 0);
	rate_limiter_free(crowd.rate_limiter);
}

static void an_interruption_ends_the_wait(void **state)
{
	struct crowd crowd = {
		.kind = RATE_LIMIT_READ, .deadline_ms = clock_monotonic_ms() + PATIENCE_MS};
	pthread_t threads[CALLERS];

	(void)state;
	crowd.rate_limiter = rate_limiter_new(0.001); /* who is not interrupted is late */
	assert_non_null(crowd.rate_limiter);
	use_up(crowd.rate_limiter);
	start(&crowd, threads, CALLERS);
	atomic_store(&crowd.interrupted, true);
	join(threads, CALLERS);
	assert_int_equal(atomic_load(&crowd.stopped), CALLERS);
	rate_limiter_free(crowd.rate_limiter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_waiter_has_its_turn),
		cmocka_unit_test(who_came_first_is_served_first),
		cmocka_unit_test(the_deadline_ends_the_wait),
		cmocka_unit_test(an_interruption_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
