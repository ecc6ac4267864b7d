/* SPDX-License-Identifier: MIT */
#include "backend/aws/pacer.h"

#include <errno.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"

#define INTERRUPTION_STEP_MS 20 /* between looks at an interruption, which wakes no thread */

struct pacer {
	pthread_mutex_t mutex;
	struct pacing pacing; /* protected by mutex, as are the waiters in its queues */
};

/* One thread's place in a queue, on its stack. */
struct turn {
	struct pacing_waiter waiter; /* the first member: the queues know only this */
	pthread_cond_t changed;      /* it may be its turn now */
};

struct pacer *pacer_new(double rate)
{
	struct pacer *pacer = calloc(1, sizeof(*pacer));

	if (!pacer)
		return NULL;
	pthread_mutex_init(&pacer->mutex, NULL);
	pacing_init(&pacer->pacing, rate, clock_monotonic_ms());
	return pacer;
}

void pacer_free(struct pacer *pacer)
{
	if (!pacer)
		return;
	pthread_mutex_destroy(&pacer->mutex);
	free(pacer);
}

/* Tells those whose turn it may be by now. The mutex is held, so they are still there. */
static void wake_next(struct pacer *pacer)
{
	int kind;

	for (kind = 0; kind < PACING_KIND_COUNT; kind++) {
		struct pacing_waiter *next = pacing_next(&pacer->pacing, (enum pacing_kind)kind);

		if (next)
			pthread_cond_signal(&((struct turn *)next)->changed);
	}
}

/* The mutex is held before and after. */
static int wait_for_turn(
	struct pacer *pacer, struct turn *turn, int64_t deadline_ms, const atomic_bool *interrupted)
{
	for (;;) {
		int64_t now_ms = clock_monotonic_ms(), until_ms = deadline_ms;
		int64_t wait_ms = pacing_take(&pacer->pacing, &turn->waiter, now_ms);

		if (!wait_ms)
			return 0;
		if (interrupted && atomic_load(interrupted))
			return -EINTR;
		if (now_ms >= deadline_ms)
			return -ETIMEDOUT;
		if (interrupted && wait_ms > INTERRUPTION_STEP_MS)
			wait_ms = INTERRUPTION_STEP_MS;
		if (wait_ms < deadline_ms - now_ms)
			until_ms = now_ms + wait_ms;
		condition_wait(&turn->changed, &pacer->mutex, until_ms);
	}
}

int pacer_wait(struct pacer *pacer, enum pacing_kind kind, int64_t deadline_ms,
	const atomic_bool *interrupted)
{
	struct turn turn = {.waiter.kind = kind};
	int result = condition_init(&turn.changed);

	if (result)
		return result;
	pthread_mutex_lock(&pacer->mutex);
	pacing_join(&pacer->pacing, &turn.waiter);
	result = wait_for_turn(pacer, &turn, deadline_ms, interrupted);
	if (result)
		pacing_leave(&pacer->pacing, &turn.waiter);
	wake_next(pacer);
	pthread_mutex_unlock(&pacer->mutex);
	pthread_cond_destroy(&turn.changed);
	return result;
}

void pacer_learn(struct pacer *pacer, enum pacing_kind kind, bool throttled)
{
	pthread_mutex_lock(&pacer->mutex);
	pacing_learn(&pacer->pacing, kind, throttled, clock_monotonic_ms());
	wake_next(pacer);
	pthread_mutex_unlock(&pacer->mutex);
}

unsigned int pacer_waiting(struct pacer *pacer)
{
	unsigned int waiting;

	pthread_mutex_lock(&pacer->mutex);
	waiting = pacer->pacing.waiting;
	pthread_mutex_unlock(&pacer->mutex);
	return waiting;
}
