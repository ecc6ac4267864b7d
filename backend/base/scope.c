/* SPDX-License-Identifier: MIT */
#include "backend/base/scope.h"

#include "backend/base/clock.h"
#include "backend/base/condition.h"

#define INTERRUPTION_STEP_MS 20 /* between looks at an interruption, which wakes no thread */

enum lambda_status call_scope_wait(const struct call_scope *scope, pthread_cond_t *condition,
	pthread_mutex_t *mutex, const char *late, struct lambda_error *reterr)
{
	int64_t now_ms = clock_monotonic_ms(), until_ms = scope->read_deadline_ms;

	if (call_scope_interrupted(scope))
		return lambda_fail(reterr, LAMBDA_INTERRUPTED, "interrupted");
	if (now_ms >= until_ms)
		return lambda_fail(reterr, LAMBDA_TIMED_OUT, "%s", late);
	if (scope->interrupted && until_ms - now_ms > INTERRUPTION_STEP_MS)
		until_ms = now_ms + INTERRUPTION_STEP_MS;
	condition_wait(condition, mutex, until_ms);
	return LAMBDA_OK;
}
