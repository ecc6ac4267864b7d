/* SPDX-License-Identifier: MIT */
#include "backend/base/scope.h"

#include <time.h>

#include "backend/base/clock.h"
#include "backend/base/condition.h"

enum lambda_status call_scope_wait(const struct call_scope *scope, pthread_cond_t *condition,
	pthread_mutex_t *mutex, const char *late, struct lambda_error *reterr)
{
	int64_t now_ms = clock_monotonic_ms(), until_ms = scope->read_deadline_ms;

	if (call_scope_interrupted(scope))
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	if (now_ms >= until_ms)
		return lambda_fail(reterr, LAMBDA_TIMED_OUT, "%s", late);
	if (scope->interrupted && until_ms - now_ms > CALL_STEP_MS)
		until_ms = now_ms + CALL_STEP_MS;
	condition_wait(condition, mutex, until_ms);
	return LAMBDA_OK;
}

bool call_sleep(int64_t ms, int64_t deadline_ms, const atomic_bool *interrupted)
{
	int64_t until = clock_monotonic_ms() + ms;

	for (;;) {
		int64_t now = clock_monotonic_ms();
		int64_t left = until - now < CALL_STEP_MS ? until - now : CALL_STEP_MS;
		struct timespec step = {.tv_sec = 0, .tv_nsec = left * 1000000};

		if (now >= deadline_ms || (interrupted && atomic_load(interrupted)))
			return false;
		if (left <= 0)
			return true;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
	}
}
