/* SPDX-License-Identifier: MIT */
#include "backend/base/condition.h"

#include <time.h>

int condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	int error = pthread_condattr_init(&attributes);

	if (error)
		return -error;
	error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (!error)
		error = pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
	return -error;
}

int condition_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_ms)
{
	struct timespec until;

	if (until_ms == INT64_MAX)
		return -pthread_cond_wait(condition, mutex);
	until.tv_sec = (time_t)(until_ms / 1000);
	until.tv_nsec = (long)(until_ms % 1000) * 1000000;
	return -pthread_cond_timedwait(condition, mutex, &until);
}
