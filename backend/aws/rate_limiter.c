/* SPDX-License-Identifier: MIT */
#include "backend/aws/rate_limiter.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"
#include "backend/base/scope.h"

struct rate_limiter {
	pthread_mutex_t mutex;
	struct rate_limit rate_limit; /* protected by mutex, as are the waiters in its queues */
};

/* One thread's place in a queue, on its stack. */
struct turn {
	struct rate_limit_waiter waiter; /* the first member: the queues know only this */
	pthread_cond_t changed;          /* it may be its turn now */
};

struct rate_limiter *rate_limiter_new(double rate)
{
	struct rate_limiter *rate_limiter = calloc(1, sizeof(*rate_limiter));

	if (!rate_limiter)
		return NULL;
	pthread_mutex_init(&rate_limiter->mutex, NULL);
	rate_limit_init(&rate_limiter->rate_limit, rate, clock_monotonic_ms());
	return rate_limiter;
}

void rate_limiter_free(struct rate_limiter *rate_limiter)
{
	if (!rate_limiter)
		return;
	pthread_mutex_destroy(&rate_limiter->mutex);
	free(rate_limiter);
}

/* Wakes those whose turn it may be by now. The mutex is held, so they are still there. */
static void wake_next(struct rate_limiter *rate_limiter)
{
	int kind;

	for (kind = 0; kind < RATE_LIMIT_KIND_COUNT; kind++) {
		struct rate_limit_waiter *next =
			rate_limit_next(&rate_limiter->rate_limit, (enum rate_limit_kind)kind);

		if (next)
			pthread_cond_signal(&((struct turn *)next)->changed);
	}
}

/* The mutex is held before and after. */
static int wait_for_turn(struct rate_limiter *rate_limiter, struct turn *turn, int64_t deadline_ms,
	const atomic_bool *interrupted)
{
	for (;;) {
		int64_t now_ms = clock_monotonic_ms(), until_ms = deadline_ms;
		int64_t wait_ms = rate_limit_take(&rate_limiter->rate_limit, &turn->waiter, now_ms);

		if (!wait_ms)
			return 0;
		if (interrupted && atomic_load(interrupted))
			return -EINTR;
		if (now_ms >= deadline_ms)
			return -ETIMEDOUT;
		if (interrupted && wait_ms > CALL_STEP_MS)
			wait_ms = CALL_STEP_MS;
		if (wait_ms < deadline_ms - now_ms)
			until_ms = now_ms + wait_ms;
		condition_wait(&turn->changed, &rate_limiter->mutex, until_ms);
	}
}

int rate_limiter_wait(struct rate_limiter *rate_limiter, enum rate_limit_kind kind,
	int64_t deadline_ms, const atomic_bool *interrupted)
{
	struct turn turn = {.waiter.kind = kind};
	int result = condition_init(&turn.changed);

	if (result)
		return result;
	pthread_mutex_lock(&rate_limiter->mutex);
	rate_limit_join(&rate_limiter->rate_limit, &turn.waiter);
	result = wait_for_turn(rate_limiter, &turn, deadline_ms, interrupted);
	if (result)
		rate_limit_leave(&rate_limiter->rate_limit, &turn.waiter);
	wake_next(rate_limiter);
	pthread_mutex_unlock(&rate_limiter->mutex);
	pthread_cond_destroy(&turn.changed);
	return result;
}

void rate_limiter_learn(
	struct rate_limiter *rate_limiter, enum rate_limit_kind kind, bool throttled)
{
	pthread_mutex_lock(&rate_limiter->mutex);
	rate_limit_learn(&rate_limiter->rate_limit, kind, throttled, clock_monotonic_ms());
	wake_next(rate_limiter);
	pthread_mutex_unlock(&rate_limiter->mutex);
}

unsigned int rate_limiter_waiting(struct rate_limiter *rate_limiter)
{
	unsigned int waiting;

	pthread_mutex_lock(&rate_limiter->mutex);
	waiting = rate_limiter->rate_limit.waiting;
	pthread_mutex_unlock(&rate_limiter->mutex);
	return waiting;
}
